//! Tables that are given as files: numbers in columns that are named.

use anyhow::Context as _;
use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

/// Bytes of a file that are read; a longer one is refused.
const BYTES_MAX: u64 = 64 << 20;

/// A table with the columns that were asked for, in that order.
pub(super) struct Table {
    path: PathBuf,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Reads a file of comma-separated values that must have these columns, and may have those.
    pub(super) fn read(path: &Path, must: &[&str], may: &[&str]) -> anyhow::Result<Self> {
        let at = || path.display().to_string();
        let mut bytes = Vec::new();
        File::open(path)
            .and_then(|file| file.take(BYTES_MAX + 1).read_to_end(&mut bytes))
            .with_context(|| format!("{} cannot be read", path.display()))?;
        anyhow::ensure!(bytes.len() as u64 <= BYTES_MAX, "{} has more than {BYTES_MAX} bytes", path.display());
        let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
        let header: Vec<String> = reader.headers().with_context(at)?.iter().map(str::to_owned).collect();
        let place = |column: &str| header.iter().position(|known| known == column);
        let missing: Vec<&str> = must.iter().copied().filter(|column| place(column).is_none()).collect();
        anyhow::ensure!(
            missing.is_empty(),
            "{} lacks the column {}; its header must name {}",
            path.display(),
            missing.join(", "),
            must.join(", ")
        );
        let columns: Vec<&str> = must.iter().chain(may).copied().filter(|column| place(column).is_some()).collect();
        let places: Vec<usize> = columns.iter().filter_map(|column| place(column)).collect();
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.with_context(at)?;
            rows.push(places.iter().map(|place| record.get(*place).unwrap_or_default().to_owned()).collect());
        }
        anyhow::ensure!(!rows.is_empty(), "{} has a header and no rows", path.display());
        Ok(Self { path: path.to_owned(), columns: columns.into_iter().map(str::to_owned).collect(), rows })
    }

    pub(super) fn rows(&self) -> std::ops::Range<usize> {
        0..self.rows.len()
    }

    /// What stands in a column of a row; nothing where the file does not have it.
    pub(super) fn text(&self, row: usize, column: &str) -> &str {
        let at = self.columns.iter().position(|known| known == column);
        at.zip(self.rows.get(row)).and_then(|(at, cells)| cells.get(at)).map_or("", String::as_str)
    }

    /// A number in a column of a row.
    pub(super) fn number(&self, row: usize, column: &str) -> anyhow::Result<f64> {
        let text = self.text(row, column);
        let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
        number.with_context(|| format!("{}: `{text}` in column `{column}` is no number", self.place(row)))
    }

    /// Whether a column of a row says yes.
    pub(super) fn truth(&self, row: usize, column: &str) -> anyhow::Result<bool> {
        match self.text(row, column) {
            "1" | "true" | "yes" => Ok(true),
            "0" | "false" | "no" => Ok(false),
            other => anyhow::bail!("{}: `{other}` in column `{column}` is neither 1 nor 0", self.place(row)),
        }
    }

    fn place(&self, row: usize) -> String {
        format!("{}, row {}", self.path.display(), row + 1)
    }
}
