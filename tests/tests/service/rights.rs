//! What functions with narrow rights name in their requests to the table. AWS compares it with the conditions of the template;
//! the emulator does not, so these tests do.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rollcall_directory::{
    Directory, Origin, RateLimit, Refusal, Role, Settings, SettingsChange, Verdict,
};
use rollcall_tests::faults::{Call, Fault, Faults};
use rollcall_tests::service::{Tenant, run};
use serde_json::json;

const TEMPLATE: &str = include_str!("../../../infra/template.yaml");
/// The words of expressions that are no attributes.
const WORDS: [&str; 10] = [
    "ADD",
    "AND",
    "DELETE",
    "NOT",
    "OR",
    "REMOVE",
    "SET",
    "attribute_exists",
    "attribute_not_exists",
    "if_not_exists",
];
/// What the console must not call: it touches what belongs to the stack, to which the console has no rights.
const OF_THE_STACK: [&str; 12] = [
    ".create_tenant(",
    ".define_roles(",
    ".erasures()",
    ".hourly_pass()",
    ".introspect(",
    ".lifecycle()",
    ".new_settings()",
    ".repeated(",
    ".service_keys()",
    ".stack_",
    ".tenants(",
    ".webhooks()",
];

type Found = Arc<Mutex<BTreeSet<String>>>;

/// Collects something of every call.
fn record(faults: &Faults, of: impl Fn(&Call) -> Vec<String> + Send + Sync + 'static) -> Found {
    let found = Found::default();
    let into = Arc::clone(&found);
    faults.schedule(move |call| {
        into.lock().unwrap().extend(of(call));
        Fault::None
    });
    found
}

/// Returns the attributes that an update of an item names, if its partition key ends so.
fn names_of_update(call: &Call, partition: &str) -> Vec<String> {
    let key = &call.body["Key"];
    let is_there = key["PK"]["S"]
        .as_str()
        .is_some_and(|key| key.ends_with(partition));
    if call.operation != "UpdateItem" || !is_there {
        return Vec::new();
    }
    assert_eq!(call.body.get("ExpressionAttributeNames"), None);
    let expressions = ["UpdateExpression", "ConditionExpression"].map(|name| {
        let text = call.body[name].as_str().unwrap_or_default();
        text.split(|c: char| !c.is_ascii_alphanumeric() && !"_:".contains(c))
    });
    let words = expressions.into_iter().flatten();
    let names = words.filter(|word| !word.is_empty() && !word.starts_with(':'));
    let names = names.filter(|word| !WORDS.contains(word));
    let keys = key.as_object().unwrap().keys().cloned();
    keys.chain(names.map(str::to_owned)).collect()
}

