//! Words on a case: sealed under its customer's key, and opened again.

use crate::{
    Environment, Journal, Vault,
    bounds::{TEXT_MAX, bounded},
    pipeline::load::Loaded,
    refused::Refused,
    vault::{
        keys::{CustomerKey, Sealed},
        opened::Opener,
    },
};
use remit_domain::{Case, event::Words};

/// Words for a case, sealed.
///
/// # Errors
/// When its words were erased.
pub(crate) async fn seal_on(
    journal: &Journal,
    vault: &Vault,
    environment: &Environment,
    loaded: &Loaded,
    text: &str,
) -> Result<Sealed, Refused> {
    Ok(sealing_key(journal, vault, environment, &loaded.case).await?.seal(text, &environment.entropy)?)
}

/// The key for words on a case.
///
/// # Errors
/// When they were erased, or cannot be read though they were not.
pub(crate) async fn sealing_key(
    journal: &Journal,
    vault: &Vault,
    environment: &Environment,
    case: &Case,
) -> Result<CustomerKey, Refused> {
    Opener::of(journal, vault, environment).case_key(case).await?.there()
}

/// A note for a case, sealed, and what is on record of it; nothing where there is none.
///
/// # Errors
/// When it is too long, or the case's words were erased.
pub(crate) async fn seal_note(
    journal: &Journal,
    vault: &Vault,
    environment: &Environment,
    loaded: &Loaded,
    note: Option<&str>,
) -> Result<(Option<Sealed>, Option<Words>), Refused> {
    let Some(note) = note else { return Ok((None, None)) };
    bounded("note", note, TEXT_MAX)?;
    let sealed = seal_on(journal, vault, environment, loaded, note).await?;
    let words = sealed.words.clone();
    Ok((Some(sealed), Some(words)))
}

/// What `words` on a case say; nothing once they were erased, or if they do not open, which is logged and counted.
pub(crate) async fn open_words(
    journal: &Journal,
    vault: &Vault,
    environment: &Environment,
    case: &Case,
    words: &Words,
) -> Result<Option<String>, Refused> {
    Opener::of(journal, vault, environment).words(case, words).await
}
