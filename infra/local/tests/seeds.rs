//! Tests of `--seed`: what a file declares is there with the credentials that it gives, a second start changes nothing, and
//! what is wrong is named with its place.

// A test that panics says what went wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::{fs, process};

use rollcall_local::{Local, Options, Seed, SeedWith, Storage};
use rollcall_tests::api::Api;
use rollcall_tests::idp::Idp;
use serde_json::{Value, json};
use tempfile::TempDir;

const KEY: &str = "test-service-key";
const TOKEN: &str = "test-scim-token";

const FILE: &str = r#"
service_keys:
  - {label: application, value: test-service-key, scopes: [sign_in, introspect, events]}
roles:
  items:
    - {id: reader, name: Reader, rank: 10, by_mapping: true, by_hand: true, by_default: true}
    - {id: writer, name: Writer, rank: 20, by_mapping: true, by_hand: true, permissions: ["documents:write"]}
branding: {product_name: Plumbline, accent: '#5b21b6'}
tenants:
  initech:
    branding: {product_name: Initech Rooms}
    tenant: {display_name: Initech & Sons, settings: {sso_default_role: reader, sign_up: pushed_only}}
    connections:
      okta: {name: Okta, provider: okta}
      entra: {name: Entra, provider: entra}
    role_mappings:
      Editors / EMEA: [writer]
    pushed:
      okta:
        tokens: [{label: ci, value: test-scim-token}]
        people:
          - {userName: ada@example.com, externalId: 00u-ada, name: {givenName: Ada, familyName: Lovelace}, active: true}
          - userName: grace@example.com
            urn:ietf:params:scim:schemas:extension:enterprise:2.0:User: {department: Navy}
        groups:
          - {displayName: Editors / EMEA, members: [ada@example.com]}
      entra:
        people: [{userName: alan@example.com, active: true}]
    given_roles: {alan@example.com: owner}
"#;

fn file(text: &str) -> (TempDir, PathBuf) {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("seed.yaml");
    fs::write(&path, text).unwrap();
    (scratch, path)
}

async fn start(storage: Storage, seed: Option<&Path>) -> Local {
    let seed = seed.map(|path| SeedWith::File(Box::new(Seed::read(path).unwrap())));
    let options = Options {
        storage,
        seed,
        front_page: true,
        ..Options::default()
    };
    Local::start(options).await.unwrap()
}

fn application(local: &Local) -> Api {
    Api::new(local.api_base_url(), Some(KEY.to_owned()))
}

fn idp(local: &Local) -> Idp {
    Idp::new(local.scim_base_url(), Some(TOKEN.to_owned()))
}

async fn role(api: &Api, user_name: &str) -> Value {
    let login = json!({"user_name": user_name});
    let signed_in = api.post("/tenants/initech/sso/logins", login).await;
    signed_in.expect(200).body["role"].clone()
}

#[tokio::test]
async fn what_the_file_declares_is_there_with_the_given_credentials() {
    let (_scratch, path) = file(FILE);
    let local = start(Storage::Memory, Some(&path)).await;
    let api = application(&local);
    assert_eq!(role(&api, "ada@example.com").await, "writer");
    assert_eq!(role(&api, "grace@example.com").await, "reader");
    assert_eq!(role(&api, "alan@example.com").await, "owner");
    // The key has the scopes of the file and no others.
    api.get("/tenants/initech/users").await.expect(403);
    let found = idp(&local)
        .get("/Users?filter=title+pr+or+userName+pr")
        .await;
    let found = found.expect(200).body;
    assert_eq!(found["totalResults"], 3);
    let all = Api::new(local.api_base_url(), Some(local.service_key().to_owned()));
    let of_stack = all.get("/branding").await.expect(200);
    assert_eq!(of_stack.string("/accent"), "#5b21b6");
    let own = all.get("/tenants/initech/branding").await.expect(200);
    assert_eq!(own.string("/product_name"), "Initech Rooms");
    let tenants = local.tenants();
    assert_eq!(
        (tenants.len(), tenants[0].name.as_str()),
        (1, "Initech & Sons")
    );
    assert_eq!(tenants[0].scim_token, TOKEN);
    // A given value is no credential: only the local door knows it.
    assert!(
        local
            .directory()
            .service_keys()
            .verify(KEY)
            .await
            .unwrap()
            .is_none()
    );
}

#[test]
fn the_front_page_shows_the_names_of_the_file_as_text() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (_scratch, path) = file(FILE);
    let local = runtime.block_on(start(Storage::Memory, Some(&path)));
    let mut connection = TcpStream::connect(local.address()).unwrap();
    let host = local.address();
    write!(
        connection,
        "GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut page = String::new();
    connection.read_to_string(&mut page).unwrap();
    assert!(page.contains("Initech &amp; Sons"), "{page}");
}

