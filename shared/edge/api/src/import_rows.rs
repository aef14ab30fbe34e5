//! Reads the rows of a part of an import: JSON lines, or comma-separated values with the same names. Pure.
//!
//! A row that cannot be read is a failure of its line, and the others are read. A failure repeats no value. Whom such a row
//! means is read if it says so: they are in the application's list.

use rollcall_directory::{ImportFormat, ImportRow, Reason, RefusedRow, RoleId, RowFailure};
use serde_json::{Map, Value};

use crate::csv_text::{Lines, check_quotes};

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
type Rows = Vec<Result<ImportRow, RefusedRow>>;

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

fn json_row(line: u32, text: &str) -> Result<ImportRow, RefusedRow> {
    match serde_json::from_str(text) {
        Ok(Value::Object(fields)) => row(line, fields),
        Ok(_) | Err(_) => {
            let detail = "the line is not one JSON object";
            Err(RowFailure::new(line, Reason::InvalidSyntax, detail).into())
        }
    }
}

fn csv_rows(body: &[u8], max: usize) -> Result<Rows, String> {
    check_quotes(body)?;
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
    for record in reader.byte_records() {
        if rows.len() > max {
            break;
        }
        let record = record.map_err(|_| "the part cannot be read".to_owned())?;
        let line = lines.of_record(record.position());
        rows.push(csv_row(line, &names, record));
    }
    Ok(rows)
}

fn unreadable_header() -> String {
    "the first line of the part, which names the columns, is not UTF-8".to_owned()
}

fn csv_row(line: u32, names: &[String], record: csv::ByteRecord) -> Result<ImportRow, RefusedRow> {
    let cell = |name: &str, record: &csv::ByteRecord| {
        let at = names.iter().position(|one| one == name)?;
        let cell = std::str::from_utf8(record.get(at)?).ok()?;
        text(name, Value::from(cell)).ok()
    };
    if record.len() != names.len() {
        let (has, columns) = (record.len(), names.len());
        let detail = format!(
            "the line has {has} cells and the first line {columns}; quote cells that contain a comma, a quote or a line break"
        );
        return Err(RefusedRow {
            failure: RowFailure::new(line, Reason::InvalidSyntax, detail),
            user_name: cell("user_name", &record),
            // Cells may stand in another column, and any of them can look like an id.
            application_id: None,
        });
    }
    let record = csv::StringRecord::from_byte_record(record).map_err(|error| {
        let record = error.into_byte_record();
        RefusedRow {
            failure: RowFailure::new(line, Reason::InvalidSyntax, "the line is not UTF-8"),
            user_name: cell("user_name", &record),
            application_id: cell("application_id", &record),
        }
    })?;
    let cells = names.iter().zip(record.iter());
    // An empty cell says nothing.
    let cells = cells.filter(|(_, cell)| !cell.is_empty());
    let fields = cells.map(|(name, cell)| (name.clone(), Value::from(cell)));
    row(line, fields.collect())
}

/// Returns the row with these fields. Of one that is refused, whom it means is read all the same.
fn row(line: u32, mut fields: Map<String, Value>) -> Result<ImportRow, RefusedRow> {
    let mut row = ImportRow {
        line,
        ..ImportRow::default()
    };
    let first = ["user_name", "application_id"].map(|name| fields.remove_entry(name));
    let mut filled = Ok(());
    for (name, value) in first.into_iter().flatten().chain(fields) {
        filled = filled.and(fill(&mut row, &name, value));
    }
    let is_named = !row.user_name.is_empty();
    let detail = match filled {
        Ok(()) if is_named => return Ok(row),
        Ok(()) => "`user_name` is missing".to_owned(),
        Err(detail) => detail,
    };
    Err(RefusedRow {
        failure: RowFailure::new(line, Reason::InvalidValue, detail),
        user_name: is_named.then_some(row.user_name),
        application_id: row.application_id,
    })
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
        Value::Number(number) if number.is_u64() || number.is_i64() => Ok(number.to_string()),
        // What was read of another number may be that of somebody else.
        Value::Number(_) => Err(format!(
            "`{name}` is not a whole number of at most 64 bits; send it as text"
        )),
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
                "{\"application_id\": 12345678901234567890123, \"user_name\": \"a\"}".to_owned(),
                1,
                "send it as text",
            ),
            (
                ImportFormat::JsonLines,
                "{\"application_id\": 1.0, \"user_name\": \"a\"}".to_owned(),
                1,
                "send it as text",
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
            (
                ImportFormat::Csv,
                "user_name,active\rada,true\r\r\"b\r\nc\",true\rbob,maybe\r".to_owned(),
                6,
                "`true` or `false`",
            ),
        ] {
            let rows = read(format, &body);
            let refused = rows.iter().filter_map(|row| row.as_ref().err());
            let failed: Vec<&RowFailure> = refused.map(|row| &row.failure).collect();
            assert_eq!(failed[0].line, line, "{body}: {failed:?}");
            assert!(failed[0].detail.contains(said), "{body}: {failed:?}");
        }
    }

    #[test]
    fn a_refused_row_says_whom_it_means() {
        for (format, body, user_name, application_id) in [
            (
                ImportFormat::JsonLines,
                &b"{\"display_name\": \"\", \"user_name\": \"a\", \"application_id\": 7}"[..],
                Some("a"),
                Some("7"),
            ),
            (
                ImportFormat::JsonLines,
                b"{\"user_name\": \"a\", \"shoe\": 1}",
                Some("a"),
                None,
            ),
            (
                ImportFormat::JsonLines,
                b"{\"user_name\": 1.5, \"application_id\": \"7\"}",
                None,
                Some("7"),
            ),
            (
                ImportFormat::JsonLines,
                b"{\"user_name\": \"a\"",
                None,
                None,
            ),
            (
                ImportFormat::Csv,
                b"user_name,display_name,application_id\na,M\xfcller,7\n",
                Some("a"),
                Some("7"),
            ),
            (
                ImportFormat::Csv,
                b"user_name,application_id\na,x,7\n",
                Some("a"),
                None,
            ),
            (
                ImportFormat::Csv,
                b"user_name,application_id,active\n,7,true\n",
                None,
                Some("7"),
            ),
        ] {
            let rows = rows(format, body, 10).expect("rows");
            let refused = rows[0].as_ref().expect_err("a refused row");
            let said = (
                refused.user_name.as_deref(),
                refused.application_id.as_deref(),
            );
            assert_eq!(said, (user_name, application_id), "{refused:?}");
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
            (
                ImportFormat::Csv,
                b"user_name,display_name\ne@x.test,\"Broken\nf@x.test,F\ng@x.test,\"G\n",
                "line 4 has text after the closing quote",
            ),
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
