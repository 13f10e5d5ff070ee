//! A statement is held against what is on record.

use super::{
    FOUND, FirstStated, FirstStatedDigest, RECONCILIATIONS, ToTell,
    compare::{self, Before, Judged, Sorted, Window},
    row, stated_first,
    view::ReconciliationView,
};
use crate::{
    Caller, Governance, Journal, Parts,
    access::auth,
    environment::clock::parse_rfc3339,
    operation::ReconcileRefusal,
    pipeline::authority,
    refused::{Kind, Refused, refused},
    request::{REQUESTS, carrier, stated},
};
use remit_domain::{
    Event,
    id::{ActionName, Digest, OwnerId, ReconciliationId, RequestId},
    reconciliation::{Discrepancy, DiscrepancyKind, Reconciliation, ReconciliationCounts},
    request::Agreement,
};
use remit_policy::{actions::Permission, manifest::Connector};
use remit_statements::{FileForm, Stated, StatedEntry};
use remit_store::{Commit, CommitError, Expected};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::HashSet;
use utoipa::ToSchema;

/// Most that are kept of one reconciliation; all are counted.
const KEPT_MAX: usize = 500;
/// Requests that are read at a time.
const PAGE: usize = 500;

/// With whom, and over which time.
#[derive(Debug, Clone, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reconcile {
    /// The connector whose statement it is, by its name in the bundle.
    pub connector: String,
    /// From when on, by RFC 3339: the file's own beginning unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub from: Option<String>,
    /// Until before when: the file's own end unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub to: Option<String>,
}

/// Whether `caller` may have a statement reconciled.
///
/// # Errors
/// [`ReconcileRefusal`] says when each arises.
pub fn may_reconcile(parts: &Parts, caller: &Caller) -> Result<(), ReconcileRefusal> {
    Ok(auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::RECONCILIATION_RUN)?)
}

/// Holds a statement against what is on record, and puts on record what came of that.
///
/// # Errors
/// [`ReconcileRefusal`] says when each arises.
pub async fn reconcile(
    parts: &Parts,
    caller: &Caller,
    asked: Reconcile,
    form: FileForm,
    file: Vec<u8>,
) -> Result<ReconciliationView, ReconcileRefusal> {
    may_reconcile(parts, caller)?;
    let connector = declared(&parts.governance, &asked.connector)?;
    let digest = Digest::from_bytes(&Sha256::digest(&file).into());
    let key = connector.statement_key.as_str().to_owned();
    let read = parts.environment.processors.off_thread(move || remit_statements::read(form, &file, &key));
    let stated = read.await.map_err(Refused::internal)?;
    let stated = stated.map_err(|error| Refused::new(Kind::Invalid, format!("the file cannot be read: {error}")))?;
    let window = window(&asked, &stated)?;
    let owner = match &connector.owner {
        Some(owner) => OwnerId::new(owner).map_err(Refused::internal)?,
        None => parts.governance.bundle.terms().exception_owner.clone(),
    };
    let of = Of { connector: &connector.name, window, form, owner: &owner };
    let sorted = compare::sorted(&stated.entries, window, connector.statement_shared);
    let mut counts = ReconciliationCounts {
        entries: stated.entries.len() as u64,
        passed_over: sorted.passed_over,
        ..ReconciliationCounts::default()
    };
    let found = of.found(parts, caller, &sorted, &mut counts).await?;
    Ok(of.put(parts, caller, digest, counts, found).await?)
}

fn declared<'p>(governance: &'p Governance, name: &str) -> Result<&'p Connector, Refused> {
    let connectors = governance.bundle.connectors();
    connectors.iter().find(|connector| connector.name == name).ok_or_else(|| {
        let names: Vec<&str> = connectors.iter().map(|connector| &*connector.name).collect();
        let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        Refused::invalid("connector", format!("the bundle has no such connector; it has {there}"))
    })
}

/// The time that is told, or that of the file.
fn window(asked: &Reconcile, stated: &Stated) -> Result<Window, Refused> {
    let told = |field: &str, text: &Option<String>| match text {
        None => Ok(None),
        Some(text) => match parse_rfc3339(text) {
            Some(at) => Ok(Some(at)),
            None => Err(Refused::invalid(field, "is no moment; write it as 2026-01-31T00:00:00Z")),
        },
    };
    let first = stated.entries.iter().map(|entry: &StatedEntry| entry.from).min();
    let last = stated.entries.iter().map(|entry| entry.to).max();
    let own = stated.covers;
    let from = told("from", &asked.from)?.or(own.map(|own| own.0)).or(first);
    let to = told("to", &asked.to)?.or(own.map(|own| own.1)).or(last);
    match (from, to) {
        (Some(from), Some(to)) if from < to => Ok(Window { from, to }),
        (Some(_), Some(_)) => Err(Refused::invalid("from", "is not before `to`")),
        _ => Err(Refused::invalid("from", "the file says no time; tell from when until when it is")),
    }
}

