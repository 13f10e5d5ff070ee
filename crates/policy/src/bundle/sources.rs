//! The sources that a bundle names: whose readings count, and who sets fields and facts.

use super::{Bundle, declared_fields::OWN_SOURCES};
use std::collections::BTreeSet;

impl Bundle {
    /// Every source that it names: whose readings win over Remit's own, and who sets fields and facts.
    pub fn sources(&self) -> BTreeSet<&str> {
        let own = |source: &&str| !OWN_SOURCES.contains(source);
        let declared = self.fields.iter().chain(&self.facts).flat_map(|spec| spec.sources.iter().map(AsRef::as_ref));
        let believed = self.signals.values().flat_map(|spec| spec.authoritative.iter().map(AsRef::as_ref));
        believed.chain(declared.filter(own)).collect()
    }

    /// The source as which whoever was given none posts: `crm` where the bundle knows it or none, else its first.
    pub fn usual_source(&self) -> &str {
        const USUAL: &str = "crm";
        let sources = self.sources();
        if sources.contains(USUAL) { USUAL } else { sources.first().copied().unwrap_or(USUAL) }
    }
}
