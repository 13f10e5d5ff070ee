//! Offline verification: reads a log from its first record to its last, and names every record that is not
//! as it was when it was signed.

mod report;

pub use report::{LookedAt, NotLookedAt, Problem, Report};

use crate::{
    checkpoint::{Checkpoint, Verifier},
    entry::{LogEntry, commitment},
    hash::{Hash, hex},
    tile::{TILE_WIDTH, Tile},
    tree::Tree,
};
use std::fmt;

/// A record as it is stored.
#[derive(Debug, Clone)]
pub struct StoredRecord {
    /// Its position, from 1.
    pub seq: u64,
    /// The entry.
    pub entry: Vec<u8>,
    /// The body that the entry commits to.
    pub body: Vec<u8>,
    /// The commitment's salt.
    pub salt: [u8; 32],
    /// What is stored beside the entry.
    pub beside: EntryIndex,
}

/// What is stored beside an entry, to find and to show it without reading it: the same as the entry says.
#[derive(Debug, Clone)]
pub struct EntryIndex {
    /// When, in milliseconds since the Unix epoch.
    pub ts: i64,
    /// The kind of record.
    pub kind: String,
    /// The stream, as entries of version 2 name it.
    pub stream: String,
    /// Who caused it.
    pub actor: String,
    /// An identifier that it is found by: one that the body holds, or the one in the entry.
    pub subject: Option<String>,
}

impl EntryIndex {
    /// In what it differs from `entry` and `body`.
    fn differs(&self, entry: &LogEntry, body: &[u8]) -> Option<String> {
        let told = |what, beside: &dyn fmt::Display, says: &dyn fmt::Display| {
            Some(format!("the {what} beside it is `{beside}`, and its entry says `{says}`"))
        };
        if self.ts != entry.ts {
            return told("moment", &self.ts, &entry.ts);
        }
        let stream = entry.stream(body);
        let texts = [
            ("kind", self.kind.as_str(), entry.kind.as_str()),
            ("stream", &self.stream, &stream),
            ("actor", &self.actor, &entry.actor),
        ];
        if let Some((what, beside, says)) = texts.into_iter().find(|(_, beside, says)| beside != says) {
            return told(what, &beside, &says);
        }
        let subject = self.subject.as_ref().filter(|subject| **subject != entry.about.as_str())?;
        let quoted = format!("\"{subject}\"");
        let held = body.windows(quoted.len()).any(|part| part == quoted.as_bytes());
        (!held).then(|| format!("it is found by `{subject}`, which is not in it"))
    }
}

const PROBLEMS_MAX: usize = 1_000;
/// Records that were written within so long may all be unsigned still, in milliseconds.
const UNSIGNED_MS: u64 = 60_000;

/// Verifies a log record by record; memory does not grow with it.
pub struct LogVerification<'v, F, N> {
    tree: Tree,
    stored_tile: F,
    tiles: u64,
    verifier: &'v Verifier,
    /// Checkpoints that are not held yet, by size.
    notes: N,
    /// The next of them: its size and root.
    ahead: Option<(u64, Hash)>,
    checkpoints: u64,
    signed: Option<u64>,
    /// Other checkpoints, by size: the root, and what it is found to be.
    held: Vec<(u64, Hash, Option<Hash>)>,
    next: u64,
    /// The moments of the first and of the last record.
    times: Option<(i64, i64)>,
    problems: Vec<Problem>,
}

impl<F, N> fmt::Debug for LogVerification<'_, F, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verification").field("next", &self.next).finish_non_exhaustive()
    }
}

impl<'v, F: FnMut(u8, u64) -> Option<Vec<Hash>>, N: FnMut() -> Option<(u64, String)>> LogVerification<'v, F, N> {
    /// Begins; `stored_tile` gives full tiles as they are stored, `notes` the checkpoints with the sizes under which
    /// they are kept, the smallest first.
    pub fn new(verifier: &'v Verifier, notes: N, stored_tile: F) -> Self {
        let mut new = Self {
            tree: Tree::default(),
            stored_tile,
            tiles: 0,
            verifier,
            notes,
            ahead: None,
            checkpoints: 0,
            signed: None,
            held: Vec::new(),
            next: 1,
            times: None,
            problems: Vec::new(),
        };
        new.next_note();
        new.at_size();
        new
    }

