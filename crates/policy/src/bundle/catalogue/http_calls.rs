//! Reads `[action.http]`, and says by line what cannot work of it.

use crate::{
    action::{Amount, CurrencyAt, FactAt, HttpAnswer, HttpAsk, HttpMapping, Leaf, Node, Piece, StateAt, WHOLE_MAX},
    bundle::parts::MANIFEST,
    finding::Finding,
    manifest::{Action, ConnectorKind, EffectClass, HttpAmount, HttpCall, HttpFact, HttpMethod, Manifest, TermKind},
    places::{Places, TomlPath},
};
use serde_json::Value as Json;

/// Parts of a request that are known whenever a service is asked.
const ALWAYS: [&str; 6] = ["action", "asked_by", "case", "customer", "hash", "request"];
/// Those that are known once it may be carried out.
const PERMITTED: [&str; 4] = ["confirmed_by", "decision", "key", "short_key"];
/// By what a service finds what it did.
const FINDING: [&str; 4] = ["key", "short_key", "request", "hash"];
/// Levels of JSON that is sent.
const DEPTH_MAX: usize = 16;
/// Members of a query.
const QUERY_MAX: usize = 32;

/// For what a service is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum For {
    Execute,
    Find,
    Facts,
}

impl For {
    fn key(self) -> &'static str {
        match self {
            Self::Execute => "execute",
            Self::Find => "find",
            Self::Facts => "facts",
        }
    }
}

/// Where a part of a request is sent to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sent {
    Path,
    Query,
    Body,
}

/// How the connector of an action is asked for it, where that is an HTTP service; what is wrong with it is found.
pub(super) fn read(
    places: &Places<'_>,
    manifest: &Manifest,
    action: &Action,
    place: &TomlPath,
    findings: &mut Vec<Finding>,
) -> Option<HttpMapping> {
    Reader { places, action, place, findings }.read(manifest)
}

struct Reader<'r, 'a> {
    places: &'r Places<'a>,
    action: &'r Action,
    place: &'r TomlPath,
    findings: &'r mut Vec<Finding>,
}

impl Reader<'_, '_> {
    fn wrong(&mut self, keys: &[&str], message: impl Into<String>, cure: &str) {
        let place = keys.iter().fold(self.place.clone(), |place, key| place.then(key));
        let message = format!("action `{}`: {}", self.action.name, message.into());
        self.findings.push(Finding::new(MANIFEST, self.places.line(&place), message, cure));
    }

    fn read(&mut self, manifest: &Manifest) -> Option<HttpMapping> {
        let named = self.action.connector.as_deref()?;
        let kind = manifest.connectors.iter().find(|connector| connector.name == named)?.kind;
        let calls = match (kind, &self.action.http) {
            (ConnectorKind::Http, Some(calls)) => calls,
            (ConnectorKind::Http, None) => {
                let cure = "add `[action.http.execute]`: method, path, body, and where the answer says what";
                self.wrong(&["connector"], "its connector is an HTTP service and nothing says how it is asked", cure);
                return None;
            }
            (_, Some(_)) => {
                let message = format!("it has `http`, and its connector `{named}` is no HTTP service");
                self.wrong(&["http"], message, "leave it out, or write `kind = \"http\"` at the connector");
                return None;
            }
            (_, None) => return None,
        };
        let has_effect = self.action.effect.is_some_and(|effect| effect != EffectClass::None);
        if calls.find.is_none() && has_effect {
            let cure = "add `[action.http.find]`, by which the service says what became of a key";
            self.wrong(&["http"], "after an answer that never came nobody could say what happened", cure);
        }
        match (&calls.facts, self.action.facts.is_empty()) {
            (None, false) => {
                let cure = "add `[action.http.facts]`, or take the facts out";
                self.wrong(&["facts"], "nothing says how the service is asked for its facts", cure);
            }
            (Some(_), true) => {
                let cure = "declare them in `[action.facts]`, or leave it out";
                self.wrong(&["http", "facts"], "it is asked for facts and the action declares none", cure);
            }
            _ => {}
        }
        let execute = self.ask(For::Execute, &calls.execute);
        let find = calls.find.as_ref().map(|call| self.ask(For::Find, call));
        let facts = calls.facts.as_ref().map(|call| self.ask(For::Facts, call));
        Some(HttpMapping { execute, find, facts })
    }

