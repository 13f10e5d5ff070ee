//! Packs: readings that ship with Remit, one for each language, taken by name.

/// A pack: its name and its files.
#[derive(Debug, Clone, Copy)]
pub struct Pack {
    /// Its name, the code of its language.
    pub name: &'static str,
    pub(super) files: &'static [(&'static str, &'static [u8])],
}

/// The files of a pack.
macro_rules! pack {
    ($name:literal: $($file:literal),+) => {
        Pack {
            name: $name,
            files: &[$(($file, include_bytes!(concat!("../../packs/", $name, "/", $file)))),+],
        }
    };
}

/// All packs, in the order in which they are taken where a bundle names none.
pub const PACKS: [Pack; 8] = [
    pack!("en": "language.toml", "wants_human.toml", "self_harm.toml", "domestic_abuse.toml", "threat.toml",
        "fraud_in_progress.toml", "bereavement.toml", "frustration.toml", "sentences.csv", "messages.csv"),
    pack!("de": "language.toml", "rules.toml", "sentences.csv"),
    pack!("fr": "language.toml", "rules.toml", "sentences.csv"),
    pack!("es": "language.toml", "rules.toml", "sentences.csv"),
    pack!("it": "language.toml", "rules.toml", "sentences.csv"),
    pack!("nl": "language.toml", "rules.toml", "sentences.csv"),
    pack!("pt": "language.toml", "rules.toml", "sentences.csv"),
    pack!("pl": "language.toml", "sentences.csv"),
];

/// The situations that packs read, declared with whichever pack is taken first.
pub(super) const SITUATIONS: (&str, &[u8]) = ("situations.toml", include_bytes!("../../packs/situations.toml"));

/// A pack by name.
pub(super) fn named(name: &str) -> Option<&'static Pack> {
    PACKS.iter().find(|pack| pack.name == name)
}