#[tokio::test]
async fn a_second_start_with_the_same_file_changes_nothing() {
    let (scratch, path) = file(FILE);
    let data = Storage::Disk(scratch.path().join("data"));
    let state = async |local: &Local| {
        let tenant = local.directory().system("initech".parse().unwrap());
        while local.pending() > 0 {
            tokio::task::yield_now().await;
        }
        let all = Api::new(local.api_base_url(), Some(local.service_key().to_owned()));
        let entries = all
            .get("/tenants/initech/audit?limit=500")
            .await
            .expect(200);
        let keys = all.get("/service-keys").await.expect(200);
        let tokens = tenant.credentials().tokens().await.unwrap();
        // Each start makes a new link to the console.
        let changes = |body: &Value| {
            let entries = body["items"].as_array().unwrap().iter();
            entries
                .filter(|entry| entry["type"] != "portal_link.created")
                .count()
        };
        (changes(&entries.body), changes(&keys.body), tokens.len())
    };
    let local = start(data.clone(), Some(&path)).await;
    let first = state(&local).await;
    assert!(first.0 > 8, "{first:?}");
    local.shutdown().await;

    let local = start(data.clone(), Some(&path)).await;
    assert_eq!(state(&local).await, first);
    assert_eq!(
        idp(&local).get("/Users").await.expect(200).body["totalResults"],
        3
    );
    assert_eq!(
        role(&application(&local), "ada@example.com").await,
        "writer"
    );
    local.shutdown().await;

    // What has changed in the file changes, and nothing else.
    fs::write(
        &path,
        FILE.replace("familyName: Lovelace", "familyName: King"),
    )
    .unwrap();
    let local = start(data.clone(), Some(&path)).await;
    let found = idp(&local)
        .get("/Users?filter=name.familyName+eq+%22King%22")
        .await;
    assert_eq!(found.expect(200).body["totalResults"], 1);
    assert_eq!(state(&local).await.1, first.1);
    local.shutdown().await;

    // Without the file, the given values are nobody's.
    let local = start(data, None).await;
    idp(&local).get("/Users").await.expect(401);
    application(&local)
        .get("/tenants/initech/events")
        .await
        .expect(401);
    local.shutdown().await;
}

#[tokio::test]
async fn what_the_api_refuses_is_named_with_its_line() {
    for (from, to, expected) in [
        (
            "provider: entra",
            "provider: entry",
            "`, line 15, `tenants.initech.connections.entra`: ",
        ),
        (
            "[writer]",
            "[writter]",
            "`, line 17, `tenants.initech.role_mappings.Editors / EMEA`: ",
        ),
        (
            "externalId: 00u-ada",
            "emails: 5",
            "`, line 22, `tenants.initech.pushed.okta.people[0]`: ",
        ),
        (
            "members: [ada@example.com]",
            "members: [ada]",
            "`, line 26, `tenants.initech.pushed.okta.groups[0].members[0]`: nobody in `people` of this tenant",
        ),
        (
            "accent: '#5b21b6'",
            "colour: '#5b21b6'",
            "`, line 8, `branding`: ",
        ),
        (
            "{product_name: Initech Rooms}",
            "{accent: violet}",
            "`, line 11, `tenants.initech.branding`: ",
        ),
        (
            "scopes: [sign_in",
            "scopes: [signin",
            "`, line 3, `service_keys[0]`: ",
        ),
    ] {
        let (_scratch, path) = file(&FILE.replace(from, to));
        let options = Options {
            seed: Some(SeedWith::File(Box::new(Seed::read(&path).unwrap()))),
            ..Options::default()
        };
        let error = Local::start(options).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert!(error.ends_with("; correct it and start again"), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

#[test]
fn the_process_says_what_is_wrong_before_it_touches_anything() {
    let (scratch, path) = file("tenants: {acme: {tenent: {}}}");
    let data = scratch.path().join("data");
    let mut command = process::Command::new(env!("CARGO_BIN_EXE_rollcall"));
    command.args(["--port", "0", "--data-dir"]).arg(&data);
    let ended = command.arg("--seed").arg(&path).output().unwrap();
    let error = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1));
    assert!(
        error.contains("line 1, `tenants.acme.tenent`: unknown field"),
        "{error}"
    );
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(!data.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_of_which_only_a_part_is_there_is_refused() {
    let (scratch, path) = file("tenants: {larkfield: {tenant: {display_name: Larkfield}}}");
    let storage = || Storage::Disk(scratch.path().join("data"));
    drop(start(storage(), Some(&path)).await);
    let options = Options {
        storage: storage(),
        seed: Some(SeedWith::Demo),
        ..Options::default()
    };
    let error = Local::start(options).await.unwrap_err().to_string();
    assert_eq!(
        error,
        "the demo cannot be written: an earlier start ended before it had written everything; delete the data directory \
         and start again"
    );
}
