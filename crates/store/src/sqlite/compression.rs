//! Bodies and states as they lie in the database, compressed: LZ4, with another of their kind as an LZ4 dictionary
//! where there is one.
//!
//! One decision looks much like the next. Packed against the first one under the same bundle, its dictionary, it takes
//! a small part of its JSON, and with it of the pages to write and to keep.

use lz4_flex::block;
use rusqlite::{Connection, params};
use std::{cell::RefCell, collections::HashMap, sync::Arc};

/// What the bytes that follow are.
const PLAIN: u8 = 0;
const LZ4: u8 = 1;
/// LZ4 against a dictionary, whose number comes first.
const BY_DICTIONARY: u8 = 2;
/// Shorter values gain nothing.
const WORTHWHILE: usize = 128;
/// Longest dictionary: what LZ4 can look back on, in bytes.
const DICTIONARY_MAX: usize = 64 * 1024;
/// Room for packing that is kept, in bytes.
const ROOM_KEPT: usize = 64 * 1024;
/// Longest value that is unpacked, in bytes; what claims to be longer is damaged.
const LONGEST: u32 = 64 * 1024 * 1024;

/// The dictionaries of a database, and those that new values are packed against.
#[derive(Debug, Default)]
pub(super) struct Dictionaries {
    known: HashMap<u32, Arc<[u8]>>,
    current: HashMap<String, (u32, Arc<[u8]>)>,
}

impl Dictionaries {
    /// The dictionaries that `connection` holds.
    pub(super) fn load(connection: &Connection) -> Result<Self, rusqlite::Error> {
        let mut dictionaries = Self::default();
        let mut statement = connection.prepare("SELECT number, kind, bytes FROM shapes ORDER BY number")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            dictionaries.note(row.get(0)?, row.get(1)?, row.get_ref(2)?.as_blob()?.into());
        }
        Ok(dictionaries)
    }

    /// Keeps `bytes` in the database, durably, as what values of this kind are packed against from now on (an LZ4
    /// dictionary); its number. It is to be noted with it.
    pub(super) fn keep(connection: &Connection, kind: &str, bytes: &[u8]) -> Result<u32, rusqlite::Error> {
        // Run to its end: of a row that `RETURNING` gives before the statement is through, nobody knows whether it
        // stays.
        connection.prepare_cached("INSERT INTO shapes (kind, bytes) VALUES (?1, ?2)")?.execute(params![kind, bytes])?;
        u32::try_from(connection.last_insert_rowid())
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
    }

    /// Values of this kind are packed against these bytes from now on, which are kept under this number.
    pub(super) fn note(&mut self, number: u32, kind: String, bytes: Arc<[u8]>) {
        self.known.insert(number, Arc::clone(&bytes));
        self.current.insert(kind, (number, bytes));
    }

    /// Values will look otherwise from now on.
    pub(super) fn renew(&mut self) {
        self.current.clear();
    }

    /// Whether values of this kind still lack a dictionary that `bytes` could be.
    pub(super) fn lacks(&self, kind: &str, bytes: &[u8]) -> bool {
        (WORTHWHILE..=DICTIONARY_MAX).contains(&bytes.len()) && !self.current.contains_key(kind)
    }

    /// The form in which a value of this kind is stored.
    pub(super) fn pack(&self, kind: &str, bytes: &[u8]) -> Vec<u8> {
        let packed = (bytes.len() >= WORTHWHILE).then(|| match self.current.get(kind) {
            Some((number, dictionary)) => {
                squeezed(&[&[BY_DICTIONARY], number.to_le_bytes().as_slice()].concat(), bytes, Some(dictionary))
            }
            None => squeezed(&[LZ4], bytes, None),
        });
        match packed {
            Some(Ok(packed)) if packed.len() < bytes.len() => packed,
            _ => [&[PLAIN], bytes].concat(),
        }
    }

    /// The bytes that were packed.
    pub(super) fn unpack(&self, stored: &[u8]) -> Result<Vec<u8>, rusqlite::Error> {
        let damaged = |what: &str| rusqlite::Error::ToSqlConversionFailure(what.into());
        let bounded = |packed: &[u8]| {
            let length = packed.first_chunk::<4>().map(|length| u32::from_le_bytes(*length));
            match length {
                Some(length) if length <= LONGEST => Ok(()),
                _ => Err(damaged("a packed value claims an impossible length")),
            }
        };
        let torn = |_| damaged("a packed value does not unpack");
        match stored.split_first() {
            Some((&PLAIN, plain)) => Ok(plain.to_vec()),
            Some((&LZ4, packed)) => {
                bounded(packed)?;
                block::decompress_size_prepended(packed).map_err(torn)
            }
            Some((&BY_DICTIONARY, rest)) => {
                let (number, packed) = rest.split_first_chunk().ok_or_else(|| damaged("a packed value is cut off"))?;
                let dictionary = self.known.get(&u32::from_le_bytes(*number));
                let dictionary =
                    dictionary.ok_or_else(|| damaged("a packed value names a dictionary that is not there"))?;
                bounded(packed)?;
                block::decompress_size_prepended_with_dict(packed, dictionary).map_err(torn)
            }
            _ => Err(damaged("a packed value is of an unknown form")),
        }
    }
}

