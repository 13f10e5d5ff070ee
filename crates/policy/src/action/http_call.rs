//! How an HTTP service of an organisation's is asked for one action, as its bundle declares it: a request for the
//! action in, what is sent out. It holds no client; whoever sends it has one.
//!
//! INVARIANT: a value of the request is never read as anything else than a value. In a path and a query it is
//! percent-encoded and stays in its place; in JSON it is a leaf with the type that it has.

use super::http_answer::HttpAnswer;
use crate::manifest::HttpMethod;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value as Json};

/// Longest path with its query, in bytes: what servers take at least.
const ADDRESS_MAX: usize = 8_000;
/// All but what RFC 3986 calls unreserved.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// How an HTTP service is asked for one action.
#[derive(Debug, Clone)]
pub struct HttpMapping {
    /// To carry it out.
    pub execute: HttpAsk,
    /// What became of a key.
    pub find: Option<HttpAsk>,
    /// What is true of a request.
    pub facts: Option<HttpAsk>,
}

/// One call: what is sent, and how its answer is read.
#[derive(Debug, Clone)]
pub struct HttpAsk {
    pub(crate) method: HttpMethod,
    /// The segments of the path.
    pub(crate) path: Vec<Vec<Piece>>,
    pub(crate) query: Vec<(String, Leaf)>,
    pub(crate) body: Option<Node>,
    /// How its answer is read.
    pub answer: HttpAnswer,
}

/// A part of a path's segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Words(String),
    Reference(String),
}

/// A value that is sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Leaf {
    Literal(Json),
    /// A part of the request, as `arguments.amount.minor`.
    Reference(String),
}

/// JSON that is sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    Leaf(Leaf),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

/// What is sent.
#[derive(Debug, Clone, PartialEq)]
pub struct HttpRequest {
    /// By which method.
    pub method: HttpMethod,
    /// Below the service's address, with the query.
    pub path: String,
    /// JSON.
    pub body: Option<Json>,
}

/// Why a request cannot be sent as it is; nothing was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsendable {
    /// A value that would change which address is asked.
    #[error("a value cannot stand in the address: it is missing, empty, a dot, or holds `/`, `\\` or a control letter")]
    Address,
    /// Too long.
    #[error("its address would have more than {ADDRESS_MAX} bytes")]
    TooLong,
}

impl HttpAsk {
    /// What is sent for a request, `told` by name.
    ///
    /// # Errors
    /// When a value has no place in an address.
    pub fn request(&self, told: &Json) -> Result<HttpRequest, Unsendable> {
        let mut path = String::new();
        for segment in &self.path {
            path.push('/');
            path.push_str(&said(segment, told)?);
        }
        let mut sign = '?';
        for (name, leaf) in &self.query {
            let Some(value) = leaf.value(told) else { continue };
            let value = scalar(&value).ok_or(Unsendable::Address)?;
            path.push(sign);
            path.extend(utf8_percent_encode(name, ENCODED));
            path.push('=');
            path.extend(utf8_percent_encode(&value, ENCODED));
            sign = '&';
        }
        if path.len() > ADDRESS_MAX {
            return Err(Unsendable::TooLong);
        }
        let body = self.body.as_ref().map(|body| body.value(told).unwrap_or(Json::Null));
        Ok(HttpRequest { method: self.method, path, body })
    }

    /// The parts of the request that are sent anywhere.
    pub(crate) fn references(&self) -> Vec<&str> {
        let mut named: Vec<&str> = Vec::new();
        for piece in self.path.iter().flatten() {
            if let Piece::Reference(name) = piece {
                named.push(name);
            }
        }
        let mut left: Vec<&Node> = self.body.iter().collect();
        while let Some(node) = left.pop() {
            match node {
                Node::Leaf(Leaf::Reference(name)) => named.push(name),
                Node::Leaf(Leaf::Literal(_)) => {}
                Node::List(nodes) => left.extend(nodes),
                Node::Object(members) => left.extend(members.iter().map(|(_, node)| node)),
            }
        }
        named.extend(self.query.iter().filter_map(|(_, leaf)| match leaf {
            Leaf::Reference(name) => Some(&**name),
            Leaf::Literal(_) => None,
        }));
        named
    }
}

