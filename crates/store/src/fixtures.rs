//! Rows that tests write.

use crate::{CaseFilter, CaseWrite, Commit, Record};

/// A case's write at a version, held by `holder`.
pub(crate) fn case_at(id: &str, expected: u64, version: u64, holder: &str) -> CaseWrite {
    CaseWrite {
        id: id.to_owned(),
        expected_version: expected,
        version,
        status: "open".into(),
        holder: Some(holder.to_owned()),
        holder_kind: Some("responder".into()),
        accountable: Some("team".into()),
        customer: "cus_1".into(),
        intent: None,
        opened_ms: 1,
        updated_ms: 1,
        state: format!("{id} {version}").into_bytes(),
    }
}

/// An event of a case.
pub(crate) fn record(case: &str, body: &str) -> Record {
    record_of(&format!("case/{case}"), body)
}

/// An event of a stream.
pub(crate) fn record_of(stream: &str, body: &str) -> Record {
    let salt = [5; 32];
    Record {
        kind: "noted",
        stream: stream.to_owned(),
        actor: "suite".into(),
        ts_ms: 10,
        subject: None,
        commit: remit_ledger::entry::commitment(&salt, body.as_bytes()),
        body: body.as_bytes().to_vec(),
        salt,
    }
}

/// An event of a stream that it is found by.
pub(crate) fn subject(stream: &str, subject: &str) -> Record {
    Record { subject: Some(subject.to_owned()), ..record_of(stream, &format!("{{\"id\":\"{subject}\"}}")) }
}

/// A case is opened at `desk`.
pub(crate) fn opening(id: &str) -> Commit {
    Commit { case: Some(case_at(id, 0, 1, "desk")), records: vec![record(id, "opened")], ..Commit::default() }
}

/// Every combination of what cases can be listed by, with these names where one is asked for.
pub(crate) fn filters(holder: &str, accountable: &str) -> Vec<CaseFilter> {
    let named = |name: &str| [None, Some(name.to_owned())];
    let statuses = [None, Some("open".to_owned()), Some("resolved".to_owned())];
    let with = |status: Option<String>| {
        named(holder).into_iter().flat_map(move |holder| {
            let of = |accountable| CaseFilter { status: status.clone(), holder: holder.clone(), accountable };
            named(accountable).map(of)
        })
    };
    statuses.into_iter().flat_map(with).collect()
}

/// What a read comes to, which completes at once.
pub(crate) fn at_once<T>(read: impl Future<Output = T>) -> T {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(read).poll(&mut context) {
        std::task::Poll::Ready(done) => done,
        std::task::Poll::Pending => panic!("it waits"),
    }
}
