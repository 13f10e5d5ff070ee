//! What is wrong with readings, and which name was perhaps meant.

/// Where something is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum At {
    /// In one of the bundle's files under `readings/`, or in a pack's, at this line from 1.
    File(String, usize),
    /// In what the manifest says of readings, near this word.
    Choice(String),
}

/// One thing that is wrong with readings.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// Where.
    pub at: At,
    /// What.
    pub message: String,
    /// What to do about it.
    pub cure: String,
}

impl Mistake {
    pub(super) fn new(at: At, message: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { at, message: message.into(), cure: cure.into() }
    }
}

/// Jaro–Winkler similarity from which on a name is worth proposing.
const LIKE: f64 = 0.82;

/// The name that was perhaps meant by `name`; none where none is like it.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let like = known.into_iter().map(|known| (strsim::jaro_winkler(name, known), known));
    like.filter(|(like, _)| *like >= LIKE).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, known)| known)
}

/// Characters by which a misspelt name differs at most; by more it is another name, though it begins like it.
const SLIPS: usize = 2;

/// The name that `name` misspells; none where it is another name.
pub fn misspelling<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.trim().to_lowercase();
    let slips = known.into_iter().map(|known| (strsim::osa_distance(&name, known), known));
    slips.filter(|(slips, known)| *slips <= SLIPS && *slips < known.len() / 2).min().map(|(_, known)| known)
}

/// `did you mean …`, where a name is like one of those known.
pub(super) fn meant<'a>(name: &str, known: impl IntoIterator<Item = &'a str>, otherwise: &str) -> String {
    nearest(name, known).map_or_else(|| otherwise.to_owned(), |known| format!("did you mean `{known}`? {otherwise}"))
}
