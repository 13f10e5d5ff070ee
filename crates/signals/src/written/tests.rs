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
        "<div><br></div><div class=\"gmail_quote\"><div class=\"gmail_attr\">---------- Forwarded message ---------<br>From: A</div>Your account was stolen.</div>",
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
