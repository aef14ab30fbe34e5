//! Lists as files: CSV for spreadsheets, JSON for scripts, bounded as every answer is.

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderName, HeaderValue};
use rollcall_directory::{Connection, Error, Tenant};
use rollcall_edge_http::Problem;
use rollcall_scim as scim;
use serde::Deserialize;
use serde_json::Value;

/// Rows asked of the directory at once.
pub(crate) const STEP: usize = 200;
/// Rows of a file; what is behind them is another file.
const MAX_ROWS: usize = 5_000;
/// Bytes of a file as a function answers with them, below the 6 MB that it may.
const MAX_BYTES: usize = 5 * 1024 * 1024;
/// Times that the directory is asked: a search that finds little looks at much.
const MAX_STEPS: usize = 25;
/// Without it, spreadsheets take UTF-8 for an older encoding.
const BYTE_ORDER_MARK: char = '\u{feff}';
/// What makes spreadsheets take a cell for a formula, or begin another.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
/// Says how to get what is behind the last row.
const NEXT: HeaderName = HeaderName::from_static("x-next");

/// How a file is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    #[default]
    Csv,
    Json,
}

impl Format {
    /// As addresses and the names of files have it.
    fn id(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}

/// What a list is made of.
pub(crate) trait Listed: Sized {
    /// What is asked of the list.
    type Query: Sync;

    /// The names under which a file tells of it, in their order.
    const COLUMNS: &'static [&'static str];

    /// Where a query goes on.
    fn after(query: &mut Self::Query) -> &mut Option<String>;

    /// One page of the list, named by these connections, and behind what the next one starts.
    fn page(
        tenant: &Tenant,
        connections: &[Connection],
        query: &Self::Query,
    ) -> impl Future<Output = Result<(Vec<Self>, Option<String>), Error>> + Send;

    /// By which the list goes on behind it.
    fn id(&self) -> &str;

    /// What a file tells of it: texts and numbers, one for each column.
    fn row(&self) -> Value;
}

/// A file in the making.
#[derive(Default)]
pub(crate) struct File {
    columns: &'static [&'static str],
    rows: Vec<Value>,
    bytes: usize,
    /// Behind what it ends, when there is more.
    next: Option<String>,
}

impl File {
    /// Makes a file of a list.
    pub(crate) async fn of<T: Listed>(
        tenant: &Tenant,
        connections: &[Connection],
        mut query: T::Query,
    ) -> Result<Self, Problem> {
        let mut file = Self {
            columns: T::COLUMNS,
            ..Self::default()
        };
        for _ in 0..MAX_STEPS {
            let (listed, next) = T::page(tenant, connections, &query).await?;
            for one in listed {
                if !file.takes(one.row()) {
                    file.next = T::after(&mut query).take();
                    return Ok(file);
                }
                *T::after(&mut query) = Some(one.id().to_owned());
            }
            *T::after(&mut query) = next;
            if T::after(&mut query).is_none() {
                break;
            }
        }
        file.next = T::after(&mut query).take();
        Ok(file)
    }

    /// Whether there was room for the row; else it belongs to the next file.
    fn takes(&mut self, row: Value) -> bool {
        let bytes = self.bytes + escaped_len(&row);
        if self.rows.len() >= MAX_ROWS || (bytes > MAX_BYTES && !self.rows.is_empty()) {
            return false;
        }
        self.bytes = bytes;
        self.rows.push(row);
        true
    }

    /// The answer; `address` says where the list goes on behind an id, in the same format.
    pub(crate) fn finish(
        self,
        format: Format,
        name: &str,
        address: impl Fn(&str, &str) -> String,
    ) -> Result<Response, Problem> {
        let next = self.next.as_deref().map(|id| address(id, format.id()));
        let media_type = match format {
            Format::Csv => "text/csv; charset=utf-8",
            Format::Json => "application/json",
        };
        let name = format!("attachment; filename=\"rollcall-{name}.{}\"", format.id());
        let body = match format {
            Format::Csv => self.csv(next.as_deref())?,
            Format::Json => serde_json::json!({"items": self.rows, "next": next}).to_string(),
        };
        let mut response = body.into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        if let Ok(name) = HeaderValue::try_from(name) {
            headers.insert(CONTENT_DISPOSITION, name);
        }
        if let Some(next) = next.and_then(|next| HeaderValue::try_from(next).ok()) {
            headers.insert(NEXT, next);
        }
        Ok(response)
    }

