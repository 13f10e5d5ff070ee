//! Where goes what responders had that are not in a bundle any more, as whoever changes it says.

use super::survey::{Survey, is_there};
use remit_domain::{decision::ResponderKind, id::ResponderId};
use remit_policy::bundle::Bundle;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where goes what each responder had that is gone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moves(BTreeMap<ResponderId, ResponderId>);

/// Why a move means nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoveError {
    /// It is not of the form.
    #[error("`{0}` is no move: write OLD=NEW, the responder that is gone and the one that gets what it had")]
    Form(String),
    /// Two moves of the same.
    #[error("`{0}` is moved twice: say once where it goes")]
    Twice(ResponderId),
    /// There is nothing to be moved.
    #[error("`{name}` is not gone: {gone}")]
    NotGone {
        /// What was named.
        name: ResponderId,
        /// What is.
        gone: String,
    },
    /// There is no such responder.
    #[error("the bundle has no responder `{name}`; its queues are {queues}")]
    Unknown {
        /// What was named.
        name: ResponderId,
        /// What there is.
        queues: String,
    },
    /// People's cases would go to a machine.
    #[error(
        "`{to}` is an AI responder, and `{from}` was a queue: what people had stays with people; its queues are \
         {queues}"
    )]
    ToAi {
        /// What is gone.
        from: ResponderId,
        /// What was named.
        to: ResponderId,
        /// What there is.
        queues: String,
    },
}

impl Moves {
    /// Moves of the form `OLD=NEW`.
    ///
    /// # Errors
    /// When one is not, or two are of the same.
    pub fn parse(given: &[String]) -> Result<Self, MoveError> {
        let mut moves = Self::default();
        for given in given {
            let form = || MoveError::Form(given.chars().take(160).flat_map(char::escape_default).collect());
            let (from, to) = given.split_once('=').ok_or_else(form)?;
            let name = |name: &str| ResponderId::new(name).map_err(|_| form());
            let (from, to) = (name(from)?, name(to)?);
            if moves.0.insert(from.clone(), to).is_some() {
                return Err(MoveError::Twice(from));
            }
        }
        Ok(moves)
    }

    /// Where goes what this one had.
    pub fn to(&self, gone: &ResponderId) -> Option<&ResponderId> {
        self.0.get(gone)
    }

    /// Whether nothing goes anywhere.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each that is gone, and where it goes.
    pub fn iter(&self) -> impl Iterator<Item = (&ResponderId, &ResponderId)> {
        self.0.iter()
    }

    /// These, and of `earlier` ones those that still lead somewhere in `new` and are not told anew.
    pub(super) fn and_earlier(mut self, earlier: Self, new: &Bundle) -> Self {
        for (from, to) in earlier.0 {
            if new.candidate(&to).is_some() && !is_there(new, &from, ResponderKind::Queue) {
                self.0.entry(from).or_insert(to);
            }
        }
        self
    }

    /// Whether each is of something that `old` had and `new` has not, and leads to something that it has.
    pub(super) fn check(&self, old: Option<&Bundle>, new: &Bundle, survey: &Survey) -> Result<(), MoveError> {
        for (from, to) in &self.0 {
            let had = old.and_then(|old| old.candidate(from)).map(|spec| spec.kind);
            let gone = survey.gone.contains_key(from) || had.is_some_and(|kind| !is_there(new, from, kind));
            if !gone {
                return Err(MoveError::NotGone { name: from.clone(), gone: named_gone(survey) });
            }
            let Some(spec) = new.candidate(to) else {
                return Err(MoveError::Unknown { name: to.clone(), queues: queues(new) });
            };
            let of_people = survey.gone.get(from).is_some_and(|gone| gone.of_people());
            if spec.kind == ResponderKind::Ai && (of_people || had == Some(ResponderKind::Queue)) {
                return Err(MoveError::ToAi { from: from.clone(), to: to.clone(), queues: queues(new) });
            }
        }
        Ok(())
    }
}

/// The queues of `bundle` by name.
pub(super) fn queues(bundle: &Bundle) -> String {
    let queues = bundle.candidates().iter().filter(|spec| spec.kind == ResponderKind::Queue);
    queues.map(|spec| spec.responder.as_str()).collect::<Vec<_>>().join(", ")
}

fn named_gone(survey: &Survey) -> String {
    let gone: Vec<&str> = survey.gone.keys().map(ResponderId::as_str).collect();
    if gone.is_empty() { "nothing is".to_owned() } else { format!("what is gone is {}", gone.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_move_names_two_responders_and_each_once() {
        let parse = |given: &[&str]| Moves::parse(&given.iter().map(|given| (*given).to_owned()).collect::<Vec<_>>());
        let moves = parse(&["rebooking=general", "lounge=general"]).unwrap();
        let name = |name: &str| ResponderId::new(name).unwrap();
        assert_eq!(moves.to(&name("rebooking")), Some(&name("general")));
        assert_eq!(moves.to(&name("general")), None);
        for unclear in ["", "=", "rebooking", "rebooking=", "=general", "Re=general", "a=b=c", "a=b\u{1b}[2J"] {
            assert!(matches!(parse(&[unclear]), Err(MoveError::Form(_))), "{unclear}");
        }
        let told = parse(&["a=\u{1b}[2J"]).unwrap_err().to_string();
        assert!(!told.contains('\u{1b}'), "{told}");
        assert_eq!(parse(&["a=b", "a=c"]), Err(MoveError::Twice(name("a"))));
    }
}
