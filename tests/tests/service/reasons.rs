//! Reason codes: every refusal and every odd reading of a request has one, in the response, the log, the API, the
//! console and the documents.

use std::fs;
use std::path::Path;

use http::Method;
use rollcall_directory::{Reason, Refusal, Role, Settings, UnknownMembers};
use rollcall_edge_http::Problem;
use rollcall_scim::Reading;
use rollcall_scim::limits::{MAX_BODY_BYTES, MAX_PATCH_OPERATIONS};
use rollcall_tests::faults::Fault;
use rollcall_tests::idp::{Answer, Idp};
use rollcall_tests::service::{Service, run};
use rollcall_tests::urn;
use rollcall_tests::visitor::Visitor;
use serde_json::{Value, json};

const DOCUMENT: &str = include_str!("../../../infra/reasons.md");

fn user(name: &str) -> Value {
    json!({"schemas": [urn::USER], "userName": name})
}

/// Sends requests that are refused, each for another reason.
async fn refusals(idp: &Idp) -> Vec<(Reason, Answer)> {
    let path = format!("/Users/{}", idp.user("ada").await);
    let patch = async |operations: Value| idp.patch(&path, operations).await;
    let title = json!({"op": "add", "path": "title", "value": "x"});
    let nobody =
        json!({"schemas": [urn::GROUP], "displayName": "g", "members": [{"value": "nobody"}]});
    let broken = idp.request(Method::POST, "/Users").raw("{");
    let large = idp
        .request(Method::POST, "/Users")
        .raw(" ".repeat(MAX_BODY_BYTES + 1));
    let stale = idp
        .request(Method::PUT, &path)
        .header("if-match", "W/\"0\"");
    vec![
        (Reason::InvalidSyntax, broken.send().await),
        (Reason::InvalidValue, idp.post("/Users", user(" ")).await),
        (
            Reason::InvalidFilter,
            idp.get("/Users?filter=nonsense").await,
        ),
        (
            Reason::InvalidPath,
            patch(json!([{"op": "add", "path": "a b", "value": "x"}])).await,
        ),
        (Reason::NoTarget, patch(json!([{"op": "remove"}])).await),
        (
            Reason::NotMutable,
            patch(json!([{"op": "remove", "path": "userName"}])).await,
        ),
        (
            Reason::TooMany,
            patch(json!(vec![title; MAX_PATCH_OPERATIONS + 1])).await,
        ),
        (
            Reason::InvalidCursor,
            idp.get("/Users?cursor=nonsense").await,
        ),
        (
            Reason::InvalidCount,
            idp.get("/Users?cursor&count=nonsense").await,
        ),
        (Reason::BodyTooLarge, large.send().await),
        (Reason::NoEndpoint, idp.get("/Nothing").await),
        (Reason::MethodNotAllowed, idp.delete("/Users").await),
        (Reason::NotImplemented, idp.get("/Me").await),
        (Reason::NotFound, idp.get("/Users/none").await),
        (Reason::NotUnique, idp.post("/Users", user("ADA")).await),
        (
            Reason::PreconditionFailed,
            stale.body(&user("ada")).send().await,
        ),
        (Reason::UnknownMember, idp.post("/Groups", nobody).await),
    ]
}

#[test]
fn a_refusal_has_its_code_in_the_response_and_in_the_log() {
    run(async |service| {
        let settings = Settings {
            rate_limit: None,
            unknown_members: UnknownMembers::Reject,
            ..Settings::default()
        };
        let tenant = service.tenant_with("reasons", settings).await;
        let admin = service.admin(&tenant, Role::Admin).await;
        let mut expected = Vec::new();
        for (reason, answer) in refusals(&tenant.idp()).await {
            answer.because(reason);
            expected.push(reason.as_str());
        }
        let mut logged = admin.all("/requests?failed=true").await;
        logged.reverse();
        let logged: Vec<_> = logged.iter().map(|item| item["reason"].as_str()).collect();
        // Requests for unknown endpoints can be answered by API Gateway, which writes no log.
        let logged: Vec<&str> = logged.into_iter().map(Option::unwrap_or_default).collect();
        for reason in expected {
            let gateway = [
                Reason::MethodNotAllowed.as_str(),
                Reason::NoEndpoint.as_str(),
            ];
            assert!(
                logged.contains(&reason) || gateway.contains(&reason),
                "{reason}: {logged:?}"
            );
        }
        let found = admin.all("/requests?text=not_unique").await;
        assert_eq!(found.len(), 1, "{found:?}");
    });
}

#[test]
fn a_caller_does_not_learn_why_a_token_is_refused() {
    run(async |service| {
        let tenant = service.tenant("reasons-tokens").await;
        let (id, secret) = tenant.issue("revoked", None).await;
        tenant.revoke(&id).await;
        for token in [None, Some("nonsense"), Some(&*secret)] {
            let refused = tenant
                .idp()
                .with_token(token)
                .get("/Users")
                .await
                .expect(401);
            refused.because(Reason::NotAuthenticated);
        }
    });
}

