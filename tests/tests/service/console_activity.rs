//! The lists of Activity without scripts: lines in words, bursts, records, filters, and the tail of a live list.

use jiff::{SignedDuration, Timestamp};
use rollcall_directory::{LoggedRequest, Role};
use rollcall_tests::idp::encode;
use rollcall_tests::service::{Service, Tenant, run};
use rollcall_tests::urn;
use rollcall_tests::visitor::Visitor;
use serde_json::json;

use crate::digest::log;

/// Returns the ids of the entries that a page has lines for.
fn entries(html: &str) -> Vec<&str> {
    let behind = html.split("data-entry=\"").skip(1);
    behind.filter_map(|text| text.split('"').next()).collect()
}

/// Returns the addresses of a page that contain this text.
fn addresses(html: &str, part: &str) -> Vec<String> {
    let links = html.split("href=\"").skip(1);
    let links = links.filter_map(|text| text.split('"').next());
    let links = links.filter(|link| link.contains(part));
    links
        .map(|link| link.replace("&#38;", "&").replace("&amp;", "&"))
        .collect()
}

/// Creates a tenant with some requests: Maya arrives, joins Finance and leaves.
async fn with_requests(service: &Service, name: &str) -> (Tenant, String) {
    let tenant = service.tenant(name).await;
    let idp = tenant.idp();
    idp.filter("/Users", "userName eq \"maya@example.test\"")
        .await
        .expect(200);
    let maya = json!({
        "schemas": [urn::USER], "userName": "maya@example.test", "displayName": "Maya Chen", "active": true,
        "title": "Engineer", "password": "hunter2",
    });
    let id = idp.post("/Users", maya.clone()).await.expect(201).id();
    idp.post("/Users", maya).await.expect(409);
    let grace = idp.user("grace").await;
    let ada = idp.user("ada").await;
    let finance = idp.group("Finance", &[]).await;
    let join = |ids: &[&String]| {
        let ids: Vec<_> = ids.iter().map(|id| json!({"value": id})).collect();
        json!([{"op": "add", "path": "members", "value": ids}])
    };
    let path = format!("/Groups/{finance}");
    idp.patch(&path, join(&[&id])).await.expect(204);
    idp.patch(&path, join(&[&grace, &ada])).await.expect(204);
    let off = json!([{"op": "replace", "path": "active", "value": false}]);
    idp.patch(&format!("/Users/{id}"), off).await.expect(200);
    (tenant, id)
}

#[test]
fn lines_say_in_words_what_was_done() {
    run(async |service| {
        let (tenant, maya) = with_requests(service, "in-words").await;
        let visitor = Visitor::with_link(service, &tenant, Role::Admin).await;
        let page = visitor.get("/console/activity").await.expect(200).html;
        for said in [
            "Searched for <bdi>maya@example.test</bdi>: no match",
            "Added <bdi>Maya Chen</bdi>",
            "Could not add <bdi>Maya Chen</bdi>: user name taken",
            "Added group <bdi>Finance</bdi>",
            "Added <bdi>Maya Chen</bdi> to <bdi>Finance</bdi>",
            "Added 2 members to <bdi>Finance</bdi>",
            "Deactivated <bdi>Maya Chen</bdi>",
        ] {
            assert!(page.contains(said), "{said}: {page}");
        }
        assert!(!page.contains(&format!("/Users/{maya}")), "{page}");
        assert!(page.contains("Looked through everything the log keeps."));
        let page = visitor
            .get("/console/activity/audit")
            .await
            .expect(200)
            .html;
        for said in [
            "Added <bdi>Maya Chen</bdi> to <bdi>Finance</bdi>",
            "Added 2 members to <bdi>Finance</bdi>",
            "Deactivated <bdi>Maya Chen</bdi>",
        ] {
            assert!(page.contains(said), "{said}: {page}");
        }
    });
}

