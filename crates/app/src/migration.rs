//! How a migration of the data directory is told.

use remit_store::sqlite::MigrationStep;

/// Databases from which size on each tenth of the way is told, in bytes: smaller ones take a second or two.
const LARGE: u64 = 256 << 20;

/// A migration as it goes on.
#[derive(Debug, Default)]
pub struct Migration {
    is_large: bool,
    /// What was done last, and tenths of it.
    last: Option<(&'static str, u64)>,
}

impl Migration {
    /// Tells what a step comes to, where that is worth telling.
    pub fn tell(&mut self, step: MigrationStep, told: &mut dyn FnMut(&str)) {
        match step {
            MigrationStep::Begun { from, to, bytes } => {
                self.is_large = bytes >= LARGE;
                told(&format!(
                    "bringing the database from format {from} to {to}, once, as a copy that is verified before it \
                     takes its place …"
                ));
            }
            MigrationStep::Copied { pages, of } => self.part("copied", pages, of, told),
            MigrationStep::Renamed { records, of } => self.part("changed", records, of, told),
            MigrationStep::Verified { records, of } => self.part("held against the original", records, of, told),
            MigrationStep::Judged { readings, of } => self.part("held against its records", readings, of, told),
            MigrationStep::Replaced => {
                told("the database is of the newest format: the same records, hashes and proofs")
            }
            MigrationStep::Changed { .. } | MigrationStep::Synced | MigrationStep::Named | MigrationStep::Ended => {}
        }
    }

    fn part(&mut self, what: &'static str, done: u64, of: u64, told: &mut dyn FnMut(&str)) {
        let tenths = done.saturating_mul(10) / of.max(1);
        if self.is_large && self.last != Some((what, tenths)) {
            self.last = Some((what, tenths));
            told(&format!("  {what}: {} %", tenths * 10));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(bytes: u64) -> Vec<String> {
        let (mut migration, mut lines) = (Migration::default(), Vec::new());
        let begun = [MigrationStep::Begun { from: 7, to: 8, bytes }].into_iter();
        let copied = (0..=1_000).map(|pages| MigrationStep::Copied { pages, of: 1_000 });
        for step in begun.chain(copied).chain([MigrationStep::Replaced]) {
            migration.tell(step, &mut |line| lines.push(line.to_owned()));
        }
        lines
    }

    #[test]
    fn of_a_large_database_each_tenth_is_told() {
        assert_eq!(told(LARGE - 1).len(), 2);
        let large = told(LARGE);
        assert_eq!((large.len(), large[1].as_str(), large[11].as_str()), (13, "  copied: 0 %", "  copied: 100 %"));
        assert!(large[0].contains("from format 7 to 8"), "{large:?}");
    }
}
