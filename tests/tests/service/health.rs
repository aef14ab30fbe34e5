//! Health findings, produced by real requests of an identity provider and the application.

use std::collections::BTreeSet;

use futures::stream::{self, StreamExt};
use rollcall_directory::{Diagnosis, Role, RoleSync, RouteBy, Settings, UnknownMembers};
use rollcall_insight::FindingKind::{self, *};
use rollcall_insight::Insight;
use rollcall_tests::seed::{group, person, sign_in};
use rollcall_tests::service::{Tenant, run};
use rollcall_tests::table::TestTable;
use serde_json::json;

async fn finding_kinds(tenant: &Tenant) -> BTreeSet<FindingKind> {
    let health = Insight::of(tenant.directory()).health().await.unwrap();
    assert!(health.complete);
    assert!(health.findings.is_sorted_by_key(|finding| finding.severity));
    for finding in &health.findings {
        assert!(!finding.title().is_empty() && finding.advice().len() > 80);
    }
    health.findings.into_iter().map(|f| f.kind).collect()
}

#[test]
fn the_first_hour() {
    run(async |service| {
        let tenant = service.tenant("first-hour").await;
        let (idp, application) = (tenant.idp(), service.application());
        let expect = async |expected: &[FindingKind]| {
            assert_eq!(
                finding_kinds(&tenant).await,
                BTreeSet::from_iter(expected.iter().copied())
            );
        };
        expect(&[NeverHeardFrom]).await;
        idp.get("/Users?startIndex=1&count=1").await.expect(200);
        expect(&[]).await;
        let ann = idp.user("ann").await;
        expect(&[UsersWithoutGroups, NeverSignedIn]).await;
        let team = idp.group("team", &[]).await;
        expect(&[EmptyGroups, NeverSignedIn]).await;
        let join = json!([{"op": "add", "path": "members", "value": [{"value": ann}]}]);
        idp.patch(&format!("/Groups/{team}"), join)
            .await
            .expect(204);
        expect(&[UnmappedGroups, NeverSignedIn]).await;
        application
            .log_in(tenant.id(), "ann", None)
            .await
            .expect(200);
        let by_name = NeitherSubjectNorConnection;
        expect(&[UnmappedGroups, DefaultRoleWithoutMapping, by_name]).await;
        let directory = tenant.directory();
        let findings = Insight::of(directory).health().await.unwrap().findings;
        let found = findings
            .iter()
            .find(|f| f.kind == DefaultRoleWithoutMapping);
        let (title, people) = (found.unwrap().title(), &found.unwrap().among);
        assert!(
            title.starts_with("1 person has only the default role, Member: no group"),
            "{title}"
        );
        assert_eq!((&*people[0].name, &people[0].id), ("ann", &ann));
        directory
            .roles()
            .map_group(&team, Some(Role::Admin))
            .await
            .unwrap();
        // No sign-in had the claim, but Ann is an admin through the mapping, so only the missing claim is reported.
        expect(&[ClaimMissing, by_name]).await;
        application
            .log_in(tenant.id(), "ann", Some(&["team"]))
            .await
            .expect(200);
        expect(&[by_name]).await;
    });
}

#[test]
fn people_who_got_a_role_since_are_not_reported() {
    run(async |service| {
        let settings = Settings {
            rate_limit: None,
            sso_default_role: Some(Role::Viewer.into()),
            ..Settings::default()
        };
        let tenant = service.tenant_with("mended", settings).await;
        let (idp, directory) = (tenant.idp(), tenant.directory());
        let mut people = Vec::new();
        for name in ["ann", "bob", "cy", "dee"] {
            people.push(idp.user(name).await);
            let application = service.application();
            application
                .log_in(tenant.id(), name, None)
                .await
                .expect(200);
        }
        let team = idp.group("team", &[&people[0]]).await;
        let reported = async || -> Vec<String> {
            let findings = Insight::of(directory).health().await.unwrap().findings;
            let undecided = [DefaultRoleWithoutMapping, DefaultRoleWithoutClaim];
            let mut findings = findings.into_iter();
            let found = findings.find(|finding| undecided.contains(&finding.kind));
            let Some(found) = found else {
                return Vec::new();
            };
            assert_eq!(found.role, Some(Role::Viewer));
            let mut names: Vec<_> = found.among.into_iter().map(|one| one.name).collect();
            names.sort();
            names
        };
        assert_eq!(reported().await, ["ann", "bob", "cy", "dee"]);
        directory
            .roles()
            .map_group(&team, Some(Role::Admin))
            .await
            .unwrap();
        assert_eq!(reported().await, ["bob", "cy", "dee"]);
        let by_hand = directory
            .roles()
            .give_role(&people[1], Some(Role::Member), Role::Owner);
        by_hand.await.unwrap();
        idp.delete(&format!("/Users/{}", people[2]))
            .await
            .expect(204);
        let off = json!([{"op": "replace", "path": "active", "value": false}]);
        assert_eq!(reported().await, ["dee"]);
        idp.patch(&format!("/Users/{}", people[3]), off)
            .await
            .expect(200);
        assert_eq!(reported().await, [""; 0]);
    });
}

