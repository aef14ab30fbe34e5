//! The test of a connection in the console: it plays what the provider sends in a throw-away copy of the tenant, and
//! nothing of it reaches the tenant.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use rollcall_directory::{Provider, Role, Settings, UnknownMembers};
use rollcall_edge_scim::Conversation;
use rollcall_tests::browser::browse;
use rollcall_tests::faults::Fault;
use rollcall_tests::service::{Service, Tenant, run};
use rollcall_tests::urn;
use rollcall_tests::visitor::Visitor;
use serde_json::{Value, json};

/// Runs the test of the tenant's connection, and returns the page.
async fn test(service: &Service, tenant: &Tenant) -> String {
    let visitor = Visitor::with_link(service, tenant, Role::Admin).await;
    let path = format!("/console/connections/{}/test", tenant.connection_id());
    let form_token = visitor.form_token();
    let form = [("form_token", form_token.as_str())];
    let answer = visitor.post(&path, &form, &[]).await;
    if answer.status == 200 {
        return answer.html;
    }
    let result = answer.expect(303);
    visitor
        .get(result.header("location"))
        .await
        .expect(200)
        .html
}

async fn set_provider(tenant: &Tenant, provider: Provider) {
    let credentials = tenant.directory().credentials();
    let changed = credentials.change_connection(tenant.connection_id(), None, Some(provider));
    assert!(changed.await.is_ok(), "the connection was not changed");
}

/// Returns the items of tenants that were thrown away: their partitions, and whether they expire.
async fn thrown_away(service: &Service) -> Vec<(String, bool)> {
    let partition = |item: &HashMap<String, AttributeValue>| {
        let partition = item.get("PK").and_then(|value| value.as_s().ok()).cloned();
        partition.unwrap_or_default()
    };
    let mut found: Vec<(String, bool)> = items(service)
        .await
        .iter()
        .map(|item| (partition(item), item.contains_key("expires")))
        .filter(|(partition, _)| partition.starts_with("T#~"))
        .collect();
    found.sort();
    found
}