    fn ill(&mut self, wanted: For, key: &str, message: impl Into<String>, cure: &str) {
        let message = format!("http.{}: {}", wanted.key(), message.into());
        self.wrong(&["http", wanted.key(), key], message, cure);
    }

    fn ask(&mut self, wanted: For, call: &HttpCall) -> HttpAsk {
        let path = self.path(wanted, &call.path);
        if call.query.len() > QUERY_MAX {
            self.ill(wanted, "query", format!("a query has {QUERY_MAX} members at most"), "take some out");
        }
        let mut query = Vec::new();
        for (name, value) in &call.query {
            if let Some(leaf) = self.leaf(wanted, "query", value, Sent::Query) {
                query.push((name.clone(), leaf));
            }
        }
        let body = call.body.as_ref().and_then(|body| self.node(wanted, body, 0));
        if call.method == HttpMethod::Get && body.is_some() {
            self.ill(wanted, "body", "a GET has no body", "send it by POST, or write it into `query`");
        }
        if wanted == For::Execute && call.method == HttpMethod::Get {
            self.ill(wanted, "method", "a GET carries nothing out", "write POST, PUT, PATCH or DELETE");
        }
        let ask = HttpAsk { method: call.method, path, query, body, answer: self.answer(wanted, call) };
        if wanted == For::Find && !ask.references().iter().any(|named| FINDING.contains(named)) {
            let message = "it names nothing by which the service knows this request";
            self.ill(wanted, "path", message, "send `{key}`, as `execute` does, in the path, the query or the body");
        }
        ask
    }

    fn path(&mut self, wanted: For, path: &str) -> Vec<Vec<Piece>> {
        let cure = "write a path such as `/charges/{arguments.charge_id}/refunds`";
        let Some(below) = path.strip_prefix('/') else {
            let message = "its path begins with `/`: the host is the connector's, and no value names another";
            self.ill(wanted, "path", message, cure);
            return Vec::new();
        };
        let mut segments = Vec::new();
        if below.contains("//") || below.starts_with('/') {
            self.ill(wanted, "path", "its path has an empty part", cure);
        }
        for segment in below.split('/') {
            match pieces(segment) {
                Ok(pieces) => segments.push(pieces),
                Err(message) => self.ill(wanted, "path", message, cure),
            }
        }
        for piece in segments.iter().flatten() {
            if let Piece::Reference(name) = piece {
                self.reference(wanted, "path", name, Sent::Path);
            }
        }
        segments
    }

    /// A value that is sent: a literal, or a text that is a reference as a whole.
    fn leaf(&mut self, wanted: For, key: &str, value: &Json, sent: Sent) -> Option<Leaf> {
        match value {
            Json::String(text) => {
                let named = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
                match named {
                    Some(name) if !name.contains(['{', '}']) => {
                        self.reference(wanted, key, name, sent);
                        Some(Leaf::Reference(name.to_owned()))
                    }
                    None if !text.contains(['{', '}']) => Some(Leaf::Literal(value.clone())),
                    _ => {
                        let message = format!("in `{key}` a reference stands alone: {text:?} is a part of a text");
                        self.ill(wanted, key, message, "write `\"{name}\"` by itself; it keeps its type");
                        None
                    }
                }
            }
            Json::Number(number) if number.as_i64().is_some_and(|number| number.abs() <= WHOLE_MAX) => {
                Some(Leaf::Literal(value.clone()))
            }
            Json::Bool(_) => Some(Leaf::Literal(value.clone())),
            Json::Null if sent == Sent::Body => Some(Leaf::Literal(Json::Null)),
            _ => {
                let message = format!("`{key}` has a value that is no text, truth or whole number below 2^53");
                self.ill(wanted, key, message, "write it as a text, or as a whole number of minor units");
                None
            }
        }
    }