/// A segment of a path. One that would be another place, or be read as several, is none.
fn said(segment: &[Piece], told: &Json) -> Result<String, Unsendable> {
    let (mut plain, mut encoded) = (String::new(), String::new());
    for piece in segment {
        match piece {
            Piece::Words(words) => {
                plain.push_str(words);
                encoded.push_str(words);
            }
            Piece::Reference(name) => {
                let value = found(told, name).and_then(scalar).filter(|value| !value.is_empty());
                let value = value.ok_or(Unsendable::Address)?;
                if value.contains(|letter: char| letter.is_control() || matches!(letter, '/' | '\\')) {
                    return Err(Unsendable::Address);
                }
                plain.push_str(&value);
                encoded.extend(utf8_percent_encode(&value, ENCODED));
            }
        }
    }
    if matches!(&*plain, "." | "..") { Err(Unsendable::Address) } else { Ok(encoded) }
}

impl Leaf {
    fn value(&self, told: &Json) -> Option<Json> {
        match self {
            Self::Literal(value) => Some(value.clone()),
            Self::Reference(name) => found(told, name).cloned(),
        }
    }
}

impl Node {
    /// What is sent; what the request does not have is left out.
    fn value(&self, told: &Json) -> Option<Json> {
        match self {
            Self::Leaf(leaf) => leaf.value(told),
            Self::List(nodes) => Some(nodes.iter().filter_map(|node| node.value(told)).collect()),
            Self::Object(members) => {
                let members = members.iter().filter_map(|(name, node)| Some((name.clone(), node.value(told)?)));
                Some(Json::Object(members.collect::<Map<_, _>>()))
            }
        }
    }
}

/// A part of a request by its name.
fn found<'t>(told: &'t Json, name: &str) -> Option<&'t Json> {
    name.split('.').try_fold(told, |here, step| here.get(step))
}

/// A value as it stands in an address.
fn scalar(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(truth) => Some(truth.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn ask() -> HttpAsk {
        let reference = |name: &str| Leaf::Reference(name.to_owned());
        HttpAsk {
            method: HttpMethod::Post,
            path: vec![
                vec![Piece::Words("charges".to_owned())],
                vec![Piece::Words("c-".to_owned()), Piece::Reference("arguments.charge".to_owned())],
                vec![Piece::Reference("arguments.charge".to_owned())],
            ],
            query: vec![
                ("for".to_owned(), reference("key")),
                ("limit".to_owned(), Leaf::Literal(json!(2))),
                ("note".to_owned(), reference("arguments.note")),
            ],
            body: Some(Node::Object(vec![
                ("amount".to_owned(), Node::Leaf(reference("arguments.amount.minor"))),
                ("note".to_owned(), Node::Leaf(reference("arguments.note"))),
                ("tags".to_owned(), Node::List(vec![Node::Leaf(Leaf::Literal(json!("support")))])),
            ])),
            answer: HttpAnswer::default(),
        }
    }

    #[test]
    fn values_keep_their_place_and_their_type() {
        let told = json!({ "key": "remit-1&x=2", "arguments": { "charge": "ü 1?", "amount": { "minor": 500 } } });
        let sent = ask().request(&told).unwrap();
        assert_eq!(sent.path, "/charges/c-%C3%BC%201%3F/%C3%BC%201%3F?for=remit-1%26x%3D2&limit=2");
        assert_eq!(sent.body, Some(json!({ "amount": 500, "tags": ["support"] })));
        let named = ["arguments.charge", "arguments.charge", "arguments.note", "arguments.amount.minor"];
        assert_eq!(ask().references()[..4], named);
    }

    #[test]
    fn what_would_be_another_address_is_not_sent() {
        for charge in [json!(""), json!("."), json!(".."), json!("a/b"), json!("..\\x"), json!("a\nb"), json!([1])] {
            let told = json!({ "key": "k", "arguments": { "charge": charge } });
            assert_eq!(ask().request(&told), Err(Unsendable::Address), "{told}");
        }
        assert_eq!(ask().request(&json!({ "key": "k" })), Err(Unsendable::Address));
        let told = json!({ "key": "k", "arguments": { "charge": "x".repeat(9_000) } });
        assert_eq!(ask().request(&told), Err(Unsendable::TooLong));
    }

    proptest! {
        /// Whatever a value is, the path has the segments and the query the members that are declared.
        #[test]
        fn an_address_has_the_parts_that_are_declared(charge in ".*", key in ".*") {
            let told = json!({ "key": key, "arguments": { "charge": charge } });
            if let Ok(sent) = ask().request(&told) {
                let (path, query) = sent.path.split_once('?').unwrap();
                prop_assert_eq!(path.split('/').count(), 4);
                prop_assert_eq!(query.split('&').count(), 2);
                prop_assert!(sent.path.is_ascii() && !sent.path.contains(['#', ' ', '\\']));
            }
        }
    }
}