    /// Holds the log against another checkpoint too: one that was kept elsewhere, when the log was shorter. Before the
    /// first record.
    pub fn hold(&mut self, checkpoint: &Checkpoint) {
        let found = (checkpoint.size == 0).then(Hash::empty);
        self.held.push((checkpoint.size, checkpoint.root, found));
    }

    /// Goes on to the next checkpoint that is good by itself.
    fn next_note(&mut self) {
        self.ahead = None;
        while let Some((size, note)) = (self.notes)() {
            self.checkpoints += 1;
            match self.verifier.open(&note) {
                Ok(checkpoint) if checkpoint.size == size => {
                    self.signed = Some(size);
                    self.ahead = Some((size, checkpoint.root));
                    return;
                }
                Ok(checkpoint) => {
                    self.note(Problem::Checkpoint { size, why: format!("it is over {} records", checkpoint.size) });
                }
                Err(error) => self.note(Problem::Checkpoint { size, why: error.to_string() }),
            }
        }
    }

    /// Holds the checkpoints over as many records as there are by now.
    fn at_size(&mut self) {
        while let Some((size, signed)) = self.ahead.filter(|(size, _)| *size <= self.tree.size()) {
            if signed != self.tree.root() {
                let (signed, found) = (signed.to_string(), self.tree.root().to_string());
                self.note(Problem::Root { size, signed, found });
            }
            self.next_note();
        }
    }

