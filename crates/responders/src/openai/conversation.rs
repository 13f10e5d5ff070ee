//! A conversation within a bound: the newest messages as they are, the oldest in short.

use crate::{TurnAuthor, TurnMessage};
use serde_json::{Value, json};

/// The most that a model is given of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConversationMax {
    /// So many bytes of UTF-8.
    Bytes(usize),
    /// So many tokens. Without the model's own vocabulary they are estimated, rather too high than too low.
    Tokens(usize),
}

/// A message that is left out is told in so many bytes at most.
const SHORT: usize = 160;
/// What is taken out of the middle of a message.
const CUT: &str = " […] ";
/// Tokens that a template needs for each message.
const EACH: usize = 4;

/// What is sent of a conversation.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Kept {
    /// The newest messages, oldest first: whether it is the customer's, and the text.
    pub(super) messages: Vec<(bool, String)>,
    /// What was left out, oldest first, each in short.
    pub(super) earlier: Vec<Value>,
}

impl ConversationMax {
    const fn most(self) -> usize {
        match self {
            Self::Bytes(most) | Self::Tokens(most) => most,
        }
    }

    pub(super) fn size(self, text: &str) -> usize {
        match self {
            Self::Bytes(_) => text.len(),
            Self::Tokens(_) => tokens(text) + EACH,
        }
    }

    /// The text, at most so long; what is taken out is in the middle, since questions stand at an end.
    pub(super) fn cut(self, text: &str, most: usize) -> String {
        if self.size(text) <= most {
            return text.to_owned();
        }
        let chars: Vec<char> = text.chars().collect();
        // The most characters with which it fits, by halving.
        let (mut fits, mut not) = (0, chars.len());
        let with = |count: usize| {
            let head = count * 2 / 3;
            let tail = chars.len() - (count - head);
            let part = |range: std::ops::Range<usize>| chars.get(range).unwrap_or_default().iter().collect::<String>();
            format!("{}{CUT}{}", part(0..head), part(tail..chars.len()))
        };
        while fits + 1 < not {
            let middle = usize::midpoint(fits, not);
            if self.size(&with(middle)) <= most { fits = middle } else { not = middle }
        }
        with(fits)
    }
}

/// At least as many tokens as usual vocabularies need: a third of the letters of ASCII, every other character by
/// itself, pictures three.
fn tokens(text: &str) -> usize {
    let ascii = text.bytes().filter(u8::is_ascii).count();
    let others = text.chars().filter(|c| !c.is_ascii()).map(|c| if c.is_alphanumeric() { 1 } else { 3 });
    ascii.div_ceil(3) + others.sum::<usize>()
}

/// The part of a conversation that fits: the last message in any case, if need be cut, and as many before it as there
/// is room for. A quarter of the bound is for what is left out.
pub(super) fn kept(messages: &[TurnMessage], max: ConversationMax) -> Kept {
    let whole: usize = messages.iter().map(|message| max.size(&message.text)).sum();
    let room = if whole <= max.most() { whole } else { max.most() - max.most() / 4 };
    let (mut used, mut first) = (0, messages.len());
    for (place, message) in messages.iter().enumerate().rev() {
        used += max.size(&message.text);
        if used > room && place + 1 < messages.len() {
            break;
        }
        first = place;
    }
    let is_customer = |message: &TurnMessage| message.author == TurnAuthor::Customer;
    // What begins with an answer is refused by the templates of some models.
    if first > 0 {
        let customer = messages.iter().skip(first).position(is_customer);
        first += customer.unwrap_or(0);
    }
    let (left_out, sent) = messages.split_at_checked(first).unwrap_or((&[], messages));
    let newest = sent.iter().map(|message| (is_customer(message), max.cut(&message.text, room.max(1))));
    Kept { messages: newest.collect(), earlier: in_short(left_out, max) }
}