#[test]
fn what_every_provider_sends_goes_as_it_expects() {
    run(async |_| {
        let service = &Service::start().await;
        for (number, provider) in Provider::all().enumerate() {
            let tenant = service.tenant(&format!("rehearsed-{number}")).await;
            set_provider(&tenant, provider).await;
            let page = test(service, &tenant).await;
            match Conversation::of(provider) {
                Some(conversation) => {
                    let said = format!("All {} requests went as", conversation.len());
                    assert!(page.contains(&said), "{provider:?}: {page}");
                    let rows = page.matches(r#"data-expected="true""#).count();
                    assert_eq!(rows, conversation.len(), "{provider:?}");
                }
                None => assert!(page.contains("no requests to play"), "{page}"),
            }
            assert!(page.len() < 100_000, "{provider:?}: {}", page.len());
            assert_eq!(thrown_away(service).await, [], "{provider:?}");
        }
    });
}

#[test]
fn a_test_leaves_no_trace_in_the_tenant_or_the_stack() {
    run(async |_| {
        let service = &Service::start().await;
        let tenant = service.tenant("untouched").await;
        set_provider(&tenant, Provider::Entra).await;
        tenant.idp().user("ada").await;
        let visitor = Visitor::with_link(service, &tenant, Role::Admin).await;
        service.drained().await;
        let path = format!("/console/connections/{}/test", tenant.connection_id());
        let before = contents(service).await;
        let form_token = visitor.form_token();
        let form = [("form_token", form_token.as_str())];
        let result = visitor.post(&path, &form, &[]).await.expect(303);
        let page = visitor.get(result.header("location")).await.expect(200);
        assert!(page.html.contains("requests went as"), "{}", page.html);
        service.drained().await;
        let after = contents(service).await;
        let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        // The session notes its last use, and the result is kept for a while.
        let is_session = |key: &str| key.contains("#S\\") || key.contains("#P#");
        let is_result = |key: &str| key.contains("rehears");
        let changed: Vec<_> = keys
            .into_iter()
            .filter(|key| before.get(*key) != after.get(*key))
            .filter(|key| !is_session(key) && !is_result(key))
            .collect();
        assert!(changed.is_empty(), "{changed:#?}");
    });
}

#[test]
fn a_tenant_tests_one_thing_at_a_time_and_reloads_the_result() {
    run(async |_| {
        let service = &Service::start().await;
        let tenant = service.tenant("turns").await;
        set_provider(&tenant, Provider::Okta).await;
        let visitor = Visitor::with_link(service, &tenant, Role::Admin).await;
        let path = format!("/console/connections/{}/test", tenant.connection_id());
        let form_token = visitor.form_token();
        let form = [("form_token", form_token.as_str())];
        let (one, other) = tokio::join!(
            visitor.post(&path, &form, &[]),
            visitor.post(&path, &form, &[])
        );
        let (result, refused) = match one.status {
            303 => (one, other),
            _ => (other, one),
        };
        let refused = refused.expect(429);
        assert!(
            refused.html.contains("A test has just run. Try again in "),
            "{}",
            refused.html
        );
        let wait: u32 = refused.header("retry-after").parse().unwrap_or_default();
        assert!((1..=20).contains(&wait), "{wait}");
        // Another tenant has turns of its own.
        let another = service.tenant("turns-too").await;
        set_provider(&another, Provider::Okta).await;
        assert!(test(service, &another).await.contains("requests went as"));

        // The result has an address, which is loaded as often as one likes, and leads nowhere else.
        let result = result.expect(303).header("location").to_owned();
        assert!(result.contains(&format!("{path}?run=")), "{result}");
        for _ in 0..2 {
            let page = visitor.get(&result).await.expect(200).html;
            assert!(page.contains("requests went as Okta expects"), "{page}");
        }
        let run = result.split_once("?").map_or("", |(_, run)| run);
        let stranger = Visitor::with_link(service, &another, Role::Admin).await;
        let theirs = format!("/console/connections/{}/test", another.connection_id());
        for path in [
            format!("{theirs}?{run}"),
            format!("{theirs}?run=unknown"),
            format!("{theirs}?run={}", "x".repeat(2_000)),
        ] {
            let page = stranger.get(&path).await.expect(200).html;
            assert!(page.contains("This result is no longer kept."), "{page}");
        }
        let items = items(service).await;
        let kept = items.iter().filter(|item| {
            let key = item.get("SK").and_then(|key| key.as_s().ok());
            key.is_some_and(|key| key.starts_with("rehearsed#"))
        });
        let kept: Vec<_> = kept.collect();
        assert_eq!(kept.len(), 2);
        assert!(kept.iter().all(|item| item.contains_key("expires")));
    });
}

#[test]
fn a_test_on_a_slow_table_says_for_what_there_was_no_time() {
    run(async |_| {
        let (service, faults) = Service::with_faults().await;
        let tenant = service.tenant("slow").await;
        set_provider(&tenant, Provider::Okta).await;
        let conversation = Conversation::of(Provider::Okta).expect("a conversation");
        let visitor = Visitor::with_link(&service, &tenant, Role::Admin).await;
        let path = format!("/console/connections/{}/test", tenant.connection_id());
        let form_token = visitor.form_token();
        let form = [("form_token", form_token.as_str())];
        // Only what the played requests do takes longer: the page comes in time.
        faults.schedule(|call| match call.body.to_string().contains("T#~") {
            true => Fault::Slow,
            false => Fault::None,
        });
        let result = visitor.post(&path, &form, &[]).await.expect(303);
        faults.clear();
        let page = visitor.get(result.header("location")).await.expect(200);
        let page = page.html;
        let played = page.matches(r#"data-expected="true""#).count();
        assert!(
            (1..conversation.len()).contains(&played),
            "{played}: {page}"
        );
        assert!(!page.contains(r#"data-expected="false""#), "{page}");
        let said = match played {
            1 => "The first ".to_owned(),
            _ => format!(
                "The first {played} requests went as Okta expects. There was no time for the others."
            ),
        };
        assert!(page.contains(&said), "{page}");
        assert!(!page.contains("All "), "{page}");
        assert_eq!(thrown_away(&service).await, []);
    });
}

/// Returns everything in the table, by key.
async fn contents(service: &Service) -> BTreeMap<String, Value> {
    let items = items(service).await;
    let keyed = items.into_iter().map(|item| {
        let item = plain(&AttributeValue::M(item));
        (
            format!("{} {}", item["PK"], item["SK"]).replace('"', ""),
            item,
        )
    });
    keyed.collect()
}

fn plain(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::M(members) => {
            let members = members
                .iter()
                .map(|(name, value)| (name.clone(), plain(value)));
            Value::Object(members.collect())
        }
        AttributeValue::L(elements) => elements.iter().map(plain).collect(),
        other => Value::String(format!("{other:?}")),
    }
}

async fn items(service: &Service) -> Vec<HashMap<String, AttributeValue>> {
    let scan = service.client().scan().table_name(service.table());
    let items = scan.into_paginator().items().send();
    let items: Result<Vec<_>, _> = items.collect().await;
    items.expect("a scan")
}

#[test]
fn a_rehearsal_has_the_settings_and_the_connection_and_expires_by_itself() {
    run(async |_| {
        let service = &Service::start().await;
        let settings = Settings {
            unknown_members: UnknownMembers::Reject,
            retention_days: 77,
            ..Settings::default()
        };
        let tenant = service.tenant_with("copied", settings).await;
        let real = tenant.directory();
        let connection = real.credentials().connection(tenant.connection_id()).await;
        let connection = connection.expect("a connection");
        let rehearsal = real.rehearsal(&connection.id).await.expect("a rehearsal");
        let copied = rehearsal.settings().read().await.expect("settings");
        assert_eq!(copied, real.settings().read().await.expect("settings"));
        let same = rehearsal.credentials().connection(&connection.id).await;
        assert_eq!(same.expect("a connection"), connection);
        let id = rehearsal.id().as_str();
        assert!(id.starts_with('~') && id.parse::<rollcall_directory::TenantId>().is_err());

        // Nobody can name it, and no list has it.
        let application = service.application();
        application.get(&format!("/tenants/{id}")).await.expect(404);
        let tenants = application.get("/tenants").await.expect(200);
        assert!(!tenants.body.to_string().contains('~'), "{}", tenants.body);

        // If the process ends here, everything expires.
        let left = thrown_away(service).await;
        assert!(
            !left.is_empty() && left.iter().all(|(_, expires)| *expires),
            "{left:?}"
        );
        rehearsal.end_rehearsal().await.expect("the end");
        assert_eq!(thrown_away(service).await, []);
        assert!(real.rehearsal("none").await.is_err());
    });
}

#[test]
fn conversations_are_those_of_the_transcripts() {
    let folder = format!(
        "{}/../shared/edge/scim/conversations",
        env!("CARGO_MANIFEST_DIR")
    );
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).expect("the conversations") {
        let path = entry.expect("a conversation").path();
        let text = std::fs::read_to_string(&path).expect("a conversation");
        let played: Value = serde_json::from_str(&text).expect("JSON");
        let mut steps: Vec<Value> = Vec::new();
        for name in played["from"].as_array().expect("the transcripts") {
            let name = name.as_str().expect("a name");
            let path = format!("{}/transcripts/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
            let transcript = std::fs::read_to_string(path).expect("a transcript");
            let transcript = rollcall_local::yaml::parse(&transcript).expect("YAML");
            let of = transcript["steps"].as_array().expect("steps");
            steps.extend(
                of.iter()
                    .filter_map(|step| played_step(&transcript["client"], step)),
            );
        }
        let expected = json!({"from": played["from"], "steps": steps});
        if played != expected {
            let name = path.file_name().expect("a name");
            let made = format!("{}/../target/conversations", env!("CARGO_MANIFEST_DIR"));
            let made = std::path::Path::new(&made).join(name);
            std::fs::create_dir_all(made.parent().expect("a folder")).expect("the folder");
            let text = serde_json::to_string_pretty(&expected).expect("JSON");
            std::fs::write(&made, text + "\n").expect("the file");
            panic!(
                "{} differs from the transcripts: copy {} over it",
                path.display(),
                made.display()
            );
        }
        count += 1;
    }
    assert_eq!(count, 8);
}

/// Returns a step of a transcript as a rehearsal plays it; `None` for those of other callers, and those to be refused.
fn played_step(client: &Value, step: &Value) -> Option<Value> {
    let is_refused = step["want"].as_u64().is_none_or(|want| want >= 400);
    let is_idps = step.get("as").is_none_or(|by| by == "idp");
    if is_refused || !is_idps || step.get("raw").is_some() {
        return None;
    }
    let mut headers = client.as_object().cloned().unwrap_or_default();
    headers.extend(step["with"].as_object().cloned().unwrap_or_default());
    headers.retain(|_, value| !value.is_null());
    let mut played = json!({"send": step["send"], "want": step["want"], "headers": headers});
    let body = match step.get("patch") {
        Some(operations) => Some(json!({"schemas": ["<Patch>"], "Operations": operations})),
        None => step.get("body").cloned(),
    };
    let say = step.get("say").cloned();
    for (name, value) in [
        ("body", body),
        ("say", say),
        ("keep", step.get("keep").cloned()),
    ] {
        if let Some(value) = value {
            played[name] = value;
        }
    }
    Some(with_urns(&played))
}

/// Replaces the names of URNs that transcripts use.
fn with_urns(step: &Value) -> Value {
    let mut text = step.to_string();
    for (name, urn) in [
        ("User", urn::USER),
        ("Group", urn::GROUP),
        ("Enterprise", urn::ENTERPRISE),
        ("Patch", urn::PATCH),
        ("List", urn::LIST),
        ("Search", urn::SEARCH),
        ("unknown", "01890a5d-ac96-774b-bcce-b302099a8057"),
    ] {
        text = text.replace(&format!("<{name}>"), urn);
    }
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn a_test_is_run_from_the_guide_without_scripts_and_reads_well() {
    browse(async |service, browser| {
        let tenant = service.tenant("tested").await;
        set_provider(&tenant, Provider::Okta).await;
        browser.disable_scripts().await;
        browser.open_console(service, &tenant, "owner").await;
        let page = format!("/console/connections/{}", tenant.connection_id());
        browser.go(&page).await;
        browser.click("Run a test").await;
        browser.wait_for_text("requests went as Okta expects").await;
    });
    browse(async |service, browser| {
        let tenant = service.tenant("test-looks").await;
        set_provider(&tenant, Provider::Okta).await;
        browser.open_console(service, &tenant, "owner").await;
        let page = format!("/console/connections/{}/test", tenant.connection_id());
        browser.go(&page).await;
        browser.click("Run a test").await;
        browser.wait_for_text("requests went as Okta expects").await;
        let result = browser.url().await;
        assert!(result.contains("?run="), "{result}");
        browser.go(&result).await;
        browser.wait_for_text("requests went as Okta expects").await;
        browser.expand_details().await;
        browser.check_page("test").await;
    });
}
