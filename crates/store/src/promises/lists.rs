//! Lists, and what is counted.

use super::{Backend, done};
use crate::{
    CaseWrite, Commit, ExceptionFilter, ExceptionRow, OutcomeDelta, Views as _,
    fixtures::{case_at, filters},
};

fn exception(id: &str, owner: &str, state: &str) -> ExceptionRow {
    ExceptionRow {
        id: id.into(),
        case: "cas_0".into(),
        kind: "raised".into(),
        owner: owner.into(),
        due_ms: 1,
        state: state.into(),
        taken_by: None,
        body: owner.into(),
    }
}

pub(super) async fn a_list_is_all_that_agree_however_it_is_paged<B: Backend>(backend: B) {
    let store = backend.store();
    let (mut cases, mut rows) = (Vec::new(), Vec::new());
    for n in 0..40_u32 {
        let id = format!("cas_{n:02}");
        let mut case = case_at(&id, 0, 1, &format!("holder{}", n % 3));
        case.status = if n % 4 == 1 { "open" } else { "resolved" }.into();
        case.holder = case.holder.filter(|_| n % 7 != 0);
        case.accountable = (n % 5 != 0).then(|| format!("team{}", n % 2));
        let row = exception(&format!("exc_{n:02}"), &format!("team{}", n % 3), &case.status);
        let commit = Commit { case: Some(case.clone()), exceptions: vec![row.clone()], ..Commit::default() };
        done(&**store, commit).await;
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
        let mut listed: Vec<String> = Vec::new();
        loop {
            let page = store.cases(&filter, listed.last().map(String::as_str), 3).await.unwrap();
            listed.extend(page.iter().map(|row| row.id.clone()));
            if page.len() < 3 {
                break;
            }
        }
        assert_eq!(listed, wanted, "{filter:?}");
    }
    for (state, owner) in [(None, None), (Some("open"), None), (None, Some("team1")), (Some("resolved"), Some("team2"))]
    {
        let filter = ExceptionFilter { state: state.map(str::to_owned), owner: owner.map(str::to_owned) };
        let of =
            |row: &&ExceptionRow| agrees(&filter.state, Some(&row.state)) && agrees(&filter.owner, Some(&row.owner));
        let wanted: Vec<_> = rows.iter().filter(of).cloned().collect();
        let first = store.exceptions(&filter, None, 2).await.unwrap();
        let rest = store.exceptions(&filter, first.last().map(|row| row.id.as_str()), 100).await.unwrap();
        assert_eq!(first.into_iter().chain(rest).collect::<Vec<_>>(), wanted, "{filter:?}");
    }
    assert_eq!(store.owners("resolved").await.unwrap(), ["team0", "team1", "team2"]);
    assert!(store.owners("taken").await.unwrap().is_empty());
}

pub(super) async fn an_exception_is_found_where_it_is_now<B: Backend>(backend: B) {
    let store = backend.store();
    for row in [exception("exc_0", "desk", "open"), exception("exc_0", "manager", "open")] {
        done(&**store, Commit { exceptions: vec![row], ..Commit::default() }).await;
    }
    let of = async |owner: &str| {
        let filter = ExceptionFilter { state: Some("open".into()), owner: Some(owner.into()) };
        store.exceptions(&filter, None, 10).await.unwrap()
    };
    assert!(of("desk").await.is_empty());
    assert_eq!(of("manager").await, [exception("exc_0", "manager", "open")]);
    assert_eq!(store.exception("exc_0").await.unwrap(), Some(exception("exc_0", "manager", "open")));
    assert_eq!(store.owners("open").await.unwrap(), ["manager"]);
}

pub(super) async fn outcomes_add_up<B: Backend>(backend: B) {
    let store = backend.store();
    let delta = |resolved, failed, kind: &str| OutcomeDelta {
        responder: "desk".into(),
        intent: "parcels".into(),
        resolved,
        failed,
        wrong: failed,
        kind: kind.into(),
    };
    for outcomes in [vec![delta(1, 0, "answered"), delta(0, 0, "confirmed")], vec![delta(-1, 1, "reopened")]] {
        done(&**store, Commit { outcomes, ..Commit::default() }).await;
    }
    assert_eq!(store.outcomes().await.unwrap(), [delta(0, 1, "")]);
    let counts = store.outcome_counts().await.unwrap();
    let counts: Vec<_> = counts.iter().map(|row| (row.responder.as_str(), row.kind.as_str(), row.count)).collect();
    assert_eq!(counts, [("desk", "answered", 1), ("desk", "confirmed", 1), ("desk", "reopened", 1)]);
}