#[test]
fn a_record_has_an_address_of_its_own() {
    run(async |service| {
        let (tenant, maya) = with_requests(service, "record").await;
        let visitor = Visitor::with_link(service, &tenant, Role::Admin).await;
        let page = visitor.get("/console/activity?failed=yes").await;
        let page = page.expect(200).html;
        assert_eq!(entries(&page).len(), 1, "{page}");
        let address = addresses(&page, "entry=").remove(0);
        assert!(address.contains("failed=yes"), "{address}");
        let record = visitor.get(&address).await.expect(200).html;
        for text in [
            "<h2 id=\"record-title\">Could not add <bdi>Maya Chen</bdi>: user name taken</h2>",
            "Someone already has this user name",
            "<p class=\"fine\">Nothing.</p>",
            "uniqueness",
            "maya<wbr>@example.<wbr>test",
            "data-copy=\"request-id\"",
            "aria-current=\"true\"",
        ] {
            assert!(record.contains(text), "{text}: {record}");
        }
        assert!(!record.contains("hunter2"), "{record}");
        let close = addresses(&record, "/console/activity?failed=yes");
        assert!(close.contains(&"/console/activity?failed=yes".to_owned()));

        // The record of a change has the values before and after, whom it is about, and the request.
        let page = visitor
            .get("/console/activity/audit?action=user.deactivated")
            .await
            .expect(200);
        let address = addresses(&page.html, "entry=").remove(0);
        let record = visitor.get(&address).await.expect(200).html;
        for text in [
            "Deactivated <bdi>Maya Chen</bdi>",
            "<code>PATCH</code>",
            "user.deactivated",
            &format!("href=\"/console/people/{maya}\""),
            "data-label=\"Before\"",
        ] {
            assert!(record.contains(text), "{text}: {record}");
        }
        for (list, unknown) in [
            ("activity", "none"),
            ("activity/audit", "none"),
            ("activity", "01890a5d-ac96-774b-bcce-b302099a8057"),
            ("activity/audit", "01890a5d-ac96-774b-bcce-b302099a8057"),
        ] {
            let path = format!("/console/{list}?entry={unknown}");
            visitor.part(&path).await.expect(404);
            let page = visitor.get(&path).await.expect(200).html;
            assert!(page.contains("This entry is no longer kept"), "{page}");
            assert!(page.contains("Added <bdi>Maya Chen</bdi>"), "{page}");
            // Only the choice of a language leads back to this very address.
            let back = format!("name=\"back\" value=\"/{list}?entry={unknown}\"");
            let page = page.replace(&back, "");
            assert!(!page.contains("entry=none"), "{page}");
        }
    });
}

#[test]
fn a_burst_is_one_line_without_the_failures() {
    run(async |service| {
        let tenant = service.tenant("burst").await;
        let idp = tenant.idp();
        for name in ["a", "b", "c", "d"] {
            idp.user(name).await;
        }
        let again = json!({"schemas": [urn::USER], "userName": "a"});
        idp.post("/Users", again).await.expect(409);
        for name in ["e", "f", "g"] {
            idp.user(name).await;
        }
        let visitor = Visitor::with_link(service, &tenant, Role::Admin).await;
        let page = visitor.get("/console/activity").await.expect(200).html;
        let four = page.find("Added 4 people");
        let failed = page.find("Could not add <bdi>a</bdi>: user name taken");
        let three = page.find("Added 3 people");
        assert!(three < failed && failed < four, "{page}");
        assert!(three.is_some() && entries(&page).len() == 1, "{page}");
        assert!(!page.contains("possibly earlier"), "{page}");

        // It unfolds at an address of its own, and folds again.
        let unfold = addresses(&page, "burst=");
        assert_eq!(unfold.len(), 2, "{unfold:?}");
        let open = visitor.get(&unfold[1]).await.expect(200).html;
        assert_eq!(entries(&open).len(), 5, "{open}");
        assert!(open.contains("aria-expanded=\"true\""), "{open}");
        for name in ["a", "b", "c", "d"] {
            assert!(
                open.contains(&format!("Added <bdi>{name}</bdi>")),
                "{name}: {open}"
            );
        }
        let each = visitor.get("/console/activity?each=yes").await.expect(200);
        assert_eq!(entries(&each.html).len(), 8);
    });
}

#[test]
fn the_people_of_one_mapping_are_one_line() {
    run(async |service| {
        let tenant = service.tenant("one-mapping").await;
        let idp = tenant.idp();
        let mut people = Vec::new();
        for name in ["ann", "ben", "cat", "dan"] {
            people.push(idp.user(name).await);
        }
        let members: Vec<&str> = people.iter().map(String::as_str).collect();
        let group = idp.group("Everyone", &members).await;
        service.drained().await;
        let admin = service.admin(&tenant, Role::Owner).await;
        let path = format!("/scim/groups/{group}/role-mapping");
        let viewer = json!({"role_id": "viewer"});
        admin.put(&path, viewer).await.expect(200);
        service.drained().await;
        let visitor = Visitor::with_link(service, &tenant, Role::Admin).await;
        let page = visitor
            .get("/console/activity/audit")
            .await
            .expect(200)
            .html;
        assert!(
            page.contains("Mapping changed: 4 people became Viewer"),
            "{page}"
        );
        let said = "Role of members of <bdi>Everyone</bdi>: none → Viewer";
        assert!(page.contains(said), "{page}");
    });
}