/// Returns the attributes to which the template restricts updates by a function.
fn permitted(function: &str) -> BTreeSet<String> {
    let (_, role) = TEMPLATE
        .split_once(&format!("\n  {function}FunctionRole:"))
        .unwrap();
    let (_, list) = role.split_once("dynamodb:Attributes:").unwrap();
    let (list, _) = list.split_once(']').unwrap();
    let names = list.split(|c: char| c.is_whitespace() || "[,".contains(c));
    names
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

async fn change(tenant: &Tenant, change: SettingsChange) {
    tenant.directory().settings().change(&change).await.unwrap();
}

#[test]
fn the_authorizer_may_update_tokens_by_what_its_requests_name() {
    run(async |service| {
        let limit = |burst| RateLimit {
            per_minute: 60,
            burst,
        };
        let settings = Settings {
            rate_limit: Some(limit(5)),
            ..Settings::default()
        };
        let tenant = service.tenant_with("names-of-tokens", settings).await;
        let (client, faults) = service.client_with_faults();
        let directory = Directory::new(client, service.table());
        let found = record(&faults, |call| names_of_update(call, "#K"));
        let ask = async || directory.authenticate(tenant.token(), "r").await.unwrap();
        // On an idle meter, within a burst, and after the limit has changed.
        for burst in [None, None, Some(6)] {
            if let Some(burst) = burst {
                let rate_limit = Some(Some(limit(burst)));
                let to = SettingsChange {
                    rate_limit,
                    ..SettingsChange::default()
                };
                change(&tenant, to).await;
            }
            assert!(matches!(ask().await, Verdict::Accepted(_)));
        }
        // From a wrong address, a request is taken back.
        let allowed_addresses = Some(vec!["203.0.113.0/24".to_owned()]);
        let to = SettingsChange {
            allowed_addresses,
            ..SettingsChange::default()
        };
        change(&tenant, to).await;
        let refusal = Refusal::ForeignAddress;
        assert!(matches!(ask().await, Verdict::Refused { refusal: is, .. } if is == refusal));
        assert_eq!(*found.lock().unwrap(), permitted("TokenAuthorizer"));
    });
}

#[test]
fn the_portal_may_update_service_keys_by_what_noting_their_use_names() {
    run(async |service| {
        let keys = service.directory();
        let issued = keys.service_keys().issue("noted-for-rights").await.unwrap();
        let (client, faults) = service.client_with_faults();
        let directory = Directory::new(client, service.table());
        let found = record(&faults, |call| names_of_update(call, "S#KEYS"));
        let verified = directory.service_keys().verify(issued.expose()).await;
        assert!(verified.unwrap().is_some());
        assert_eq!(*found.lock().unwrap(), permitted("Portal"));
    });
}

#[test]
fn the_pages_of_the_console_read_of_the_stack_how_they_look_and_nothing_else() {
    run(async |service| {
        let tenant = service.tenant("console-rights").await;
        let person = tenant.idp().user("ada").await;
        let secret = service.portal_link(&tenant, Role::Owner).await;
        let opened = service.directory();
        let opened = opened.open_portal_link(&secret, "r", Origin::default());
        let session = opened.await.unwrap().unwrap().secret;
        let (client, faults) = service.client_with_faults();
        let directory = Directory::new(client, service.table());
        let console = rollcall_console::router(directory);
        let found = record(&faults, |call| {
            let body = call.body.to_string();
            let keys = body.split('"').filter(|text| text.starts_with("S#"));
            let named = keys.map(|key| match call.is_write() {
                true => format!("written: {key}"),
                false => key.to_owned(),
            });
            named.collect()
        });
        let person = format!("/people/{person}");
        let pages = [
            "",
            "/connections/new",
            "/tokens",
            "/groups",
            "/roles",
            "/people",
            "/people/deleted",
            &person,
            "/activity",
            "/activity/audit",
            "/evidence",
            "/evidence/access",
            "/support-access",
            "/health",
            "/settings",
        ];
        for (page, cookie) in pages
            .map(|page| (page, session.expose()))
            .into_iter()
            .chain([("", "")])
        {
            let path = format!("/console{page}");
            let event = json!({
                "resource": "/console/{proxy+}", "path": path, "httpMethod": "GET",
                "headers": {"cookie": format!("__Host-rollcall={cookie}"), "host": "console.example.test"},
                "multiValueHeaders": {}, "multiValueQueryStringParameters": {}, "body": null, "isBase64Encoded": false,
                "requestContext": {"requestId": "r-1", "stage": "prod", "path": path, "httpMethod": "GET", "identity": {}},
            });
            let request = lambda_http::request::from_str(&event.to_string()).unwrap();
            let status = console.handle(request).await.status();
            assert_eq!(status.is_success(), !cookie.is_empty(), "{path}: {status}");
        }
        let expected = BTreeSet::from(["S#BRANDING".to_owned()]);
        assert_eq!(*found.lock().unwrap(), expected);
    });
}

/// The rights of all other functions leave out what these calls do.
#[test]
fn only_the_relay_and_the_reconciler_call_what_changes_the_journal_and_the_feed() {
    let calls = [
        (".erasures().go_on(", "role-reconciler"),
        ("erasures.go_on(", "role-reconciler"),
        (".take_checkpoint(", "role-reconciler"),
        (".remind_of_unplaced(", "role-reconciler"),
        ("journal().relay(", "journal-relay"),
        ("journal().set_aside(", "journal-relay"),
    ];
    for folder in ["functions", "shared/edge", "shared/insight"] {
        for path in sources(&repository().join(folder)) {
            let text = std::fs::read_to_string(&path).unwrap();
            let path = path.to_str().unwrap();
            for (call, function) in calls {
                let is_there = path.contains(&format!("functions/{function}/"));
                assert!(!text.contains(call) || is_there, "{path}: {call}");
            }
        }
    }
}

#[test]
fn the_console_calls_nothing_that_changes_the_stack() {
    let sources = sources(&repository().join("functions/console/src"));
    assert!(sources.len() > 50);
    for path in sources {
        let text = std::fs::read_to_string(&path).unwrap();
        for call in OF_THE_STACK {
            assert!(!text.contains(call), "{}: {call}", path.display());
        }
    }
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| match path.is_dir() {
            true => sources(&path),
            false => vec![path],
        })
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .collect()
}
