//! A file of comma-separated values under a header, and what stands in its cells.

/// Bytes of a file at most.
const BYTES_MAX: usize = 64 << 20;

/// A table.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

/// A row of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    table: &'a Table,
    cells: &'a [String],
    /// Counted from 1, without the header.
    pub(super) number: usize,
}

impl Table {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() > BYTES_MAX {
            return Err(format!("it has {} bytes, and at most {BYTES_MAX} are read", bytes.len()));
        }
        let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err("it is empty; it must have a header and rows".to_owned());
        }
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
        // Rows are counted from 1 after the header, as those that are compared.
        let row = |at: &Option<csv::Position>| at.as_ref().map_or(0, csv::Position::record);
        let said = |error: csv::Error| match error.kind() {
            csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
                format!("row {} has {len} cells, and the header has {expected_len} columns", row(pos))
            }
            csv::ErrorKind::Utf8 { pos, .. } => format!("row {} is not UTF-8", row(pos)),
            _ => error.to_string(),
        };
        let columns: Vec<String> = reader.headers().map_err(said)?.iter().map(str::to_owned).collect();
        for (at, column) in columns.iter().enumerate() {
            if columns.iter().skip(at + 1).any(|other| other == column) {
                return Err(format!("its header has the column `{column}` twice"));
            }
        }
        let rows = reader.records().map(|record| Ok(record.map_err(said)?.iter().map(str::to_owned).collect()));
        let rows: Vec<Vec<String>> = rows.collect::<Result<_, String>>()?;
        if rows.is_empty() {
            return Err("it has a header and no rows; there is nothing to compare".to_owned());
        }
        Ok(Self { columns, rows })
    }

    pub(super) fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|known| known == column)
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().zip(1..).map(|(cells, number)| Row { table: self, cells, number })
    }
}

impl<'a> Row<'a> {
    /// What stands in a column; nothing where there is no such column.
    pub(super) fn text(&self, column: &str) -> &'a str {
        let at = self.table.columns.iter().position(|known| known == column);
        at.and_then(|at| self.cells.get(at)).map_or("", String::as_str)
    }

    /// A finite number, as it is or as NumPy writes one.
    pub(super) fn number(&self, column: &str) -> Result<f64, String> {
        let text = self.text(column);
        read_number(text).ok_or_else(|| {
            let of = self.name();
            format!("{of}: `{text}` in column `{column}` is no finite number")
        })
    }

    /// A number, or nothing where the cell is empty.
    pub(super) fn optional(&self, column: &str) -> Result<Option<f64>, String> {
        if self.text(column).is_empty() { Ok(None) } else { self.number(column).map(Some) }
    }

    /// A whole number from 0 on.
    pub(super) fn count(&self, column: &str) -> Result<u64, String> {
        let number = self.number(column)?;
        if (0.0..=9e15).contains(&number) && number.fract() == 0.0 {
            return Ok(number as u64);
        }
        Err(format!("{}: `{}` in column `{column}` is no whole number from 0 on", self.name(), self.text(column)))
    }

    /// A number of people, or of anything else of which there are not thousands of millions.
    pub(super) fn small(&self, column: &str) -> Result<u32, String> {
        u32::try_from(self.count(column)?).map_err(|_| format!("{}: `{column}` is too great", self.name()))
    }

    /// Numbers with `|` between them.
    pub(super) fn list(&self, column: &str) -> Result<Vec<f64>, String> {
        let text = self.text(column);
        let numbers = text.split('|').map(|part| read_number(part.trim()));
        numbers.collect::<Option<_>>().ok_or_else(|| {
            let of = self.name();
            format!("{of}: `{text}` in column `{column}` is no list of numbers with `|` between them")
        })
    }

    /// How the row is named in what is told.
    pub(super) fn name(&self) -> String {
        let named = ["id", "case"].map(|column| self.text(column)).into_iter().find(|text| !text.is_empty());
        let metric = self.text("metric");
        match named {
            Some(name) if !metric.is_empty() => format!("row {} ({name} {metric})", self.number),
            Some(name) => format!("row {} ({name})", self.number),
            None => format!("row {}", self.number),
        }
    }
}

fn read_number(text: &str) -> Option<f64> {
    let text = text.strip_prefix("np.float64(").and_then(|rest| rest.strip_suffix(')')).unwrap_or(text);
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_malformed_is_said() {
        for (text, said) in [
            ("", "it is empty"),
            (" \n \n", "it is empty"),
            ("a,b\n", "no rows"),
            ("a,b\n1\n", "row 1 has 1 cells, and the header has 2"),
            ("a,a\n1,2\n", "`a` twice"),
        ] {
            let told = Table::read(text.as_bytes()).unwrap_err();
            assert!(told.contains(said), "{told}");
        }
        assert!(Table::read(b"a\n\xff\n").unwrap_err().contains("row 1 is not UTF-8"));
        let table = Table::read("\u{feff}id,a,b\nX1, np.float64(0.5) ,nan\n".as_bytes()).unwrap();
        let row = table.rows().next().unwrap();
        assert_eq!(row.number("a"), Ok(0.5));
        assert_eq!(row.number("b"), Err("row 1 (X1): `nan` in column `b` is no finite number".to_owned()));
        assert!(row.number("c").is_err() && row.count("a").is_err() && row.list("b").is_err());
    }
}
