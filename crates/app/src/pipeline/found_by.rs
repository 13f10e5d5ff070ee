//! Cases by the exact value of a field: a keyed hash of each value that is found, kept beside the case. It confirms
//! nobody's guess without the master key, and goes with the case's words.

use crate::{Governance, Journal, Parts, Vault, journal::stored_case, pipeline::about::About, refused::Refused};
use remit_domain::{
    Case,
    field::{FieldValue, SetFields},
    id::{CaseId, FieldName},
};
use remit_store::{CaseFilter, Collection, Expected, ItemWrite};
use std::collections::BTreeSet;

/// By hash and case.
pub(crate) const BY_VALUE: Collection<()> = Collection::new("field_values");
/// By case and hash, so that a case's can be taken away.
pub(crate) const BY_CASE: Collection<()> = Collection::new("fields_of_cases");

/// Items that are read at once.
const AT_ONCE: usize = 200;
/// Cases with the value that are looked at for one page: those that other conditions leave out count.
const LOOKED_AT: usize = 2_000;
/// Sorts behind every identifier that goes on from the same beginning.
const BEHIND: char = '~';

const SAME: Expected = Expected::Any("whoever writes it writes the same");

/// Under what a value is found.
fn hash(vault: &Vault, name: &FieldName, value: &FieldValue) -> Result<String, Refused> {
    let text = serde_json::to_string(&value.value).map_err(Refused::internal)?;
    Ok(vault.keys.of_value(name.as_str(), &text))
}

/// Under what a case is found from now on, and under what no more.
#[derive(Debug, Clone, Default)]
pub(crate) struct FoundBy {
    listed: BTreeSet<String>,
    unlisted: BTreeSet<String>,
}

impl FoundBy {
    /// By these values, which are set with what `about` knows.
    pub(crate) fn of(governance: &Governance, vault: &Vault, set: &SetFields, about: &About) -> Result<Self, Refused> {
        let mut found_by = Self::default();
        for (name, held) in &set.fields {
            let is_found = governance.bundle.field(name.as_str()).is_some_and(|spec| spec.is_found);
            if let Some(value) = about.value(name, held).filter(|_| is_found) {
                found_by.listed.insert(hash(vault, name, value)?);
            }
        }
        Ok(found_by)
    }

    /// By what another one says too.
    pub(crate) fn add(&mut self, other: Self) {
        self.listed.extend(other.listed);
        self.unlisted.extend(other.unlisted);
    }

    /// And no more by what stands in their place.
    pub(crate) async fn in_place_of(mut self, parts: &Parts, case: &Case, set: &SetFields) -> Result<Self, Refused> {
        let changed = |name: &FieldName| set.fields.contains_key(name) || set.taken_away.contains(name);
        let mut about = About::default();
        about.open(parts.opener(), case, changed).await?;
        for (name, field) in case.fields.iter().filter(|(name, _)| changed(name)) {
            if let Some(value) = about.value(name, &field.held) {
                self.unlisted.insert(hash(&parts.vault, name, value)?);
            }
        }
        Ok(self)
    }

    /// By nothing.
    pub(crate) async fn nothing(journal: &Journal, case: &str) -> Result<Self, Refused> {
        Ok(Self { listed: BTreeSet::new(), unlisted: of_case(journal, case).await? })
    }

    /// What is kept of it.
    pub(crate) fn items(&self, case: CaseId) -> Result<Vec<ItemWrite>, Refused> {
        let mut items = Vec::with_capacity((self.listed.len() + self.unlisted.len()) * 2);
        for hash in self.unlisted.difference(&self.listed) {
            items.push(BY_VALUE.forget(format!("{hash}.{case}"), SAME));
            items.push(BY_CASE.forget(format!("{case}.{hash}"), SAME));
        }
        for hash in &self.listed {
            items.push(BY_VALUE.write(format!("{hash}.{case}"), SAME, &()).map_err(Refused::internal)?);
            items.push(BY_CASE.write(format!("{case}.{hash}"), SAME, &()).map_err(Refused::internal)?);
        }
        Ok(items)
    }
}

/// The hashes by which a case is found.
async fn of_case(journal: &Journal, case: &str) -> Result<BTreeSet<String>, Refused> {
    let (first, mut before) = (format!("{case}."), format!("{case}.{BEHIND}"));
    let mut hashes = BTreeSet::new();
    loop {
        let page = BY_CASE.page(&journal.store, Some(&before), AT_ONCE).await.map_err(Refused::internal)?;
        let count = page.len();
        for entry in page {
            let Some(hash) = entry.id.strip_prefix(&first) else { return Ok(hashes) };
            hashes.insert(hash.to_owned());
            before = entry.id;
        }
        if count < AT_ONCE {
            return Ok(hashes);
        }
    }
}

/// Cases whose fields have all of these values and that agree with `filter`, newest first, below the cursor `after`;
/// and where the next page begins, if there may be one.
pub(crate) async fn cases(
    parts: &Parts,
    wanted: &[(FieldName, FieldValue)],
    filter: &CaseFilter,
    after: Option<&str>,
    limit: usize,
) -> Result<(Vec<Case>, Option<String>), Refused> {
    let Some((name, value)) = wanted.first() else { return Ok((Vec::new(), None)) };
    let first = format!("{}.", hash(&parts.vault, name, value)?);
    let mut before = after.map_or_else(|| format!("{first}{BEHIND}"), |after| format!("{first}{after}"));
    let (mut found, mut looked_at, mut last) = (Vec::new(), 0, None);
    while found.len() < limit && looked_at < LOOKED_AT {
        let page = BY_VALUE.page(&parts.journal.store, Some(&before), AT_ONCE).await.map_err(Refused::internal)?;
        let count = page.len();
        for entry in page {
            let Some(id) = entry.id.strip_prefix(&first) else { return Ok((found, None)) };
            if found.len() == limit {
                break;
            }
            looked_at += 1;
            last = Some(id.to_owned());
            let Ok(id) = id.parse::<CaseId>() else { continue };
            if let Some(case) = stored_case::stored_case(&parts.journal, id).await?
                && agrees(filter, &case)
                && has(parts, &case, wanted).await?
            {
                found.push(case);
            }
            before = entry.id;
        }
        if count < AT_ONCE {
            let next = if found.len() == limit { last } else { None };
            return Ok((found, next));
        }
    }
    Ok((found, last))
}

fn agrees(filter: &CaseFilter, case: &Case) -> bool {
    let holder = case.holder.as_ref();
    let is =
        |wanted: &Option<String>, value: Option<&str>| wanted.as_deref().is_none_or(|wanted| value == Some(wanted));
    is(&filter.status, Some(case.status.as_str()))
        && is(&filter.holder, holder.map(|holder| holder.who.name()))
        && is(&filter.accountable, holder.map(|holder| holder.accountable.as_str()))
}

/// Whether a case has these values by now: what is listed may be older.
async fn has(parts: &Parts, case: &Case, wanted: &[(FieldName, FieldValue)]) -> Result<bool, Refused> {
    let mut about = About::default();
    about.open(parts.opener(), case, |name| wanted.iter().any(|(wanted, _)| wanted == name)).await?;
    let is = |(name, value): &(FieldName, FieldValue)| {
        // What it was declared as when it was set does not matter.
        let held = case.fields.get(name).and_then(|field| about.value(name, &field.held));
        held.is_some_and(|held| held.value == value.value)
    };
    Ok(wanted.iter().all(is))
}
