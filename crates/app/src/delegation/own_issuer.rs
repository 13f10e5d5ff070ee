//! Who gives tokens out to delegates.

use crate::{
    Environment,
    refused::{Kind, Refused},
};

/// Who gives tokens out, and for whom they are: where this server is found.
///
/// # Errors
/// When nobody said where that is.
pub fn own_issuer(environment: &Environment) -> Result<String, Refused> {
    let public = environment.public_origins().first().cloned();
    public.ok_or_else(|| {
        let detail = "this server does not know where it is found, and gives out no tokens to delegates";
        Refused::new(Kind::NotFound, detail).cured_by("Start it with `remit serve --public-url URL`.")
    })
}
