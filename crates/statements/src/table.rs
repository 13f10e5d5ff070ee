//! Comma-separated values (RFC 4180) with a line of names: `reference`, `time` (RFC 3339), `action`, `amount_minor`,
//! `currency`, `key`, in any order; other columns are passed over.

use super::stated::{ENTRIES_MAX, Stated, StatedEntry, Unreadable, VALUE_MAX, currency, value, wrong};
use csv::{ByteRecord, ReaderBuilder};
use remit_domain::{id::Timestamp, request::Money};

/// Most columns.
const COLUMNS_MAX: usize = 256;

pub(super) fn read(bytes: &[u8]) -> Result<Stated, Unreadable> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let mut reader = ReaderBuilder::new().from_reader(bytes);
    let names = reader.byte_headers().map_err(|_| Unreadable::FileForm("table of comma-separated values"))?.clone();
    if names.len() > COLUMNS_MAX {
        return Err(wrong("line 1", "more columns than are read"));
    }
    let column = |name: &str| {
        let mut found = names.iter().enumerate().filter(|(_, known)| *known == name.as_bytes()).map(|(at, _)| at);
        match (found.next(), found.next()) {
            (at, None) => Ok(at),
            _ => Err(wrong("line 1", "a column is there twice")),
        }
    };
    let needed = |name: &str, lacks| column(name)?.ok_or_else(|| wrong("line 1", lacks));
    let (time, key) = (needed("time", "it has no column `time`")?, needed("key", "it has no column `key`")?);
    let minor = needed("amount_minor", "it has no column `amount_minor`")?;
    let unit = needed("currency", "it has no column `currency`")?;
    let reference = column("reference")?;
    let (mut stated, mut record) = (Stated::default(), ByteRecord::new());
    loop {
        let line = reader.position().line();
        let at = format!("line {line}");
        let goes_on = reader.read_byte_record(&mut record);
        match goes_on {
            Ok(true) => {}
            Ok(false) => return Ok(stated),
            Err(_) => return Err(wrong(at, "it has another number of columns than the first line")),
        }
        if stated.entries.len() >= ENTRIES_MAX {
            return Err(Unreadable::TooMany);
        }
        let cell = |column: usize| {
            let cell = record.get(column).unwrap_or_default();
            let text = std::str::from_utf8(cell).map_err(|_| wrong(&at, "it is not UTF-8"))?.trim();
            if text.len() > VALUE_MAX { Err(wrong(&at, "a value is too long")) } else { Ok(text) }
        };
        let moment: jiff::Timestamp = cell(time)?.parse().map_err(|_| wrong(&at, "`time` is none by RFC 3339"))?;
        let from = Timestamp(moment.as_millisecond());
        let amount = match (cell(minor)?, cell(unit)?) {
            ("", "") => None,
            (minor, unit) => {
                let minor = minor.parse().map_err(|_| wrong(&at, "`amount_minor` is no whole number"))?;
                let currency = currency(unit).ok_or_else(|| wrong(&at, "`currency` is no code of three letters"))?;
                Some(Money { minor, currency })
            }
        };
        let reference = reference.map(&cell).transpose()?.and_then(value);
        stated.entries.push(StatedEntry {
            reference,
            key: value(cell(key)?),
            amount,
            from,
            to: from.plus_ms(1),
            takes_back: false,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_by_its_names() {
        let text = "\u{feff}key,time,amount_minor,currency,extra,reference\r\n\
                    k1,2026-02-02T02:40:00Z,-500,EUR,\"a,\nb\",SBX-1\r\n,2026-02-02T02:40:00.5+01:00,,,,\r\n";
        let stated = read(text.as_bytes()).unwrap();
        let [first, second] = stated.entries.as_slice() else { panic!("{stated:?}") };
        assert_eq!(first.amount, Some(Money { minor: -500, currency: "EUR".to_owned() }));
        assert_eq!((first.key.as_deref(), first.reference.as_deref()), (Some("k1"), Some("SBX-1")));
        assert_eq!((first.from.0, first.to.0), (1_770_000_000_000, 1_770_000_000_001));
        assert_eq!((&second.key, &second.amount, second.from.0), (&None, &None, 1_769_996_400_500));
    }

    #[test]
    fn what_cannot_be_read_is_told_by_its_line() {
        const NAMES: &str = "time,key,amount_minor,currency\n";
        for (text, told) in [
            ("", "line 1: it has no column `time`"),
            ("time,key,currency\n", "line 1: it has no column `amount_minor`"),
            ("time,key,key,amount_minor,currency\n", "line 1: a column is there twice"),
            (&format!("{NAMES}2026-02-02T02:40:00Z,k,1,EUR\nnow,k,1,EUR\n"), "line 3: `time` is none by RFC 3339"),
            (&format!("{NAMES}2026-02-02T02:40:00Z,k,1.5,EUR\n"), "line 2: `amount_minor` is no whole number"),
            (&format!("{NAMES}2026-02-02T02:40:00Z,k,1,eur\n"), "line 2: `currency` is no code of three letters"),
            (&format!("{NAMES}2026-02-02T02:40:00Z,k\n"), "line 2: it has another number of columns"),
            (&format!("{NAMES}2026-02-02T02:40:00Z,{},1,EUR\n", "k".repeat(600)), "line 2: a value is too long"),
        ] {
            let error = read(text.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with(told), "{error} is not {told}");
        }
        let not_utf8 = [NAMES.as_bytes(), b"2026-02-02T02:40:00Z,\xff,1,EUR\n"].concat();
        assert_eq!(read(&not_utf8).unwrap_err().to_string(), "line 2: it is not UTF-8");
    }
}
