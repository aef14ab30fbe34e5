//! Lists as files: CSV for spreadsheets, JSON for scripts, bounded as every answer is.

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderName, HeaderValue};
use rollcall_directory::{Connection, Error, Tenant};
use rollcall_edge::api::Problem;
use rollcall_scim as scim;
use serde::Deserialize;
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

/// What a list is made of.
pub(crate) trait Listed: Sized {
    /// What is asked of the list.
    type Query: Sync;

    /// Where a query goes on.
    fn after(query: &mut Self::Query) -> &mut Option<String>;

    /// One page of the list, and behind what the next one starts.
    fn page(
        tenant: &Tenant,
        query: &Self::Query,
    ) -> impl Future<Output = Result<(Vec<Self>, Option<String>), Error>> + Send;

    /// By which the list goes on behind it.
    fn id(&self) -> &str;

    /// What a file tells of it: texts and numbers under the same names for each, `connections` to name them by.
    fn row(&self, connections: &[Connection]) -> Value;
}

/// A file in the making.
#[derive(Default)]
pub(crate) struct File {
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
            next: T::after(&mut query).take(),
            ..Self::default()
        };
        for _ in 0..MAX_STEPS {
            *T::after(&mut query) = file.next.take();
            let (listed, next) = T::page(tenant, &query).await?;
            for one in listed {
                if !file.takes(one.row(connections)) {
                    return Ok(file);
                }
                file.next = Some(one.id().to_owned());
            }
            file.next = next;
            if file.next.is_none() {
                break;
            }
        }
        Ok(file)
    }

    /// Whether there was room for the row; else it belongs to the next file.
    fn takes(&mut self, row: Value) -> bool {
        let bytes = self.bytes + row.to_string().len();
        if self.rows.len() >= MAX_ROWS || (bytes > MAX_BYTES && !self.rows.is_empty()) {
            return false;
        }
        self.bytes = bytes;
        self.rows.push(row);
        true
    }

    /// The answer; `address` says where the list goes on behind an id.
    pub(crate) fn finish(
        self,
        format: Format,
        name: &str,
        address: impl Fn(&str) -> String,
    ) -> Result<Response, Problem> {
        let next = self.next.as_deref().map(address);
        let (media_type, suffix) = match format {
            Format::Csv => ("text/csv; charset=utf-8", "csv"),
            Format::Json => ("application/json", "json"),
        };
        let name = format!("attachment; filename=\"rollcall-{name}.{suffix}\"");
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
        let bytes = writer.into_inner().map_err(|_| scim::Error::Internal)?;
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
        let mut file = File::default();
        for row in [
            json!({"name": "=cmd|' /C calc'!A0", "n": -1}),
            json!({"name": "a \"quoted\",\nname", "n": 2}),
        ] {
            assert!(file.takes(row));
        }
        let expected = "name,n\n'=cmd|' /C calc'!A0,-1\n\"a \"\"quoted\"\",\nname\",2\n";
        assert_eq!(file.csv(None).ok().as_deref(), Some(expected));
        assert!(!file.takes(json!({"name": "x".repeat(MAX_BYTES), "n": 3})));
        let cut = file.csv(Some("after=1")).ok().unwrap_or_default();
        assert!(
            cut.ends_with("\"(there is more: export again with after, after=1)\"\n"),
            "{cut}"
        );
    }
}
