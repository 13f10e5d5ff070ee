//! camt.053 of ISO 20022: the booked entries of a bank's statement, in any of its versions. Members are read by their
//! names and places; what an entry says of more than one payment is read payment by payment.
//!
//! No library that is kept reads all versions; this reads what reconciliation needs of them with an XML reader that is.
//! Nothing of XML but elements, their attributes and text is taken: a document type, and with it every entity of its
//! own, is refused.

use super::stated::{ENTRIES_MAX, Stated, StatedEntry, Unreadable, currency, value, wrong};
use jiff::civil::Date;
use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};
use remit_domain::{
    id::Timestamp,
    request::{Money, decimals},
};

/// How deep elements may be nested.
const DEPTH_MAX: usize = 32;
/// Longest text of an element that is kept while it is read, in bytes.
const TEXT_MAX: usize = 4_096;
const DAY_MS: i64 = 86_400_000;

/// What was read of an entry, or of one payment of it.
#[derive(Debug, Default, Clone)]
struct Part {
    amount: Option<(String, String)>,
    credit: Option<bool>,
    key: Option<String>,
    reference: Option<String>,
}

#[derive(Debug, Default)]
struct Reading {
    stated: Stated,
    /// Names of the elements that are open.
    open: Vec<String>,
    text: String,
    attribute: Option<String>,
    number: usize,
    entry: Part,
    booked: bool,
    takes_back: bool,
    day: Option<(Timestamp, Timestamp)>,
    payments: Vec<Part>,
    covers: (Option<Timestamp>, Option<Timestamp>),
    is_statement: bool,
}

pub(super) fn read(bytes: &[u8], key: &str) -> Result<Stated, Unreadable> {
    let no = || Unreadable::FileForm("camt.053, an XML document in UTF-8");
    let text = std::str::from_utf8(bytes).map_err(|_| no())?;
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let mut reading = Reading::default();
    loop {
        match reader.read_event().map_err(|_| no())? {
            Event::Start(start) => reading.begin(&start)?,
            Event::Empty(start) => {
                reading.begin(&start)?;
                reading.end(key)?;
            }
            Event::End(_) => reading.end(key)?,
            Event::Text(text) => reading.text.push_str(&text),
            Event::CData(text) => reading.text.push_str(&text),
            Event::GeneralRef(named) => {
                let letter = match &*named {
                    "amp" => '&',
                    "lt" => '<',
                    "gt" => '>',
                    "quot" => '"',
                    "apos" => '\'',
                    number => numbered(number).ok_or_else(no)?,
                };
                reading.text.push(letter);
            }
            Event::DocType(_) => return Err(wrong("document", "it has a document type, which no statement has")),
            Event::Comment(_) | Event::PI(_) | Event::Decl(_) => {}
            Event::Eof => break,
        }
        if reading.text.len() > TEXT_MAX {
            return Err(wrong(format!("entry {}", reading.number), "a text is too long"));
        }
    }
    if !reading.open.is_empty() || !reading.is_statement {
        return Err(no());
    }
    if let (Some(from), Some(to)) = reading.covers {
        reading.stated.covers = Some((from, to));
    }
    Ok(reading.stated)
}

