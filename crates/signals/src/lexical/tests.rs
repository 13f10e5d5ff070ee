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
        ("I want to talk to a real person", true, Situation::None),
        ("Let me speeeak to someone please", true, Situation::None),
        ("I don't want to talk to an agent, just tell me the fee", false, Situation::None),
        ("How long does a transfer take?", false, Situation::None),
        ("Ich möchte mit einem Menschen sprechen", true, Situation::None),
        ("I want to kill myself", false, Situation::SelfHarm),
        ("My husband passed away last week, what do I do with the account", false, Situation::Bereavement),
        ("someone is using my card right now", false, Situation::FraudInProgress),
        ("my ex is controlling my account and i am scared of him", false, Situation::DomesticAbuse),
        ("my phone battery died during the payment", false, Situation::None),
        ("I know where you live", false, Situation::Threat),
    ] {
        let read = reader.read(text);
        assert_eq!((read.wants_human.present, read.situation.kind), (human, situation), "{text}: {read:?}");
    }
}
