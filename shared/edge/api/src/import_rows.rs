//! Reads the rows of a part of an import: JSON lines, or comma-separated values with the same names. Pure.
//!
//! A row that cannot be read is a failure of its line, and the others are read. A failure repeats no value.

use rollcall_directory::{ImportFormat, ImportRow, Reason, RoleId, RowFailure};
use serde_json::{Map, Value};

/// The maximum length of a value, in characters.
const MAX_CHARS: usize = 1_000;
/// The maximum number of values in a list.
const MAX_VALUES: usize = 100;
/// What separates the values of a list in a cell.
const SEPARATOR: char = ';';
/// The fields of a row.
const FIELDS: [&str; 10] = [
    "application_id",
    "user_name",
    "external_id",
    "display_name",
    "given_name",
    "family_name",
    "emails",
    "active",
    "roles",
    "groups",
];
/// A line of JSON, without what separates it from the next one.
type Rows = Vec<Result<ImportRow, RowFailure>>;

/// Reads the rows of a part. Of more rows than `max`, only one more than that is read.
///
/// # Errors
/// When the part as a whole cannot be read: what is wrong, for the client.
pub(crate) fn rows(format: ImportFormat, body: &[u8], max: usize) -> Result<Rows, String> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    match format {
        ImportFormat::JsonLines => {
            let text = std::str::from_utf8(body);
            let text = text.map_err(|_| "the part is not UTF-8".to_owned())?;
            let lines = (1..).zip(text.lines());
            let lines = lines.filter(|(_, text)| !text.trim().is_empty());
            Ok(lines
                .take(max + 1)
                .map(|(line, text)| json_row(line, text))
                .collect())
        }
        ImportFormat::Csv => csv_rows(body, max),
    }
}

fn json_row(line: u32, text: &str) -> Result<ImportRow, RowFailure> {
    match serde_json::from_str(text) {
        Ok(Value::Object(fields)) => row(line, fields),
        Ok(_) | Err(_) => Err(RowFailure::new(
            line,
            Reason::InvalidSyntax,
            "the line is not one JSON object",
        )),
    }
}

fn csv_rows(body: &[u8], max: usize) -> Result<Rows, String> {
    // The reader would take the rest of the part for one cell.
    if body.iter().filter(|byte| **byte == b'"').count() % 2 == 1 {
        return Err("the part has a quoted cell that is not closed".to_owned());
    }
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .has_headers(true)
        .from_reader(body);
    let names = reader.headers().map_err(|_| unreadable_header())?.clone();
    let names: Vec<String> = names
        .iter()
        .map(|name| name.trim().to_lowercase())
        .collect();
    if let Some(name) = names.iter().find(|name| !FIELDS.contains(&name.as_str())) {
        let name: String = name.chars().take(40).collect();
        let fields = FIELDS.join("`, `");
        return Err(format!(
            "the first line of a part names the columns, and `{name}` is none; the columns are `{fields}`"
        ));
    }
    let mut unique = names.clone();
    unique.sort_unstable();
    unique.dedup();
    if unique.len() < names.len() {
        return Err("the first line of the part names a column twice".to_owned());
    }
    let mut rows = Rows::new();
    let mut lines = Lines::of(body);
    for record in reader.records() {
        if rows.len() > max {
            break;
        }
        rows.push(match record {
            Ok(record) => csv_row(lines.of_record(record.position()), &names, &record),
            Err(error) => Err(RowFailure::new(
                lines.of_record(error.position()),
                Reason::InvalidSyntax,
                "the line is not UTF-8",
            )),
        });
    }
    Ok(rows)
}

/// Counts the lines up to each record. The positions of the reader are before the line break that precedes a record.
struct Lines<'a> {
    body: &'a [u8],
    at: usize,
    line: u32,
}

impl<'a> Lines<'a> {
    fn of(body: &'a [u8]) -> Self {
        Self {
            body,
            at: 0,
            line: 1,
        }
    }

    fn of_record(&mut self, position: Option<&csv::Position>) -> u32 {
        let byte = position.map_or(0, csv::Position::byte);
        let from = usize::try_from(byte).unwrap_or(usize::MAX);
        let from = from.clamp(self.at, self.body.len());
        let breaks = self.body[from..].iter();
        let breaks = breaks.take_while(|byte| matches!(byte, b'\r' | b'\n'));
        let begins = from + breaks.count();
        let passed = self.body[self.at..begins].iter();
        let passed = passed.filter(|byte| **byte == b'\n').count();
        self.line = self
            .line
            .saturating_add(u32::try_from(passed).unwrap_or(u32::MAX));
        self.at = begins;
        self.line
    }
}