#[test]
fn a_fault_of_the_table_is_unavailable_or_internal() {
    run(async |_| {
        let (service, faults) = Service::with_faults().await;
        let tenant = service.tenant("reasons-faults").await;
        let id = tenant.idp().user("ada").await;
        let mut seen = Vec::new();
        faults.schedule(|call| match call.body["Key"]["SK"].is_object() {
            true => Fault::ServerError,
            false => Fault::None,
        });
        let read = tenant.idp().request(Method::GET, &format!("/Users/{id}"));
        let answer = read.allow_500().send().await;
        faults.clear();
        seen.extend(answer.header("rollcall-reason").and_then(Reason::of));
        let faults = [Reason::Internal, Reason::Unavailable];
        assert!(
            seen.iter().all(|reason| faults.contains(reason)),
            "{seen:?}"
        );
        assert_eq!(seen.len(), 1, "{}", answer.status);
    });
}

#[test]
fn a_problem_document_has_its_code() {
    run(async |service| {
        let tenant = service.tenant("reasons-api").await;
        let admin = service.admin(&tenant, Role::Owner).await;
        let ada = tenant.idp().user("ada").await;
        let group = tenant.idp().group("g", &[&ada]).await;
        let mapping = format!("/scim/groups/{group}/role-mapping");
        let owner = json!({"role_id": "owner"});
        let refused = admin.put(&mapping, owner).await.expect(400);
        refused.because(Reason::RoleNotMappable);
        let viewer = service.admin(&tenant, Role::Viewer).await;
        let refused = viewer
            .post("/scim/connections", json!({}))
            .await
            .expect(403);
        refused.because(Reason::Forbidden);
        admin
            .get("/nothing")
            .await
            .expect(404)
            .because(Reason::NoEndpoint);
        let nobody = service.application().with(None);
        nobody
            .get("/settings")
            .await
            .expect(401)
            .because(Reason::NotAuthenticated);
        let off = json!([{"op": "replace", "path": "active", "value": false}]);
        tenant
            .idp()
            .patch(&format!("/Users/{ada}"), off)
            .await
            .expect(200);
        let refused = service.application().log_in(tenant.id(), "ada", None).await;
        refused.expect(403).because(Reason::PersonInactive);
    });
}

#[test]
fn odd_readings_are_in_the_log_and_on_the_page() {
    run(async |service| {
        let tenant = service.tenant("readings").await;
        let (idp, admin) = (tenant.idp(), service.admin(&tenant, Role::Admin).await);
        let with_mark = format!("\u{feff}{}", user("ada"));
        let marked = idp.request(Method::POST, "/Users").raw(with_mark);
        let marked = marked.header("content-type", "text/plain").send().await;
        let path = format!("/Users/{}", marked.expect(201).id());
        let odd = json!([{"op": "Replace", "path": "active", "value": "True"},
                         {"op": "add", "path": "emails[type eq \"work\"].value", "value": "a@b"}]);
        idp.patch(&path, odd).await.expect(200);
        idp.get("//Users/?count=1").await.expect(200);
        let html = idp.request(Method::GET, "/Users?colour=red");
        html.header("accept", "text/html").send().await.expect(200);
        idp.group("g", &["nobody"]).await;
        idp.filter("/Users", "userName eq ada and")
            .await
            .expect(400);
        idp.get("/Users?count=1").await.expect(200);
        let mut logged = admin.all("/requests").await;
        logged.reverse();
        let expected = [
            &[Reading::ContentTypeIgnored, Reading::ByteOrderMarkDropped][..],
            &[
                Reading::BooleanAsText,
                Reading::OperationInOtherCase,
                Reading::ValueFromFilter,
            ],
            &[Reading::PathRespelled],
            &[Reading::ParameterIgnored, Reading::AcceptIgnored],
            &[Reading::MemberSkipped],
            // A refused request has those that were noted before the refusal.
            &[Reading::FilterWithoutQuotes],
            &[],
        ];
        assert_eq!(logged.len(), expected.len(), "{logged:#?}");
        for (item, expected) in logged.iter().zip(expected) {
            let codes: Vec<&str> = expected.iter().map(|one| one.as_str()).collect();
            let readings = item.get("readings").cloned().unwrap_or(json!([]));
            assert_eq!(readings, json!(codes), "{item}");
        }
        let about = json!([{"reading": Reading::BooleanAsText.as_str(), "attribute": "active"}]);
        assert_eq!(logged[1]["read_attributes"], about);
        assert_eq!(logged[2].get("read_attributes"), None);
        let visitor = Visitor::with_link(service, &tenant, Role::Admin).await;
        let id = logged[2]["id"].as_str().unwrap_or_default();
        let page = visitor
            .get(&format!("/console/activity/requests/{id}"))
            .await
            .expect(200);
        assert!(
            page.html.contains(Reading::PathRespelled.as_str()),
            "{}",
            page.html
        );
        let meaning = Reading::PathRespelled.meaning();
        let beginning = meaning.split(',').next().unwrap_or_default();
        assert!(page.html.contains(beginning), "{}", page.html);
    });
}

