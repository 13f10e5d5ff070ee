//! Bounds of a manifest, which are held before anything else is read of it: how many of everything, how long, how much.

use super::parts::MANIFEST;
use crate::{
    finding::Finding,
    manifest::Manifest,
    places::{Places, TomlPath},
};
use std::ops::RangeInclusive;

/// Entries of one list, and responders of both kinds together. Each is held against every policy.
const LISTED_MAX: usize = 1_000;
/// Bytes of a name or a sentence beyond which it is not looked at any more.
const TEXT_BYTES_MAX: usize = 4_000;
/// Amounts of money, in minor units: sums of them stay in range.
pub(crate) const MINOR: RangeInclusive<i64> = 0..=1_000_000_000_000;
/// Weight of a class of customers, in percent.
const PERCENT: RangeInclusive<i64> = 0..=100_000;

/// Codes of ISO 4217 in which amounts can be, of 2026.
const CURRENCIES: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD \
    CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD \
    HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD \
    MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG \
    QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD \
    TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG";

/// Finds by line what is beyond its bounds; whether the rest may be read.
pub(super) fn lint(places: &Places<'_>, manifest: &Manifest, findings: &mut Vec<Finding>) -> bool {
    let before = findings.len();
    let mut wrong = |place: &TomlPath, message: String, cure: &str| {
        findings.push(Finding::new(MANIFEST, places.line(place), message, cure));
    };
    let lists = [
        ("owner", manifest.owners.len()),
        ("signal", manifest.signals.len()),
        ("field", manifest.fields.len()),
        ("fact", manifest.facts.len()),
        ("topic", manifest.topics.len()),
        ("calendar", manifest.calendars.len()),
        ("sla", manifest.slas.len()),
        ("action", manifest.actions.len()),
        ("responder", manifest.responders.len()),
        ("queue", manifest.queues.len()),
    ];
    for (list, many) in lists.into_iter().filter(|(_, many)| *many > LISTED_MAX) {
        let message = format!("there are {many} [[{list}]], and at most {LISTED_MAX} are taken");
        wrong(&TomlPath::entry(list, LISTED_MAX), message, "take some out, or make two bundles of it");
    }
    let (ai, queues) = (manifest.responders.len(), manifest.queues.len());
    if ai.max(queues) <= LISTED_MAX && ai + queues > LISTED_MAX {
        let message = format!("there are {} responders and queues, and at most {LISTED_MAX} are taken", ai + queues);
        wrong(&TomlPath::key("queue"), message, "take some out, or make two bundles of it");
    }
    for (key, text) in [("name", &manifest.name), ("description", &manifest.description)] {
        if text.len() > TEXT_BYTES_MAX {
            let message = format!("the bundle's {key} has {} bytes", text.len());
            wrong(&TomlPath::key(key), message, "write it as people read it");
        }
    }
    let is_bounded = findings.len() == before;
    amounts(places, manifest, findings);
    is_bounded
}

/// The currency, and amounts of it.
fn amounts(places: &Places<'_>, manifest: &Manifest, findings: &mut Vec<Finding>) {
    let mut wrong = |place: &TomlPath, message: String, cure: &str| {
        findings.push(Finding::new(MANIFEST, places.line(place), message, cure));
    };
    if !CURRENCIES.split_ascii_whitespace().any(|code| code == manifest.currency) {
        let shown: String = manifest.currency.chars().take(20).collect();
        let message = format!("the currency {shown:?} is no code of ISO 4217");
        wrong(&TomlPath::key("currency"), message, "write its three capital letters, such as EUR");
    }
    let economics = &manifest.economics;
    for (key, amount) in [
        ("delay_minor_per_hour", economics.delay_minor_per_hour),
        ("breach_minor", economics.breach_minor),
        ("failure_minor", economics.failure_minor),
        ("due_minor", economics.due_minor.unwrap_or_default()),
    ] {
        if !MINOR.contains(&amount) {
            let message = format!("`{key}` is {amount}; amounts are from 0 to {}", MINOR.end());
            wrong(&TomlPath::key("economics").then(key), message, "correct the number");
        }
    }
    for (class, percent) in economics.value_percent.iter().filter(|(_, percent)| !PERCENT.contains(percent)) {
        let place = TomlPath::key("economics").then("value_percent").then(class);
        let message = format!("`{class}` weighs {percent} percent; classes weigh from 0 to {}", PERCENT.end());
        wrong(&place, message, "correct the number");
    }
}
