//! Log exports of the console: they are complete, say where they continue, and are safe to open.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use rollcall_directory::{LoggedRequest, Role};
use rollcall_tests::service::run;
use rollcall_tests::visitor::Visitor;
use serde_json::{Value, json};

use crate::digest::log;

/// The maximum size of a Lambda response.
const MAX_RESPONSE_BYTES: usize = 6 * 1024 * 1024;
/// The size of a row in a response, chosen so that a file ends at the end of a step of 200 rows.
const ROW_BYTES: usize = 26_150;

#[test]
fn logs_can_be_exported_as_files() {
    run(async |service| {
        let tenant = service.tenant("export").await;
        tenant.idp().user("=1+1, \"ada\"").await;
        tenant.idp().get("/Users?filter=nonsense").await.expect(400);
        let visitor = Visitor::with_link(service, &tenant, Role::Admin).await;
        let requests = visitor
            .get("/console/activity/export?format=csv&failed=yes")
            .await
            .expect(200);
        assert_eq!(requests.header("content-type"), "text/csv; charset=utf-8");
        assert!(
            requests
                .header("content-disposition")
                .starts_with("attachment")
        );
        let lines: Vec<&str> = requests.html.lines().collect();
        assert!(
            lines[0].starts_with("\u{feff}occurred_at,connection,method,target,status"),
            "{lines:?}"
        );
        assert!(lines.len() == 2 && lines[1].contains("400"), "{lines:?}");
        let audit = visitor
            .get("/console/activity/audit/export?format=csv&action=user.")
            .await
            .expect(200);
        assert!(
            audit.html.contains("\"'=1+1, \"\"ada\"\"\""),
            "{}",
            audit.html
        );
        let audit = visitor
            .get("/console/activity/audit/export?format=json")
            .await
            .expect(200);
        let audit: serde_json::Value = serde_json::from_str(&audit.html).unwrap_or_default();
        assert!(
            audit["items"]
                .as_array()
                .is_some_and(|items| items.len() >= 3),
            "{audit}"
        );
    });
}

/// Builds a logged request with this number of quotation marks and other characters.
fn sent(quotes: usize, others: usize) -> LoggedRequest {
    let mut request = LoggedRequest::new("POST", "/Users", 201);
    request.sent = Some(format!("{}{}", "\"".repeat(quotes), "x".repeat(others)));
    request.skipped_members = vec!["left-out".to_owned()];
    request.changes = ["user.created", "group.members_changed"]
        .map(str::to_owned)
        .into();
    request
}

/// Returns the size of a body in Lambda's JSON response.
fn response_size(body: &str) -> usize {
    json!({"body": body}).to_string().len()
}

/// Downloads this file and all that follow it; asserts that each fits in a Lambda response.
async fn files(visitor: &Visitor, from: &str) -> Vec<String> {
    let (mut files, mut next) = (Vec::new(), Some(from.to_owned()));
    while let Some(path) = next {
        let file = visitor.get(&path).await.expect(200);
        assert!(response_size(&file.html) < MAX_RESPONSE_BYTES, "{path}");
        let link = file.header("x-next").to_owned();
        if !link.is_empty() {
            assert!(file.html.contains(&link), "{link} is not in the file");
        }
        next = link.strip_prefix(&visitor.origin).map(str::to_owned);
        files.push(file.html);
    }
    files
}

