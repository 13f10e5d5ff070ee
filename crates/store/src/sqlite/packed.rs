//! Bodies and states as they lie in the database: LZ4 where that makes them smaller. JSON does, to about
//! a third, which is a third of the pages to write and to keep.

use lz4_flex::block;

/// What the bytes that follow are.
const PLAIN: u8 = 0;
const LZ4: u8 = 1;
/// Shorter values gain nothing.
const WORTHWHILE: usize = 256;
/// Longest value that is unpacked, in bytes; what claims to be longer is damaged.
const LONGEST: u32 = 64 * 1024 * 1024;

/// The form in which `bytes` are stored.
pub(super) fn pack(bytes: &[u8]) -> Vec<u8> {
    if bytes.len() >= WORTHWHILE {
        let packed = block::compress_prepend_size(bytes);
        if packed.len() < bytes.len() {
            return [&[LZ4], packed.as_slice()].concat();
        }
    }
    [&[PLAIN], bytes].concat()
}

/// The bytes that were packed.
pub(super) fn unpack(stored: &[u8]) -> Result<Vec<u8>, rusqlite::Error> {
    let damaged = |what: &str| rusqlite::Error::ToSqlConversionFailure(what.into());
    match stored.split_first() {
        Some((&PLAIN, plain)) => Ok(plain.to_vec()),
        Some((&LZ4, packed)) => {
            let length = packed.first_chunk::<4>().map(|length| u32::from_le_bytes(*length));
            if length.is_none_or(|length| length > LONGEST) {
                return Err(damaged("a packed value claims an impossible length"));
            }
            block::decompress_size_prepended(packed).map_err(|_| damaged("a packed value does not unpack"))
        }
        _ => Err(damaged("a packed value is of an unknown form")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn whatever_is_packed_unpacks(bytes in prop::collection::vec(0_u8..4, 0..5_000)) {
            prop_assert_eq!(unpack(&pack(&bytes)).unwrap(), bytes);
        }

        #[test]
        fn damaged_bytes_are_refused_or_harmless(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = unpack(&bytes);
        }
    }

    #[test]
    fn impossible_lengths_are_refused_before_memory_is_taken() {
        assert!(unpack(&[LZ4, 255, 255, 255, 255, 0]).is_err());
        assert!(unpack(&[]).is_err());
        assert!(unpack(&[9, 1]).is_err());
    }
}
