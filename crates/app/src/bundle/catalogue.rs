//! Bundles that came into force: listed with who and why, given out as they were, and held against one another.

use crate::{
    Caller, Journal, Parts,
    access::{auth, who},
    case::query::{self, Page},
    environment::clock::rfc3339,
    operation::{CompareBundlesRefusal, GetBundleRefusal, ListBundlesRefusal},
    refused::{Kind, Refused},
};
use remit_domain::{
    Event, Stream,
    activation::{BundleActivation, BundleChanges, Moved},
    id::Digest,
};
use remit_policy::{
    actions::Permission,
    bundle::{Bundle, Difference, DifferentNames, in_numbers},
    files::Files,
};
use remit_store::Evidence as _;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A bundle that came into force.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BundleView {
    /// Its digest.
    #[schema(value_type = String)]
    pub digest: Digest,
    /// What it calls its organisation.
    pub name: String,
    /// Where in the ledger that stands.
    pub seq: u64,
    /// When it came into force.
    pub at: String,
    /// Who had it put in force.
    pub by: String,
    /// Why, in their words, where they were asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The digest of the one in force before; none in a new data directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub from: Option<Digest>,
    /// What was in it otherwise, in numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<BundleChanges>,
    /// Where went what those had who were not in it any more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub moves: Vec<Moved>,
    /// Whether this is since when the bundle in force is in force.
    pub in_force: bool,
}

/// How one bundle differs from another, by name.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Comparison {
    /// The digest of the one.
    #[schema(value_type = String)]
    pub bundle: Digest,
    /// The digest of the other, with which it is compared.
    #[schema(value_type = String)]
    pub other: Digest,
    /// In numbers.
    pub changed: BundleChanges,
    /// Files.
    pub files: NamesView,
    /// What is in them, by section and name.
    pub differs: Vec<DifferenceView>,
}

/// Something that differs between two bundles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DifferenceView {
    /// What it is: a table of `bundle.toml` such as `queue` or `calendar`, `bundle` for its keys outside of tables, or
    /// `policy`, `invariant`, `rule` (for words), `intent`, `article`, `text` (by language), `file`.
    pub section: String,
    /// Its name; none of what there is one at most, such as `limits`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `new`, `gone` or `changed`.
    pub how: &'static str,
    /// Of what is changed and has keys: those with another value, such as `servers` or `hours.sunday`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
}

impl From<Difference> for DifferenceView {
    fn from(one: Difference) -> Self {
        Self { section: one.section, name: one.name, how: one.how.as_str(), keys: one.keys }
    }
}

/// Names that differ between two bundles.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct NamesView {
    /// In the one and not in the other.
    pub new: Vec<String>,
    /// In the other and not in the one.
    pub gone: Vec<String>,
    /// In both, and otherwise.
    pub changed: Vec<String>,
}

impl From<DifferentNames> for NamesView {
    fn from(names: DifferentNames) -> Self {
        Self { new: names.new, gone: names.gone, changed: names.changed }
    }
}

/// Bundles that came into force, oldest first, a page of them.
///
/// # Errors
/// [`ListBundlesRefusal`] says when each arises.
pub async fn list_bundles(
    parts: &Parts,
    caller: &Caller,
    after: u64,
    limit: usize,
) -> Result<Page<BundleView>, ListBundlesRefusal> {
    permit(parts, caller)?;
    let last = parts.journal.store.bundle_in_force().await.map_err(Refused::internal)?;
    let (rows, next) = query::records_of(&parts.journal, &Stream::bundle(), after, limit).await?;
    let mut items = Vec::with_capacity(rows.len());
    for row in rows {
        let event: Event = serde_json::from_slice(&row.body).map_err(Refused::internal)?;
        let Event::BundleActivated(activation) = event else { continue };
        let BundleActivation { from, to, name, by, reason, changed, moves, at, .. } = activation;
        let by = who::named(&parts.journal, &parts.vault, &by).await?;
        let (seq, at) = (row.seq, rfc3339(at));
        items.push(BundleView { digest: to, name, seq, at, by, reason, from, changed, moves, in_force: false });
    }
    if let Some(newest) = items.last_mut().filter(|_| next.is_none()) {
        newest.in_force = last.as_deref() == Some(newest.digest.as_str());
    }
    Ok(Page { items, next })
}

/// The files of a bundle that came into force, as one body.
///
/// # Errors
/// [`GetBundleRefusal`] says when each arises.
pub async fn get_bundle(parts: &Parts, caller: &Caller, digest: &str) -> Result<Vec<u8>, GetBundleRefusal> {
    permit(parts, caller)?;
    Ok(files(&parts.journal, &parsed(digest)?).await?.to_bytes())
}

/// How one bundle that came into force differs from another.
///
/// # Errors
/// [`CompareBundlesRefusal`] says when each arises.
pub async fn compare_bundles(
    parts: &Parts,
    caller: &Caller,
    bundle: &str,
    other: &str,
) -> Result<Comparison, CompareBundlesRefusal> {
    permit(parts, caller)?;
    let (bundle, other) = (parsed(bundle)?, parsed(other)?);
    let (one, before) = (files(&parts.journal, &bundle).await?, files(&parts.journal, &other).await?);
    Ok(compared(one, before).map_err(|why| Refused::new(Kind::NotFound, why))?)
}

/// How the bundle of some files differs from another.
///
/// # Errors
/// Where one of them cannot be read by this version.
pub fn compared(one: Files, before: Files) -> Result<Comparison, String> {
    let files = DifferentNames::of(&by_name(&before), &by_name(&one));
    let read = |files: Files| {
        let digest = files.digest();
        Bundle::load_kept(files).map_err(|error| format!("the bundle {digest} cannot be read: {error}"))
    };
    let (one, before) = (read(one)?, read(before)?);
    let differs = one.differs(&before);
    Ok(Comparison {
        bundle: one.digest().clone(),
        other: before.digest().clone(),
        changed: in_numbers(&differs),
        files: files.into(),
        differs: differs.into_iter().map(DifferenceView::from).collect(),
    })
}

fn by_name(files: &Files) -> BTreeMap<String, &[u8]> {
    files.all().map(|(name, bytes)| (name.to_owned(), bytes)).collect()
}

fn permit(parts: &Parts, caller: &Caller) -> Result<(), Refused> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::BUNDLE_READ)
}

fn parsed(digest: &str) -> Result<Digest, Refused> {
    Digest::try_from(digest.to_owned()).map_err(|error| Refused::new(Kind::NotFound, error.to_string()))
}

/// The digest of the bundle that was in force before the one in force.
pub(super) async fn before(journal: &Journal) -> Result<Digest, Refused> {
    let newest = super::in_force::newest(&journal.store).await.map_err(Refused::internal)?;
    let from = newest.and_then(|(_, newest)| newest.from);
    let cure = "Nothing can be rolled back to: put the bundle in force that is to govern.";
    from.ok_or_else(|| Refused::new(Kind::NotFound, "no bundle was in force before the one in force").cured_by(cure))
}

/// The files of a bundle that came into force.
pub(super) async fn files(journal: &Journal, digest: &Digest) -> Result<Files, Refused> {
    let none = || Refused::new(Kind::NotFound, format!("no bundle with the digest {digest} is kept"));
    let bytes = journal.store.bundle(digest.as_str()).await.map_err(Refused::internal)?.ok_or_else(none)?;
    Files::kept(digest.as_str(), &bytes).map_err(Refused::internal)
}
