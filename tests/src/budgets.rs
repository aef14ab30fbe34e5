//! The budgets in `tests/budgets.md`: what each operation may cost, and the check of measured costs against them.

use std::collections::BTreeSet;
use std::fmt;
use std::io::Write as _;

use rollcall_directory::capacity::Cost;

/// The file with the table. It is read when a test runs, so that a changed row needs no build.
const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/budgets.md");

/// The rows of one section, and what a test has measured.
///
/// When it is dropped, it prints the measured costs. It fails if a cost is not within its row, if a cost has no row, or if
/// a row was not measured. A number in a row is exact: an operation that has become cheaper fails too, so that the table
/// stays true.
#[derive(Debug)]
pub struct Budgets {
    section: &'static str,
    rows: Vec<Row>,
    measured: Vec<(String, Cost)>,
}

/// The budget of one operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What is done.
    pub operation: String,
    /// DynamoDB calls.
    pub calls: Bounds,
    /// Read units.
    pub read_units: Bounds,
    /// Write units.
    pub write_units: Bounds,
}

/// The least and the most that a number may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// The least.
    pub least: f64,
    /// The most.
    pub most: f64,
}

impl Budgets {
    /// Returns the rows of a section of the table.
    ///
    /// # Panics
    /// Panics when there is no such section.
    pub fn of(section: &'static str) -> Self {
        let rows = rows_of(section);
        assert!(!rows.is_empty(), "no section `{section}` in budgets.md");
        Self {
            section,
            rows,
            measured: Vec::new(),
        }
    }

    /// Records the cost of an operation. The same operation can be recorded several times, for example in tenants of
    /// several sizes: all costs must be within its row.
    pub fn record(&mut self, operation: impl Into<String>, cost: Cost) {
        self.measured.push((operation.into(), cost));
    }

    fn faults(&self) -> Vec<String> {
        let row = |operation: &str| self.rows.iter().find(|row| row.operation == operation);
        let wrong = self.measured.iter().filter_map(|(operation, cost)| {
            let measured = line(operation, *cost);
            match row(operation) {
                Some(row) if row.admits(*cost) => None,
                Some(row) => Some(format!("measured {measured}\n    but has {row}")),
                None => Some(format!("without a row: {measured}")),
            }
        });
        let known: BTreeSet<&str> = self.measured.iter().map(|(it, _)| it.as_str()).collect();
        let unmeasured = self.rows.iter().map(|row| row.operation.as_str());
        let unmeasured = unmeasured.filter(|operation| !known.contains(operation));
        let unmeasured = unmeasured.map(|operation| format!("never measured: {operation}"));
        wrong.chain(unmeasured).collect()
    }

    fn print(&self) {
        let mut text = format!("\n{}\n", self.section);
        for (operation, cost) in &self.measured {
            text += &line(operation, *cost);
            text.push('\n');
        }
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }
}

impl Drop for Budgets {
    fn drop(&mut self) {
        self.print();
        if std::thread::panicking() {
            return;
        }
        let faults = self.faults();
        assert!(
            faults.is_empty(),
            "section `{}` of tests/budgets.md:\n{}",
            self.section,
            faults.join("\n")
        );
    }
}

impl Row {
    /// Returns the row of an operation.
    ///
    /// # Panics
    /// Panics when the section has no such row.
    pub fn of(section: &str, operation: &str) -> Self {
        let mut rows = rows_of(section).into_iter();
        let row = rows.find(|row| row.operation == operation);
        row.unwrap_or_else(|| panic!("budgets.md has no row `{operation}` in `{section}`"))
    }

    fn admits(&self, cost: Cost) -> bool {
        self.calls.admits(f64::from(cost.calls))
            && self.read_units.admits(cost.read_units)
            && self.write_units.admits(cost.write_units)
    }

    /// Parses a line of a table; `None` for any other line.
    fn parse(line: &str) -> Option<Self> {
        let cells: Vec<&str> = line.strip_prefix('|')?.split('|').map(str::trim).collect();
        let [operation, calls, read_units, write_units, ""] = cells[..] else {
            return None;
        };
        Some(Self {
            operation: operation.to_owned(),
            calls: Bounds::parse(calls)?,
            read_units: Bounds::parse(read_units)?,
            write_units: Bounds::parse(write_units)?,
        })
    }
}

