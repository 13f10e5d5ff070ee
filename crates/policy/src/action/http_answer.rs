//! How the answer of an HTTP service is read, as its bundle declares it. What is declared means something; everything
//! else means nothing, so that nobody takes an answer for more than it says.

use crate::manifest::TermKind;
use jiff::Timestamp;
use remit_domain::text::is_hidden;
use serde_json::{Map, Value as Json, json};

/// Longest reference, and longest reason of a refusal, in characters.
const WORDS_MAX: usize = 200;
const HOUR_MS: i64 = 3_600_000;

/// How one answer is read: JSON Pointers (RFC 6901) to what it says.
#[derive(Debug, Clone, Default)]
pub struct HttpAnswer {
    pub(crate) done: Vec<u16>,
    pub(crate) refused: Vec<u16>,
    pub(crate) not_found: Vec<u16>,
    pub(crate) list: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) state: Option<StateAt>,
    pub(crate) reference: Option<String>,
    pub(crate) amount: Option<Amount>,
    pub(crate) at: Option<String>,
    pub(crate) why: Option<String>,
    pub(crate) facts: Vec<(String, FactAt)>,
}

/// Where an answer says how far it is.
#[derive(Debug, Clone)]
pub(crate) struct StateAt {
    pub(crate) at: String,
    pub(crate) done: Vec<String>,
    pub(crate) refused: Vec<String>,
}

/// Where an amount stands.
#[derive(Debug, Clone)]
pub(crate) struct Amount {
    pub(crate) minor: String,
    pub(crate) currency: CurrencyAt,
}

/// Where a currency stands, or which it is.
#[derive(Debug, Clone)]
pub(crate) enum CurrencyAt {
    At(String),
    Always(String),
}

/// Where a fact stands.
#[derive(Debug, Clone)]
pub(crate) enum FactAt {
    As(TermKind, String),
    Amount(Amount),
    /// Whole times of this many hours since a moment.
    Since(String, i64),
}

/// What an answer says of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered {
    /// It was carried out.
    Done {
        /// By what the service knows it.
        reference: String,
        /// Minor units and currency of what was moved.
        amount: Option<(i64, String)>,
        /// When, by RFC 3339.
        at: Option<String>,
    },
    /// It was not, and will not be.
    Refused(String),
    /// Nothing is known of it.
    NotFound,
    /// Nothing that was agreed on; in words that hold nothing of the answer's.
    Unclear(&'static str),
}

/// What an answer is that says nothing that was agreed on.
type Unclear = &'static str;

impl HttpAnswer {
    /// What became of a request, which is known by either of `keys`; `body` is nothing where it is no JSON.
    pub fn outcome(&self, status: u16, body: Option<&Json>, keys: &[&str]) -> Answered {
        if self.refused.contains(&status) {
            return Answered::Refused(self.refusal(status, body));
        }
        let read = || -> Result<Answered, Unclear> {
            let Some(found) = self.found(status, body, keys)? else { return Ok(Answered::NotFound) };
            if let Some(state) = &self.state {
                let said = found.pointer(&state.at).and_then(Json::as_str).ok_or("it does not say how far it is")?;
                if state.refused.iter().any(|refused| refused == said) {
                    return Ok(Answered::Refused(self.refusal(status, Some(found))));
                }
                if !state.done.iter().any(|done| done == said) {
                    return Err("it is in another state than done or refused");
                }
            }
            let reference = self.reference.as_ref().and_then(|at| found.pointer(at)).and_then(reference);
            let reference = reference.ok_or("its reference is not where it should be")?;
            let amount = self.amount.as_ref().map(|amount| amount.read(found)).transpose()?;
            let at = self.at.as_ref().map(|at| moment(found, at)).transpose()?.map(|(text, _)| text);
            Ok(Answered::Done { reference, amount, at })
        };
        read().unwrap_or_else(Answered::Unclear)
    }