/// What was left out: how it began and what came last, as far as there is room, and how many lie between.
fn in_short(messages: &[TurnMessage], max: ConversationMax) -> Vec<Value> {
    let short = |message: &TurnMessage| {
        let by = match message.author {
            TurnAuthor::Customer => "customer",
            TurnAuthor::Ai => "ai",
            TurnAuthor::Staff => "staff",
        };
        let said = ConversationMax::Bytes(SHORT).cut(message.text.trim(), SHORT);
        (max.size(&said) + max.size(by), json!({ by: said }))
    };
    let mut room = max.most() / 4;
    let mut fits = |(size, value): (usize, Value)| {
        room = room.checked_sub(size)?;
        Some(value)
    };
    let Some((opening, rest)) = messages.split_first() else { return Vec::new() };
    let opening = fits(short(opening));
    let mut last: Vec<Value> = rest.iter().rev().map(short).map_while(&mut fits).collect();
    last.reverse();
    let between = messages.len() - last.len() - usize::from(opening.is_some());
    let between = (between > 0).then(|| json!({ "left_out": between }));
    opening.into_iter().chain(between).chain(last).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(texts: &[(TurnAuthor, &str)]) -> Vec<TurnMessage> {
        texts.iter().map(|&(author, text)| TurnMessage { author, text: text.to_owned() }).collect()
    }

    #[test]
    fn what_fits_is_sent_as_it_is() {
        use TurnAuthor::{Ai, Customer};
        let all = messages(&[(Customer, "Hi"), (Ai, "Hello."), (Customer, "My card?")]);
        let got = kept(&all, ConversationMax::Bytes(16));
        assert_eq!((got.messages.len(), got.earlier.len()), (3, 0));
        let got = kept(&all, ConversationMax::Bytes(15));
        assert_eq!((got.messages, got.earlier.len()), (vec![(true, "My card?".to_owned())], 1));
    }

    #[test]
    fn the_oldest_is_told_in_short_and_the_bound_holds() {
        use TurnAuthor::{Ai, Customer};
        let long = "word ".repeat(100);
        let mut all = messages(&[(Customer, "It began with a lost card.")]);
        for _ in 0..50 {
            all.extend(messages(&[(Ai, &long), (Customer, &long)]));
        }
        all.extend(messages(&[(Customer, "And now?")]));
        for max in [ConversationMax::Bytes(4_000), ConversationMax::Tokens(1_500)] {
            let got = kept(&all, max);
            let sizes = got.messages.iter().map(|(_, text)| max.size(text)).sum::<usize>();
            assert!(sizes <= max.most() && got.messages.len() >= 5, "{sizes} {max:?}");
            assert!(got.messages.first().unwrap().0, "a customer's message comes first");
            assert_eq!(got.messages.last().unwrap().1, "And now?");
            assert_eq!(got.earlier.first().unwrap()["customer"], "It began with a lost card.");
            assert!(
                got.earlier.iter().any(|told| told["left_out"].as_u64().is_some_and(|n| n > 80)),
                "{:?}",
                got.earlier
            );
        }
    }

    #[test]
    fn a_single_message_beyond_the_bound_keeps_its_ends() {
        let text = format!("Where is my card? {} Please answer.", "x".repeat(10_000));
        for max in [ConversationMax::Bytes(400), ConversationMax::Tokens(200)] {
            let got = kept(&messages(&[(TurnAuthor::Customer, &text)]), max);
            let (_, sent) = got.messages.first().unwrap();
            assert!(max.size(sent) <= max.most(), "{}", max.size(sent));
            assert!(
                sent.starts_with("Where is my card?") && sent.ends_with("Please answer.") && sent.contains(CUT),
                "{sent}"
            );
        }
        let got = kept(&messages(&[(TurnAuthor::Customer, "ééééé")]), ConversationMax::Bytes(1));
        assert_eq!(got.messages.len(), 1, "never nothing");
        assert_eq!(kept(&[], ConversationMax::Bytes(1)), Kept::default());
    }

    #[test]
    fn tokens_are_estimated_too_high() {
        // Counts of OpenAI's cl100k_base and of Gemma's vocabulary lie below.
        for (text, real) in
            [("Where is my card?", 5), ("Meine Karte ist nicht gekommen.", 8), ("カードはどこですか", 9), ("🙂", 3)]
        {
            assert!(tokens(text) >= real, "{text}: {}", tokens(text));
        }
    }
}
