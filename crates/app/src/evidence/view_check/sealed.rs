//! Words and files, against the commitments to them that are on record.

use crate::vault::keys::{CustomerKey, SEALED_MORE};
use remit_store::Stored;
use std::collections::BTreeMap;

/// Commitments that a case's records name: whether to a file, of how many bytes, and whether it was erased since.
#[derive(Debug, Default)]
pub(super) struct Named(BTreeMap<String, Commitment>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Commitment {
    is_file: bool,
    bytes: u64,
    is_erased: bool,
}

/// How a commitment is written in a record, whatever it is part of.
const COMMIT: &[u8] = br#""commit":""#;

const BYTES: &[u8] = br#"","bytes":"#;

const MEDIA_TYPE: &[u8] = br#","media_type":"#;

impl Named {
    /// Notes what a record names. Quotes within strings are escaped, so that nobody's text looks like it.
    pub(super) fn note(&mut self, body: &[u8]) {
        for rest in after_each(body, COMMIT) {
            let Some((commit, rest)) = rest.split_at_checked(64) else { return };
            let Some(rest) = rest.strip_prefix(BYTES) else { continue };
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let (number, rest) = rest.split_at(digits);
            let Ok(bytes) = String::from_utf8_lossy(number).parse() else { continue };
            let named = Commitment { is_file: rest.starts_with(MEDIA_TYPE), bytes, is_erased: false };
            self.0.insert(String::from_utf8_lossy(commit).into_owned(), named);
        }
    }

    /// Notes that all of it was erased.
    pub(super) fn erase(&mut self) {
        self.0.values_mut().for_each(|named| named.is_erased = true);
    }

    /// Holds what is stored of a case against it. `key` is the customer's, if the master key is at hand and it is
    /// there. `told` hears of each that is not as it should be: whether it is a file, which, and in what way.
    pub(super) fn hold(&self, stored: &Stored, key: Option<&CustomerKey>, told: &mut dyn FnMut(bool, &str, &str)) {
        let words = stored.words.iter().map(|row| (false, &row.id, &row.sealed));
        let files = stored.files.iter().map(|row| (true, &row.id, &row.sealed));
        let mut there = BTreeMap::new();
        for (is_file, id, sealed) in words.chain(files) {
            there.insert((is_file, id), ());
            let Some(named) = self.0.get(id).filter(|named| named.is_file == is_file) else {
                told(is_file, id, "no record names it");
                continue;
            };
            if named.is_erased {
                told(is_file, id, "it is there, and on record as erased");
            } else if stored.wrapped_key.is_none() {
                // Once the key is destroyed on record, what it sealed is taken away case by case.
                if !stored.is_covered {
                    told(is_file, id, "the customer's key is not there");
                }
            } else if sealed.len() as u64 != named.bytes + SEALED_MORE {
                told(is_file, id, "it is of another length than is on record");
            } else if key.is_some_and(|key| key.open_bytes(sealed, id).is_err()) {
                told(is_file, id, "it does not open under the customer's key, or is not what was committed to");
            }
        }
        // Erasing takes all cases that a customer has by then, and earlier versions recorded it case by case.
        let gone = stored.is_covered && stored.wrapped_key.is_none();
        for (id, named) in &self.0 {
            if !named.is_erased && !gone && !there.contains_key(&(named.is_file, id)) {
                told(named.is_file, id, "it is not there, and no erasure is on record");
            }
        }
    }
}

/// The parts of `bytes` after each place where `mark` stands.
pub(super) fn after_each<'b>(bytes: &'b [u8], mark: &'b [u8]) -> impl Iterator<Item = &'b [u8]> {
    let first = mark.first().copied().unwrap_or_default();
    let mut rest = bytes;
    std::iter::from_fn(move || {
        loop {
            let at = rest.iter().position(|byte| *byte == first)?;
            rest = rest.get(at..)?;
            if let Some(after) = rest.strip_prefix(mark) {
                rest = after;
                return Some(after);
            }
            rest = rest.get(1..)?;
        }
    })
}