    fn node(&mut self, wanted: For, value: &Json, depth: usize) -> Option<Node> {
        if depth > DEPTH_MAX {
            self.ill(wanted, "body", format!("it is nested deeper than {DEPTH_MAX}"), "make it flatter");
            return None;
        }
        Some(match value {
            Json::Array(values) => {
                Node::List(values.iter().filter_map(|value| self.node(wanted, value, depth + 1)).collect())
            }
            Json::Object(members) => {
                let mut nodes = Vec::new();
                for (name, value) in members {
                    nodes.extend(self.node(wanted, value, depth + 1).map(|node| (name.clone(), node)));
                }
                Node::Object(nodes)
            }
            leaf => Node::Leaf(self.leaf(wanted, "body", leaf, Sent::Body)?),
        })
    }

    /// Holds a reference against what there is of a request when it is sent.
    fn reference(&mut self, wanted: For, key: &str, name: &str, sent: Sent) {
        if let Some(parameter) = name.strip_prefix("arguments.") {
            return self.argument(wanted, key, parameter, sent);
        }
        let is_known = ALWAYS.contains(&name)
            || (wanted != For::Facts && PERMITTED.contains(&name))
            || (wanted == For::Execute && name == "not_after")
            || (name == "arguments" && sent == Sent::Body);
        if !is_known {
            let message = format!("`{{{name}}}` is nothing that is known of a request here");
            let cure = "name one of those that docs/actions.md lists, such as `{key}` or `{arguments.NAME}`";
            self.ill(wanted, key, message, cure);
        } else if name == "confirmed_by" && sent != Sent::Body {
            let message = "`{confirmed_by}` is a list, which has no place in an address";
            self.ill(wanted, key, message, "send it in the body");
        }
    }

    fn argument(&mut self, wanted: For, key: &str, named: &str, sent: Sent) {
        let mut schema = self.action.parameters.as_ref();
        let mut is_required = true;
        for step in named.split('.') {
            let lists = |at: &Json| at.get("required").and_then(Json::as_array).cloned().unwrap_or_default();
            is_required &= schema.is_some_and(|schema| lists(schema).iter().any(|name| name == step));
            schema = schema.and_then(|schema| schema.get("properties")?.get(step));
        }
        let Some(schema) = schema else {
            let message = format!("`{{arguments.{named}}}` is no parameter");
            return self.ill(wanted, key, message, "declare it in `[action.parameters]`, or name another");
        };
        if sent == Sent::Body {
            return;
        }
        let kind = schema.get("type").and_then(Json::as_str);
        let is_plain = matches!(kind, Some("string" | "integer" | "boolean")) || schema.get("enum").is_some();
        if !is_plain {
            let message =
                format!("`{{arguments.{named}}}` is no text, truth or number, and has no place in an address");
            return self.ill(wanted, key, message, "name a part of it, or send it in the body");
        }
        if self.action.personal.iter().any(|personal| named.split('.').next() == Some(personal)) {
            let message = format!("`{{arguments.{named}}}` is personal, and servers write addresses into their logs");
            return self.ill(wanted, key, message, "send it in the body");
        }
        if sent == Sent::Path && !is_required {
            let message = format!("`{{arguments.{named}}}` may be missing, and a path without it is another");
            self.ill(wanted, key, message, "add it to `required` of the parameters");
        }
    }

