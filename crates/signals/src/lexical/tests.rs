//! Texts as the packs that ship read them: sentences as a person would, and where in a text a match is.

use super::*;

#[test]
fn any_text_is_read() {
    let reader = TextReader::new();
    for text in ["", " ", "\u{0}", "🦀🦀", "ﬁ ﬂ", &"a ".repeat(100_000), &"\u{301}".repeat(5_000), "'’'"] {
        let _ = reader.read(text);
    }
}

#[test]
fn sentences_are_read_as_a_person_would() {
    let reader = TextReader::new();
    for (text, human, situation) in [
        ("I want to talk to a real person", true, "none"),
        ("Let me speeeak to someone please", true, "none"),
        ("I don't want to talk to an agent, just tell me the fee", false, "none"),
        ("How long does a transfer take?", false, "none"),
        ("Ich möchte mit einem Menschen sprechen", true, "none"),
        ("I want to kill myself", false, "self_harm"),
        ("My husband passed away last week, what do I do with the account", false, "bereavement"),
        ("someone is using my card right now", false, "fraud_in_progress"),
        ("my ex is controlling my account and i am scared of him", false, "domestic_abuse"),
        ("my phone battery died during the payment", false, "none"),
        ("I know where you live", false, "threat"),
    ] {
        let read = reader.read(text);
        assert_eq!((read.wants_human.present, read.situation.kind), (human, situation), "{text}: {read:?}");
    }
}

#[test]
fn what_stands_at_the_end_of_the_longest_message_is_read() {
    let reader = TextReader::new();
    let end = " I want to kill myself.";
    for filler in ["The fee was five pounds. ", "so-called ", "é", "someone "] {
        let text = filler.repeat((32_768 - end.len()) / filler.len()) + end;
        assert_eq!(reader.read(&text).situation.kind, "self_harm", "{filler}");
        assert!(reader.matches(&text).iter().any(|found| found.rule.id == "self_harm.kill_myself"), "{filler}");
    }
}

#[test]
fn matches_say_where_they_are() {
    let reader = TextReader::new();
    let text = "Hello. Can I TALK to a real person? My mother has died.";
    let matches = reader.matches(text);
    let of =
        |id: &str| matches.iter().find(|found| found.rule.id == id).and_then(|found| text.get(found.place.clone()));
    assert_eq!(of("wants_human.talk_to_person"), Some("TALK to a real person"));
    assert_eq!(of("bereavement.died"), Some("mother has died"));
}