#[test]
fn codes_that_only_logs_or_pages_have() {
    for (refusal, reason) in [
        (Refusal::Malformed, Reason::TokenMalformed),
        (Refusal::Unknown, Reason::TokenUnknown),
        (Refusal::Revoked, Reason::TokenRevoked),
        (Refusal::Expired, Reason::TokenExpired),
        (Refusal::ForeignAddress, Reason::AddressNotAllowed),
    ] {
        assert_eq!(refusal.reason(), reason);
    }
    let version = Reason::from(&rollcall_scim::Error::InvalidVersion);
    assert_eq!(version, Reason::UnsupportedVersion);
    let conflict = Problem::conflict("two people changed it");
    assert_eq!(
        (conflict.status(), conflict.reason()),
        (409, Reason::Conflict)
    );
}

/// Returns all codes with their meanings: those of refusals, and those of readings.
fn codes() -> [Vec<(&'static str, &'static str)>; 2] {
    [
        Reason::ALL
            .iter()
            .map(|one| (one.as_str(), one.meaning()))
            .collect(),
        Reading::ALL
            .iter()
            .map(|one| (one.as_str(), one.meaning()))
            .collect(),
    ]
}

#[test]
fn the_document_lists_the_codes() {
    let documented = |heading: &str| -> Vec<&str> {
        let (_, section) = DOCUMENT.split_once(heading).expect(heading);
        let section = section.split("\n## ").next().unwrap_or_default();
        section
            .lines()
            .filter(|line| line.starts_with("| `"))
            .collect()
    };
    let [reasons, readings] = codes();
    for (heading, codes) in [
        ("\n## Refusals\n", reasons),
        ("\n## Odd readings\n", readings),
    ] {
        let rows = codes
            .iter()
            .map(|(code, meaning)| format!("| `{code}` | {meaning} |"));
        assert_eq!(documented(heading), rows.collect::<Vec<_>>());
    }
}

#[test]
fn the_openapi_document_lists_the_codes() {
    run(async |service| {
        let nobody = service.application().with(None);
        let document = nobody.get("/openapi.json").await.expect(200).body;
        for (schema, codes) in ["ReasonCode", "ReadingCode"].into_iter().zip(codes()) {
            let codes: Vec<&str> = codes.into_iter().map(|(code, _)| code).collect();
            let schema = &document["components"]["schemas"][schema];
            assert_eq!(schema["enum"], json!(codes), "{schema}");
        }
        let problem = &document["components"]["schemas"]["Problem"]["properties"];
        assert_eq!(problem["reason"]["$ref"], "#/components/schemas/ReasonCode");
    });
}

#[test]
fn every_gateway_response_has_a_known_code() {
    let template = include_str!("../../../infra/template.yaml");
    let (_, section) = template.split_once("GatewayResponses:").expect("a section");
    let (responses, _) = section
        .split_once("DEFAULT_5XX:")
        .expect("the last response");
    let statuses = responses.matches("StatusCode: ").count();
    let codes = responses.split("Rollcall-Reason: \"'").skip(1);
    let codes: Vec<&str> = codes.filter_map(|rest| rest.split('\'').next()).collect();
    assert_eq!(codes.len(), statuses);
    for code in codes {
        assert!(Reason::of(code).is_some(), "{code}");
    }
}

/// The codes are unique, and each is named by a test: as the variant or as the code.
#[test]
fn every_code_has_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut tests = fs::read_to_string(root.join("../shared/scim/src/reading/tests.rs")).unwrap();
    for file in fs::read_dir(root.join("tests/service")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            tests += &fs::read_to_string(path).unwrap();
        }
    }
    let named = |name: String| {
        let after = |place: usize| tests[place + name.len()..].chars().next();
        let mut places = tests.match_indices(&name).map(|(place, _)| after(place));
        places.any(|next| !next.is_some_and(char::is_alphanumeric))
    };
    for reason in Reason::ALL {
        assert!(
            named(format!("Reason::{reason:?}")),
            "no test names {reason:?}"
        );
    }
    for reading in Reading::ALL {
        assert!(
            named(format!("Reading::{reading:?}")),
            "no test names {reading:?}"
        );
    }
    let mut codes = codes().concat();
    let all = codes.len();
    codes.sort_unstable();
    codes.dedup_by_key(|(code, _)| *code);
    assert_eq!(codes.len(), all, "a code stands for two things");
}