/// A letter by its number: `#38`, `#x26`.
fn numbered(named: &str) -> Option<char> {
    let number = named.strip_prefix('#')?;
    let number = match number.strip_prefix('x') {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    char::from_u32(number)
}

impl Reading {
    fn begin(&mut self, start: &BytesStart<'_>) -> Result<(), Unreadable> {
        let at = format!("entry {}", self.number);
        if self.open.len() >= DEPTH_MAX {
            return Err(wrong(at, "elements are nested too deep"));
        }
        let name = start.local_name().as_ref().to_owned();
        self.attribute = None;
        if name == "Amt" {
            let found = start.try_get_attribute("Ccy").map_err(|_| wrong(&at, "an attribute cannot be read"))?;
            self.attribute = found.map(|found| found.value.into_owned());
        }
        if name == "BkToCstmrStmt" && self.open.last().is_some_and(|parent| parent == "Document") {
            self.is_statement = true;
        }
        self.text.clear();
        self.open.push(name);
        match self.place().as_slice() {
            ["Ntry"] => {
                self.number += 1;
                if self.number > ENTRIES_MAX {
                    return Err(Unreadable::TooMany);
                }
                (self.entry, self.payments) = (Part::default(), Vec::new());
                (self.booked, self.takes_back, self.day) = (true, false, None);
            }
            ["Ntry", "NtryDtls", "TxDtls"] => {
                if self.payments.len() >= ENTRIES_MAX {
                    return Err(Unreadable::TooMany);
                }
                self.payments.push(Part::default());
            }
            _ => {}
        }
        Ok(())
    }

    /// Where it stands below a statement.
    fn place(&self) -> Vec<&str> {
        match self.open.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["Document", "BkToCstmrStmt", "Stmt", rest @ ..] => rest.to_vec(),
            _ => Vec::new(),
        }
    }

    fn end(&mut self, key: &str) -> Result<(), Unreadable> {
        let at = format!("entry {}", self.number);
        let text = std::mem::take(&mut self.text);
        let amount = (text.trim().to_owned(), self.attribute.take().unwrap_or_default());
        let place: Vec<String> = self.place().into_iter().map(str::to_owned).collect();
        let place: Vec<&str> = place.iter().map(String::as_str).collect();
        match place.as_slice() {
            ["FrToDt", "FrDtTm"] => self.covers.0 = earliest(self.covers.0, moment(&text)),
            ["FrToDt", "ToDtTm"] => self.covers.1 = self.covers.1.max(moment(&text)),
            ["Ntry", "Amt"] => self.entry.amount = Some(amount),
            ["Ntry", "CdtDbtInd"] => self.entry.credit = Some(is_credit(&text).ok_or_else(|| wrong(&at, NO_SIDE))?),
            ["Ntry", "Sts"] | ["Ntry", "Sts", "Cd"] => {
                let status = text.trim();
                self.booked = if status.is_empty() { self.booked } else { status == "BOOK" };
            }
            // A status of the bank's own is not known to be that of what is booked.
            ["Ntry", "Sts", "Prtry"] => self.booked = false,
            ["Ntry", "RvslInd"] => self.takes_back = matches!(text.trim(), "true" | "1"),
            ["Ntry", "BookgDt", "Dt"] => self.day = Some(day(&text).ok_or_else(|| wrong(&at, NO_DAY))?),
            ["Ntry", "BookgDt", "DtTm"] => {
                let moment = moment(&text).ok_or_else(|| wrong(&at, NO_DAY))?;
                self.day = Some((moment, moment.plus_ms(1)));
            }
            ["Ntry", "AcctSvcrRef"] => self.entry.reference = value(&text),
            ["Ntry", "NtryRef"] => {
                self.entry.reference = self.entry.reference.take().or_else(|| value(&text));
                if key == "NtryRef" {
                    self.entry.key = value(&text);
                }
            }
            ["Ntry", "NtryDtls", "TxDtls", rest @ ..] => {
                if let Some(part) = self.payments.last_mut() {
                    match rest {
                        ["Amt"] => part.amount = Some(amount),
                        ["AmtDtls", "TxAmt", "Amt"] if part.amount.is_none() => part.amount = Some(amount),
                        ["CdtDbtInd"] => part.credit = Some(is_credit(&text).ok_or_else(|| wrong(&at, NO_SIDE))?),
                        ["Refs", "AcctSvcrRef"] => part.reference = value(&text),
                        _ => {}
                    }
                    if matches!(rest, ["Refs", named] if *named == key) {
                        part.key = value(&text);
                    }
                }
            }
            ["Ntry"] => self.finish(&at)?,
            _ => {}
        }
        if place.as_slice() == ["Ntry", "AcctSvcrRef"] && key == "AcctSvcrRef" {
            self.entry.key = self.entry.reference.clone();
        }
        self.open.pop();
        Ok(())
    }

    /// Notes what an entry says, once it is whole.
    fn finish(&mut self, at: &str) -> Result<(), Unreadable> {
        if !self.booked {
            return Ok(());
        }
        let (from, to) = self.day.ok_or_else(|| wrong(at, NO_DAY))?;
        let payments = std::mem::take(&mut self.payments);
        let booked = self.entry.amount.as_ref().map(|amount| self.money(amount, None, at)).transpose()?;
        let is_batch = payments.len() > 1;
        let parts = if payments.is_empty() { vec![Part::default()] } else { payments };
        let mut left = booked.clone();
        for part in parts {
            let own = part.amount.as_ref().map(|amount| self.money(amount, part.credit, at)).transpose()?;
            let amount = match (own, &booked) {
                // One payment moved what was booked, whatever is said of it; in another currency it is said otherwise.
                (Some(own), Some(booked)) if !is_batch && own.currency == booked.currency => booked.clone(),
                (Some(own), _) => own,
                // What is said of the whole entry is the amount of one payment alone.
                (None, Some(booked)) if !is_batch => booked.clone(),
                (None, _) => return Err(wrong(at, NO_AMOUNT)),
            };
            // Payments in other currencies than the entry's cannot be taken off it.
            left = left.filter(|left| left.currency == amount.currency).map(|left| less(&left, &amount));
            let reference = part.reference.or_else(|| self.entry.reference.clone());
            let key = part.key.or_else(|| self.entry.key.clone());
            self.note(reference, key, amount, (from, to))?;
        }
        // What was booked beyond its payments is an effect of none of them.
        match left.filter(|left| is_batch && left.minor != 0) {
            Some(left) => self.note(self.entry.reference.clone(), None, left, (from, to)),
            None => Ok(()),
        }
    }

    /// An amount as money: what leaves the organisation's account goes to the customer.
    fn money(&self, (text, unit): &(String, String), credit: Option<bool>, at: &str) -> Result<Money, Unreadable> {
        let currency = currency(unit).ok_or_else(|| wrong(at, "its currency is no code of three letters"))?;
        let minor = minor(text, decimals(&currency)).ok_or_else(|| wrong(at, NO_AMOUNT))?;
        let credit = credit.or(self.entry.credit).ok_or_else(|| wrong(at, NO_SIDE))?;
        Ok(Money { minor: if credit { -minor } else { minor }, currency })
    }

    fn note(
        &mut self,
        reference: Option<String>,
        key: Option<String>,
        amount: Money,
        (from, to): (Timestamp, Timestamp),
    ) -> Result<(), Unreadable> {
        if self.stated.entries.len() >= ENTRIES_MAX {
            return Err(Unreadable::TooMany);
        }
        let (amount, takes_back) = (Some(amount), self.takes_back);
        self.stated.entries.push(StatedEntry { reference, key, amount, from, to, takes_back });
        Ok(())
    }
}

