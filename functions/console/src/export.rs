//! Exports lists as files: CSV for spreadsheets, JSON for scripts. Like every response, a file has a maximum size.

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderName, HeaderValue};
use rollcall_directory::{Connection, Error, Tenant};
use rollcall_edge_api::as_csv;
use rollcall_edge_http::Problem;
use serde::Deserialize;
use serde_json::Value;

/// Rows read from the directory at a time.
pub(crate) const PAGE_SIZE: usize = 200;
/// Rows in a file. Further rows go into the next file.
const MAX_ROWS: usize = 5_000;
/// Bytes in a file, escaped as in a Lambda response, whose limit is 6 MB.
const MAX_BYTES: usize = 5 * 1024 * 1024;
/// Pages read for one file. A search with few matches can read many pages.
pub(crate) const MAX_STEPS: usize = 25;
/// The header with the address of the next file.
const NEXT_HEADER: HeaderName = HeaderName::from_static("x-next");

/// The format of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    #[default]
    Csv,
    Json,
}

impl Format {
    /// The id used in addresses and as a file extension.
    fn id(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}

/// A row of a list that can be exported.
pub(crate) trait ExportRow: Sized {
    /// The query that reads the list.
    type Query: Sync;

    /// The names of the columns, in order.
    const COLUMNS: &'static [&'static str];

    /// The position in the query from which reading continues.
    fn cursor(query: &mut Self::Query) -> &mut Option<String>;

    /// Reads one page of the list, and the position of the next page. `connections` supplies their names.
    fn page(
        tenant: &Tenant,
        connections: &[Connection],
        query: &Self::Query,
    ) -> impl Future<Output = Result<(Vec<Self>, Option<String>), Error>> + Send;

    /// The position from which the list continues after this row.
    fn id(&self) -> &str;

    /// The row's values, one text or number for each column.
    fn values(&self) -> Value;
}

/// A file while it is being filled.
#[derive(Default)]
pub(crate) struct ExportFile {
    columns: &'static [&'static str],
    rows: Vec<Value>,
    bytes: usize,
    /// Of what the file is the evidence, for JSON. Of CSV, the rows say it.
    evidence: Option<Value>,
    /// The position of the next file, if there are more rows.
    next: Option<String>,
}

impl ExportFile {
    /// Reads a list into a file.
    pub(crate) async fn read<T: ExportRow>(
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
                if !file.try_push(one.values()) {
                    file.next = T::cursor(&mut query).take();
                    return Ok(file);
                }
                *T::cursor(&mut query) = Some(one.id().to_owned());
            }
            *T::cursor(&mut query) = next;
            if T::cursor(&mut query).is_none() {
                break;
            }
        }
        file.next = T::cursor(&mut query).take();
        Ok(file)
    }

    /// Begins a file of evidence.
    pub(crate) fn of_evidence(columns: &'static [&'static str], evidence: Value) -> Self {
        Self {
            columns,
            evidence: Some(evidence),
            ..Self::default()
        }
    }

    /// Adds a page of rows, after which the list goes on at `next`. Returns that position if another page fits.
    pub(crate) fn add(&mut self, rows: Vec<Value>, next: Option<String>) -> Option<String> {
        self.bytes += rows.iter().map(escaped_len).sum::<usize>();
        self.rows.extend(rows);
        self.next = next;
        let has_room = self.rows.len() < MAX_ROWS && self.bytes < MAX_BYTES / 2;
        self.next.clone().filter(|_| has_room)
    }

    /// Adds the row and returns true, or returns false if the file is full.
    fn try_push(&mut self, row: Value) -> bool {
        let bytes = self.bytes + escaped_len(&row);
        if self.rows.len() >= MAX_ROWS || (bytes > MAX_BYTES && !self.rows.is_empty()) {
            return false;
        }
        self.bytes = bytes;
        self.rows.push(row);
        true
    }

    /// Builds the response. `address` builds the address of the next file from a position and a format.
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
        let name = format!("attachment; filename=\"{name}.{}\"", format.id());
        let body = match format {
            Format::Csv => self.csv(next.as_deref())?,
            Format::Json => {
                let mut file = serde_json::json!({"items": self.rows, "next": next});
                if let Some(evidence) = self.evidence {
                    file["evidence"] = evidence;
                }
                file.to_string()
            }
        };
        let mut response = body.into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        if let Ok(name) = HeaderValue::try_from(name) {
            headers.insert(CONTENT_DISPOSITION, name);
        }
        if let Some(next) = next.and_then(|next| HeaderValue::try_from(next).ok()) {
            headers.insert(NEXT_HEADER, next);
        }
        Ok(response)
    }

    fn csv(&self, next: Option<&str>) -> Result<String, Problem> {
        // A spreadsheet does not show headers, so the file itself must say that it is incomplete.
        let note = next.map(|next| format!("(there is more: open {next} for the next file)"));
        as_csv(self.columns, &self.rows, true, note.as_deref())
    }
}

/// The bytes that a row takes in a Lambda response. The response is JSON, so quotes and backslashes are escaped
/// twice. The same row takes no more bytes as CSV.
fn escaped_len(row: &Value) -> usize {
    let escaped = serde_json::to_string(&row.to_string());
    escaped.map_or(0, |text| text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn empty() -> ExportFile {
        ExportFile {
            columns: &["name", "n"],
            ..ExportFile::default()
        }
    }

    #[test]
    fn a_full_file_names_the_next() {
        let mut file = empty();
        assert!(file.try_push(json!({"name": "ada", "n": -1})));
        let expected = "\u{feff}name,n\r\nada,-1\r\n";
        assert_eq!(file.csv(None).ok().as_deref(), Some(expected));
        assert!(!file.try_push(json!({"name": "x".repeat(MAX_BYTES), "n": 3})));
        let cut = file.csv(Some("https://x")).ok().unwrap_or_default();
        assert!(
            cut.ends_with("\r\n(there is more: open https://x for the next file)\r\n"),
            "{cut}"
        );
    }

    #[test]
    fn a_page_that_fills_a_file_ends_it() {
        let mut file = ExportFile::of_evidence(&["name"], json!({}));
        let next = || Some("next".to_owned());
        assert_eq!(file.add(vec![json!({"name": "ada"})], next()), next());
        assert_eq!(
            file.add(vec![json!({"name": "x".repeat(MAX_BYTES)})], next()),
            None
        );
        assert_eq!(file.next, next());
    }

    #[test]
    fn the_size_counts_escaping_twice() {
        for text in [r#"""""#, r"\\", "\n\u{1}", "ü"] {
            let row = json!({"name": text.repeat(1_000), "n": 1});
            let answered = |body: &str| json!({"body": body}).to_string().len();
            assert!(answered(&row.to_string()) <= escaped_len(&row) + 12);
            let mut file = empty();
            assert!(file.try_push(row.clone()));
            let csv = file.csv(None).ok().unwrap_or_default();
            let csv = csv.strip_prefix("\u{feff}name,n\r\n").unwrap_or_default();
            assert!(answered(csv) <= escaped_len(&row) + 12, "{text:?}");
        }
        let mut file = empty();
        let quotes = || json!({"body": "\"".repeat(1024 * 1024)});
        assert!(file.try_push(quotes()));
        assert!(
            !file.try_push(quotes()),
            "four bytes for each quotation mark"
        );
    }
}
