//! The sample bundle holds together, and its own tests pass.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

use jiff::{
    Span,
    civil::{Date, Weekday},
    tz::TimeZone,
};
use remit_domain::id::{ResponderId, Timestamp};
use remit_policy::{bundle::Bundle, engine::Engine, files::Files, suite};
use std::path::PathBuf;

fn files() -> Files {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../bundles/bank");
    Files::read(&root).unwrap()
}

fn bank() -> Bundle {
    Bundle::load(files()).unwrap_or_else(|findings| {
        panic!("{}", findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })
}

#[test]
fn the_bank_loads_and_its_tests_pass() {
    let bank = bank();
    let report = suite::run(&bank, &Engine::new(&bank));
    let failures: Vec<String> = report.failures.iter().map(ToString::to_string).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(report.passed >= 40, "{}", report.passed);
    assert!(bank.policies() >= 40, "{}", bank.policies());
    assert_eq!(bank.candidates().len(), 12);
}

/// The bank holidays of England in a year, with the days that they stand for.
fn bank_holidays(year: i16) -> Vec<Date> {
    // Easter Sunday, by the anonymous Gregorian computus.
    let y = i32::from(year);
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
    let l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    let n = h + l - 7 * ((a + 11 * h + 22 * l) / 451) + 114;
    let easter = Date::new(year, (n / 31) as i8, (n % 31 + 1) as i8).unwrap();
    let day = |month, day| Date::new(year, month, day).unwrap();
    let monday = |date: Date, nth: i32| date.nth_weekday_of_month(nth as i8, Weekday::Monday).unwrap();
    let mut all = vec![
        day(1, 1),
        easter.checked_sub(Span::new().days(2)).unwrap(),
        easter.tomorrow().unwrap(),
        monday(day(5, 1), 1),
        monday(day(5, 1), -1),
        monday(day(8, 1), -1),
        day(12, 25),
        day(12, 26),
    ];
    // What falls on a weekend has the next day for a substitute that is no weekend and no holiday already.
    for date in all.clone() {
        if matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday) {
            let mut days = std::iter::successors(Some(date), |date| date.tomorrow().ok());
            let free = |day: &Date| !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) && !all.contains(day);
            let substitute = days.find(free).unwrap();
            all.push(substitute);
        }
    }
    all
}

#[test]
fn the_bank_s_desks_are_closed_on_the_bank_holidays_and_on_no_other_day() {
    let (bank, london) = (bank(), TimeZone::get("Europe/London").unwrap());
    let cards = ResponderId::new("cards").unwrap();
    for year in [2026, 2027] {
        let holidays = bank_holidays(year);
        let days = std::iter::successors(Date::new(year, 1, 1).ok(), |date| date.tomorrow().ok());
        for date in days.take_while(|date| date.year() == year) {
            let noon = london.to_timestamp(date.at(12, 0, 0, 0)).unwrap().as_millisecond();
            let open = bank.is_open(&cards, Timestamp(noon));
            assert_eq!(open, !holidays.contains(&date), "{date}, {:?}", date.weekday());
        }
    }
}

/// Changes one file of the bank and says what is then found, one `file:line message` a line.
fn check(file: &str, from: &str, to: &str) -> String {
    let files = files();
    let text = String::from_utf8(files.get(file).unwrap().to_vec()).unwrap();
    assert!(text.contains(from), "{from}");
    let changed = text.replacen(from, to, 1).into_bytes();
    match Bundle::load(files.with(file, changed)) {
        Ok(_) => "loads".to_owned(),
        Err(findings) => {
            findings.iter().map(|f| format!("{}:{} {}", f.file, f.line, f.message)).collect::<Vec<_>>().join("\n")
        }
    }
}

