//! Tables as CSV that spreadsheets open as they are (RFC 4180), and that run nothing there.

use rollcall_edge_http::Problem;
use rollcall_scim as scim;
use serde_json::Value;

/// Spreadsheets need it to recognise UTF-8.
const BYTE_ORDER_MARK: char = '\u{feff}';
/// Between cells, for a spreadsheet that is not set to commas. It then ignores the quotes around a value, too.
const OTHER_SEPARATORS: [char; 4] = [';', '\t', '\r', '\n'];
/// Characters that make a spreadsheet start a formula or a new cell.
const FORMULA_STARTS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
/// Those that can follow another separator: the others are separators themselves.
const FORMULAS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// Returns the media type of CSV. `header` says whether the first line has the names of the columns.
pub fn media_type(header: bool) -> &'static str {
    match header {
        true => "text/csv; charset=utf-8; header=present",
        false => "text/csv; charset=utf-8; header=absent",
    }
}

/// Returns rows as CSV: of each, the values of the columns. With `header`, it begins with a byte order mark and the names of
/// the columns. `note` is a last line that is no row.
///
/// # Errors
/// Only if the text cannot be written.
pub fn as_csv(
    columns: &[&str],
    rows: &[Value],
    header: bool,
    note: Option<&str>,
) -> Result<String, Problem> {
    let internal = |_| Problem::from(scim::Error::Internal);
    let mark = header.then(|| String::from(BYTE_ORDER_MARK).into_bytes());
    let mut writer = csv::WriterBuilder::new()
        .flexible(true)
        .terminator(csv::Terminator::CRLF)
        .from_writer(mark.unwrap_or_default());
    if header {
        writer.write_record(columns).map_err(internal)?;
    }
    for row in rows {
        let cells = columns.iter().map(|column| cell(&row[*column]));
        writer.write_record(cells).map_err(internal)?;
    }
    if let Some(note) = note {
        writer.write_record([note]).map_err(internal)?;
    }
    let bytes = writer.into_inner().map_err(|_| scim::Error::Internal)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Formats a cell. A quote in front of a formula makes it text (OWASP, "CSV Injection"), also where another separator would
/// start a cell.
fn cell(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) => return value.to_string(),
        Value::Array(_) | Value::Object(_) => value.to_string(),
    };
    let mut safe = String::with_capacity(text.len() + 1);
    if text.starts_with(FORMULA_STARTS) {
        safe.push('\'');
    }
    for (at, char) in text.char_indices() {
        safe.push(char);
        let rest = &text[at + char.len_utf8()..];
        if OTHER_SEPARATORS.contains(&char)
            && rest.trim_start_matches([' ', '"']).starts_with(FORMULAS)
        {
            safe.push('\'');
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn csv(rows: &[Value], header: bool, note: Option<&str>) -> String {
        as_csv(&["name", "n"], rows, header, note).expect("CSV")
    }

    #[test]
    fn an_empty_table_has_its_columns() {
        assert_eq!(csv(&[], true, None), "\u{feff}name,n\r\n");
        assert_eq!(csv(&[], false, None), "");
    }

    #[test]
    fn texts_are_quoted() {
        let rows = [
            json!({"name": "=cmd|' /C calc'!A0", "n": -1}),
            json!({"name": "a \"quoted\",\nname", "n": 2}),
        ];
        let expected = "'=cmd|' /C calc'!A0,-1\r\n\"a \"\"quoted\"\",\nname\",2\r\n";
        assert_eq!(csv(&rows, false, None), expected);
        let noted = csv(&rows, true, Some("more"));
        assert!(noted.starts_with("\u{feff}name,n\r\n") && noted.ends_with("\r\nmore\r\n"));
    }

    #[test]
    fn no_cell_is_a_formula() {
        for begin in ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"] {
            let text = format!("{begin}1+1");
            assert_eq!(cell(&json!(text)), format!("'{text}"));
        }
        assert_eq!(cell(&json!("ä=1")), "ä=1");
    }

    #[test]
    fn no_other_separator_starts_a_formula() {
        for separator in [";", "\t", "\r", "\n"] {
            for between in ["", " ", "\"", " \" "] {
                let text = format!("a{separator}{between}=1+1");
                let safe = format!("a{separator}'{between}=1+1");
                assert_eq!(cell(&json!(text)), safe);
            }
        }
        assert_eq!(cell(&json!(";;@a")), ";;'@a");
        assert_eq!(cell(&json!("a; b=1 \t c")), "a; b=1 \t c");
        assert_eq!(cell(&json!([";=1"])), "[\";'=1\"]");
        assert_eq!(cell(&json!(-1)), "-1");
    }
}