fn unreadable_header() -> String {
    "the first line of the part, which names the columns, is not UTF-8".to_owned()
}

fn csv_row(
    line: u32,
    names: &[String],
    record: &csv::StringRecord,
) -> Result<ImportRow, RowFailure> {
    if record.len() != names.len() {
        let (has, columns) = (record.len(), names.len());
        let detail = format!(
            "the line has {has} cells and the first line {columns}; quote cells that contain a comma, a quote or a line break"
        );
        return Err(RowFailure::new(line, Reason::InvalidSyntax, detail));
    }
    let cells = names.iter().zip(record.iter());
    // An empty cell says nothing.
    let cells = cells.filter(|(_, cell)| !cell.is_empty());
    let fields = cells.map(|(name, cell)| (name.clone(), Value::from(cell)));
    row(line, fields.collect())
}

/// Returns the row with these fields.
fn row(line: u32, fields: Map<String, Value>) -> Result<ImportRow, RowFailure> {
    let mut row = ImportRow {
        line,
        ..ImportRow::default()
    };
    for (name, value) in fields {
        fill(&mut row, &name, value)
            .map_err(|detail| RowFailure::new(line, Reason::InvalidValue, detail))?;
    }
    match row.user_name.is_empty() {
        true => Err(RowFailure::new(
            line,
            Reason::InvalidValue,
            "`user_name` is missing",
        )),
        false => Ok(row),
    }
}

fn fill(row: &mut ImportRow, name: &str, value: Value) -> Result<(), String> {
    // Absent and null say nothing.
    if value.is_null() && FIELDS.contains(&name) {
        return Ok(());
    }
    match name {
        "application_id" => row.application_id = Some(text(name, value)?),
        "user_name" => row.user_name = text(name, value)?,
        "external_id" => row.external_id = Some(text(name, value)?),
        "display_name" => row.display_name = Some(text(name, value)?),
        "given_name" => row.given_name = Some(text(name, value)?),
        "family_name" => row.family_name = Some(text(name, value)?),
        "emails" => row.emails = Some(texts(name, value)?),
        "active" => row.active = Some(boolean(name, &value)?),
        "roles" => {
            let roles = texts(name, value)?.into_iter().map(RoleId::named);
            row.roles = Some(roles.collect());
        }
        "groups" => row.groups = texts(name, value)?,
        other => {
            let (other, fields): (String, _) =
                (other.chars().take(40).collect(), FIELDS.join("`, `"));
            return Err(format!("`{other}` is no field; the fields are `{fields}`"));
        }
    }
    Ok(())
}

fn text(name: &str, value: Value) -> Result<String, String> {
    match value {
        Value::String(text) if text.is_empty() => Err(format!("`{name}` must not be empty")),
        Value::String(text) if text.chars().count() > MAX_CHARS => Err(format!(
            "`{name}` has a value of more than {MAX_CHARS} characters"
        )),
        Value::String(text) => Ok(text),
        // An id that is a number is the text of its digits.
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(format!("`{name}` must be a text")),
    }
}

fn texts(name: &str, value: Value) -> Result<Vec<String>, String> {
    let values: Vec<Value> = match value {
        Value::Array(values) => values,
        Value::String(values) => {
            let values = values.split(SEPARATOR).map(str::trim);
            values
                .filter(|value| !value.is_empty())
                .map(Value::from)
                .collect()
        }
        _ => return Err(format!("`{name}` must be a list of texts")),
    };
    if values.len() > MAX_VALUES {
        return Err(format!("`{name}` has more than {MAX_VALUES} values"));
    }
    values.into_iter().map(|value| text(name, value)).collect()
}