#[test]
fn a_burst_that_a_page_cuts_says_that_it_may_go_on() {
    run(async |service| {
        let tenant = service.tenant("cut").await;
        let begin: Timestamp = "2026-11-01T12:00:00Z".parse().unwrap_or_default();
        let requests = (0..2_500).map(|n| {
            let mut request = LoggedRequest::new("POST", "/Users", 201);
            request.changes = vec!["user.created".to_owned()];
            (begin + SignedDuration::from_millis(n * 10), request)
        });
        log(tenant.directory(), requests).await;
        let visitor = Visitor::with_link(service, &tenant, Role::Admin).await;
        let page = visitor.get("/console/activity").await.expect(200).html;
        for text in [
            "Added 2,000 people",
            ">at least 2,000×<",
            "possibly earlier",
            "Looked back to",
        ] {
            assert!(page.contains(text), "{text}: {page}");
        }
        let open = visitor
            .get(&addresses(&page, "burst=")[0])
            .await
            .expect(200)
            .html;
        assert_eq!(entries(&open).len(), 50);
        assert!(open.len() < 100_000, "{}", open.len());
        let each = addresses(&open, "each=yes");
        let each = visitor.get(&each[0]).await.expect(200).html;
        assert_eq!(entries(&each).len(), 100);
        assert!(each.len() < 100_000, "{}", each.len());
        // The next page has the rest.
        let next = addresses(&page, "after=");
        let next = visitor.get(next.last().unwrap()).await.expect(200).html;
        assert!(
            next.contains("Added 500 people") && !next.contains("possibly earlier"),
            "{next}"
        );
    });
}

#[test]
fn filters_are_in_the_address_and_can_be_removed() {
    run(async |service| {
        let (tenant, maya) = with_requests(service, "filters").await;
        let visitor = Visitor::with_link(service, &tenant, Role::Admin).await;
        let count = async |query: &str| {
            let path = format!("/console/activity?each=yes&{query}");
            entries(&visitor.get(&path).await.expect(200).html).len()
        };
        let connection = tenant.connection_id();
        for (query, expected) in [
            ("", 9),
            ("failed=yes", 1),
            ("method=PATCH", 3),
            ("method=DELETE", 0),
            ("result=refused", 1),
            ("result=done", 8),
            ("change=group.members_changed", 2),
            ("change=user.deactivated&method=PATCH", 1),
            (&*format!("connection={connection}"), 9),
            ("connection=other", 0),
            (&format!("person={maya}"), 5),
            ("from=2999-01-01", 0),
        ] {
            assert_eq!(count(query).await, expected, "{query}");
        }
        let path = format!("/console/activity?failed=yes&method=POST&connection={connection}");
        let page = visitor.get(&path).await.expect(200).html;
        for chip in ["Failures only", "Additions (POST)", "identity provider"] {
            let chip = format!("aria-current=\"true\"><bdi>{chip}</bdi>");
            assert!(page.contains(&chip), "{chip}: {page}");
        }
        let without = format!("/console/activity?connection={connection}&method=POST");
        assert!(addresses(&page, "").contains(&without), "{page}");
        visitor
            .get("/console/activity?result=wrong")
            .await
            .expect(400);

        let of_group = "/console/activity/audit?action=group.";
        let page = visitor.get(of_group).await.expect(200).html;
        assert!(
            page.contains("aria-current=\"true\"><bdi>Groups</bdi>"),
            "{page}"
        );
        let by = format!(
            "/console/activity/audit?actor={}",
            encode("identity provider")
        );
        let page = visitor.get(&by).await.expect(200).html;
        assert!(page.contains("By identity provider"), "{page}");
    });
}

#[test]
fn a_search_says_how_far_it_has_looked() {
    run(async |service| {
        let tenant = service.tenant("how-far").await;
        let begin: Timestamp = "2026-11-01T12:00:00Z".parse().unwrap_or_default();
        let requests = (0..2_100).map(|n| {
            let request = LoggedRequest::new("GET", "/Users", 200);
            (begin + SignedDuration::from_secs(n), request)
        });
        log(tenant.directory(), requests).await;
        let visitor = Visitor::with_link(service, &tenant, Role::Admin).await;
        let first = visitor.get("/console/activity?text=nobody").await;
        let first = first.expect(200).html;
        assert!(first.contains("No match so far. Looked back to"), "{first}");
        let next = addresses(&first, "after=").pop().unwrap_or_default();
        assert!(next.contains("text=nobody"), "{next}");
        let last = visitor.get(&next).await.expect(200).html;
        assert!(
            last.contains("No match. Looked through everything the log keeps."),
            "{last}"
        );
    });
}

