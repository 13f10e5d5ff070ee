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