#[test]
fn people_who_get_a_role_at_their_next_sign_in_are_not_reported() {
    run(async |service| {
        let settings = Settings {
            rate_limit: None,
            role_sync: RoleSync::AtLogin,
            ..Settings::default()
        };
        let tenant = service.tenant_with("at-login", settings).await;
        let (idp, directory) = (tenant.idp(), tenant.directory());
        let people = [idp.user("ann").await, idp.user("bob").await];
        let team = idp.group("team", &[&people[0]]).await;
        for name in ["ann", "bob"] {
            let application = service.application();
            let answer = application.log_in(tenant.id(), name, Some(&[]));
            answer.await.expect(200);
        }
        directory
            .roles()
            .map_group(&team, Some(Role::Admin))
            .await
            .unwrap();
        let findings = Insight::of(directory).health().await.unwrap().findings;
        let of = |kind| findings.iter().find(|finding| finding.kind == kind);
        let found = of(DefaultRoleWithoutMatch).unwrap();
        assert_eq!((found.count, &*found.among[0].name), (1, "bob"));
    });
}

#[test]
fn a_missing_claim_is_reported() {
    run(async |service| {
        let settings = Settings {
            rate_limit: None,
            route_by: RouteBy::Claim,
            ..Settings::default()
        };
        let tenant = service.tenant_with("no-claim", settings).await;
        let (idp, application) = (tenant.idp(), service.application());
        let ann = idp.user("ann").await;
        let team = idp.group("team", &[&ann]).await;
        let directory = tenant.directory();
        directory
            .roles()
            .map_group(&team, Some(Role::Admin))
            .await
            .unwrap();
        application
            .log_in(tenant.id(), "ann", None)
            .await
            .expect(200);
        let found = finding_kinds(&tenant).await;
        let by_name = NeitherSubjectNorConnection;
        assert_eq!(
            found,
            [ClaimMissing, DefaultRoleWithoutClaim, by_name].into()
        );
        application
            .log_in(tenant.id(), "ann", Some(&["other"]))
            .await
            .expect(200);
        assert_eq!(
            finding_kinds(&tenant).await,
            [DefaultRoleWithoutMatch, by_name].into()
        );
        application
            .log_in(tenant.id(), "ann", Some(&["team"]))
            .await
            .expect(200);
        assert_eq!(finding_kinds(&tenant).await, [by_name].into());
    });
}