/// What follows `head`: the length of `bytes`, and LZ4 of them against `dictionary`.
fn squeezed(head: &[u8], bytes: &[u8], dictionary: Option<&[u8]>) -> Result<Vec<u8>, block::CompressError> {
    thread_local! {
        /// Where values are packed before it is known how long they become.
        static ROOM: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes();
    ROOM.with_borrow_mut(|room| {
        let most = block::get_maximum_output_size(bytes.len());
        if room.len() < most {
            room.resize(most, 0);
        }
        let packed = match dictionary {
            Some(dictionary) => block::compress_into_with_dict(bytes, room, dictionary)?,
            None => block::compress_into(bytes, room)?,
        };
        let packed = [head, &length, room.get(..packed).unwrap_or_default()].concat();
        if most > ROOM_KEPT {
            *room = Vec::new();
        }
        Ok(packed)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Keeps a dictionary and notes it.
    fn take(
        dictionaries: &mut Dictionaries,
        connection: &Connection,
        kind: &str,
        bytes: &[u8],
    ) -> Result<(), rusqlite::Error> {
        let number = Dictionaries::keep(connection, kind, bytes)?;
        dictionaries.note(number, kind.to_owned(), bytes.into());
        Ok(())
    }

    fn database() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(include_str!("0001.sql")).unwrap();
        connection
    }

    #[test]
    fn nothing_is_packed_against_a_shape_whose_commit_failed() {
        let connection = database();
        // Refused where a full disk refuses: when the statement ends and is committed.
        let refuses = "PRAGMA foreign_keys = ON;
            CREATE TABLE promised (number REFERENCES shapes DEFERRABLE INITIALLY DEFERRED);
            CREATE TRIGGER unkept AFTER INSERT ON shapes BEGIN INSERT INTO promised VALUES (new.number + 1); END;";
        connection.execute_batch(refuses).unwrap();
        let (mut dictionaries, value) = (Dictionaries::default(), vec![7; 500]);
        assert!(take(&mut dictionaries, &connection, "kind", &value).is_err());
        assert!(dictionaries.lacks("kind", &value));
        let packed = dictionaries.pack("kind", &value);
        assert_eq!(Dictionaries::load(&connection).unwrap().unpack(&packed).unwrap(), value);
    }

    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(0_u8..4, 0..3_000)
    }

    proptest! {
        #[test]
        fn whatever_is_packed_unpacks_with_and_without_a_shape(
            dictionary in bytes(), values in prop::collection::vec(bytes(), 1..4)
        ) {
            let connection = database();
            let mut dictionaries = Dictionaries::default();
            let before: Vec<_> = values.iter().map(|value| dictionaries.pack("kind", value)).collect();
            if dictionaries.lacks("kind", &dictionary) {
                take(&mut dictionaries, &connection, "kind", &dictionary).unwrap();
            }
            let after: Vec<_> = values.iter().map(|value| dictionaries.pack("kind", value)).collect();
            dictionaries.renew();
            let later = Dictionaries::load(&connection).unwrap();
            for packed in [before, after] {
                for (value, packed) in values.iter().zip(&packed) {
                    prop_assert_eq!(&dictionaries.unpack(packed).unwrap(), value);
                    prop_assert_eq!(&later.unpack(packed).unwrap(), value);
                }
            }
        }

        #[test]
        fn damaged_bytes_are_refused_or_harmless(form in 0_u8..4, bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut dictionaries = Dictionaries::default();
            dictionaries.note(1, "kind".into(), vec![7; 500].as_slice().into());
            let _ = dictionaries.unpack(&[&[form], bytes.as_slice()].concat());
            let _ = dictionaries.unpack(&[&[BY_DICTIONARY, 1, 0, 0, 0], bytes.as_slice()].concat());
        }
    }

    #[test]
    fn values_like_their_shape_take_next_to_nothing() {
        let connection = database();
        let mut dictionaries = Dictionaries::default();
        let value = |n: u32| {
            (0..300_u32).map(|k| format!("{} ", k.wrapping_mul(2_654_435_761))).collect::<String>() + &n.to_string()
        };
        let alone = dictionaries.pack("kind", value(2).as_bytes()).len();
        take(&mut dictionaries, &connection, "kind", value(1).as_bytes()).unwrap();
        let shaped = dictionaries.pack("kind", value(2).as_bytes()).len();
        assert!(shaped * 20 < alone, "{shaped} of {alone} bytes");
    }

    #[test]
    fn impossible_lengths_are_refused_before_memory_is_taken() {
        let dictionaries = Dictionaries::default();
        assert!(dictionaries.unpack(&[LZ4, 255, 255, 255, 255, 0]).is_err());
        assert!(dictionaries.unpack(&[BY_DICTIONARY, 9, 0, 0, 0, 1, 0, 0, 0, 0]).is_err());
        assert!(dictionaries.unpack(&[]).is_err());
        assert!(dictionaries.unpack(&[9, 1]).is_err());
    }
}