#[test]
fn consecutive_files_contain_every_row() {
    run(async |service| {
        let tenant = service.tenant("files").await;
        let visitor = Visitor::with_link(service, &tenant, Role::Admin).await;
        let begin: Timestamp = "2026-11-01T12:00:00Z".parse().unwrap_or_default();
        log(tenant.directory(), [(begin, sent(0, 1))]).await;
        let export = "/console/activity/export?format=json";
        let one = visitor.get(export).await.expect(200).html;
        let one: Value = serde_json::from_str(&one).unwrap_or_default();
        let row = serde_json::to_string(&one["items"][0].to_string());
        let others = ROW_BYTES - row.map_or(0, |row| row.len());
        for (times, quotes) in [(0..450, 0), (450..700, others / 4)] {
            let requests = times.map(|n| {
                let at = begin + SignedDuration::from_secs(n + 1);
                (at, sent(quotes, others + 1 - 4 * quotes))
            });
            log(tenant.directory(), requests).await;
        }

        let mut rows = Vec::new();
        let as_json = files(&visitor, export).await;
        for (n, file) in as_json.iter().enumerate() {
            let file: Value = serde_json::from_str(file).unwrap_or_default();
            assert_eq!(file["next"].is_string(), n + 1 < as_json.len());
            rows.extend(file["items"].as_array().cloned().unwrap_or_default());
        }
        assert!((4..8).contains(&as_json.len()), "{} files", as_json.len());
        let times: BTreeSet<&str> = rows
            .iter()
            .filter_map(|row| row["occurred_at"].as_str())
            .collect();
        assert_eq!((rows.len(), times.len()), (701, 701));
        assert_eq!(rows[0]["changes"], "user.created group.members_changed");
        assert_eq!(rows[0]["skipped_members"], "left-out");

        let as_csv = files(&visitor, "/console/activity/export?format=csv").await;
        let rows = as_csv.iter().flat_map(|file| file.lines());
        assert_eq!(rows.filter(|row| row.contains("POST")).count(), 701);
        for file in &as_csv[..as_csv.len() - 1] {
            let last = file.lines().last().unwrap_or_default();
            assert!(last.starts_with("(there is more: open http"), "{last}");
        }
    });
}

#[test]
fn the_last_page_and_the_last_file_have_no_continuation() {
    run(async |service| {
        let tenant = service.tenant("ends").await;
        let visitor = Visitor::with_link(service, &tenant, Role::Admin).await;
        let begin: Timestamp = "2026-11-01T12:00:00Z".parse().unwrap_or_default();
        let requests = |times: std::ops::Range<i64>| {
            times.map(move |n| (begin + SignedDuration::from_secs(n), sent(0, 1)))
        };
        let further_back = async |page: &str| {
            let page = visitor.get(page).await.expect(200).html;
            page.contains("Earlier entries")
        };
        let (all, since) = ("/console/activity", "/console/activity?from=2026-11-01");
        log(tenant.directory(), requests(0..50)).await;
        assert!(!further_back(all).await && !further_back(since).await);
        log(tenant.directory(), requests(50..51)).await;
        assert!(further_back(all).await && further_back(since).await);
        assert!(!further_back("/console/activity?from=2026-11-02").await);

        log(tenant.directory(), requests(51..5_000)).await;
        for format in ["csv", "json"] {
            let path = format!("/console/activity/export?format={format}");
            let whole = files(&visitor, &path).await;
            assert_eq!(whole.len(), 1);
            assert_eq!(whole[0].matches("POST").count(), 5_000);
        }
        log(tenant.directory(), requests(5_000..5_001)).await;
        let two = files(&visitor, "/console/activity/export?format=csv").await;
        assert_eq!(two.len(), 2);
        assert_eq!(two[1].matches("POST").count(), 1);
    });
}

#[test]
fn files_always_have_the_same_columns() {
    run(async |service| {
        let tenant = service.tenant("columns").await;
        tenant.idp().get("/Users?filter=nonsense").await.expect(400);
        let visitor = Visitor::with_link(service, &tenant, Role::Admin).await;
        for (page, nothing) in [
            ("/console/activity/export", "text=nothing"),
            ("/console/activity/audit/export", "action=nothing"),
        ] {
            let export = async |query: &str| {
                let path = format!("{page}?{query}");
                visitor.get(&path).await.expect(200).html
            };
            let empty = export(&format!("format=csv&{nothing}")).await;
            let full = export("format=csv").await;
            assert_eq!(full.lines().next(), Some(empty.trim_end()));
            let json: Value =
                serde_json::from_str(&export("format=json").await).unwrap_or_default();
            let names = json["items"][0].as_object().into_iter();
            let names = names.flat_map(|row| row.keys().map(String::as_str));
            let names = names.collect::<Vec<_>>().join(",");
            assert_eq!(format!("\u{feff}{names}"), empty.trim_end());
        }
    });
}