impl Bounds {
    /// Parses `3`, `3–5`, or `≤ 5`.
    fn parse(cell: &str) -> Option<Self> {
        let number = |text: &str| text.trim().replace(',', "").parse::<f64>().ok();
        let (least, most) = match (cell.strip_prefix('≤'), cell.split_once('–')) {
            (Some(most), _) => (0.0, number(most)?),
            (None, Some((least, most))) => (number(least)?, number(most)?),
            (None, None) => (number(cell)?, number(cell)?),
        };
        Some(Self { least, most })
    }

    fn admits(self, number: f64) -> bool {
        (self.least..=self.most).contains(&number)
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self { least, most } if least == most => write!(f, "{most}"),
            Self { least: 0.0, most } => write!(f, "≤ {most}"),
            Self { least, most } => write!(f, "{least}–{most}"),
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            operation,
            calls,
            read_units,
            write_units,
        } = self;
        write!(
            f,
            "| {operation} | {calls} | {read_units} | {write_units} |"
        )
    }
}

/// Returns the titles of the sections.
///
/// # Panics
/// Panics when the table cannot be read.
pub fn sections() -> Vec<String> {
    let text = text();
    let titles = text.lines().filter_map(|line| line.strip_prefix("## "));
    titles.map(str::to_owned).collect()
}

fn rows_of(section: &str) -> Vec<Row> {
    let title = format!("## {section}");
    let text = text();
    let lines = text.lines().skip_while(|line| *line != title).skip(1);
    let lines = lines.take_while(|line| !line.starts_with("## "));
    lines.filter_map(Row::parse).collect()
}

fn text() -> String {
    std::fs::read_to_string(PATH).unwrap_or_else(|error| panic!("{PATH}: {error}"))
}

/// Returns a cost as a line of the table.
fn line(operation: &str, cost: Cost) -> String {
    let Cost {
        calls,
        read_units,
        write_units,
    } = cost;
    format!("| {operation} | {calls} | {read_units} | {write_units} |")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(calls: u32, read_units: f64, write_units: f64) -> Cost {
        Cost {
            calls,
            read_units,
            write_units,
        }
    }

    #[test]
    fn a_row_holds_in_both_directions() {
        for (row, cost, holds) in [
            ("| read | 2 | 3 | 0 |", cost(2, 3.0, 0.0), true),
            ("| read | 2 | 3 | 0 |", cost(3, 3.0, 0.0), false),
            ("| read | 2 | 3 | 0 |", cost(1, 3.0, 0.0), false),
            ("| read | 2 | 3 | 0 |", cost(2, 2.5, 0.0), false),
            ("| read | 2 | 3 | 0 |", cost(2, 3.0, 1.0), false),
            ("| read | 2–3 | ≤ 1,000 | 0.5 |", cost(3, 0.0, 0.5), true),
            ("| read | 2–3 | ≤ 1,000 | 0.5 |", cost(4, 0.0, 0.5), false),
            (
                "| read | 2–3 | ≤ 1,000 | 0.5 |",
                cost(2, 1_001.0, 0.5),
                false,
            ),
        ] {
            let row = Row::parse(row).unwrap();
            assert_eq!(row.admits(cost), holds, "{row} {cost:?}");
        }
        for other in [
            "| operation | calls | read units | write units |",
            "|---|---|---|---|",
            "text",
        ] {
            assert_eq!(Row::parse(other), None);
        }
    }

    #[test]
    fn a_cost_without_a_row_and_a_row_without_a_cost_are_faults() {
        let mut budgets = Budgets {
            section: "Section",
            rows: vec![Row::parse("| read | 1 | 1 | 0 |").unwrap()],
            measured: Vec::new(),
        };
        assert_eq!(budgets.faults(), ["never measured: read"]);
        budgets.record("read", cost(1, 1.0, 0.0));
        assert!(budgets.faults().is_empty());
        budgets.record("write", cost(1, 0.0, 2.0));
        assert_eq!(budgets.faults(), ["without a row: | write | 1 | 0 | 2 |"]);
        // Otherwise, the end of this test would fail.
        budgets.measured.pop();
    }
}