    fn answer(&mut self, wanted: For, call: &HttpCall) -> HttpAnswer {
        self.statuses(wanted, call);
        let pointers = [
            ("list", &call.list),
            ("key", &call.key),
            ("reference", &call.reference),
            ("at", &call.at),
            ("why", &call.why),
        ];
        for (key, pointer) in pointers {
            if let Some(pointer) = pointer {
                self.pointer(wanted, key, pointer);
            }
        }
        let state = call.state.as_ref().map(|state| {
            self.pointer(wanted, "state", &state.at);
            if state.done.is_empty() || state.done.iter().any(|done| state.refused.contains(done)) {
                let message = "`state` names what means done, and nothing that means refused as well";
                self.ill(wanted, "state", message, "write the words of the service by which it says that it was done");
            }
            StateAt { at: state.at.clone(), done: state.done.clone(), refused: state.refused.clone() }
        });
        let amount = call.amount.as_ref().map(|amount| self.amount_at(wanted, "amount", amount));
        let facts = self.facts_of(wanted, call);
        let foreign: &[(&str, bool)] = match wanted {
            For::Execute => &[("list", call.list.is_some()), ("facts", !call.facts.is_empty())],
            For::Find => &[("facts", !call.facts.is_empty())],
            For::Facts => &[
                ("key", call.key.is_some()),
                ("state", call.state.is_some()),
                ("reference", call.reference.is_some()),
                ("amount", call.amount.is_some()),
                ("at", call.at.is_some()),
                ("why", call.why.is_some()),
            ],
        };
        if let Some((key, _)) = foreign.iter().find(|(_, said)| *said) {
            self.ill(wanted, key, format!("`{key}` says nothing here"), "leave it out");
        }
        if wanted != For::Facts {
            if call.reference.is_none() {
                let cure = "write where the service's own number of it stands, such as `reference = \"/id\"`";
                self.ill(wanted, "reference", "it has no `reference`", cure);
            }
            if call.amount.is_none() && self.action.amount.is_some() {
                let cure = "write where the answer says how much: `amount = { minor = \"/…\", currency = \"/…\" }`";
                self.ill(
                    wanted,
                    "amount",
                    "it does not say how much was moved, and nothing could be held against it",
                    cure,
                );
            }
        }
        HttpAnswer {
            done: call.done.clone(),
            refused: call.refused.clone(),
            not_found: call.not_found.clone(),
            list: call.list.clone(),
            key: call.key.clone(),
            state,
            reference: call.reference.clone(),
            amount,
            at: call.at.clone(),
            why: call.why.clone(),
            facts,
        }
    }

    fn statuses(&mut self, wanted: For, call: &HttpCall) {
        // That a token is not taken, that there is too much to do and that it was too early say nothing of the request.
        let says = |status: &u16| (400..=499).contains(status) && ![401, 407, 408, 425, 429].contains(status);
        if call.done.is_empty() || !call.done.iter().all(|status| (200..=299).contains(status)) {
            self.ill(wanted, "done", "`done` has statuses from 200 to 299", "write those that mean success");
        }
        if !call.refused.iter().all(says) {
            let message = "`refused` has statuses from 400 to 499 without 401, 407, 408, 425 and 429";
            self.ill(wanted, "refused", message, "leave out what does not say that nothing will be done");
        }
        if !call.not_found.iter().all(|status| says(status) || *status == 204) {
            let message = "`not_found` has 204, and statuses from 400 to 499 without 401, 407, 408, 425 and 429";
            self.ill(wanted, "not_found", message, "leave out what does not say that there is nothing");
        }
        let lists = [&call.done, &call.refused, &call.not_found];
        let mut all: Vec<u16> = lists.into_iter().flatten().copied().collect();
        all.sort_unstable();
        if all.windows(2).any(|pair| pair.first() == pair.last()) {
            self.ill(wanted, "done", "a status means two things", "leave it in one of done, refused and not_found");
        }
        if wanted == For::Execute && !call.not_found.is_empty() {
            let cure = "a status by which it says that nothing will be done belongs in `refused`";
            self.ill(wanted, "not_found", "what is to be carried out is not looked for", cure);
        }
        if wanted == For::Facts && !call.refused.is_empty() {
            let cure = "a status by which it says that there is nothing belongs in `not_found`";
            self.ill(wanted, "refused", "facts are told or not", cure);
        }
        if wanted == For::Find && call.not_found.is_empty() && call.list.is_none() {
            let cure = "write `not_found = [404]`, or `list` where it answers with a list that may be empty";
            self.ill(wanted, "not_found", "it cannot say that nothing is known of a key", cure);
        }
    }