    /// What of an answer to what is carried out nothing says where it stands: of which key it is, and how far that is.
    pub(crate) fn unsaid(&self) -> Vec<&'static str> {
        let said = [("`key`", self.key.is_some()), ("`state`", self.state.is_some())];
        said.into_iter().filter(|(_, said)| !said).map(|(name, _)| name).collect()
    }

    /// What is true of a request at a moment; nothing where nothing is known of it.
    ///
    /// # Errors
    /// When the answer does not say all that it should.
    pub fn told(&self, status: u16, body: Option<&Json>, now_ms: i64) -> Result<Map<String, Json>, Unclear> {
        let Some(found) = self.found(status, body, &[])? else { return Ok(Map::new()) };
        self.facts.iter().map(|(name, fact)| Ok((name.clone(), fact.read(found, now_ms)?))).collect()
    }

    /// What the answer is about.
    fn found<'b>(&self, status: u16, body: Option<&'b Json>, keys: &[&str]) -> Result<Option<&'b Json>, Unclear> {
        if self.not_found.contains(&status) {
            return Ok(None);
        }
        if !self.done.contains(&status) {
            return Err("its status means nothing here");
        }
        let body = body.ok_or("the answer is not JSON")?;
        let named = |entry: &Json| match &self.key {
            Some(at) => entry.pointer(at).and_then(Json::as_str).is_some_and(|key| keys.contains(&key)),
            None => true,
        };
        let Some(list) = &self.list else {
            return if named(body) { Ok(Some(body)) } else { Err("it is of another key") };
        };
        let list = body.pointer(list).and_then(Json::as_array).ok_or("its list is not where it should be")?;
        let mut of_this = list.iter().filter(|entry| named(entry));
        match (of_this.next(), of_this.next()) {
            (found, None) => Ok(found),
            (_, Some(_)) => Err("it has several where there should be one"),
        }
    }

    fn refusal(&self, status: u16, body: Option<&Json>) -> String {
        let why = self.why.as_ref().and_then(|at| body?.pointer(at)).and_then(Json::as_str).map(words);
        why.filter(|why| !why.trim().is_empty()).unwrap_or_else(|| format!("the service answered with status {status}"))
    }
}

impl Amount {
    fn read(&self, found: &Json) -> Result<(i64, String), Unclear> {
        let minor = found.pointer(&self.minor).and_then(Json::as_i64).ok_or("its amount is no whole number")?;
        let currency = match &self.currency {
            CurrencyAt::Always(currency) => currency.clone(),
            CurrencyAt::At(at) => {
                let said = found.pointer(at).and_then(Json::as_str).ok_or("its currency is not where it should be")?;
                if said.len() != 3 || !said.bytes().all(|letter| letter.is_ascii_alphabetic()) {
                    return Err("its currency is none");
                }
                said.to_ascii_uppercase()
            }
        };
        Ok((minor, currency))
    }
}

impl FactAt {
    fn read(&self, found: &Json, now_ms: i64) -> Result<Json, Unclear> {
        match self {
            Self::As(kind, at) => {
                let value = found.pointer(at).ok_or("a fact is not where it should be")?;
                super::term(*kind, value).map(|_| value.clone()).ok_or("a fact is of another type than declared")
            }
            Self::Amount(amount) => {
                let (minor, currency) = amount.read(found)?;
                Ok(json!({ "minor": minor, "currency": currency }))
            }
            Self::Since(at, hours) => {
                let (_, at_ms) = moment(found, at)?;
                Ok(json!(now_ms.saturating_sub(at_ms).max(0) / (hours * HOUR_MS)))
            }
        }
    }
}

fn moment(found: &Json, at: &str) -> Result<(String, i64), Unclear> {
    let text = found.pointer(at).and_then(Json::as_str).ok_or("its time is not where it should be")?;
    let moment: Timestamp = text.parse().map_err(|_| "its time is none by RFC 3339")?;
    Ok((moment.to_string(), moment.as_millisecond()))
}

fn reference(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(words(text)).filter(|text| !text.trim().is_empty()),
        Json::Number(number) if !number.is_f64() => Some(number.to_string()),
        _ => None,
    }
}