/// What is held against what.
struct Of<'a> {
    connector: &'a str,
    window: Window,
    form: FileForm,
    owner: &'a OwnerId,
}

/// What came of a file.
struct Found {
    /// What does not agree, each with whether somebody has to be told who was not by another way.
    discrepancies: Vec<(Discrepancy, bool)>,
    /// What it is the first to say of requests.
    first: Vec<(RequestId, FirstStated)>,
}

impl Of<'_> {
    /// What does not agree, and what is stated for the first time.
    async fn found(
        &self,
        parts: &Parts,
        caller: &Caller,
        sorted: &Sorted<'_>,
        counts: &mut ReconciliationCounts,
    ) -> Result<Found, Refused> {
        let mut first = Vec::new();
        let mut found: Vec<_> =
            sorted.others.iter().map(|entry| (compare::unrequested(entry, self.owner), false)).collect();
        for (id, entries) in &sorted.of_requests {
            let stored = REQUESTS.get(&parts.journal.store, &id.to_string()).await.map_err(Refused::internal)?;
            let Some(request) = stored.map(|entry| entry.value) else {
                found.extend(entries.iter().map(|entry| (compare::unrequested(entry, self.owner), false)));
                continue;
            };
            // A statement tells of what its own connector was told to do, and settles nothing else.
            if carrier::named(&parts.governance.bundle, &request).is_some_and(|name| name != self.connector) {
                let anothers = entries.iter().map(|entry| compare::of_anothers(&request, entry, self.owner));
                found.extend(anothers.map(|discrepancy| (discrepancy, true)));
                continue;
            }
            let (same_form, other_form) =
                (self.first_of(&parts.journal, id, self.form).await?, self.other_of(&parts.journal, id).await?);
            let before = Before {
                same_form: same_form.as_ref(),
                other_form: other_form.as_ref(),
                has_its_references: self.form == FileForm::Csv,
            };
            let judged = compare::judged(&request, entries, &before, self.owner);
            let is_others =
                |found: &Discrepancy| matches!(found.kind, DiscrepancyKind::Repeated | DiscrepancyKind::TakenBack);
            let is_others = matches!(&judged, Judged::Differs(found, _) if found.iter().any(is_others));
            if let (false, [entry], None) = (is_others, entries.as_slice(), &same_form) {
                first.push((*id, FirstStated::of(entry)));
            }
            match judged {
                Judged::Agrees => counts.agree += 1,
                Judged::Open => {}
                Judged::Settles(statement) => {
                    let agrees = stated::settle(parts, caller, *id, statement).await?;
                    counts.settled += u64::from(agrees.is_some());
                    if agrees.is_some_and(|agrees| agrees != Agreement::Agrees) {
                        let otherwise =
                            entries.first().map(|one| compare::settled_otherwise(&request, one, self.owner));
                        found.extend(otherwise.map(|discrepancy| (discrepancy, false)));
                    }
                }
                Judged::Differs(all, tell) => found.extend(all.into_iter().map(|discrepancy| (discrepancy, tell))),
            }
        }
        self.missing(&parts.governance, &parts.journal, sorted, &mut found).await?;
        Ok(Found { discrepancies: found, first })
    }

    /// What the first statement in a form said of a request.
    async fn first_of(
        &self,
        journal: &Journal,
        id: &RequestId,
        form: FileForm,
    ) -> Result<Option<FirstStated>, Refused> {
        let first = stated_first(self.connector, form).get(&journal.store, &id.to_string()).await;
        Ok(first.map_err(Refused::internal)?.map(|first| first.value))
    }

    /// The same in the other form.
    async fn other_of(&self, journal: &Journal, id: &RequestId) -> Result<Option<FirstStated>, Refused> {
        let other = if self.form == FileForm::Csv { FileForm::Camt053 } else { FileForm::Csv };
        self.first_of(journal, id, other).await
    }

    /// Adds what is done by record and in no entry.
    async fn missing(
        &self,
        governance: &Governance,
        journal: &Journal,
        sorted: &Sorted<'_>,
        found: &mut Vec<(Discrepancy, bool)>,
    ) -> Result<(), Refused> {
        let bundle = &governance.bundle;
        let (first, mut before) = self.window.asked_within();
        loop {
            let page = REQUESTS.page(&journal.store, Some(&before), PAGE).await;
            let page = page.map_err(Refused::internal)?;
            for entry in &page {
                let request = &entry.value;
                if request.asked < first {
                    return Ok(());
                }
                let is_its = carrier::named(bundle, request) == Some(self.connector);
                let is_stated = |id: &RequestId| sorted.of_requests.contains_key(id);
                if is_its && !is_stated(&request.id) {
                    let missing = compare::missing(request, self.window, self.form == FileForm::Camt053, self.owner);
                    // What an earlier file had is missing in none.
                    if let Some(missing) = missing
                        && self.first_of(journal, &request.id, self.form).await?.is_none()
                    {
                        found.push((missing, true));
                    }
                }
            }
            match page.last() {
                Some(last) if page.len() == PAGE => before.clone_from(&last.id),
                _ => return Ok(()),
            }
        }
    }

    /// Puts what came of it on record, and has somebody be told of what is new.
    async fn put(
        &self,
        parts: &Parts,
        caller: &Caller,
        file: Digest,
        mut counts: ReconciliationCounts,
        found: Found,
    ) -> Result<ReconciliationView, Refused> {
        let now = parts.environment.now();
        let id = ReconciliationId::next(&mut parts.environment.ids(now)?);
        let connector = ActionName::new(self.connector).map_err(Refused::internal)?;
        let Found { discrepancies: found, first } = found;
        counts.discrepancies = found.len() as u64;
        let (mut new, mut known, mut named) = (Vec::new(), Vec::new(), HashSet::new());
        for (mut discrepancy, tell) in found {
            let identity = discrepancy.identity(&connector);
            let since = FOUND.get(&parts.journal.store, &identity).await.map_err(Refused::internal)?;
            discrepancy.since = since.map(|since| since.value);
            if discrepancy.since.is_none() && named.insert(identity) {
                counts.new += 1;
                new.push((discrepancy, tell));
            } else {
                known.push((discrepancy, false));
            }
        }
        // What somebody is to be told of is kept before the rest, and what is new before what is known.
        new.sort_by_key(|(_, tell)| !tell);
        new.extend(known);
        new.truncate(KEPT_MAX);
        let (mut items, mut outbox, mut noted) = (Vec::new(), Vec::new(), HashSet::new());
        for (nth, (discrepancy, tell)) in new.iter().enumerate() {
            let identity = discrepancy.identity(&connector);
            if discrepancy.since.is_none() && noted.insert(identity.clone()) {
                items.push(FOUND.write(identity, Expected::Absent, &id).map_err(Refused::internal)?);
                if let (Some(case), true) = (discrepancy.case, *tell) {
                    outbox.push(row(case, ToTell { reconciliation: id, nth }, now));
                }
            }
        }
        let (stated, mut digest) = (stated_first(self.connector, self.form), FirstStatedDigest::default());
        let says_first = !first.is_empty();
        // They are in the order of their requests.
        for (request, first) in first {
            let (request, first) = (request.to_string(), FirstStated { reconciliation: Some(id), ..first });
            digest.add(&request, &first).map_err(Refused::internal)?;
            items.push(stated.write(request, Expected::Absent, &first).map_err(Refused::internal)?);
        }
        let reconciliation = Reconciliation {
            id,
            connector,
            by: caller.pseudonym.to_string(),
            file,
            from: self.window.from,
            to: self.window.to,
            counts,
            discrepancies: new.into_iter().map(|(discrepancy, _)| discrepancy).collect(),
            first: says_first.then(|| digest.digest()),
            at: now,
        };
        let written = RECONCILIATIONS.write(id.to_string(), Expected::Absent, &reconciliation);
        items.push(written.map_err(Refused::internal)?);
        let event = Event::Reconciled(Box::new(reconciliation.clone()));
        let commit = Commit { items, outbox, ..Commit::default() };
        match authority::govern(parts, caller, &[event], commit).await {
            Ok(()) => {}
            Err(CommitError::ItemConflict { .. }) => {
                let detail = "another statement was reconciled meanwhile; send it again";
                return Err(Refused::new(Kind::Conflict, detail));
            }
            Err(error) => return Err(refused(error)),
        }
        ReconciliationView::of(&parts.journal, &parts.vault, reconciliation).await
    }
}

/// What does not agree, in words.
pub(super) fn in_words(kind: DiscrepancyKind) -> &'static str {
    match kind {
        DiscrepancyKind::Unrequested => "the statement has an effect that nobody asked for",
        DiscrepancyKind::Repeated => "the statement has more effects than one of it",
        DiscrepancyKind::Missing => "it is done by record, and the statement has no effect of it",
        DiscrepancyKind::Amount => "the statement has another amount of it",
        DiscrepancyKind::Doubtful => "the statement has it at a time or under a reference that cannot be its own",
        DiscrepancyKind::TakenBack => "the statement takes an effect of it back",
        DiscrepancyKind::NotCarriedOut => "the statement has an effect of it, and by record it was not carried out",
    }
}
