//! Proofs that hold without the log: that an entry is in it, as far as it was signed (c2sp.org/tlog-proof, version 1).

use crate::{
    checkpoint::{Checkpoint, NoteError, Verifier},
    entry::{EntryError, LogEntry},
    hash::Hash,
    proof,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::fmt;

const HEAD: &str = "c2sp.org/tlog-proof@v1";
/// Longest proof that is read, in bytes.
const BYTES_MAX: usize = 256 * 1024;
/// A log of 2⁶⁴ entries has no longer path.
const STEPS_MAX: usize = 64;

/// Proof that an entry is in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfflineProof {
    /// The entry: the proof's extra data, since a proof holds no more than the entry's hash without it.
    pub entry: Vec<u8>,
    /// Its position, from 0.
    pub index: u64,
    /// Hashes from beside the leaf up to below the root.
    pub path: Vec<Hash>,
    /// The signed checkpoint under whose root it is.
    pub checkpoint: String,
}

/// Why a proof proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum OfflineError {
    /// Not written like a proof.
    #[error("this is no proof: {0}")]
    Form(&'static str),
    /// The checkpoint is not accepted.
    #[error("the checkpoint in it: {0}")]
    Note(#[from] NoteError),
    /// The entry is none.
    #[error("the entry in it: {0}")]
    LogEntry(#[from] EntryError),
    /// The entry is not under the root at this position.
    #[error("the entry is not in the log that was signed: the entry, its position or the path was changed")]
    NotIncluded,
}

impl OfflineProof {
    /// What the proof shows, if the checkpoint in it is signed by this key: the entry, and the log that it is in.
    ///
    /// # Errors
    /// When it shows nothing.
    pub fn check(&self, verifier: &Verifier) -> Result<(LogEntry, Checkpoint), OfflineError> {
        let checkpoint = verifier.open(&self.checkpoint)?;
        let leaf = Hash::leaf(&self.entry);
        if !proof::includes(&leaf, self.index, checkpoint.size, &self.path, &checkpoint.root) {
            return Err(OfflineError::NotIncluded);
        }
        Ok((LogEntry::from_bytes(&self.entry)?, checkpoint))
    }

    /// The proof that a text is.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self, OfflineError> {
        let form = OfflineError::Form;
        if text.len() > BYTES_MAX {
            return Err(form("it is longer than 256 KiB"));
        }
        let (proof, checkpoint) = text.split_once("\n\n").ok_or(form("no empty line before a checkpoint"))?;
        let decoded = |text: &str| STANDARD.decode(text).map_err(|_| form("what should be base64 is not"));
        let mut lines = proof.split('\n');
        if lines.next() != Some(HEAD) {
            return Err(form("its first line is not `c2sp.org/tlog-proof@v1`"));
        }
        let extra = lines.next().and_then(|line| line.strip_prefix("extra "));
        let entry = decoded(extra.ok_or(form("its second line is not `extra` with the entry"))?)?;
        let index = lines.next().and_then(|line| line.strip_prefix("index "));
        let number = index.and_then(|digits| digits.parse::<u64>().ok().filter(|n| n.to_string() == digits));
        let index = number.ok_or(form("its third line is not `index` with a number"))?;
        let hash = |line| <[u8; 32]>::try_from(decoded(line)?).map(Hash).map_err(|_| form("a hash has not 32 bytes"));
        let path = lines.map(hash).take(STEPS_MAX + 1).collect::<Result<Vec<_>, _>>()?;
        if path.len() > STEPS_MAX {
            return Err(form("its path is longer than any log's"));
        }
        Ok(Self { entry, index, path, checkpoint: checkpoint.to_owned() })
    }
}

impl fmt::Display for OfflineProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEAD}\nextra {}\nindex {}", STANDARD.encode(&self.entry), self.index)?;
        for hash in &self.path {
            writeln!(f, "{}", STANDARD.encode(hash.0))?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{checkpoint::Signer, entry::EntryAbout, proof::TileSource, tree::Tree};

    struct Small(Vec<Hash>);

    impl TileSource for Small {
        fn tile(&self, level: u8, index: u64, width: usize) -> Option<Vec<Hash>> {
            (level == 0 && index == 0).then(|| self.0.get(..width).map(<[Hash]>::to_vec)).flatten()
        }
    }

    fn entry(seq: u64) -> Vec<u8> {
        let about = if seq.is_multiple_of(2) {
            EntryAbout::Case("cas_1".into())
        } else {
            EntryAbout::Stream("case/cas_1".into())
        };
        let (kind, actor, commit) = ("k".into(), "a".into(), "00".into());
        LogEntry { seq, ts: 9, kind, about, actor, commit }.to_bytes().unwrap()
    }

    fn made(index: u64, size: u64) -> (OfflineProof, Verifier) {
        let leaves: Vec<Hash> = (1..=size).map(|seq| Hash::leaf(&entry(seq))).collect();
        let mut tree = Tree::default();
        leaves.iter().for_each(|leaf| tree.append(*leaf, &mut Vec::new()));
        let signer = Signer::new("log.example", &[1; 32]);
        let path = proof::inclusion(&Small(leaves), index, size).unwrap();
        let checkpoint = signer.sign(size, &tree.root());
        (OfflineProof { entry: entry(index + 1), index, path, checkpoint }, signer.verifier())
    }

    #[test]
    fn a_proof_is_read_as_it_was_written_and_shows_its_entry() {
        for (index, size) in [(0, 1), (0, 2), (4, 7), (6, 7), (99, 200)] {
            let (proof, verifier) = made(index, size);
            let read = OfflineProof::parse(&proof.to_string()).unwrap();
            assert_eq!(read, proof);
            let (entry, checkpoint) = read.check(&verifier).unwrap();
            assert_eq!((entry.seq, checkpoint.size), (index + 1, size));
        }
    }

    #[test]
    fn what_was_changed_shows_nothing() {
        let (proof, verifier) = made(4, 7);
        let changes: [fn(&mut OfflineProof); 4] = [
            |proof| proof.entry = entry(6),
            |proof| proof.index = 5,
            |proof| proof.path[1].0[0] ^= 1,
            |proof| proof.path.truncate(2),
        ];
        for change in changes {
            let mut changed = proof.clone();
            change(&mut changed);
            assert!(matches!(changed.check(&verifier), Err(OfflineError::NotIncluded)), "{changed}");
        }
        let other = Signer::new("log.example", &[2; 32]).verifier();
        assert!(matches!(proof.check(&other), Err(OfflineError::Note(NoteError::Unsigned))));
        let text = proof.to_string();
        for (from, to) in
            [("@v1", "@v2"), ("extra ", "extras "), ("index 4", "index 04"), ("\n\n", "\n"), ("=\n", "\n")]
        {
            assert!(matches!(OfflineProof::parse(&text.replacen(from, to, 1)), Err(OfflineError::Form(_))), "{from}");
        }
    }
}