    fn pointer(&mut self, wanted: For, key: &str, pointer: &str) {
        let escapes = pointer.split('~').skip(1).all(|after| after.starts_with(['0', '1']));
        if !(pointer.is_empty() || pointer.starts_with('/')) || !escapes {
            let message = format!("{pointer:?} is no JSON Pointer (RFC 6901)");
            let cure = "write `/member/0/member`, with `~1` for `/` and `~0` for `~` in a name; `\"\"` is the whole";
            self.ill(wanted, key, message, cure);
        }
    }

    fn amount_at(&mut self, wanted: For, key: &str, amount: &HttpAmount) -> Amount {
        self.pointer(wanted, key, &amount.minor);
        let letters = amount.currency.bytes().all(|letter| letter.is_ascii_uppercase());
        let currency = if amount.currency.len() == 3 && letters {
            CurrencyAt::Always(amount.currency.clone())
        } else {
            self.pointer(wanted, key, &amount.currency);
            CurrencyAt::At(amount.currency.clone())
        };
        Amount { minor: amount.minor.clone(), currency }
    }

    fn facts_of(&mut self, wanted: For, call: &HttpCall) -> Vec<(String, FactAt)> {
        if wanted != For::Facts {
            return Vec::new();
        }
        let declared = self.action.facts.clone();
        for name in call.facts.keys().filter(|name| !declared.contains_key(*name)) {
            let message = format!("it reads `{name}`, which is no fact of the action");
            self.ill(wanted, "facts", message, "declare it in `[action.facts]`, or leave it out");
        }
        let mut facts = Vec::new();
        for (name, kind) in declared {
            let fact = match (call.facts.get(&name), kind) {
                (None, _) => {
                    let message = format!("it does not say where the fact `{name}` stands");
                    self.ill(wanted, "facts", message, "write `NAME = \"/pointer\"`");
                    continue;
                }
                (Some(HttpFact::Amount(amount)), TermKind::Money) => {
                    FactAt::Amount(self.amount_at(wanted, "facts", amount))
                }
                (Some(HttpFact::At(at)), kind) if kind != TermKind::Money => {
                    self.pointer(wanted, "facts", at);
                    FactAt::As(kind, at.clone())
                }
                (Some(HttpFact::Since(since)), TermKind::Elapsed) => {
                    let (at, hours) = match (&since.hours_since, &since.days_since) {
                        (Some(at), None) => (at, 1),
                        (None, Some(at)) => (at, 24),
                        _ => {
                            let message = format!("the age of `{name}` is in hours or in days");
                            self.ill(wanted, "facts", message, "write `hours_since` or `days_since`");
                            continue;
                        }
                    };
                    self.pointer(wanted, "facts", at);
                    FactAt::Since(at.clone(), hours)
                }
                (Some(_), _) => {
                    let message = format!("the fact `{name}` cannot be read so");
                    let cure = "money is `{ minor, currency }`, what has elapsed `hours_since` or `days_since`, \
                                and all but money a pointer";
                    self.ill(wanted, "facts", message, cure);
                    continue;
                }
            };
            facts.push((name, fact));
        }
        facts
    }
}

/// The pieces of a path's segment.
fn pieces(segment: &str) -> Result<Vec<Piece>, String> {
    let (mut pieces, mut rest) = (Vec::new(), segment);
    let is_plain =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte));
    while !rest.is_empty() {
        let (words, from) = rest.split_at(rest.find(['{', '}']).unwrap_or(rest.len()));
        if !is_plain(words) {
            return Err(format!("{words:?} has letters that no path has; a query belongs in `query`"));
        }
        if !words.is_empty() {
            pieces.push(Piece::Words(words.to_owned()));
        }
        rest = from;
        if rest.is_empty() {
            break;
        }
        let named = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let (name, after) = named.ok_or("its braces do not fit one another")?;
        pieces.push(Piece::Reference(name.to_owned()));
        rest = after;
    }
    match pieces.as_slice() {
        [Piece::Words(words)] if matches!(&**words, "." | "..") => Err("a path has no `.` and `..`".to_owned()),
        _ => Ok(pieces),
    }
}
