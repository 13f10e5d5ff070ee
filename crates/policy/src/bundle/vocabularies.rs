//! What the schema names beside what the manifest declares.

use super::Bundle;

impl Bundle {
    /// The roles that the schema declares.
    pub fn roles(&self) -> &[String] {
        &self.roles
    }

    /// The skills that the schema declares, which staff can have; none where it declares none.
    pub fn skills(&self) -> &[String] {
        &self.skills
    }
}
