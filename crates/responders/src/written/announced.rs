//! Answers that say that a person is being fetched. Nobody is, unless the case is given away.

/// Verbs by which a case or a customer goes to somebody else.
const MOVES: [&str; 11] =
    ["transfer", "connect", "escalat", "forward", "redirect", "rout", "referr", "refer ", "pass", "assign", "loop"];
/// Said in two words.
const MOVES_OVER: [(&str, &str); 5] =
    [("hand", "over"), ("hand", "off"), ("put", "through"), ("bring", "in"), ("get", "to")];
const PEOPLE: [&str; 28] = [
    "human",
    "agent",
    "agents",
    "representative",
    "representatives",
    "rep",
    "person",
    "people",
    "colleague",
    "colleagues",
    "specialist",
    "specialists",
    "advisor",
    "advisors",
    "adviser",
    "advisers",
    "supervisor",
    "manager",
    "operator",
    "team",
    "teammate",
    "department",
    "staff",
    "expert",
    "someone",
    "support",
    "desk",
    "them",
];
/// Who will do something, as a promise of people has it.
const SOMEBODY: [&str; 13] = [
    "agent",
    "representative",
    "colleague",
    "colleagues",
    "specialist",
    "human",
    "someone",
    "our team",
    "support team",
    "a person",
    "advisor",
    "adviser",
    "team member",
];
const WILL_DO: [&str; 14] = [
    "will contact you",
    "will reach out",
    "will get back to you",
    "will be in touch",
    "will be with you",
    "will follow up",
    "will take over",
    "will call you",
    "will assist you",
    "will help you",
    "will join",
    "will respond to you",
    "will reply to you",
    "will be happy to assist",
];
/// Where a sentence says under which condition, it announces nothing.
const CONDITIONS: [&str; 22] = [
    "if ",
    "would you like",
    "do you want",
    "shall i",
    "should i",
    "may i",
    "can i ",
    "could ",
    "would ",
    "i'd ",
    "happy to",
    "glad to",
    "unless",
    "you can ",
    "you may ",
    "whenever",
    "in case",
    "once you",
    "when you",
    "before i",
    "want me to",
    "in order to be",
];
const DENIALS: [&str; 12] = [
    "can't",
    "cannot",
    "can not",
    "unable",
    "not able",
    "won't",
    "will not",
    "don't",
    "do not",
    "am not ",
    "not going",
    "no need",
];
const OPENINGS: [&str; 31] = [
    "i'm ",
    "i am ",
    "i'll ",
    "i will ",
    "i've ",
    "i have ",
    "let me ",
    "allow me",
    "we're ",
    "we are ",
    "we'll ",
    "we will ",
    "we've ",
    "we have ",
    "going to ",
    "while i ",
    "are being ",
    "you're being ",
    "will be ",
    "has been ",
    "have been ",
    "is being ",
    "was ",
    "to be ",
    "i just ",
    "i now ",
    "i hereby ",
    "i shall ",
    "i ",
    "you'll be ",
    "please hold",
];
/// The same in other languages; a text with one of these is looked at for conditions alone.
const ELSEWHERE: [&str; 44] = [
    "verbinde sie",
    "verbinde dich",
    "leite sie",
    "leite dich",
    "leite ihr",
    "leite dein",
    "leite den fall",
    "leite das",
    "übergebe",
    "wurde weitergeleitet",
    "weitergeleitet",
    "stelle sie durch",
    "je vous transfère",
    "je vous mets en relation",
    "je te mets en relation",
    "je transfère",
    "j'ai transféré",
    "j'ai transmis",
    "je vous passe",
    "je vous redirige",
    "le transfiero",
    "te transfiero",
    "voy a transferir",
    "te voy a transferir",
    "le paso con",
    "te paso con",
    "he transferido",
    "le comunico con",
    "transfiriendo",
    "he remitido",
    "la trasferisco",
    "ti trasferisco",
    "metto in contatto",
    "ho inoltrato",
    "la passo a",
    "ik verbind u",
    "ik verbind je",
    "schakel u door",
    "doorverbonden",
    "vou transferir",
    "estou transferindo",
    "vou encaminhar",
    "encaminhei",
    "przekazuję",
];
const ELSEWHERE_IF: [&str; 11] = [
    "wenn ",
    "falls ",
    "möchten sie",
    "möchtest du",
    "soll ich",
    " si ",
    "voulez",
    "se vuole",
    "se desidera",
    "als u ",
    "se quiser",
];

/// Whether the text says that the customer is being, or has been, passed on to a person.
pub(super) fn announces(text: &str) -> bool {
    let text = text.to_lowercase().replace(['’', '‘'], "'");
    sentences(&text).any(|sentence| english(sentence) || elsewhere(sentence))
}

fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(['.', '!', '?', '\n', ':', ';']).map(str::trim).filter(|sentence| !sentence.is_empty())
}

fn elsewhere(sentence: &str) -> bool {
    let padded = format!(" {sentence}");
    ELSEWHERE.iter().any(|said| padded.contains(said))
        && !sentence.ends_with('?')
        && !ELSEWHERE_IF.iter().any(|condition| padded.contains(condition))
}

fn english(sentence: &str) -> bool {
    if sentence.ends_with('?') || CONDITIONS.iter().any(|condition| contains_word(sentence, condition)) {
        return false;
    }
    let promised =
        WILL_DO.iter().any(|act| sentence.contains(act)) && SOMEBODY.iter().any(|who| contains_word(sentence, who));
    if promised && !DENIALS.iter().any(|denial| sentence.contains(denial)) {
        return true;
    }
    let clauses =
        sentence.split([',', '—', '–']).flat_map(|part| part.split(" so ")).flat_map(|part| part.split(" but "));
    clauses.flat_map(|part| part.split(" and ")).any(|clause| clause_moves(clause.trim()))
}

fn clause_moves(clause: &str) -> bool {
    if DENIALS.iter().any(|denial| clause.contains(denial)) {
        return false;
    }
    let words: Vec<&str> =
        clause.split(|c: char| !(c.is_alphanumeric() || c == '\'')).filter(|word| !word.is_empty()).collect();
    let over = MOVES_OVER.iter().find_map(|(verb, with)| {
        let at = words.iter().position(|word| word.starts_with(verb) && word.len() <= verb.len() + 4)?;
        words.iter().skip(at + 1).take(6).any(|word| word == with).then_some(at)
    });
    let moved = words
        .iter()
        .position(|word| MOVES.iter().any(|verb| word.starts_with(verb.trim()) && word.len() <= verb.trim().len() + 5));
    let Some(at) = moved.or(over) else { return false };
    let to_people =
        words.iter().skip(at + 1).any(|word| PEOPLE.contains(word)) || over.is_some() && words.contains(&"you");
    let before = words.iter().take(at).fold(String::new(), |before, word| before + word + " ");
    let opened = at == 0 && words.first().is_some_and(|word| word.ends_with("ing"))
        || OPENINGS.iter().any(|opening| format!(" {before}").contains(&format!(" {opening}")));
    to_people && opened
}

fn contains_word(sentence: &str, words: &str) -> bool {
    let mut from = 0;
    while let Some(at) = sentence.get(from..).and_then(|rest| rest.find(words)).map(|at| from + at) {
        let before = sentence.get(..at).and_then(|before| before.chars().next_back());
        if before.is_none_or(|c| !c.is_alphanumeric() && c != '\'') {
            return true;
        }
        from = at + words.len();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::announces;

    #[test]
    fn an_announcement_is_told_from_an_offer_and_a_description() {
        for text in [
            "I'm transferring you to a human agent now.",
            "I’ll connect you with a colleague. Please hold.",
            "Please hold while I transfer you to a representative.",
            "Let me connect you with a specialist.",
            "I can't help with that, so I'm transferring you to an agent.",
            "I have escalated your case to our fraud team.",
            "Your request has been forwarded to the responsible department.",
            "You are being transferred to a human.",
            "You will be connected to an agent shortly.",
            "Transferring you to a human agent...",
            "I am going to hand you over to a colleague.",
            "I'll put you through to our team.",
            "I understand. I will pass this on to my supervisor.",
            "A representative will contact you shortly.",
            "Someone from our support team will get back to you soon.",
            "Sorry about that! I've forwarded this to a specialist and they'll look into it.",
            "Ich verbinde Sie mit einer Kollegin.",
            "Je vous mets en relation avec un conseiller.",
            "Le paso con un agente.",
            "Vou transferir você para um atendente.",
        ] {
            assert!(announces(text), "{text}");
        }
        for text in [
            "Your card arrives in four days.",
            "Would you like me to transfer you to a human agent?",
            "If you like, I'll connect you with a colleague.",
            "I can't transfer you to a human.",
            "I cannot connect you to an agent.",
            "You can ask to be connected to a person at any time.",
            "You can transfer money to another person in the app.",
            "To transfer money to someone, open Payments and choose the person.",
            "I have checked: a transfer to another person takes one working day.",
            "If there is a problem, our team will contact you.",
            "Connect your phone to the app and choose a person.",
            "The courier will call you before the delivery.",
            "Transfers are routed through our partner bank.",
            "Your refund has been passed through the card network.",
            "Falls Sie möchten, verbinde ich Sie mit einer Kollegin.",
            "",
        ] {
            assert!(!announces(text), "{text}");
        }
    }
}
