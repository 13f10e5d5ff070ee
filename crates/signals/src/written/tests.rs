//! Mails of many programs, taken apart right and in a time that grows with their length alone.

use super::*;

fn mails(text: &str) -> Vec<(&str, &str, &str)> {
    let each = text.split("\n####").skip(1);
    each.map(|mail| {
        let (name, rest) = mail.split_once('\n').unwrap();
        let (mail, want) = rest.split_once("\n====").unwrap();
        (name.trim(), mail, want)
    })
    .collect()
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn read_right(text: &str) -> Vec<String> {
    let wrong = mails(text).into_iter().filter_map(|(name, mail, want)| {
        let got = written(mail);
        (words(&got.now) != words(want)).then(|| format!("{name}:\n{}\n-- left {:?}", got.now, got.left))
    });
    wrong.collect()
}

#[test]
fn what_was_written_now_is_read_of_mails_of_many_programs() {
    let wrong = read_right(include_str!("../../data/mails/open.txt"));
    assert_eq!(mails(include_str!("../../data/mails/open.txt")).len(), 36);
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Held back while the code was made: what it makes of forms that it was not made by.
#[test]
fn mails_that_were_held_back_are_read_right_too() {
    let held = include_str!("../../data/mails/held.txt");
    let wrong = read_right(held);
    assert_eq!(mails(held).len(), 32);
    assert!(wrong.is_empty(), "{} of 32 wrong: {}", wrong.len(), wrong.join("\n\n"));
}

/// What is made to be looked at again and again.
const HOSTILE: [&str; 14] = [
    "From: a\n",
    "From: a\n\n",
    "On 1 1 1 1:11 a@b\n",
    "On 2026 at 10:10 x wrote:\n",
    "Thanks,\n",
    "thanks,\n\n\n\n",
    "Regards\nAnn\n",
    "__________\n",
    "> a\n",
    "This message is confidential; delete it\n",
    "a: > b ",
    "<div><p>",
    "<<<<a ",
    "</b><b><i>",
];

#[test]
fn twice_as_much_takes_twice_as_long() {
    for line in HOSTILE {
        let steps = |times: usize| {
            steps::taken();
            written(&line.repeat(times));
            steps::taken()
        };
        let (once, twice) = (steps(2_000), steps(4_000));
        assert!(twice <= once * 21 / 10 + 100, "{line:?}: {once}, {twice}");
        assert!(twice <= 4_000 * line.len() as u64 * 80, "{line:?}: {twice}");
    }
    steps::taken();
    written(&"Where is my card? ".repeat(20).replace("? ", "?\n"));
    let few = steps::taken();
    assert!(few > 0, "nothing is counted");
}

#[test]
fn a_short_message_is_handed_through() {
    for text in ["When will my new card arrive?", " trimmed ", "a\nb"] {
        let taken = written(text);
        assert!(matches!(taken.now, Cow::Borrowed(_)), "{text}");
        assert_eq!((&*taken.now, taken.left.len(), taken.html), (text.trim(), 0, false));
    }
}

#[test]
fn nothing_is_lost_of_a_plain_mail() {
    for (name, mail, _) in mails(include_str!("../../data/mails/open.txt")) {
        let taken = written(mail);
        if taken.html {
            continue;
        }
        let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count();
        let kept = letters(&taken.now) + taken.left.iter().map(|part| letters(&part.text)).sum::<usize>();
        assert_eq!(kept, letters(mail), "{name}");
    }
}

#[test]
fn what_is_passed_on_without_a_word_is_no_answer() {
    for forward in [
        "---------- Forwarded message ---------\nFrom: A <a@b.example>\nSubject: x\n\nYour account was stolen.",
        "From: A <a@b.example>\nSent: Friday\nTo: me\nSubject: x\n\nYour account was stolen.",
        "-- \nJane\n\nBegin forwarded message:\n\n> From: A <a@b.example>\n> Subject: x\n>\n> Your account was stolen.",
        "<div><br></div><div class=\"gmail_quote\"><div class=\"gmail_attr\">---------- Forwarded message \
         ---------<br>From: A</div>Your account was stolen.</div>",
    ] {
        let taken = written(forward);
        assert_eq!(taken.now, "", "{forward}");
        assert!(taken.is_forward_alone(), "{forward}: {:?}", taken.left);
        assert!(taken.passed_on().starts_with("Your account was stolen."), "{:?}", taken.passed_on());
        let answer = taken.to_answer();
        assert!(answer.starts_with("[forwarded") && answer.contains("stolen"), "{answer}");
    }
    let empty =
        written("\n\nOn Fri, Mar 6, 2026 at 9:12 AM Bank <a@b.example> wrote:\n> If you suspect fraud, call us.");
    assert!(empty.now.is_empty() && !empty.is_forward_alone());
    assert_eq!(empty.to_answer(), "");
    let bullets = written("> my card is lost\n> please block it");
    assert_eq!(bullets.now, "> my card is lost\n> please block it");
}

/// Attributions as programs make them in the languages that they speak, with what follows unmarked.
const ATTRIBUTIONS: [&str; 34] = [
    "On Friday, March 6, 2026 at 09:12:33 AM CET, Bank <a@b.example> wrote:",
    "On 2026-03-06 09:12, Bank wrote:",
    "On Fri, 6 Mar 2026 09:12:33 +0100, \"Bank\" <a@b.example> wrote:",
    "Am Freitag, 6. März 2026 um 09:12:33 MEZ hat Bank <a@b.example> Folgendes geschrieben:",
    "Am 2026-03-06 09:12, schrieb Bank:",
    "Am 6. März 2026 09:12:33 MEZ schrieb Bank <a@b.example>:",
    "Le vendredi 6 mars 2026 à 09:12:33 UTC+1, Bank <a@b.example> a écrit\u{202f}:",
    "El 6/3/26 a las 9:12, Bank escribió:",
    "El viernes, 6 de marzo de 2026, 09:12:33 CET, Bank <a@b.example> escribió:",
    "Il 06/03/26 09:12, Bank ha scritto:",
    "Em 06/03/2026 09:12, Bank escreveu:",
    "A dv., 6 de març 2026, 9:12, Bank <a@b.example> va escriure:",
    "Den fre. 6. mar. 2026 kl. 09.12 skrev Bank <a@b.example>:",
    "fre. 6. mar. 2026 kl. 09:12 skrev Bank <a@b.example>:",
    "pe 6. maalisk. 2026 klo 9.12 Bank (a@b.example) kirjoitti:",
    "pá 6. 3. 2026 v 9:12 odesílatel Bank <a@b.example> napsal:",
    "pi 6. 3. 2026 o 9:12 Bank <a@b.example> napísal(a):",
    "Bank <a@b.example> ezt írta (időpont: 2026. márc. 6., P, 9:12):",
    "În vin., 6 mar. 2026 la 09:12, Bank <a@b.example> a scris:",
    "Bank <a@b.example>, 6 Mar 2026 Cum, 09:12 tarihinde şunu yazdı:",
    "Στις Παρ 6 Μαρ 2026 στις 9:12 π.μ., ο χρήστης Bank <a@b.example> έγραψε:",
    "пт, 6 бер. 2026 р. о 09:12 Bank <a@b.example> пише:",
    "6 марта 2026 г., в 09:12, Bank <a@b.example> написал(а):",
    "На пт, 6.03.2026 г. в 9:12 ч. Bank <a@b.example> написа:",
    "pet, 6. ožu 2026. u 09:12 Bank <a@b.example> je napisao/la:",
    "2026-03-06, pn, 09:12 Bank <a@b.example> rašė:",
    "\u{202b}בתאריך יום ו׳, 6 במרץ 2026 ב-9:12 מאת \u{202a}Bank\u{202c}\u{200f} \
     <\u{202a}a@b.example\u{202c}\u{200f}>:\u{202c}",
    "في الجمعة، 6 مارس 2026 9:12 ص Bank <a@b.example> كتب:",
    "Vào Th 6, 6 thg 3, 2026 vào lúc 9:12 Bank <a@b.example> đã viết:",
    "Pada tanggal Jum, 6 Mar 2026 09:12, Bank <a@b.example> menulis:",
    "在 2026-03-06 09:12:33，\"Bank\" <a@b.example> 写道：",
    "2026年3月6日(金) 9:12 Bank <a@b.example>:",
    "2026년 3월 6일 (금) 오전 9:12, Bank <a@b.example>님이 작성:",
    "เมื่อ ศ. 6 มี.ค. 2026 เวลา 09:12 Bank <a@b.example> เขียนว่า:",
];

#[test]
fn attributions_are_known_in_many_languages() {
    let wrong = ATTRIBUTIONS.iter().filter(|line| {
        ["\n\nCall us.", "\n> Call us.", "\n\n> Call us.\n>\n"].iter().any(|quote| {
            let wrapped = line.replacen(" Bank", "\nBank", 1);
            [line.to_string(), wrapped].iter().any(|line| written(&format!("Hello\n\n{line}{quote}")).now != "Hello")
        })
    });
    let wrong: Vec<&&str> = wrong.collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn sentences_that_only_look_like_one_are_read() {
    for said in [
        "On 5 March your agent wrote to me:\nyou will be paid",
        "Your letter of 5 March 2026 says:\nplease answer",
        "At 10:15 on Friday I wrote:\nblock my card",
        "I have three questions:\n1. When does it arrive?\n2. Is it free?",
        "Am 5. März schrieb mir Ihr Kollege:\nalles in Ordnung",
        "My steps on 2026-03-06:\n- I logged in at 10:15\n- nothing happened",
        "From: my account\nTo: my savings\nAmount: 50\nPlease move it.",
        "Subject: my card\nI want a new one",
        "Sent from my account to the wrong person yesterday, 400 euros",
        "Regards the card: it never came.\nSend another.",
        "Thank you\nwhen will it arrive",
        "Best\nregards to your team, but my card is still missing.",
        "-- this is urgent --\nblock my card",
        "a <b and c> d",
        "I lost <400> euros",
    ] {
        let taken = written(said);
        assert_eq!((&*taken.now, taken.left.len()), (said, 0), "{:?}", taken.left);
    }
}
