//! Passwords: what is kept to know one by, and which are taken. Argon2id with the parameters that OWASP recommends
//! (Password Storage Cheat Sheet: m = 19 MiB, t = 2, p = 1), and the rules of NIST SP 800-63B-4, section 3.1.1: a
//! password that is all somebody shows has at least 15 characters, may have any, and none is asked for.

use crate::{
    Environment, Live,
    refused::{Kind, Refused},
};
use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use remit_domain::text::is_hidden;
use std::collections::BTreeSet;
use tokio::{sync::SemaphorePermit, task::spawn_blocking};
use unicode_normalization::UnicodeNormalization as _;

/// Shortest password, in characters.
pub const SHORTEST: usize = 15;
/// Longest, in bytes: what is longer is refused and never cut.
pub const LONGEST: usize = 1_024;
/// Memory in KiB, passes and lanes.
const COST: (u32, u32, u32) = (19_456, 2, 1);
/// So few different characters are no password, however many there are.
const DIFFERENT: usize = 5;

/// What a password of nobody's is held against, with the same work: no password is known by it.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$cmVtaXQtbm8tYWNjb3VudA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn argon2() -> Result<Argon2<'static>, argon2::Error> {
    let (memory, passes, lanes) = COST;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(memory, passes, lanes, None)?))
}

/// As it is hashed: the same however a keyboard makes the characters.
fn normal(password: &str) -> String {
    password.nfkc().collect()
}

/// Refuses what is no password for somebody of this name.
///
/// # Errors
/// When it is too short or too long, or hardly anything but their name or one character again and again.
pub(crate) fn check(name: &str, password: &str) -> Result<(), Refused> {
    let wrong = |why: &str| Err(Refused::invalid("password", why));
    if password.len() > LONGEST {
        return wrong("must have at most 1,024 bytes");
    }
    // What is one character on a keyboard counts as one, and what nobody sees as none.
    let seen = |text: &str| text.chars().filter(|letter| !is_hidden(*letter)).count();
    let typed = seen(password);
    let password = normal(password);
    if typed.min(seen(&password)) < SHORTEST {
        return wrong("must have at least 15 characters; several words in a row are easy to remember");
    }
    if password.len() > LONGEST {
        return wrong("must have at most 1,024 bytes");
    }
    let rest = password.to_lowercase().replace(name, "");
    if rest.chars().collect::<BTreeSet<char>>().len() < DIFFERENT {
        return wrong("is too easy to guess: beside your name it has fewer than five different characters");
    }
    Ok(())
}

/// What a password is known by. Takes a processor for some ten milliseconds.
///
/// # Errors
/// When it cannot be hashed.
pub(crate) fn hashed(password: &str, salt: &[u8; 16]) -> Result<String, Refused> {
    let argon2 = argon2().map_err(Refused::internal)?;
    let hash: PasswordHash =
        argon2.hash_password_with_salt(normal(password).as_bytes(), salt).map_err(Refused::internal)?;
    Ok(hash.to_string())
}

/// Whether `password` is the one that `kept` is of; nobody's is held against something all the same.
fn is_right(password: &str, kept: Option<&str>) -> bool {
    let held = PasswordHash::new(kept.unwrap_or(NOBODYS)).ok().or_else(|| PasswordHash::new(NOBODYS).ok());
    let verified = held.zip(argon2().ok()).map(|(held, argon2)| argon2.verify_password(password.as_bytes(), &held));
    kept.is_some() && matches!(verified, Some(Ok(())))
}

/// A place among those that wait for their password to be looked at. It is had before an attempt is counted: who is
/// turned away for want of room has tried nothing.
pub(crate) struct Place<'a> {
    _waiting: SemaphorePermit<'a>,
}

/// A place, where there is one.
///
/// # Errors
/// When as many wait as may.
pub(crate) fn place(live: &Live) -> Result<Place<'_>, Refused> {
    let full = |_| Refused::new(Kind::Busy, "as many people sign in at once as there is room for");
    live.sign_ins.waiting.try_acquire().map(|_waiting| Place { _waiting }).map_err(full)
}

/// The same beside the threads that serve requests, one at a time.
///
/// # Errors
/// When it cannot be looked at.
pub(crate) async fn verify(
    live: &Live,
    place: Place<'_>,
    password: &str,
    kept: Option<String>,
) -> Result<bool, Refused> {
    let password = normal(password);
    beside(live, place, move || is_right(&password, kept.as_deref())).await
}

/// What a new password is known by, made beside the threads that serve requests.
///
/// # Errors
/// When it cannot be made.
pub(crate) async fn hash(
    live: &Live,
    place: Place<'_>,
    environment: &Environment,
    password: String,
) -> Result<String, Refused> {
    let salt: [u8; 16] = environment.entropy.bytes()?;
    beside(live, place, move || hashed(&password, &salt)).await?
}

async fn beside<T: Send + 'static>(
    live: &Live,
    _place: Place<'_>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refused> {
    let _turn = live.sign_ins.hashing.acquire().await.map_err(Refused::internal)?;
    spawn_blocking(work).await.map_err(Refused::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_by_what_is_kept_and_nothing_else_is() {
        let kept = hashed("correct horse battery", &[7; 16]).unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert!(is_right("correct horse battery", Some(&kept)));
        for (password, kept) in
            [("correct horse batterY", Some(&*kept)), ("", Some(&*kept)), ("correct horse battery", None)]
        {
            assert!(!is_right(password, kept), "{password}");
        }
        assert!(!is_right("correct horse battery", Some("nonsense")));
        // One character, or a letter and its accent.
        assert_eq!(hashed("caf\u{e9} caf\u{e9} caf\u{e9}", &[7; 16]).unwrap(), {
            hashed("cafe\u{301} cafe\u{301} cafe\u{301}", &[7; 16]).unwrap()
        });
        assert!(PasswordHash::new(NOBODYS).is_ok());
    }

    #[test]
    fn what_is_too_short_or_too_easy_is_no_password_and_nothing_is_asked_for() {
        for (password, taken) in [
            ("fourteen chars", false),
            ("fifteen chars!!", true),
            ("aaaaaaaaaaaaaaaaaaaaa", false),
            ("ana.lyst.ana.lyst", false),
            ("nur kleine buchstaben", true),
            (&"\u{1F600}\u{1F601}\u{1F602}\u{1F603}\u{1F604}".repeat(3), true),
            (&"x1y2z3".repeat(300), false),
            ("\u{fdfa}", false),
            (&"\u{200b}".repeat(20), false),
            (&"\u{ff41}\u{ff42}\u{ff43}\u{ff44}\u{ff45}".repeat(84), false),
        ] {
            assert_eq!(check("ana.lyst", password).is_ok(), taken, "{password}");
        }
    }
}