fn words(text: &str) -> String {
    text.chars().filter(|letter| !is_hidden(*letter)).take(WORDS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer() -> HttpAnswer {
        let at = |at: &str| Some(at.to_owned());
        HttpAnswer {
            done: vec![200],
            refused: vec![422],
            not_found: vec![404],
            list: at("/items"),
            key: at("/external_id"),
            state: Some(StateAt {
                at: "/status".to_owned(),
                done: vec!["succeeded".to_owned()],
                refused: vec!["failed".to_owned()],
            }),
            reference: at("/id"),
            amount: Some(Amount { minor: "/sum".to_owned(), currency: CurrencyAt::At("/in".to_owned()) }),
            at: at("/when"),
            why: at("/error"),
            facts: Vec::new(),
        }
    }

    fn one() -> Json {
        json!({
            "external_id": "k", "status": "succeeded", "id": 7, "sum": 500, "in": "eur",
            "when": "2026-02-02T02:40:00+01:00",
        })
    }

    #[test]
    fn an_answer_says_what_is_declared_and_nothing_else() {
        let of = |status, body: Json| answer().outcome(status, Some(&body), &["k", "s"]);
        let done = Answered::Done {
            reference: "7".to_owned(),
            amount: Some((500, "EUR".to_owned())),
            at: Some("2026-02-02T01:40:00Z".to_owned()),
        };
        assert_eq!(of(200, json!({ "items": [one()] })), done);
        let mut other = one();
        other["external_id"] = json!("other");
        assert_eq!(of(200, json!({ "items": [other, one()] })), done, "what is of another key is passed over");
        assert_eq!(of(200, json!({ "items": [other] })), Answered::NotFound);
        assert_eq!(of(200, json!({ "items": [] })), Answered::NotFound);
        assert_eq!(of(404, json!({ "items": [one()] })), Answered::NotFound);
        assert_eq!(of(422, json!({ "error": "fro\nzen" })), Answered::Refused("frozen".to_owned()));
        assert!(matches!(answer().outcome(422, None, &[]), Answered::Refused(why) if why.contains("422")));
        let mut failed = one();
        failed["status"] = json!("failed");
        assert!(matches!(of(200, json!({ "items": [failed] })), Answered::Refused(_)));
    }

    #[test]
    fn everything_else_is_unclear() {
        let of = |status, body: Option<&Json>| answer().outcome(status, body, &["k"]);
        let good = json!({ "items": [one()] });
        for status in [0, 201, 202, 204, 301, 400, 401, 403, 409, 429, 500, 503] {
            assert!(matches!(of(status, Some(&good)), Answered::Unclear(_)), "{status}");
        }
        assert!(matches!(of(200, None), Answered::Unclear(_)));
        for body in [json!([]), json!({}), json!({ "items": {} }), json!({ "items": [one(), one()] })] {
            assert!(matches!(of(200, Some(&body)), Answered::Unclear(_)), "{body}");
        }
        for (member, value) in [
            ("status", json!("pending")),
            ("status", json!(1)),
            ("id", json!(" ")),
            ("id", json!(1.5)),
            ("id", Json::Null),
            ("sum", json!(5.0)),
            ("sum", json!("500")),
            ("sum", json!(u64::MAX)),
            ("in", json!("euro")),
            ("in", json!(978)),
            ("when", json!("yesterday")),
            ("when", json!(1_770_000_000)),
        ] {
            let mut lies = one();
            lies[member] = value;
            let body = json!({ "items": [lies] });
            assert!(matches!(of(200, Some(&body)), Answered::Unclear(_)), "{body}");
        }
    }

    #[test]
    fn facts_are_told_whole_or_not_at_all() {
        let amount = Amount { minor: "/sum".to_owned(), currency: CurrencyAt::Always("GBP".to_owned()) };
        let facts = vec![
            ("age".to_owned(), FactAt::Since("/when".to_owned(), 24)),
            ("of".to_owned(), FactAt::As(TermKind::Text, "/customer".to_owned())),
            ("left".to_owned(), FactAt::Amount(amount)),
        ];
        let answer = HttpAnswer { done: vec![200], not_found: vec![404], facts, ..HttpAnswer::default() };
        let now_ms = "2026-02-05T01:00:00Z".parse::<Timestamp>().unwrap().as_millisecond();
        let mut body = json!({ "when": "2026-02-02T02:40:00Z", "customer": "c1", "sum": 3 });
        let told = answer.told(200, Some(&body), now_ms).unwrap();
        assert_eq!(Json::Object(told), json!({ "age": 2, "of": "c1", "left": { "minor": 3, "currency": "GBP" } }));
        assert_eq!(answer.told(404, None, now_ms), Ok(Map::new()));
        assert!(answer.told(500, Some(&body), now_ms).is_err());
        body["customer"] = json!(7);
        assert!(answer.told(200, Some(&body), now_ms).is_err());
    }
}
