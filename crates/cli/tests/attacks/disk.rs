//! The disk is full, really: a small file system in a mount namespace of its own. What was acknowledged is there, what
//! was refused is nowhere, and with room again the same server goes on.

use crate::{
    client::{Client, opening},
    house::REMIT,
    plan::{Plan, attack},
    small_disk::SmallDisk,
};
use std::collections::BTreeSet;

/// Room on the disk beside the trained models, in MiB.
const ROOM_MIB: u64 = 16;
/// The file that takes it.
const BALLAST: &str = "ballast";
const FULL: u16 = 507;
const WRITERS: usize = 4;

/// What the writers were told.
#[derive(Debug, Default)]
struct Told {
    done: BTreeSet<String>,
    refused: usize,
    next: usize,
}

impl Told {
    /// Opens so many cases, several at once.
    fn write(&mut self, client: &Client, times: usize) {
        let first = self.next;
        self.next += times;
        let answers: Vec<_> = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..WRITERS)
                .map(|writer| {
                    scope.spawn(move || {
                        let mine = (first..first + times).filter(|at| at % WRITERS == writer);
                        let open = |at| opening(&format!("c{at}"), "When will my card arrive?");
                        mine.map(|at| client.post("/v1/cases", &open(at))).collect::<Vec<_>>()
                    })
                })
                .collect();
            writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
        });
        for answer in answers {
            match answer.status {
                201 => _ = self.done.insert(answer.body["case"]["id"].as_str().unwrap().to_owned()),
                FULL => self.refused += 1,
                other => panic!("{other}: {}", answer.body),
            }
        }
    }

    /// What is there is what was acknowledged, and nothing else.
    fn holds(&self, client: &Client) {
        let there: BTreeSet<String> =
            client.all("/v1/cases").iter().map(|case| case["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(there, self.done, "{} were refused", self.refused);
    }
}

fn round(plan: Plan) {
    let Some(small) = SmallDisk::mount("disk", ROOM_MIB) else { return };
    let mut dice = plan.dice();
    let mut server = small.serve();
    let token = server.token.clone().unwrap();
    let mut client = server.client(&token);
    let mut told = Told::default();
    told.write(&client, 8);
    for _ in 0..plan.of(2, 20) {
        let refused = told.refused;
        small.fill(BALLAST);
        // The log of writes has room in it where it was begun anew, so that not all need be refused.
        while told.refused < refused + WRITERS {
            told.write(&client, WRITERS);
        }
        told.holds(&client);
        let killed = dice.roll(3) == 0;
        if killed {
            server.kill();
        }
        small.remove(BALLAST);
        if killed {
            server = small.serve();
            client = server.client(&token);
        }
        let (before, refused) = (told.done.len(), told.refused);
        told.write(&client, 8);
        assert_eq!((told.done.len(), told.refused), (before + 8, refused), "there is room, and it is not used");
        told.holds(&client);
    }
    server.stop();
    let verify = [REMIT, "ledger", "verify", small.at().to_str().unwrap()].map(ToOwned::to_owned);
    let said = small.enter(&verify).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&[said.stdout, said.stderr].concat()));
    // Everything, and the file system, was used.
    assert!(told.refused >= WRITERS && told.done.len() > 16);
}

#[test]
fn disk() {
    attack("disk", round);
}
