//! Lists as files: CSV for spreadsheets, JSON for scripts, bounded as every answer is.

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderName, HeaderValue};
use rollcall_edge::api::Problem;
use rollcall_scim::Error;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Rows asked of the directory at once.
pub(crate) const STEP: usize = 200;
/// Rows of a file; what is behind them is another file.
const MAX_ROWS: usize = 5_000;
/// Bytes of a file, below the 6 MB that a function may answer with.
const MAX_BYTES: usize = 4 * 1024 * 1024;
/// Times that the directory is asked: a search that finds little looks at much.
const MAX_STEPS: usize = 25;
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

/// A file in the making.
pub(crate) struct File {
    format: Format,
    name: &'static str,
    rows: Vec<Value>,
    bytes: usize,
    steps: usize,
}

impl File {
    pub(crate) fn new(format: Format, name: &'static str) -> Self {
        Self {
            format,
            name,
            rows: Vec::new(),
            bytes: 0,
            steps: 0,
        }
    }

    /// Adds a row, a flat structure of texts and numbers with the same fields as every other. False when the file is
    /// full: the row belongs to the next one.
    pub(crate) fn add(&mut self, row: &impl Serialize) -> Result<bool, Problem> {
        let row = serde_json::to_value(row).map_err(|_| Error::Internal)?;
        let bytes = self.bytes + row.to_string().len();
        if self.rows.len() >= MAX_ROWS || (bytes > MAX_BYTES && !self.rows.is_empty()) {
            return Ok(false);
        }
        self.bytes = bytes;
        self.rows.push(row);
        Ok(true)
    }

    /// Whether to ask the directory once more.
    pub(crate) fn goes_on(&mut self) -> bool {
        self.steps += 1;
        self.steps < MAX_STEPS
    }

    /// The answer; `next` is where the rows behind the last one are.
    pub(crate) fn finish(self, next: Option<String>) -> Result<Response, Problem> {
        let (media_type, suffix) = match self.format {
            Format::Csv => ("text/csv; charset=utf-8", "csv"),
            Format::Json => ("application/json", "json"),
        };
        let name = format!("attachment; filename=\"rollcall-{}.{suffix}\"", self.name);
        let body = match self.format {
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
        let internal = |_| Problem::from(Error::Internal);
        let mut writer = csv::WriterBuilder::new()
            .flexible(true)
            .from_writer(Vec::new());
        if let Some(Value::Object(first)) = self.rows.first() {
            writer.write_record(first.keys()).map_err(internal)?;
        }
        for row in self.rows.iter().filter_map(Value::as_object) {
            writer
                .write_record(row.values().map(cell))
                .map_err(internal)?;
        }
        if let Some(next) = next {
            // A file that was cut says so where people look.
            let said = format!("(there is more: export again with after, {next})");
            writer.write_record([said]).map_err(internal)?;
        }
        let bytes = writer.into_inner().map_err(|_| Error::Internal)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// A value as a spreadsheet may see it: what begins like a formula is made a text (OWASP, "CSV Injection").
fn cell(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => return other.to_string(),
    };
    match text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{text}"),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn cells_are_texts_whatever_they_hold() {
        let mut file = File::new(Format::Csv, "x");
        file.add(&json!({"name": "=cmd|' /C calc'!A0", "n": -1}))
            .unwrap();
        file.add(&json!({"name": "a \"quoted\",\nname", "n": 2}))
            .unwrap();
        let expected = "name,n\n'=cmd|' /C calc'!A0,-1\n\"a \"\"quoted\"\",\nname\",2\n";
        assert_eq!(file.csv(None).ok().as_deref(), Some(expected));
        let huge = json!({"name": "x".repeat(MAX_BYTES), "n": 3});
        assert_eq!(file.add(&huge).ok(), Some(false));
        let cut = file.csv(Some("after=1")).ok().unwrap_or_default();
        assert!(
            cut.ends_with("\"(there is more: export again with after, after=1)\"\n"),
            "{cut}"
        );
    }
}