#[test]
fn later_failures_are_reported() {
    run(async |service| {
        let tenant = service.tenant("later").await;
        let (idp, application) = (tenant.idp(), service.application());
        let ann = idp.user("ann").await;
        let team = idp.group("team", &[&ann]).await;
        let directory = tenant.directory();
        directory
            .roles()
            .map_group(&team, Some(Role::Admin))
            .await
            .unwrap();
        application
            .log_in(tenant.id(), "ann", Some(&["team"]))
            .await
            .expect(200);
        let by_name = NeitherSubjectNorConnection;
        assert_eq!(finding_kinds(&tenant).await, [by_name].into());

        let off = json!([{"op": "replace", "path": "active", "value": false}]);
        let stale = uuid::Uuid::now_v7().to_string();
        idp.patch(&format!("/Users/{stale}"), off).await.expect(404);
        idp.filter("/Users", "shoeSize is 43").await.expect(400);
        let stranger = json!([{"op": "add", "path": "members", "value": [{"value": stale}]}]);
        idp.patch(&format!("/Groups/{team}"), stranger)
            .await
            .expect(204);
        idp.get("/users").await.expect(404);
        for _ in 0..2 {
            let body = json!({"schemas": [rollcall_tests::urn::USER], "userName": "ann"});
            idp.post("/Users", body).await.expect(409);
        }
        let failing = [
            StaleUser,
            UnsupportedFilter,
            SkippedMembers,
            WrongAddress,
            FailuresRepeating,
            by_name,
        ];
        assert_eq!(finding_kinds(&tenant).await, failing.into());

        let token = directory.credentials().tokens().await.unwrap().remove(0);
        let soon = jiff::Timestamp::now() + std::time::Duration::from_secs(3 * 86_400);
        tenant.issue("second", Some(soon)).await;
        tenant.revoke(&token.id).await;
        idp.get("/Users?count=1").await.expect(401);
        let found = finding_kinds(&tenant).await;
        assert!(
            found.contains(&WrongToken) && found.contains(&TokenExpiring),
            "{found:?}"
        );
        let names = Insight::of(directory).health().await.unwrap().findings;
        let skipped = names.iter().find(|f| f.kind == SkippedMembers).unwrap();
        assert!(skipped.detail.as_ref().unwrap().contains(&stale));
        assert!(skipped.request.is_some());
    });
}

#[test]
fn repeated_reads_of_a_deleted_user_count_as_a_stale_id() {
    run(async |service| {
        let tenant = service.tenant("stale-reads").await;
        let idp = tenant.idp();
        let ann = format!("/Users/{}", idp.user("ann").await);
        idp.delete(&ann).await.expect(204);
        idp.get(&ann).await.expect(404);
        assert!(
            !finding_kinds(&tenant).await.contains(&StaleUser),
            "after one read"
        );
        idp.get(&ann).await.expect(404);
        assert!(finding_kinds(&tenant).await.contains(&StaleUser));
    });
}

#[test]
fn a_base_url_that_is_too_long_is_not_a_stale_id() {
    run(async |service| {
        for wrong_path in ["/Users/Users?filter=x", "/Users/Groups", "/Groups/Users"] {
            let tenant = service.tenant("astray").await;
            tenant.idp().get(wrong_path).await.expect(404);
            assert_eq!(
                finding_kinds(&tenant).await,
                [WrongAddress].into(),
                "{wrong_path}"
            );
        }
    });
}

#[test]
fn unknown_members_are_reported_according_to_the_setting() {
    run(async |service| {
        for unknown_members in [UnknownMembers::Skip, UnknownMembers::Reject] {
            let settings = Settings {
                rate_limit: None,
                unknown_members,
                ..Settings::default()
            };
            let tenant = service.tenant_with("nobody", settings).await;
            let idp = tenant.idp();
            let (inner, outer) = (idp.group("inner", &[]).await, idp.group("outer", &[]).await);
            let nest = json!([{"op": "add", "path": "members", "value": [{"value": inner}]}]);
            let (status, kind, diagnosis) = match unknown_members {
                UnknownMembers::Skip => (204, NestedGroups, Diagnosis::Skipped),
                UnknownMembers::Reject => (400, FailuresRepeating, Diagnosis::UnknownMember),
            };
            for _ in 0..2 {
                let path = format!("/Groups/{outer}");
                idp.patch(&path, nest.clone()).await.expect(status);
            }
            let findings = Insight::of(tenant.directory())
                .health()
                .await
                .unwrap()
                .findings;
            let found = findings.iter().find(|finding| finding.kind == kind);
            assert_eq!(found.unwrap().diagnosis, Some(diagnosis), "{findings:#?}");
        }
    });
}

#[test]
fn many_pushes_do_not_hide_a_sign_in() {
    run(async |_| {
        let table = TestTable::start().await;
        let tenant = table.tenant("buried").await;
        group(&tenant, "team", &[]).await;
        sign_in(&tenant, "ann", None).await;
        let push = stream::iter(0..600).map(async |n| {
            person(&tenant, &format!("pushed-{n}")).await;
        });
        push.buffer_unordered(16).collect::<()>().await;
        sign_in(&tenant, "bob", None).await;
        let findings = Insight::of(&tenant).health().await.unwrap().findings;
        let mut findings = findings.iter();
        let found = findings.find(|finding| finding.kind == DefaultRoleWithoutMapping);
        let found = found.unwrap();
        assert_eq!((found.count, found.at_least), (2, false));
    });
}