#[test]
fn what_is_wrong_is_named_with_file_and_line() {
    for (file, from, to, want) in [
        ("bundle.toml", "currency = \"GBP\"", "curency = \"GBP\"", "bundle.toml:4 unknown field `curency`"),
        ("bundle.toml", "route = \"head-of-support\"\n", "", "decision point `route` has no owner"),
        ("bundle.toml", "route = \"head-of-support\"", "route = \"nobody\"", "is no owner"),
        ("bundle.toml", "calendar = \"always\"", "calendar = \"nights\"", "has no hours"),
        ("bundle.toml", "Europe/London", "Europe/Londonn", "no time zone"),
        ("bundle.toml", "authoritative = [\"crm\"]", "authoritative = [\"re-mit\"]", "looks like `remit`"),
        ("bundle.toml", "authoritative = [\"crm\"]", "authoritative = [\"Remit \"]", "small letters"),
        (
            "bundle.toml",
            "kind = \"knowledge\"",
            "kind = \"openai\"\nmodel = \"m\"\nurl = \"http://models.example:99999/v1\"",
            "its url must have a port from 1 to 65535",
        ),
        (
            "bundle.toml",
            "monday = [\"08:00-18:00\"]",
            "monday = [\"08:00-08:00\"]",
            "bundle.toml:319 calendar `office`",
        ),
        (
            "bundle.toml",
            "monday = [\"08:00-18:00\"]",
            "monday = [\"08:00-12:00\", \"10:00-18:00\"]",
            "bundle.toml:319 calendar `office`: `08:00-12:00` and `10:00-18:00` of monday overlap",
        ),
        ("bundle.toml", "\"2026-12-28\"", "\"2026-12-25\"", "calendar `office`: the holiday 2026-12-25 is named twice"),
        ("bundle.toml", "\"2026-12-28\"", "\"2026-12-32\"", "`2026-12-32` is no date such as 2026-12-25"),
        (
            "bundle.toml",
            "name = \"complexity_bp\"\ntype = \"long\"",
            "name = \"complexity\"\ntype = \"long\"",
            "is no attribute of the context",
        ),
        (
            "policies/ai-scope.cedar",
            "@owner(\"everyday-team\")\n",
            "",
            "policies/ai-scope.cedar:3 a policy has no @owner",
        ),
        (
            "policies/ai-scope.cedar",
            "Ai::\"everyday-ai\"",
            "Ai::\"everday-ai\"",
            "no policy permits `everyday-ai` anything",
        ),
        (
            "policies/ai-scope.cedar",
            "context.intent_confidence_bp",
            "context.intent_confidnce_bp",
            "policies/ai-scope.cedar:7",
        ),
        (
            "policies/ai-scope.cedar",
            "@id(\"ai.cards\")",
            "@id(\"ai.everyday\")",
            "is used at policies/ai-scope.cedar:3 already",
        ),
        ("policies/ai-scope.cedar", "permit (", "permti (", "policies/ai-scope.cedar:6"),
        ("policies/fraud.cedar", "Topic::\"fraud\"", "Topic::\"frod\"", "policies/fraud.cedar"),
        ("intents.csv", ",card_arrival", ",card_arival", "intents.csv:"),
        ("knowledge/pin.md", "# ", "", "knowledge/pin.md:1 the article has no title"),
        ("schema.cedarschema", "entity Ai {", "entity Ai", "schema.cedarschema:15"),
        ("schema.cedarschema", "entity Role enum", "entity Rolle enum", "schema.cedarschema:1 the schema does not say"),
        ("schema.cedarschema", "action \"handle\"", "action \"handel\"", "the schema declares no action `handle`"),
        (
            "schema.cedarschema",
            "entity Ai {",
            &format!("entity Organisation {{ a: {}", "Set<".repeat(9_999)),
            "schema.cedarschema:",
        ),
        ("policies/ai-scope.cedar", "context.intent_confidence_bp", &"(".repeat(100_000), "brackets within each other"),
        ("policies/ai-scope.cedar", "context.intent_confidence_bp", &"!".repeat(100_000), "words and signs"),
        ("invariants/promises.cedar", "context.wants_human", "context.wants_humn", "invariants/promises.cedar:7"),
        (
            "invariants/promises.cedar",
            "@owner(\"care-team\")",
            "@owner(\"cair-team\")",
            "invariants/promises.cedar:9 @owner",
        ),
    ] {
        let found = check(file, from, to);
        assert!(found.contains(want), "{file}: {from} -> {to}\nwanted: {want}\nfound: {found}");
    }
}