/// What is left of an amount without another one in its currency.
fn less(amount: &Money, other: &Money) -> Money {
    Money { minor: amount.minor.saturating_sub(other.minor), currency: amount.currency.clone() }
}

const NO_SIDE: &str = "it does not say whether it is a credit or a debit";
const NO_DAY: &str = "it does not say when it was booked";
const NO_AMOUNT: &str = "its amount is none of its currency";

fn is_credit(text: &str) -> Option<bool> {
    match text.trim() {
        "CRDT" => Some(true),
        "DBIT" => Some(false),
        _ => None,
    }
}

/// An amount in decimals as whole minor units.
fn minor(text: &str, decimals: usize) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|digit| digit.is_ascii_digit());
    if !digits(whole) || !digits(part) || (whole.is_empty() && part.is_empty()) {
        return None;
    }
    // More decimals than the currency has say nothing, so long as they are zeros.
    let (kept, rest) = part.split_at(part.len().min(decimals));
    if rest.bytes().any(|digit| digit != b'0') {
        return None;
    }
    format!("{whole}{kept:0<decimals$}").parse().ok()
}

fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let zoned = text.parse::<jiff::Timestamp>().ok();
    // Without an offset it is the bank's own time, of which the file says no more.
    let here = || format!("{text}Z").parse::<jiff::Timestamp>().ok();
    zoned.or_else(here).map(|at| Timestamp(at.as_millisecond()))
}

