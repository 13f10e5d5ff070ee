//! The disk is full, really: a small file system in a mount namespace of its own. What was acknowledged is there, what
//! was refused is nowhere, and with room again the same server goes on.

use crate::{
    client::{Client, opening},
    house::{House, Served, copy, models},
    plan::{Plan, attack},
};
use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// Set to pass over this attack where it can't be made.
const WITHOUT: &str = "REMIT_ATTACKS_WITHOUT_ROOT";
/// Room in the file system, beside what the models take, in MiB.
const ROOM_MIB: u64 = 16;
const FULL: u16 = 507;
const WRITERS: usize = 4;

/// A file system in memory that only who enters its namespace sees.
struct Small {
    holder: Child,
    at: PathBuf,
}

impl Small {
    fn mount(at: &Path) -> Self {
        fs::create_dir_all(at).unwrap();
        let bytes: u64 = fs::read_dir(models()).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum();
        let size = (bytes >> 20) + 1 + ROOM_MIB;
        // It lasts as long as its standard input.
        let script = format!("mount -t tmpfs -o size={size}m none '{}' && echo ready && read _", at.display());
        let mut holder = Command::new("unshare")
            .args(["--mount", "--propagation", "private", "sh", "-c", &script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut said).unwrap();
        assert_eq!(said, "ready\n", "no file system could be mounted at {}", at.display());
        Self { holder, at: at.to_owned() }
    }

    /// A command that is run in there.
    fn enter(&self, command: &[String]) -> Command {
        let mut entered = Command::new("nsenter");
        entered.args(["--target", &self.holder.id().to_string(), "--mount", "--"]).args(command);
        entered
    }

    /// Where its files are for who stays outside.
    fn seen(&self) -> PathBuf {
        Path::new(&format!("/proc/{}/root", self.holder.id())).join(self.at.strip_prefix("/").unwrap())
    }

    /// Takes all room that is left.
    fn fill(&self) {
        let mut ballast = File::options().create(true).append(true).open(self.seen().join("ballast")).unwrap();
        for size in [1 << 16, 1 << 12, 1] {
            while ballast.write(&vec![7; size]).is_ok_and(|written| written > 0) {}
        }
    }

    fn empty(&self) {
        fs::remove_file(self.seen().join("ballast")).unwrap();
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        let _ = self.holder.wait();
    }
}

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

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn round(plan: Plan) {
    if !is_root() {
        let why = format!("only root can make a disk that is full; run as root, or set {WITHOUT}=1 to do without");
        assert!(std::env::var(WITHOUT).is_ok_and(|without| without == "1"), "{why}");
        eprintln!("disk: NOT TRIED, since {WITHOUT}=1");
        return;
    }
    let room = tempfile::tempdir().unwrap();
    let small = Small::mount(&room.path().join("data"));
    let (house, mut dice) = (House::at(&small.at), plan.dice());
    copy(models(), &small.seen().join("models"));
    let serve = || Served::start(&mut small.enter(&house.command()));
    let mut server = serve();
    let token = server.token.clone().unwrap();
    let mut client = server.client(&token);
    let mut told = Told::default();
    told.write(&client, 8);
    for _ in 0..plan.of(2, 20) {
        let refused = told.refused;
        small.fill();
        // The log of writes has room in it where it was begun anew, so that not all need be refused.
        while told.refused < refused + WRITERS {
            told.write(&client, WRITERS);
        }
        told.holds(&client);
        let killed = dice.roll(3) == 0;
        if killed {
            server.kill();
        }
        small.empty();
        if killed {
            server = serve();
            client = server.client(&token);
        }
        let (before, refused) = (told.done.len(), told.refused);
        told.write(&client, 8);
        assert_eq!((told.done.len(), told.refused), (before + 8, refused), "there is room, and it is not used");
        told.holds(&client);
    }
    server.stop();
    let verify = [crate::house::REMIT, "ledger", "verify", small.at.to_str().unwrap()].map(ToOwned::to_owned);
    let said = small.enter(&verify).output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&[said.stdout, said.stderr].concat()));
    // Everything, and the file system, was used.
    assert!(told.refused >= WRITERS && told.done.len() > 16);
}

#[test]
fn disk() {
    attack("disk", round);
}
