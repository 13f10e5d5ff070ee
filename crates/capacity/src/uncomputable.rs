//! Why a calculation is refused.

/// Why a calculation is refused: what is wrong, and what to do about it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Uncomputable {
    /// A number is none that the formula is about.
    #[error("{what} is {value}; {cure}")]
    Input {
        /// What the number is.
        what: &'static str,
        /// The number.
        value: f64,
        /// What it must be.
        cure: &'static str,
    },
    /// More comes than can be served and nobody gives up, so that the queue grows without end.
    #[error(
        "{what} is unstable: {load:.4} erlangs of work come to {servers} at work, and where nobody gives up the queue \
         grows without end; it takes more than {least} at work, or a patience after which customers leave"
    )]
    Unstable {
        /// Which queue.
        what: &'static str,
        /// Offered work, in erlangs.
        load: f64,
        /// Servers.
        servers: u32,
        /// More servers than these are needed.
        least: f64,
    },
    /// No number of people, and no other choice, reaches what is asked for.
    #[error("{0}")]
    Impossible(String),
    /// What is given does not allow an answer.
    #[error("{0}")]
    TooLittle(String),
}

/// Holds a number to be finite and more than 0.
pub(crate) fn positive(what: &'static str, value: f64) -> Result<f64, Uncomputable> {
    let cure = "it must be a number above 0";
    if value.is_finite() && value > 0.0 { Ok(value) } else { Err(Uncomputable::Input { what, value, cure }) }
}

/// Holds a number to be finite and not below 0.
pub(crate) fn not_negative(what: &'static str, value: f64) -> Result<f64, Uncomputable> {
    let cure = "it must be 0 or more";
    if value.is_finite() && value >= 0.0 { Ok(value) } else { Err(Uncomputable::Input { what, value, cure }) }
}

/// Holds a share to lie between 0 and 1, both included.
pub(crate) fn share(what: &'static str, value: f64) -> Result<f64, Uncomputable> {
    let cure = "it must be a share from 0 to 1";
    if (0.0..=1.0).contains(&value) { Ok(value) } else { Err(Uncomputable::Input { what, value, cure }) }
}

/// Holds a share to lie between 0 and 1, both excluded.
pub(crate) fn inner_share(what: &'static str, value: f64) -> Result<f64, Uncomputable> {
    let cure = "it must be a share between 0 and 1, and neither of them";
    if value > 0.0 && value < 1.0 { Ok(value) } else { Err(Uncomputable::Input { what, value, cure }) }
}
