//! The suite that every backend passes: the promises of the port, one function each.

use crate::{
    Activation, AttachmentRow, CaseFilter, CaseWrite, Commit, CommitError, ExceptionFilter, ExceptionRow,
    IdempotencyRow, ItemRow, NewCustomer, OutboxRow, OutcomeDelta, Record, Store, TokenChange, TokenRow, WordsRow,
};

/// A case's write at a version, held by `holder`.
pub fn case_at(id: &str, expected: u64, version: u64, holder: &str) -> CaseWrite {
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

/// The name of a case's stream.
pub fn stream(case: &str) -> String {
    format!("case/{case}")
}

/// An event of a case.
pub fn record(case: &str, body: &str) -> Record {
    record_of(&stream(case), body)
}

/// An event of a stream.
pub fn record_of(stream: &str, body: &str) -> Record {
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

fn opening(id: &str) -> Commit {
    Commit { case: Some(case_at(id, 0, 1, "desk")), records: vec![record(id, "opened")], ..Commit::default() }
}

/// Runs the whole suite against a fresh store.
///
/// # Errors
/// With the promise that does not hold.
pub async fn suite(store: &impl Store) -> Result<(), String> {
    versions(store).await?;
    keys(store).await?;
    outbox(store).await?;
    pages_of_items(store).await?;
    outcomes(store).await?;
    exceptions(store).await?;
    lists(store).await?;
    attachments(store).await?;
    erasure(store).await?;
    resolved(store).await?;
    bundles(store).await?;
    positions(store)?;
    tokens(store).await?;
    checkpoints(store)
}

/// Every combination of what cases can be listed by, with these names where one is asked for.
pub fn filters(holder: &str, accountable: &str) -> Vec<CaseFilter> {
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

fn hold(condition: bool, promise: &str) -> Result<(), String> {
    if condition { Ok(()) } else { Err(promise.to_owned()) }
}

async fn versions(store: &impl Store) -> Result<(), String> {
    let failed = |error: CommitError| error.to_string();
    let first = store.commit(opening("cas_A")).await.map_err(failed)?;
    hold(first.first_seq == first.last_seq, "one record has one position")?;
    let again = store.commit(opening("cas_A")).await;
    hold(matches!(again, Err(CommitError::VersionConflict { current: 1 })), "a stale version is refused")?;
    let next = Commit {
        case: Some(case_at("cas_A", 1, 3, "other")),
        records: vec![record("cas_A", "two"), record("cas_A", "three")],
        ..Commit::default()
    };
    let next = store.commit(next).await.map_err(failed)?;
    hold(next.first_seq == first.last_seq + 1 && next.last_seq == next.first_seq + 1, "positions are dense")?;
    let row = store.case("cas_A").map_err(|e| e.to_string())?;
    store.settled().await.map_err(|e| format!("what was read is durable before long, but: {e}"))?;
    hold(row.is_some_and(|row| row.version == 3 && row.state == b"cas_A 3"), "a read sees what was acknowledged")?;
    let records = store.records_of("case/cas_A", 0, 10).map_err(|e| e.to_string())?;
    hold(records.len() == 3, "a refused commit leaves nothing")?;
    let depths = store.depths().map_err(|e| e.to_string())?;
    hold(depths.get("other") == Some(&1) && depths.get("desk").copied().unwrap_or(0) == 0, "depths follow the holder")
}

async fn keys(store: &impl Store) -> Result<(), String> {
    let keyed = |id: &str, hash: u8| Commit {
        idempotency: Some(IdempotencyRow {
            scope: "tok".into(),
            case: Some(id.to_owned()),
            key: "k".into(),
            request_hash: [hash; 32],
            response: b"first".to_vec(),
            expires_ms: 1_000,
        }),
        ..opening(id)
    };
    store.commit(keyed("cas_B", 1)).await.map_err(|e| e.to_string())?;
    let same = store.commit(keyed("cas_C", 1)).await;
    hold(
        matches!(same, Err(CommitError::Replayed { response }) if response == b"first"),
        "the same request gets the same answer",
    )?;
    let other = store.commit(keyed("cas_C", 2)).await;
    hold(matches!(other, Err(CommitError::KeyReused)), "a key stands for one request")?;
    hold(store.case("cas_C").map_err(|e| e.to_string())?.is_none(), "a repeated request writes nothing")?;
    let mut later = keyed("cas_C", 2);
    later.records.iter_mut().for_each(|record| record.ts_ms = 1_000);
    if let Some(row) = &mut later.idempotency {
        (row.key, row.expires_ms) = ("l".into(), 2_000);
    }
    store.commit(later).await.map_err(|e| e.to_string())?;
    let kept = |key: &str| store.idempotency("tok", key).map_err(|e| e.to_string());
    hold(kept("k")?.is_none() && kept("l")?.is_some(), "a key is kept until it expires and no longer")
}

async fn outbox(store: &impl Store) -> Result<(), String> {
    let failed = |error: CommitError| error.to_string();
    let row = |id: &str, due_ms| OutboxRow {
        id: id.to_owned(),
        kind: "turn".into(),
        case: "cas_D".into(),
        due_ms,
        body: id.as_bytes().to_vec(),
    };
    let item = |body: Option<&[u8]>| ItemRow { kind: "staff".into(), id: "ana".into(), body: body.map(<[u8]>::to_vec) };
    let rows = vec![row("b", 20), row("a", 30), row("c", 10)];
    let commit = Commit { outbox: rows, items: vec![item(Some(b"one"))], ..opening("cas_D") };
    store.commit(commit).await.map_err(failed)?;
    let due = |now| -> Result<Vec<String>, String> {
        let due = store.due("turn", now, 10).map_err(|e| e.to_string())?;
        Ok(due.into_iter().map(|row| row.id).collect())
    };
    hold(due(20)? == ["c", "b"], "what is due comes in the order in which it became due")?;
    let claim = |id: &str| Commit {
        case: Some(case_at("cas_D", 1, 2, "desk")),
        records: vec![record("cas_D", "done")],
        claim: Some(id.to_owned()),
        ..Commit::default()
    };
    store.commit(claim("c")).await.map_err(failed)?;
    let again = Commit { case: Some(case_at("cas_D", 2, 3, "desk")), ..claim("c") };
    hold(matches!(store.commit(again).await, Err(CommitError::Done)), "what was claimed is done once")?;
    let row_of = store.case("cas_D").map_err(|e| e.to_string())?;
    hold(row_of.is_some_and(|row| row.version == 2), "a claim that came late writes nothing")?;
    let later =
        Commit { outbox: vec![row("b", 40)], cancel: vec!["a".into()], items: vec![item(None)], ..Commit::default() };
    store.commit(later).await.map_err(failed)?;
    hold(due(39)?.is_empty() && due(40)? == ["b"], "a row takes the place of the one with its identifier")?;
    hold(store.next_due("turn").map_err(|e| e.to_string())? == Some(40), "the next moment is known")?;
    hold(store.items("staff").map_err(|e| e.to_string())?.is_empty(), "an item that is forgotten is gone")
}

/// Each list is what is left of all rows by its filter, the newest first, however many pages it is read in.
async fn lists(store: &impl Store) -> Result<(), String> {
    let (mut cases, mut rows) = (Vec::new(), Vec::new());
    for n in 0..40_u32 {
        let id = format!("cas_L{n:02}");
        let mut case = case_at(&id, 0, 1, &format!("holder{}", n % 3));
        case.status = if n % 4 == 1 { "open" } else { "resolved" }.into();
        case.holder = case.holder.filter(|_| n % 7 != 0);
        case.accountable = (n % 5 != 0).then(|| format!("team{}", n % 2));
        let row = ExceptionRow {
            id: format!("exc_L{n:02}"),
            case: id,
            kind: "raised".into(),
            owner: format!("team{}", n % 3),
            due_ms: 1,
            state: if n % 4 == 1 { "open" } else { "resolved" }.into(),
            taken_by: None,
            body: vec![1],
        };
        let commit = Commit { case: Some(case.clone()), exceptions: vec![row.clone()], ..Commit::default() };
        store.commit(commit).await.map_err(|e| e.to_string())?;
        cases.insert(0, case);
        rows.insert(0, row);
    }
    let agrees = |wanted: &Option<String>, value: Option<&String>| wanted.as_ref().is_none_or(|w| Some(w) == value);
    for filter in filters("holder1", "team1").into_iter().chain(filters("holder2", "nobody")) {
        let of = |case: &&CaseWrite| {
            agrees(&filter.status, Some(&case.status))
                && agrees(&filter.holder, case.holder.as_ref())
                && agrees(&filter.accountable, case.accountable.as_ref())
        };
        let wanted: Vec<_> = cases.iter().filter(of).map(|case| case.id.clone()).collect();
        let mut listed = Vec::new();
        loop {
            let page = store.cases(&filter, listed.last().map(String::as_str), 3).map_err(|e| e.to_string())?;
            // What other promises left behind comes after these.
            let ids: Vec<_> = page.iter().map(|row| row.id.clone()).filter(|id| id.starts_with("cas_L")).collect();
            let last = ids.len() < 3;
            listed.extend(ids);
            if last {
                break;
            }
        }
        hold(listed == wanted, &format!("a list of cases is all that agree with {filter:?}, but it is {listed:?}"))?;
    }
    for (state, owner) in [(None, None), (Some("open"), None), (None, Some("team1")), (Some("resolved"), Some("team2"))]
    {
        let filter = ExceptionFilter { state: state.map(str::to_owned), owner: owner.map(str::to_owned) };
        let of =
            |row: &&ExceptionRow| agrees(&filter.state, Some(&row.state)) && agrees(&filter.owner, Some(&row.owner));
        let wanted: Vec<_> = rows.iter().filter(of).cloned().collect();
        let first = store.exceptions(&filter, None, 2).map_err(|e| e.to_string())?;
        let rest =
            store.exceptions(&filter, first.last().map(|row| row.id.as_str()), 100).map_err(|e| e.to_string())?;
        let listed: Vec<_> = first.into_iter().chain(rest).filter(|row| row.id.starts_with("exc_L")).collect();
        hold(listed == wanted, &format!("a list of exceptions is all that agree with {filter:?}"))?;
    }
    let owners = store.owners("resolved").map_err(|e| e.to_string())?;
    hold(owners == ["team0", "team1", "team2"], "who owns exceptions in a state is found by name")
}

async fn pages_of_items(store: &impl Store) -> Result<(), String> {
    let item = |id: &str| ItemRow { kind: "override".into(), id: id.into(), body: Some(id.into()) };
    let items = vec![item("a"), item("b"), item("c"), ItemRow { kind: "other".into(), ..item("d") }];
    store.commit(Commit { items, ..Commit::default() }).await.map_err(|e| e.to_string())?;
    let page = |before: Option<&str>| -> Result<Vec<String>, String> {
        let rows = store.items_page("override", before, 2).map_err(|e| e.to_string())?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    };
    hold(page(None)? == ["c", "b"] && page(Some("b"))? == ["a"], "items are paged, the greatest identifier first")
}

async fn outcomes(store: &impl Store) -> Result<(), String> {
    let delta = |resolved, failed, kind: &str| OutcomeDelta {
        responder: "desk".into(),
        intent: "delivery".into(),
        resolved,
        failed,
        wrong: failed,
        kind: kind.into(),
    };
    for outcomes in [vec![delta(1, 0, "answered"), delta(0, 0, "confirmed")], vec![delta(-1, 1, "reopened")]] {
        store.commit(Commit { outcomes, ..Commit::default() }).await.map_err(|e| e.to_string())?;
    }
    let sums = store.outcomes().map_err(|e| e.to_string())?;
    hold(sums == [OutcomeDelta { kind: String::new(), ..delta(0, 1, "") }], "outcomes add up")?;
    let mut counts: Vec<(String, i64)> = store
        .outcome_counts()
        .map_err(|e| e.to_string())?
        .into_iter()
        .map(|row| (format!("{} {} {}", row.responder, row.intent, row.kind), row.count))
        .collect();
    counts.sort();
    let want = ["answered", "confirmed", "reopened"].map(|kind| (format!("desk cards {kind}"), 1));
    hold(counts == want, "outcomes are counted by what happened")
}

async fn exceptions(store: &impl Store) -> Result<(), String> {
    let row = |owner: &str, due_ms, state: &str| ExceptionRow {
        id: "exc_A".into(),
        case: "cas_A".into(),
        kind: "raised".into(),
        owner: owner.into(),
        due_ms,
        state: state.into(),
        taken_by: None,
        body: owner.into(),
    };
    for row in [row("desk", 10, "open"), row("manager", 20, "open")] {
        store.commit(Commit { exceptions: vec![row], ..Commit::default() }).await.map_err(|e| e.to_string())?;
    }
    let of = |owner: &str| {
        let filter = ExceptionFilter { state: Some("open".into()), owner: Some(owner.into()) };
        store.exceptions(&filter, None, 10).map_err(|e| e.to_string())
    };
    hold(of("desk")?.is_empty(), "an exception that was escalated is its first owner's no more")?;
    hold(of("manager")? == [row("manager", 20, "open")], "an escalated exception is found at its new owner")
}

async fn attachments(store: &impl Store) -> Result<(), String> {
    let failed = |error: CommitError| error.to_string();
    let file = |case: &str, id: &str| AttachmentRow {
        id: id.to_owned(),
        case: case.to_owned(),
        // Larger than a page of any store.
        sealed: id.bytes().cycle().take(100_000).collect(),
    };
    let words = |case: &str| WordsRow { id: "w".into(), case: case.to_owned(), sealed: b"sealed".to_vec() };
    let of = |case: &str, customer: &str| {
        let mut commit = opening(case);
        if let Some(case) = &mut commit.case {
            customer.clone_into(&mut case.customer);
        }
        Commit {
            customer: Some(NewCustomer { id: customer.to_owned(), wrapped_key: b"key".to_vec(), replaces: None }),
            words: vec![words(case)],
            attachments: vec![file(case, "f"), file(case, "g")],
            ..commit
        }
    };
    store.commit(of("cas_F", "cus_F")).await.map_err(failed)?;
    store.commit(of("cas_G", "cus_G")).await.map_err(failed)?;
    let read = |case: &str, id: &str| store.attachment(case, id).map_err(|e| e.to_string());
    hold(read("cas_F", "f")? == Some(file("cas_F", "f")), "a file is read as it was written")?;
    hold(read("cas_D", "f")?.is_none() && read("cas_F", "h")?.is_none(), "a file is found on its own case alone")?;
    let stale = Commit { attachments: vec![file("cas_F", "h")], ..opening("cas_F") };
    hold(store.commit(stale).await.is_err() && read("cas_F", "h")?.is_none(), "a refused commit leaves no file")?;
    let erase = Commit {
        case: Some(CaseWrite { customer: "cus_F".into(), ..case_at("cas_F", 1, 2, "desk") }),
        records: vec![record("cas_F", "erased")],
        clear: Some("cas_F".into()),
        ..Commit::default()
    };
    store.commit(erase).await.map_err(failed)?;
    let left = store.words("cas_F", "w").map_err(|e| e.to_string())?.is_some();
    hold(!left && read("cas_F", "f")?.is_none() && read("cas_F", "g")?.is_none(), "erasing takes words and files")?;
    hold(read("cas_G", "f")?.is_some(), "erasing takes nothing of others")
}

async fn erasure(store: &impl Store) -> Result<(), String> {
    let told = |error: CommitError| error.to_string();
    let read = |error: crate::ReadError| error.to_string();
    let customer = |key: &[u8], replaces| NewCustomer { id: "cus_E".into(), wrapped_key: key.to_vec(), replaces };
    let open = |id: &str, key: &[u8], replaces| {
        let case = CaseWrite { customer: "cus_E".into(), opened_ms: 7, ..case_at(id, 0, 1, "desk") };
        let words = vec![WordsRow { id: "w".into(), case: id.to_owned(), sealed: b"sealed".to_vec() }];
        let answer = IdempotencyRow {
            scope: "tok".into(),
            key: id.to_owned(),
            case: Some(id.to_owned()),
            request_hash: [1; 32],
            response: b"kept".to_vec(),
            expires_ms: 100_000,
        };
        let customer = Some(customer(key, replaces));
        Commit { case: Some(case), customer, words, idempotency: Some(answer), ..opening(id) }
    };
    store.commit(open("cas_E1", b"one", None)).await.map_err(told)?;
    store.commit(open("cas_E2", b"one", None)).await.map_err(told)?;
    let refused = store.commit(open("cas_E3", b"two", None)).await;
    hold(matches!(refused, Err(CommitError::KeyGone)), "a customer has one key")?;
    hold(store.case("cas_E3").map_err(read)?.is_none(), "nothing is written under another")?;
    let key = store.key_of_case("cus_E", 7, "cas_E2").map_err(read)?.ok_or("a case has its customer's key")?;
    hold(key.wrapped_key.as_deref() == Some(b"one"), "a case has the key that its words are sealed under")?;
    let (first, under) = (key.key, Commit { sealed_under: Some(key.key), ..Commit::default() });
    store.commit(Commit { records: vec![record_of("customer/cus_E", "x")], ..under }).await.map_err(told)?;

    let erase =
        || Commit { erase: Some(first), records: vec![record_of("customer/cus_E", "erased")], ..Commit::default() };
    store.commit(erase()).await.map_err(told)?;
    hold(matches!(store.commit(erase()).await, Err(CommitError::Done)), "a key is destroyed once")?;
    let gone = store.customer("cus_E").map_err(read)?.ok_or("who was erased is known")?;
    hold((gone.key, gone.wrapped_key) == (first, None), "a destroyed key is gone")?;
    for sealed in [
        open("cas_E3", b"one", None),
        Commit { sealed_under: Some(first), records: vec![record("cas_E1", "x")], ..Commit::default() },
    ] {
        let refused = store.commit(sealed).await;
        hold(matches!(refused, Err(CommitError::KeyGone)), "nothing is written that a destroyed key sealed")?;
    }
    store.commit(open("cas_E4", b"two", Some(first))).await.map_err(told)?;
    let of = |key, after: Option<&(i64, String)>| store.cases_under("cus_E", key, after, 1).map_err(read);
    let one = of(first, None)?;
    let two = of(first, one.first())?;
    let named = |id: &str| vec![(7, id.to_owned())];
    hold(one == named("cas_E1") && two == named("cas_E2"), "the cases under a key are found one after the other")?;
    hold(
        of(first, two.first())?.is_empty() && of(first + 1, None)? == named("cas_E4"),
        "and those under another are not",
    )?;
    store.commit(Commit { clear: Some("cas_E1".into()), ..Commit::default() }).await.map_err(told)?;
    let words = |case: &str| store.words(case, "w").map_err(read);
    let kept = |case: &str| store.idempotency("tok", case).map_err(read);
    hold(words("cas_E1")?.is_none() && kept("cas_E1")?.is_none(), "a case is cleared of words and kept answers")?;
    hold(words("cas_E2")?.is_some() && kept("cas_E2")?.is_some(), "and no other is")
}

async fn resolved(store: &impl Store) -> Result<(), String> {
    for (id, status, at) in [("cas_R1", "resolved", 10), ("cas_R2", "open", 20), ("cas_R3", "resolved", 30)] {
        let mut commit = opening(id);
        let case = case_at(id, 0, 1, "desk");
        let (customer, status) = ("cus_R".to_owned(), status.to_owned());
        commit.case = Some(CaseWrite { customer, status, opened_ms: at, updated_ms: at, ..case });
        store.commit(commit).await.map_err(|error| error.to_string())?;
    }
    let found = |customer: &str, since: i64, limit: usize| {
        let rows = store.resolved_of_customer(customer, since, limit).map_err(|error| error.to_string())?;
        Ok::<_, String>(rows.into_iter().map(|row| row.id).collect::<Vec<_>>())
    };
    hold(found("cus_R", 0, 8)? == ["cas_R3", "cas_R1"], "a customer's resolved cases are found, the newest first")?;
    hold(found("cus_R", 11, 8)? == ["cas_R3"], "those that were resolved before are not")?;
    hold(found("cus_R", 0, 2)? == ["cas_R3"], "only the newest cases are looked at")?;
    hold(found("cus_S", 0, 8)?.is_empty(), "others have none")
}

async fn bundles(store: &impl Store) -> Result<(), String> {
    let in_force = || store.bundle_in_force().map_err(|error| error.to_string());
    let commit = |digest: &str| Commit {
        records: vec![record_of("bundle/in_force", digest)],
        activation: Some(Activation { digest: digest.to_owned(), at_ms: 10 }),
        ..Commit::default()
    };
    hold(in_force()?.is_none(), "at first no bundle is in force")?;
    let positions = store.last_seq().map_err(|error| error.to_string())?;
    let refused = store.commit(commit("one")).await;
    let after = store.last_seq().map_err(|error| error.to_string())?;
    hold(refused.is_err() && after == positions && in_force()?.is_none(), "what is not kept does not come into force")?;
    for digest in ["one", "two"] {
        store.keep_bundle(digest, digest.as_bytes()).map_err(|error| error.to_string())?;
    }
    hold(in_force()?.is_none(), "what is kept is not in force by that")?;
    for digest in ["two", "one", "two"] {
        store.commit(commit(digest)).await.map_err(|error| error.to_string())?;
        hold(in_force()?.as_deref() == Some(digest), "the bundle in force is the one that came into force last")?;
    }
    let kept = |digest: &str| store.bundle(digest).map_err(|error| error.to_string());
    hold(kept("one")?.as_deref() == Some(b"one"), "a bundle stays, whatever comes after it")?;
    hold(kept("three")?.is_none(), "there is no bundle that was not kept")
}

fn positions(store: &impl Store) -> Result<(), String> {
    let feed = store.feed(0, 1_000).map_err(|e| e.to_string())?;
    hold(feed.iter().enumerate().all(|(at, row)| row.seq == at as u64 + 1), "positions begin at 1 and are dense")?;
    let last = store.last_seq().map_err(|e| e.to_string())?;
    let (size, _) = store.head().map_err(|e| e.to_string())?;
    let kind = feed.first().map(|row| row.kind.as_str()).unwrap_or_default();
    let has = |kinds: &[&str]| store.has_kind(kinds).map_err(|e| e.to_string());
    hold(has(&["none such", kind])? && !has(&["none such"])?, "records are known by their kind")?;
    hold(last == feed.len() as u64 && size == last, "the ledger has an entry for every event")
}

/// The name of a token outlives it until it is forgotten, and nothing else does.
async fn tokens(store: &impl Store) -> Result<(), String> {
    let token = TokenRow {
        id: "tok_1".into(),
        hash: [3; 32],
        name: "Ada Lovelace".into(),
        roles: vec!["lead".into()],
        responder: None,
        source: None,
        staff: None,
        created_ms: 1,
        expires_ms: 2,
    };
    let name = || store.token_name("tok_1").map_err(|e| e.to_string());
    let named = Some("Ada Lovelace".to_owned());
    hold(name()?.is_none(), "an unknown token has no name")?;
    let add = Commit { tokens: vec![TokenChange::Add(Box::new(token))], ..Commit::default() };
    store.commit(add).await.map_err(|e| e.to_string())?;
    hold(name()? == named, "a token has its name")?;
    hold(!store.forget_token_name("tok_1").map_err(|e| e.to_string())?, "the name of a token that stands is kept")?;
    let revoke = || Commit { tokens: vec![TokenChange::Revoke("tok_1".into())], ..Commit::default() };
    hold(store.commit(revoke()).await.is_ok(), "a token is revoked")?;
    hold(matches!(store.commit(revoke()).await, Err(CommitError::Done)), "a token is revoked once")?;
    let known = store.token(&[3; 32]).map_err(|e| e.to_string())?;
    hold(known.is_none() && name()? == named, "of a revoked token the name is kept alone")?;
    hold(store.forget_token_name("tok_1").map_err(|e| e.to_string())?, "a name is forgotten")?;
    hold(name()?.is_none(), "a forgotten name is gone")
}

fn checkpoints(store: &impl Store) -> Result<(), String> {
    let add = |size, note: &str| store.add_checkpoint(size, note).map_err(|e| e.to_string());
    hold(add(2, "two")? && !add(2, "other")? && !add(1, "one")?, "checkpoints only grow")?;
    let newest = store.checkpoint().map_err(|e| e.to_string())?;
    hold(newest == Some((2, "two".into())), "the newest checkpoint is the largest")
}