    fn csv(&self, next: Option<&str>) -> Result<String, Problem> {
        let internal = |_| Problem::from(scim::Error::Internal);
        let begin = String::from(BYTE_ORDER_MARK).into_bytes();
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(begin);
        writer.write_record(self.columns).map_err(internal)?;
        for row in &self.rows {
            let cells = self.columns.iter().map(|column| cell(&row[*column]));
            writer.write_record(cells).map_err(internal)?;
        }
        if let Some(next) = next {
            // A file that was cut says so where people look.
            let said = format!("(there is more: open {next} for the next file)");
            writer.write_record([said]).map_err(internal)?;
        }
        let bytes = writer.into_inner().map_err(|_| scim::Error::Internal)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// How many bytes a row takes in an answer of Lambda's, which is JSON itself: quotes and backslashes are escaped once
/// more. A row of CSV takes no more than that.
fn escaped_len(row: &Value) -> usize {
    let escaped = serde_json::to_string(&row.to_string());
    escaped.map_or(0, |text| text.len())
}

/// A value as a spreadsheet may see it: what begins like a formula is made a text (OWASP, "CSV Injection").
fn cell(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => return other.to_string(),
    };
    match text.starts_with(FORMULA) {
        true => format!("'{text}"),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn empty() -> File {
        File {
            columns: &["name", "n"],
            ..File::default()
        }
    }

    #[test]
    fn a_file_of_nothing_has_its_columns() {
        assert_eq!(empty().csv(None).ok().as_deref(), Some("\u{feff}name,n\n"));
    }

    #[test]
    fn cells_are_texts_whatever_they_hold() {
        let mut file = empty();
        for row in [
            json!({"name": "=cmd|' /C calc'!A0", "n": -1}),
            json!({"name": "a \"quoted\",\nname", "n": 2}),
        ] {
            assert!(file.takes(row));
        }
        let expected = "\u{feff}name,n\n'=cmd|' /C calc'!A0,-1\n\"a \"\"quoted\"\",\nname\",2\n";
        assert_eq!(file.csv(None).ok().as_deref(), Some(expected));
        assert!(!file.takes(json!({"name": "x".repeat(MAX_BYTES), "n": 3})));
        let cut = file.csv(Some("https://x")).ok().unwrap_or_default();
        assert!(
            cut.ends_with("\n(there is more: open https://x for the next file)\n"),
            "{cut}"
        );
    }

    #[test]
    fn nothing_is_a_formula() {
        for begin in ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"] {
            let text = format!("{begin}1+1");
            assert_eq!(cell(&json!(text)), format!("'{text}"));
        }
        assert_eq!(cell(&json!("ä=1")), "ä=1");
    }

    #[test]
    fn what_is_escaped_twice_counts_as_that() {
        for text in [r#"""""#, r"\\", "\n\u{1}", "ü"] {
            let row = json!({"name": text.repeat(1_000), "n": 1});
            let answered = |body: &str| json!({"body": body}).to_string().len();
            assert!(answered(&row.to_string()) <= escaped_len(&row) + 12);
            let mut file = empty();
            assert!(file.takes(row.clone()));
            let csv = file.csv(None).ok().unwrap_or_default();
            let csv = csv.strip_prefix("\u{feff}name,n\n").unwrap_or_default();
            assert!(answered(csv) <= escaped_len(&row) + 12, "{text:?}");
        }
        let mut file = empty();
        let quotes = || json!({"body": "\"".repeat(1024 * 1024)});
        assert!(file.takes(quotes()));
        assert!(!file.takes(quotes()), "four bytes for each quotation mark");
    }
}
