//! Typed collections: items of one kind, read and written as what they are.

use crate::{Expected, Item, ItemWrite, ReadError, Views};
use serde::{Serialize, de::DeserializeOwned};
use std::{borrow::Cow, fmt, marker::PhantomData};

/// The items of one kind, each the JSON of a `T`.
pub struct Collection<T> {
    kind: Cow<'static, str>,
    of: PhantomData<fn() -> T>,
}

/// An item as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<T> {
    /// Names it within its kind.
    pub id: String,
    /// Its version, for the write that follows from it.
    pub version: u64,
    /// What it is.
    pub value: T,
}

impl<T> Entry<T> {
    /// What a write expects that follows from this.
    pub fn expected(&self) -> Expected {
        Expected::Version(self.version)
    }
}

impl<T> fmt::Debug for Collection<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Collection").field(&self.kind).finish()
    }
}

impl<T> Clone for Collection<T> {
    fn clone(&self) -> Self {
        Self { kind: self.kind.clone(), of: PhantomData }
    }
}

impl<T> Collection<T> {
    /// The items of this kind.
    pub const fn new(kind: &'static str) -> Self {
        Self { kind: Cow::Borrowed(kind), of: PhantomData }
    }

    /// The items of a kind whose name is made of something.
    pub const fn named(kind: String) -> Self {
        Self { kind: Cow::Owned(kind), of: PhantomData }
    }

    /// The kind.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// That an item is no more.
    pub fn forget(&self, id: impl Into<String>, expected: Expected) -> ItemWrite {
        ItemWrite { kind: self.kind.clone().into_owned(), id: id.into(), expected, body: None }
    }
}

impl<T: Serialize> Collection<T> {
    /// An item as it is from now on.
    ///
    /// # Errors
    /// When `value` has no JSON.
    pub fn write(&self, id: impl Into<String>, expected: Expected, value: &T) -> Result<ItemWrite, serde_json::Error> {
        let body = Some(serde_json::to_vec(value)?);
        Ok(ItemWrite { kind: self.kind.clone().into_owned(), id: id.into(), expected, body })
    }
}

impl<T: DeserializeOwned> Collection<T> {
    /// An item.
    ///
    /// # Errors
    /// When the store cannot be read, or what is there is no `T`.
    pub async fn get(&self, views: &impl Views, id: &str) -> Result<Option<Entry<T>>, ReadError> {
        views.item(&self.kind, id).await?.map(|item| self.entry(item)).transpose()
    }

    /// All items, by identifier.
    ///
    /// # Errors
    /// When the store cannot be read, or one of them is no `T`.
    pub async fn all(&self, views: &impl Views) -> Result<Vec<Entry<T>>, ReadError> {
        self.entries(views.items(&self.kind).await?)
    }

    /// Items, the greatest identifiers first, below the cursor `before` (an identifier).
    ///
    /// # Errors
    /// When the store cannot be read, or one of them is no `T`.
    pub async fn page(
        &self,
        views: &impl Views,
        before: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Entry<T>>, ReadError> {
        self.entries(views.items_page(&self.kind, before, limit).await?)
    }

    fn entries(&self, items: Vec<Item>) -> Result<Vec<Entry<T>>, ReadError> {
        items.into_iter().map(|item| self.entry(item)).collect()
    }

    /// What an item is.
    ///
    /// # Errors
    /// When it is no `T`.
    pub fn entry(&self, item: Item) -> Result<Entry<T>, ReadError> {
        match serde_json::from_slice(&item.body) {
            Ok(value) => Ok(Entry { id: item.id, version: item.version, value }),
            // What is in it is not told: it may be anybody's.
            Err(error) => Err(ReadError(format!(
                "{} {}: what is kept of it cannot be read, at byte {}",
                self.kind,
                item.id,
                error.column()
            ))),
        }
    }
}