/// A day, wherever on Earth it is meant: from when it begins in the east until it ends in the west.
fn day(text: &str) -> Option<(Timestamp, Timestamp)> {
    let date: Date = text.trim().get(..10)?.parse().ok()?;
    let begins = format!("{date}T00:00:00Z").parse::<jiff::Timestamp>().ok()?.as_millisecond();
    Some((Timestamp(begins - DAY_MS / 2), Timestamp(begins + DAY_MS + DAY_MS / 2)))
}

fn earliest(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.into_iter().chain(other).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A statement of a bank with these entries.
    fn document(entries: &str) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\">\
             <BkToCstmrStmt><GrpHdr><MsgId>1</MsgId></GrpHdr><Stmt><FrToDt><FrDtTm>2026-02-02T00:00:00Z</FrDtTm>\
             <ToDtTm>2026-02-03T00:00:00</ToDtTm></FrToDt>{entries}</Stmt></BkToCstmrStmt></Document>"
        )
    }

    const ONE: &str = "<Ntry><NtryRef>7</NtryRef><Amt Ccy=\"EUR\">12.5</Amt><CdtDbtInd>DBIT</CdtDbtInd>\
        <Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-02-02</Dt></BookgDt><AcctSvcrRef>B&amp;1</AcctSvcrRef>\
        <NtryDtls><TxDtls><Refs><EndToEndId>remit-1</EndToEndId></Refs></TxDtls></NtryDtls></Ntry>";
    const BATCH: &str = "<Ntry><Amt Ccy=\"JPY\">300</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>\
        <BookgDt><DtTm>2026-02-02T10:00:00+09:00</DtTm></BookgDt><NtryDtls>\
        <TxDtls><Refs><EndToEndId>a</EndToEndId></Refs>\
        <AmtDtls><TxAmt><Amt Ccy=\"JPY\">100.00</Amt></TxAmt></AmtDtls>\
        </TxDtls><TxDtls><Refs><AcctSvcrRef>r2</AcctSvcrRef></Refs><Amt Ccy=\"JPY\">200</Amt></TxDtls></NtryDtls>\
        </Ntry>";
    const PENDING: &str = "<Ntry><Amt Ccy=\"EUR\">1.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>PDNG</Sts></Ntry>";

    #[test]
    fn booked_entries_are_read_payment_by_payment() {
        let stated = read(document(&format!("{ONE}{PENDING}{BATCH}")).as_bytes(), "EndToEndId").unwrap();
        let told = stated.entries.iter().map(|entry| {
            let amount = entry.amount.as_ref().unwrap();
            (entry.key.as_deref(), entry.reference.as_deref(), amount.minor, &*amount.currency)
        });
        let wanted = [
            (Some("remit-1"), Some("B&1"), 1_250, "EUR"),
            (Some("a"), None, -100, "JPY"),
            (None, Some("r2"), -200, "JPY"),
        ];
        assert_eq!(told.collect::<Vec<_>>(), wanted);
        let covers = stated.covers.unwrap();
        assert_eq!((covers.0.0, covers.1.0 - covers.0.0), (1_769_990_400_000, DAY_MS));
        // A day is meant anywhere on Earth.
        assert_eq!(stated.entries[0].to.0 - stated.entries[0].from.0, 2 * DAY_MS);
        let by_number = read(document(ONE).as_bytes(), "NtryRef").unwrap();
        assert_eq!(by_number.entries[0].key.as_deref(), Some("7"));
    }

    #[test]
    fn what_was_booked_counts_and_nothing_else() {
        let of = |entries: &str| {
            let stated = read(document(entries).as_bytes(), "EndToEndId").unwrap();
            let told =
                |entry: &StatedEntry| (entry.key.clone(), entry.amount.as_ref().unwrap().minor, entry.takes_back);
            stated.entries.iter().map(told).collect::<Vec<_>>()
        };
        let remit = || Some("remit-1".to_owned());
        // One payment moved what the entry says, and a batch no more than its payments.
        let other = ONE.replace("<Refs>", "<Amt Ccy=\"EUR\">1.00</Amt><Refs>");
        assert_eq!(of(&other), [(remit(), 1_250, false)]);
        let more = BATCH.replace("\"JPY\">300<", "\"JPY\">1300<");
        assert_eq!(of(&more).last().unwrap(), &(None, -1_000, false));
        assert_eq!(of(BATCH).len(), 2);
        let own_status = ONE.replace("<Cd>BOOK</Cd>", "<Prtry>PENDING</Prtry>");
        assert_eq!(of(&own_status), []);
        let reversal = ONE.replace("<Sts>", "<RvslInd>true</RvslInd><Sts>");
        assert_eq!(of(&reversal), [(remit(), 1_250, true)]);
        // Of a day the middle is told, and no moment.
        let stated = read(document(ONE).as_bytes(), "EndToEndId").unwrap();
        let entry = &stated.entries[0];
        assert_eq!((entry.moment(), entry.about().0), (None, 1_769_990_400_000 + DAY_MS / 2));
    }

    #[test]
    fn what_is_no_statement_is_refused() {
        let bomb = document(ONE).replacen("?>", "?><!DOCTYPE D [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>", 1);
        let deep = format!("{}{}", "<a>".repeat(40), "</a>".repeat(40));
        for (text, told) in [
            (bomb, "document type"),
            (document(&ONE.replace("B&amp;1", "&b;")), "no camt.053"),
            (document(ONE).replace("BkToCstmrStmt", "BkToCstmrAcctRpt"), "no camt.053"),
            (document(&ONE.replace("</Ntry>", "")), "no camt.053"),
            (document(&ONE.replace("12.5", "12.505")), "amount is none"),
            (document(&ONE.replace("12.5", "-1")), "amount is none"),
            (document(&ONE.replace("12.5", "1e3")), "amount is none"),
            (document(&ONE.replace("12.5", &"9".repeat(40))), "amount is none"),
            (document(&ONE.replace("EUR", "eur")), "currency is no code"),
            (document(&ONE.replace("DBIT", "BOTH")), "credit or a debit"),
            (document(&ONE.replace("2026-02-02</Dt>", "2026-02-30</Dt>")), "when it was booked"),
            (document(&ONE.replace("remit-1", &"x".repeat(5_000))), "a text is too long"),
            (document(&deep), "nested too deep"),
            (String::new(), "no camt.053"),
            ("time,key\n".to_owned(), "no camt.053"),
        ] {
            let error = read(text.as_bytes(), "EndToEndId").unwrap_err().to_string();
            assert!(error.contains(told), "{error} is not {told}");
        }
        assert!(read(b"\xff\xfe<", "EndToEndId").is_err());
    }

    proptest! {
        #[test]
        fn amounts_are_whole_minor_units(minor_units in 0..i64::MAX / 10_000, decimals in 0_usize..=4) {
            let digits = format!("{minor_units:0>width$}", width = decimals + 1);
            let (whole, part) = digits.split_at(digits.len() - decimals);
            let text = if decimals == 0 { whole.to_owned() } else { format!("{whole}.{part}") };
            prop_assert_eq!(minor(&text, decimals), Some(minor_units));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".*") {
            let _ = read(document(&text).as_bytes(), "EndToEndId");
            let _ = crate::read(crate::FileForm::Csv, text.as_bytes(), "");
        }
    }
}
