//! camt.053 of ISO 20022 as a bank writes it, in its version 8: a statement for each currency, with what was booked.

use super::stated::StatedEntry;
use jiff::Timestamp as Moment;
use quick_xml::escape::escape;
use remit_domain::{
    id::Timestamp,
    request::{Money, decimals},
};
use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
};

/// The longest that an identifier is in such a document (`Max35Text`), in letters.
const TEXT_MAX: usize = 35;
/// What stands for a key that there is none of, by the rules of SEPA.
const NO_KEY: &str = "NOTPROVIDED";
/// The code of no currency, by ISO 4217: of a statement in which no money moved.
const NO_CURRENCY: &str = "XXX";

/// A bank's statement of these entries over a time, written at a moment. Entries without an amount are no bank's to
/// tell, and left out; what is longer than the form allows stands nowhere in it.
pub fn camt053(entries: &[StatedEntry], covers: (Timestamp, Timestamp), at: Timestamp) -> String {
    let mut written = String::new();
    // Writing to memory does not fail.
    let _ = document(&mut written, entries, covers, at);
    written
}

fn document(
    out: &mut String,
    entries: &[StatedEntry],
    (from, to): (Timestamp, Timestamp),
    at: Timestamp,
) -> Result<(), fmt::Error> {
    let mut accounts: BTreeMap<&str, Vec<(&StatedEntry, i64)>> = BTreeMap::new();
    for entry in entries {
        if let Some(Money { minor, currency }) = &entry.amount {
            accounts.entry(currency).or_default().push((entry, *minor));
        }
    }
    if accounts.is_empty() {
        accounts.insert(NO_CURRENCY, Vec::new());
    }
    let (made, from, to) = (moment(at), moment(from), moment(to));
    out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.push_str("<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\">\n<BkToCstmrStmt>\n");
    writeln!(out, "<GrpHdr><MsgId>REMIT-{}</MsgId><CreDtTm>{made}</CreDtTm></GrpHdr>", at.0)?;
    for (currency, booked) in &accounts {
        writeln!(out, "<Stmt><Id>REMIT-{}-{currency}</Id><CreDtTm>{made}</CreDtTm>", at.0)?;
        writeln!(out, "<FrToDt><FrDtTm>{from}</FrDtTm><ToDtTm>{to}</ToDtTm></FrToDt>")?;
        writeln!(out, "<Acct><Id><Othr><Id>REMIT-{currency}</Id></Othr></Id><Ccy>{currency}</Ccy></Acct>")?;
        // What the organisation's account comes to from nothing: what goes to customers leaves it.
        let sum = booked.iter().map(|(_, minor)| -i128::from(*minor)).sum();
        for (kind, balance, at) in [("OPBD", 0, &from), ("CLBD", sum, &to)] {
            write!(out, "<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>{}", amount(balance, currency))?;
            writeln!(out, "<Dt><DtTm>{at}</DtTm></Dt></Bal>")?;
        }
        for (entry, minor) in booked {
            booking(out, entry, *minor, currency)?;
        }
        out.push_str("</Stmt>\n");
    }
    out.push_str("</BkToCstmrStmt>\n</Document>\n");
    Ok(())
}

fn booking(out: &mut String, entry: &StatedEntry, minor: i64, currency: &str) -> Result<(), fmt::Error> {
    let amount = amount(-i128::from(minor), currency);
    let reference = entry.reference.as_deref().and_then(plain);
    write!(out, "<Ntry>{amount}<Sts><Cd>BOOK</Cd></Sts><BookgDt><DtTm>{}</DtTm></BookgDt>", moment(entry.from))?;
    if let Some(reference) = &reference {
        write!(out, "<AcctSvcrRef>{reference}</AcctSvcrRef>")?;
    }
    out.push_str("<BkTxCd><Prtry><Cd>REMIT</Cd></Prtry></BkTxCd><NtryDtls><TxDtls><Refs>");
    let key = entry.key.as_deref().and_then(plain);
    writeln!(out, "<EndToEndId>{}</EndToEndId></Refs></TxDtls></NtryDtls></Ntry>", key.as_deref().unwrap_or(NO_KEY))
}

/// An amount on the organisation's account, in decimals and with its side.
fn amount(minor: i128, currency: &str) -> String {
    let decimals = decimals(currency);
    let digits = format!("{:0>1$}", minor.unsigned_abs(), decimals + 1);
    let (whole, part) = digits.split_at(digits.len() - decimals);
    let point = if part.is_empty() { "" } else { "." };
    let side = if minor < 0 { "DBIT" } else { "CRDT" };
    format!("<Amt Ccy=\"{currency}\">{whole}{point}{part}</Amt><CdtDbtInd>{side}</CdtDbtInd>")
}

/// A text as it stands in a document, if it can.
fn plain(text: &str) -> Option<String> {
    let is_allowed = |letter: char| !letter.is_control() && !matches!(letter, '\u{fffe}' | '\u{ffff}');
    let fits = !text.is_empty() && text.chars().count() <= TEXT_MAX && text.chars().all(is_allowed);
    fits.then(|| escape(text).into_owned())
}

fn moment(at: Timestamp) -> String {
    Moment::from_millisecond(at.0).unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FileForm, read};
    use proptest::{collection::vec, option, prelude::*, sample::select};

    fn entry() -> impl Strategy<Value = StatedEntry> {
        let text = || option::of("[ -~äß]{0,40}");
        let amount = option::of((-1_000_000_000_000i64..1_000_000_000_000, select(vec!["EUR", "JPY", "BHD"])));
        (text(), text(), amount, 0..4_000_000_000_000i64).prop_map(|(reference, key, amount, at)| StatedEntry {
            reference,
            key,
            amount: amount.map(|(minor, currency)| Money { minor, currency: currency.to_owned() }),
            from: Timestamp(at),
            to: Timestamp(at + 1),
            takes_back: false,
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_it_was(entries in vec(entry(), 0..20)) {
            let covers = (Timestamp(1), Timestamp(4_000_000_000_000));
            let file = camt053(&entries, covers, Timestamp(4_000_000_000_000));
            let stated = read(FileForm::Camt053, file.as_bytes(), "EndToEndId").unwrap();
            prop_assert_eq!(stated.covers, Some(covers));
            let kept = |text: &Option<String>| {
                let text = text.as_deref().filter(|text| text.chars().count() <= TEXT_MAX)?.trim();
                (!text.is_empty()).then(|| text.to_owned())
            };
            let mut told: Vec<StatedEntry> = entries.into_iter().filter(|entry| entry.amount.is_some()).collect();
            for entry in &mut told {
                let is_given = entry.key.as_deref().and_then(plain).is_some();
                entry.key = if is_given { kept(&entry.key) } else { Some(NO_KEY.to_owned()) };
                entry.reference = kept(&entry.reference);
            }
            told.sort_by_key(|entry| entry.amount.as_ref().map(|amount| amount.currency.clone()));
            prop_assert_eq!(stated.entries, told);
        }
    }
}
