//! What is on record is answered as done, also where another bundle comes into force before all that follows from it
//! is carried out.

use crate::{
    activation::untested,
    hands::Morning,
    harness::{Server, id, open_at, settings},
    sample_bundle::{BANK, bank_with},
    staff::{answer, note, offered, presence, staff_client, work},
};
use remit_app::{
    Parts, Succession,
    access::auth,
    bundle::activate::{self, ActivateBundle},
    case::query,
    environment::{block_on::block_on, clock::Clock},
    governance::services::Services,
    staff::remove,
    succession::Making,
};
use remit_domain::id::Timestamp;
use remit_policy::files::Files;
use remit_store::Journal as _;
use std::{
    fmt,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};
use tokio::runtime::{Handle, Runtime};

/// What is done once, at the first look at the clock after something is on record.
struct Due {
    kind: &'static str,
    succession: Arc<Succession>,
    files: Files,
    runtime: Handle,
}

/// A clock on which another bundle comes into force in the middle of what somebody does.
#[derive(Clone, Default)]
struct Midway(Arc<Mutex<Option<Due>>>);

impl fmt::Debug for Midway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Midway")
    }
}

impl Clock for Midway {
    fn now(&self) -> Timestamp {
        let due = {
            let mut due = self.0.lock().unwrap();
            let is_on_record = |due: &Due| {
                let parts = due.succession.current();
                block_on(parts.journal.store().has_kind(&[due.kind])).unwrap()
            };
            if due.as_ref().is_some_and(is_on_record) { due.take() } else { None }
        };
        if let Some(Due { succession, files, runtime, .. }) = due {
            let asked = ActivateBundle { reason: Some("midway".to_owned()), ..ActivateBundle::default() };
            let put = activate::activate_for_operator(&succession, "the tests", &asked, files);
            thread::scope(|scope| scope.spawn(|| runtime.block_on(put).unwrap()).join().unwrap());
        }
        Morning.now()
    }

    /// What follows a commit while it is on its way asks this one, and nothing may come between then.
    fn monotonic(&self) -> Duration {
        Morning.monotonic()
    }
}

#[test]
fn who_is_removed_while_another_bundle_comes_into_force_has_nothing_left() {
    let server = Server::start_with(untested(&BANK), Services::none());
    let lead = server.client(&["lead", "admin"]);
    note(&lead, "ana", 1);
    let ana = staff_client(&server, "ana");
    presence(&ana, "ana", "available");
    let case = lead.open("carol", "I want to talk to a human about my transfer");
    let first = work(&ana, "ana", |work| offered(work) == 1)["offered"][0].clone();
    assert_eq!(answer(&ana, &first, "accept").status, 200);
    let token = format!("Bearer {}", lead.token);
    let data = server.stop();

    let (runtime, clock) = (Runtime::new().unwrap(), Midway::default());
    let bundle = untested(&BANK);
    let parts: Arc<Parts> =
        Arc::new(open_at(data.path(), bundle, Services::none(), settings(), Box::new(clock.clone())));
    let making = Making { data: Some(data.path().to_owned()), ..Making::without_services() };
    let succession = Arc::new(Succession::new(Arc::clone(&parts), making));
    let next = untested(&bank_with(|toml| toml.replace("Northgate Bank", "Southgate Bank")));
    let files = Files::new(next.files().all().map(|(name, bytes)| (name.to_owned(), bytes.to_vec())));
    let due =
        Due { kind: "staff_removed", succession: Arc::clone(&succession), files, runtime: runtime.handle().clone() };
    *clock.0.lock().unwrap() = Some(due);
    let caller = auth::caller(&parts.journal, &parts.live, &parts.environment, Some(&token));
    let caller = runtime.block_on(caller).unwrap();
    runtime.block_on(remove::remove_staff(&succession, &parts, &caller, "ana")).unwrap();
    let now = succession.current();
    assert_eq!((now.journal.term(), now.governance.bundle.name()), (1, "Southgate Bank"), "it came midway");
    let holder = runtime.block_on(query::case(&now, &caller, &id(&case))).unwrap().holder.unwrap();
    assert_eq!((holder.staff, holder.name.as_str()), (None, "payments"), "what she had is back in its queue");
}