#[test]
fn the_tail_of_a_live_list_has_only_what_came_since() {
    run(async |service| {
        let (tenant, _) = with_requests(service, "tail").await;
        let visitor = Visitor::with_link(service, &tenant, Role::Admin).await;
        let second = SignedDuration::from_secs(1);
        let hour = SignedDuration::from_hours(1);
        let now = Timestamp::now();
        let later = |target: &str| LoggedRequest::new("GET", target, 200);
        log(
            tenant.directory(),
            [
                (now - hour, later("/Schemas")),
                (now - hour + second, later("/Users/x")),
                (now - hour + 2 * second, later("/Groups/y")),
            ],
        )
        .await;
        let until = encode(&(now - hour).to_string());
        for list in ["activity", "activity/audit"] {
            let live = visitor.get(&format!("/console/{list}?live=yes")).await;
            let live = live.expect(200).html;
            let tail = live.contains("id=\"tail\"") && live.contains("every 4s");
            assert!(tail && live.contains("Pause"), "{live}");
            let ended = format!("/console/{list}?to=2999-01-01&live=yes");
            let ended = visitor.get(&ended).await.expect(200).html;
            assert!(!ended.contains("id=\"tail\""), "{ended}");
            let later = visitor.get(&format!("/console/{list}?after=x")).await;
            assert!(!later.expect(200).html.contains("live=yes"));
        }
        let path = format!("/console/activity/new?since={until}&live=yes");
        let tail = visitor.get(&path).await.expect(200).html;
        assert!(tail.starts_with("<tbody id=\"tail\""), "{tail}");
        assert!(tail.contains("Read a deleted person"), "{tail}");
        assert!(tail.contains("Read a deleted group"), "{tail}");
        assert!(!tail.contains("what the service offers"), "{tail}");
        // A read goes back a little, and leaves out what was shown.
        let shown = entries(&tail).into_iter().map(|id| &id[id.len() - 8..]);
        let shown = shown.collect::<Vec<_>>().join("-");
        let begun = encode(&now.to_string());
        let since = encode(&(now - hour + 2 * second).to_string());
        let again = format!("/console/activity/new?since={since}&begun={begun}&live=yes");
        let late = visitor.get(&again).await.expect(200).html;
        assert!(late.contains("Read a deleted group"), "{late}");
        assert!(late.contains("what the service offers"), "{late}");
        let again = format!("{again}&shown={shown}&quiet=14");
        let late = visitor.get(&again).await.expect(200).html;
        assert!(!late.contains("Read a deleted"), "{late}");
        assert!(late.contains("what the service offers"), "{late}");
        // After half an hour, it pauses.
        let paused = format!("{path}&begun={until}");
        let paused = visitor.get(&paused).await.expect(200).html;
        assert!(
            paused.contains("Paused. <a href=\"/console/activity?live=yes\""),
            "{paused}"
        );
        assert!(!paused.contains("hx-get"), "{paused}");
        let path = format!("{path}&method=POST");
        let tail = visitor.get(&path).await.expect(200).html;
        assert!(!tail.contains("Read a deleted person"), "{tail}");
        // Where it is not known since when, nothing has come.
        for list in ["activity", "activity/audit"] {
            let path = format!("/console/{list}/new");
            let tail = visitor.get(&path).await.expect(200).html;
            assert!(entries(&tail).is_empty(), "{tail}");
        }
    });
}

#[test]
fn a_deletion_has_the_name_that_the_journal_holds() {
    run(async |service| {
        let tenant = service.tenant("named-deletion").await;
        let idp = tenant.idp();
        let (ada, team) = (
            idp.user("ada@example.test").await,
            idp.group("Team", &[]).await,
        );
        for path in [format!("/Users/{ada}"), format!("/Groups/{team}")] {
            idp.delete(&path).await.expect(204);
        }
        service.drained().await;
        let visitor = Visitor::with_link(service, &tenant, Role::Admin).await;
        let said = async || {
            let page = visitor.get("/console/activity").await.expect(200).html;
            let page = page.replace("<bdi>", "").replace("</bdi>", "");
            page.replace(['\u{2068}', '\u{2069}'], "")
        };
        let page = said().await;
        for text in ["Deleted ada@example.test", "Deleted group Team"] {
            assert!(page.contains(text), "{text}: {page}");
        }
        // Of somebody who was erased, nothing is left.
        let erase = format!("/tenants/{}/users/{ada}/erasure", tenant.id());
        let application = service.application();
        let ordered = application.post(&erase, json!({})).await;
        assert!([200, 202].contains(&ordered.status), "{:?}", ordered.body);
        service.drained().await;
        let page = said().await;
        assert!(!page.contains("ada@example.test"), "{page}");
    });
}