    /// Takes down a problem that its keeper found beside the ledger.
    pub fn note(&mut self, problem: Problem) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(problem);
        }
    }

    /// Takes down that a record is not as it was, for what its keeper knows of it beside the ledger.
    pub fn changed(&mut self, seq: u64, how: &str) {
        self.note(Problem::Changed { seq, how: how.to_owned() });
    }

    /// Takes the next record, in the order of positions.
    pub fn record(&mut self, record: &StoredRecord) {
        if record.seq > self.next {
            self.note(Problem::Missing { from: self.next, to: record.seq - 1 });
            // The gap is filled with a hash that no entry has, so that later records keep their positions.
            for _ in self.next..record.seq.min(self.next.saturating_add(1 << 20)) {
                self.append(Hash([0; 32]));
            }
        }
        let first = self.times.map_or(record.beside.ts, |(first, _)| first);
        self.times = Some((first, record.beside.ts));
        match LogEntry::from_bytes(&record.entry) {
            Ok(entry) if entry.seq != record.seq => {
                self.note(Problem::Reordered { seq: record.seq, says: entry.seq });
            }
            Ok(entry) => {
                if hex(&commitment(&record.salt, &record.body)) != entry.commit {
                    self.changed(record.seq, "the body does not match the entry's commitment");
                } else if let Some(how) = record.beside.differs(&entry, &record.body) {
                    self.changed(record.seq, &how);
                }
            }
            Err(error) => self.changed(record.seq, &error.to_string()),
        }
        self.next = record.seq + 1;
        self.append(Hash::leaf(&record.entry));
    }

    fn append(&mut self, leaf: Hash) {
        let mut full = Vec::new();
        self.tree.append(leaf, &mut full);
        for tile in &full {
            self.compare(tile);
        }
        self.at_size();
        for (size, _, found) in &mut self.held {
            if self.tree.size() == *size {
                *found = Some(self.tree.root());
            }
        }
    }

    fn compare(&mut self, tile: &Tile) {
        let (level, index) = (tile.level, tile.index);
        self.tiles += 1;
        let stored = (self.stored_tile)(level, index);
        if stored.as_deref() == Some(&tile.hashes) {
            return;
        }
        let under = (TILE_WIDTH as u64).pow(u32::from(level) + 1);
        let named = stored.filter(|stored| level == 0 && stored.len() == TILE_WIDTH);
        match named {
            // Level 0 holds the hash of each entry, so it names the record.
            Some(stored) => {
                for (at, (was, is)) in stored.iter().zip(&tile.hashes).enumerate() {
                    let seq = index * TILE_WIDTH as u64 + at as u64 + 1;
                    let known = self.problems.iter().any(|p| match p {
                        Problem::Changed { seq: s, .. } | Problem::Reordered { seq: s, .. } => *s == seq,
                        Problem::Missing { from, to } => (*from..=*to).contains(&seq),
                        _ => false,
                    });
                    if was != is && !known {
                        self.changed(seq, "the entry does not match the hash that was logged");
                    }
                }
            }
            None => self.note(Problem::Tile { level, index, from: index * under + 1, to: (index + 1) * under }),
        }
    }

    /// Ends: holds the whole against the checkpoint.
    pub fn finish(mut self) -> Report {
        let records = self.tree.size();
        for (size, signed, found) in std::mem::take(&mut self.held) {
            match found {
                Some(found) if found != signed => {
                    let (signed, found) = (signed.to_string(), found.to_string());
                    self.note(Problem::Root { size, signed, found });
                }
                Some(_) => {}
                None => self.note(Problem::Shortened { signed: size, found: records }),
            }
        }
        while let Some((size, _)) = self.ahead {
            self.note(Problem::Shortened { signed: size, found: records });
            self.next_note();
        }
        // A server signs twice a second, so that only what is young has no checkpoint yet.
        let young = self.times.is_none_or(|(first, last)| last.abs_diff(first) <= UNSIGNED_MS);
        if self.signed.is_none() && records > 0 && !young {
            self.note(Problem::NoCheckpoint);
        }
        let signed = self.signed;
        Report {
            records,
            root: self.tree.root().to_string(),
            signed,
            unsigned_tail: records.saturating_sub(signed.unwrap_or(0)),
            checkpoints: self.checkpoints,
            tiles: self.tiles,
            looked_at: Vec::new(),
            not_looked_at: Vec::new(),
            problems: self.problems,
        }
    }

    /// How many records there are so far.
    pub fn records(&self) -> u64 {
        self.tree.size()
    }

    /// How many full tiles of this level the records so far make.
    pub fn tiles_of(&self, level: u8) -> u64 {
        self.tree.size().checked_shr(8 * (u32::from(level) + 1)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{checkpoint::Signer, entry::EntryAbout};
    use std::collections::HashMap;

    type Tiles = HashMap<(u8, u64), Vec<Hash>>;

    fn log(size: u64) -> (Vec<StoredRecord>, Tiles, String, Verifier) {
        let (mut tree, mut full) = (Tree::default(), Vec::new());
        let records: Vec<StoredRecord> = (1..=size).map(record).collect();
        records.iter().for_each(|r| tree.append(Hash::leaf(&r.entry), &mut full));
        let signer = Signer::new("log.example", &[1; 32]);
        let note = signer.sign(size, &tree.root());
        (records, full.into_iter().map(|t| ((t.level, t.index), t.hashes)).collect(), note, signer.verifier())
    }

    fn record(seq: u64) -> StoredRecord {
        let body = format!("body {seq}").into_bytes();
        let commit = hex(&commitment(&[3; 32], &body));
        // As in a log that was begun by an earlier version: the first records are of version 1.
        let about = if seq <= 300 { EntryAbout::Case("cas_1".into()) } else { EntryAbout::Stream("case/cas_1".into()) };
        let entry = LogEntry { seq, ts: 9, kind: "k".into(), about, actor: "a".into(), commit };
        let beside =
            EntryIndex { ts: 9, kind: "k".into(), stream: "case/cas_1".into(), actor: "a".into(), subject: None };
        StoredRecord { seq, entry: entry.to_bytes().unwrap(), body, salt: [3; 32], beside }
    }

    fn check(change: impl FnOnce(&mut Vec<StoredRecord>, &mut Tiles, &mut String)) -> Vec<Problem> {
        let (mut records, mut tiles, mut note, verifier) = log(600);
        change(&mut records, &mut tiles, &mut note);
        let mut notes = [(600, note)].into_iter();
        let mut verification =
            LogVerification::new(&verifier, || notes.next(), |level, index| tiles.get(&(level, index)).cloned());
        records.iter().for_each(|record| verification.record(record));
        verification.finish().problems
    }

    #[test]
    fn an_honest_log_is_good() {
        assert_eq!(check(|_, _, _| {}), []);
    }

    #[test]
    fn what_was_changed_is_named() {
        let names = |problems: &[Problem], want: u64| {
            problems.iter().any(|p| matches!(p, Problem::Changed { seq, .. } if *seq == want))
        };
        assert!(names(&check(|r, _, _| r[299].body[0] ^= 1), 300));
        // What is shown of a record is what its entry says.
        for change in [
            (|beside| beside.ts += 1) as fn(&mut EntryIndex),
            |beside| beside.kind.push('x'),
            |beside| beside.stream.push('x'),
            |beside| beside.actor.push('x'),
            |beside| beside.subject = Some("body".into()),
        ] {
            assert!(names(&check(|r, _, _| change(&mut r[299].beside)), 300));
            assert!(names(&check(|r, _, _| change(&mut r[300].beside)), 301));
        }
        // An entry rewritten together with its body still differs from the hash that was logged.
        let problems = check(|r, _, _| {
            let forged = LogEntry {
                commit: hex(&commitment(&[3; 32], b"forged")),
                ..LogEntry::from_bytes(&r[99].entry).unwrap()
            };
            r[99].body = b"forged".to_vec();
            r[99].entry = forged.to_bytes().unwrap();
        });
        assert!(names(&problems, 100), "{problems:?}");
        assert!(problems.iter().any(|p| matches!(p, Problem::Root { .. })));
    }

    #[test]
    fn what_is_missing_or_moved_is_named() {
        let missing = check(|r, _, _| drop(r.remove(41)));
        assert!(missing.contains(&Problem::Missing { from: 42, to: 42 }), "{missing:?}");
        let moved = check(|r, _, _| {
            let (a, b) = (r[9].entry.clone(), r[10].entry.clone());
            (r[9].entry, r[10].entry) = (b, a);
        });
        assert!(moved.contains(&Problem::Reordered { seq: 10, says: 11 }), "{moved:?}");
        let cut = check(|r, _, _| r.truncate(500));
        assert!(cut.contains(&Problem::Shortened { signed: 600, found: 500 }), "{cut:?}");
        let signature = check(|_, _, note| *note = note.replace("\n600\n", "\n599\n"));
        assert!(signature.iter().any(|p| matches!(p, Problem::Checkpoint { size: 600, .. })));
    }

    #[test]
    fn every_checkpoint_is_held_and_not_only_the_newest() {
        let (records, tiles, newest, verifier) = log(600);
        let signer = Signer::new("log.example", &[1; 32]);
        let mut tree = Tree::default();
        let mut over = |size: usize| {
            let from = usize::try_from(tree.size()).unwrap();
            records[from..size].iter().for_each(|r| tree.append(Hash::leaf(&r.entry), &mut Vec::new()));
            (size as u64, signer.sign(size as u64, &tree.root()))
        };
        let good = vec![over(3), over(256), over(257), (600, newest)];
        let problems = |notes: Vec<(u64, String)>| {
            let mut notes = notes.into_iter();
            let mut verification =
                LogVerification::new(&verifier, || notes.next(), |level, index| tiles.get(&(level, index)).cloned());
            records.iter().for_each(|record| verification.record(record));
            let report = verification.finish();
            (report.problems, report.signed, report.checkpoints)
        };
        assert_eq!(problems(good.clone()), (vec![], Some(600), 4));
        let mut forged = good.clone();
        forged[1].1 = signer.sign(256, &Hash([7; 32]));
        assert!(matches!(problems(forged).0[..], [Problem::Root { size: 256, .. }]));
        let mut of_another = good.clone();
        of_another[2].1 = Signer::new("log.example", &[2; 32]).sign(257, &Hash([7; 32]));
        assert!(matches!(problems(of_another).0[..], [Problem::Checkpoint { size: 257, .. }]));
        let mut moved = good.clone();
        moved[0].0 = 4;
        assert!(matches!(problems(moved).0[..], [Problem::Checkpoint { size: 4, .. }]));
        // Nothing is signed where everything is young, and else something is gone.
        assert_eq!(problems(Vec::new()), (vec![], None, 0));
    }
}
