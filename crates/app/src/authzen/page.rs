//! Which part of the results of a search is told. A token says after which result the next part begins, how many it
//! holds, and for which search it was given out, so that it counts for that one alone.

use super::{
    sent::{AskedPage, wrong},
    told::FoundPage,
};
use crate::{digest, refused::Refused};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// How many results unless told.
const LIMIT: usize = 50;
/// How many at most.
const LIMIT_MAX: usize = 200;

/// A part of the results of one search.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// How many results it may hold.
    pub(super) limit: usize,
    /// After which one it begins; nothing at the beginning.
    pub(super) after: Option<String>,
    /// What names the search.
    search: String,
}

/// What a token says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Token {
    search: String,
    limit: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<String>,
}

impl Part {
    /// The part that is asked for with `sent`, of a search for what `of` says.
    pub(super) fn of(of: &str, mut sent: Map<String, Value>, page: &AskedPage) -> Result<Self, Refused> {
        sent.remove("page");
        let search = digest::of_json(&json!([of, sent]))?.to_string();
        let asked = page.limit.map(|limit| limit.min(LIMIT_MAX));
        let Some(token) = &page.token else {
            return Ok(Self { limit: asked.unwrap_or(LIMIT), after: None, search });
        };
        let bytes = URL_SAFE_NO_PAD.decode(token).ok();
        let token = bytes.and_then(|bytes| serde_json::from_slice::<Token>(&bytes).ok());
        let token = token.ok_or_else(|| wrong("page.token", "must be the `next_token` of the page before"))?;
        let same = token.search == search && asked.is_none_or(|asked| asked == token.limit);
        if !same {
            return Err(wrong("page.token", "was given out for another search; send the rest as it was sent for that"));
        }
        Ok(Self { limit: token.limit.min(LIMIT_MAX), after: token.after, search })
    }

    /// What is told of it, where the next one begins after `next`; nothing where it is the last.
    pub(super) fn told(&self, count: usize, next: Option<Option<String>>) -> Result<FoundPage, Refused> {
        let Some(after) = next else { return Ok(FoundPage { next_token: String::new(), count }) };
        let token = Token { search: self.search.clone(), limit: self.limit, after };
        let token = serde_json::to_vec(&token).map_err(Refused::internal)?;
        Ok(FoundPage { next_token: URL_SAFE_NO_PAD.encode(token), count })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_counts_for_the_search_that_it_was_given_out_for() {
        let sent = |action: &str| json!({ "action": { "name": action }, "page": { "limit": 2 } });
        let sent = |action: &str| sent(action).as_object().unwrap().clone();
        let first = AskedPage { token: None, limit: Some(2) };
        let part = Part::of("subject", sent("case.read"), &first).unwrap();
        assert_eq!((part.limit, part.after.as_deref()), (2, None));
        let token = part.told(2, Some(Some("ben".to_owned()))).unwrap().next_token;
        let with = |of: &str, action: &str, limit| {
            Part::of(of, sent(action), &AskedPage { token: Some(token.clone()), limit })
        };
        // The limit need not be sent again.
        for limit in [None, Some(2)] {
            let next = with("subject", "case.read", limit).unwrap();
            assert_eq!((next.limit, next.after.as_deref()), (2, Some("ben")));
        }
        for other in [
            with("subject", "case.read", Some(3)),
            with("subject", "case.list", None),
            with("resource", "case.read", None),
        ] {
            assert!(other.unwrap_err().detail.contains("another search"));
        }
        let forged = AskedPage { token: Some("e30".to_owned()), limit: None };
        assert!(Part::of("subject", sent("case.read"), &forged).is_err());
        assert_eq!(part.told(1, None).unwrap().next_token, "");
    }
}