fn boolean(name: &str, value: &Value) -> Result<bool, String> {
    let said = match value {
        Value::Bool(said) => return Ok(*said),
        Value::String(said) => said.to_lowercase(),
        _ => String::new(),
    };
    match said.as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(format!("`{name}` must be `true` or `false`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(format: ImportFormat, body: &str) -> Rows {
        rows(format, body.as_bytes(), 1_000).expect("rows")
    }

    #[test]
    fn both_formats_say_the_same() {
        let csv = "\u{feff}user_name,application_id,emails,active,roles,groups,display_name\r\n\
                   ada@x.test,7,ada@x.test; a@y.test,FALSE,admin,\"Eng; Ops\",\"King, \"\"Ada\"\"\"\r\n";
        let json = "\u{feff}\n{\"user_name\": \"ada@x.test\", \"application_id\": 7, \"emails\": [\"ada@x.test\", \"a@y.test\"],\
                    \"active\": false, \"roles\": [\"admin\"], \"groups\": [\"Eng\", \"Ops\"], \"external_id\": null,\
                    \"display_name\": \"King, \\\"Ada\\\"\"}\r\n\r\n";
        let (csv, json) = (
            read(ImportFormat::Csv, csv),
            read(ImportFormat::JsonLines, json),
        );
        assert_eq!(csv, json);
        let row = csv[0].as_ref().expect("a row");
        assert_eq!((row.line, row.active), (2, Some(false)));
        assert_eq!(row.groups, ["Eng", "Ops"]);
        assert_eq!(row.display_name.as_deref(), Some("King, \"Ada\""));
    }

    #[test]
    fn a_bad_line_is_named_and_the_others_are_read() {
        let long = "x".repeat(MAX_CHARS + 1);
        for (format, body, line, said) in [
            (
                ImportFormat::JsonLines,
                "{\"user_name\": \"a\"}\nnope\n".to_owned(),
                2,
                "JSON object",
            ),
            (ImportFormat::JsonLines, "[1]".to_owned(), 1, "JSON object"),
            (
                ImportFormat::JsonLines,
                "{\"name\": \"a\"}".to_owned(),
                1,
                "`name` is no field",
            ),
            (
                ImportFormat::JsonLines,
                "{\"display_name\": \"a\"}".to_owned(),
                1,
                "`user_name` is missing",
            ),
            (
                ImportFormat::JsonLines,
                "{\"user_name\": \"\"}".to_owned(),
                1,
                "must not be empty",
            ),
            (
                ImportFormat::JsonLines,
                "{\"user_name\": {\"a\": 1}}".to_owned(),
                1,
                "must be a text",
            ),
            (
                ImportFormat::JsonLines,
                format!("{{\"user_name\": \"{long}\"}}"),
                1,
                "more than 1000 characters",
            ),
            (
                ImportFormat::JsonLines,
                "{\"user_name\": \"a\", \"active\": 1}".to_owned(),
                1,
                "`true` or `false`",
            ),
            (
                ImportFormat::JsonLines,
                "{\"user_name\": \"a\", \"roles\": 1}".to_owned(),
                1,
                "list of texts",
            ),
            (
                ImportFormat::Csv,
                "user_name,active\nada,true\nbob\n".to_owned(),
                3,
                "1 cells",
            ),
            (
                ImportFormat::Csv,
                "user_name,active\nada,maybe\n".to_owned(),
                2,
                "`true` or `false`",
            ),
            (
                ImportFormat::Csv,
                "active,user_name\n\n\"a\nb\",x\ntrue,\n".to_owned(),
                3,
                "`true` or `false`",
            ),
        ] {
            let rows = read(format, &body);
            let failed: Vec<&RowFailure> =
                rows.iter().filter_map(|row| row.as_ref().err()).collect();
            assert_eq!(failed[0].line, line, "{body}: {failed:?}");
            assert!(failed[0].detail.contains(said), "{body}: {failed:?}");
        }
    }

    #[test]
    fn a_part_that_cannot_be_read_at_all_is_refused() {
        for (format, body, said) in [
            (ImportFormat::JsonLines, &b"\xff"[..], "not UTF-8"),
            (ImportFormat::Csv, b"user_name,\xff\n", "not UTF-8"),
            (
                ImportFormat::Csv,
                b"user_name,shoe_size\na,4\n",
                "`shoe_size` is none",
            ),
            (ImportFormat::Csv, b"user_name,user_name\na,b\n", "twice"),
            (ImportFormat::Csv, b"user_name\n\"ada\nbob\n", "not closed"),
        ] {
            let error = rows(format, body, 10).expect_err(said);
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn not_more_rows_are_read_than_are_refused() {
        for format in [ImportFormat::JsonLines, ImportFormat::Csv] {
            let header = match format {
                ImportFormat::Csv => "user_name\n",
                ImportFormat::JsonLines => "",
            };
            let body = format!("{header}{}", "x\n".repeat(50));
            assert_eq!(rows(format, body.as_bytes(), 10).expect("rows").len(), 11);
        }
    }
}
