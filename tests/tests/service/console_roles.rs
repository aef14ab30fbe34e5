//! Roles in the console: why a person has a role or none, and when a mapping takes effect.

use rollcall_directory::{GROUPS, ManualRoles, Role, RoleId, RoleSync, RouteBy, Settings, USERS};
use rollcall_insight::Insight;
use rollcall_scim::Precondition;
use rollcall_tests::seed::{group, patch, person, sign_in};
use rollcall_tests::service::{Service, run};
use rollcall_tests::visitor::Visitor;
use serde_json::json;

/// A change to Ann or to the group `team`.
#[derive(Clone, Copy, Debug)]
enum Step {
    Join,
    Leave,
    Map(Role),
    Delete,
    SignIn,
    /// Ann signs in with a claim that names the group.
    SignInNamed,
    Give(Role),
    Deactivate,
}
use Step::{Deactivate, Delete, Give, Join, Leave, Map, SignIn, SignInNamed};

/// The content of the role panel on Ann's page.
#[derive(Debug, PartialEq)]
struct RolePanel {
    reasons: Vec<String>,
    /// The text of each grant without its time, and whether the page marks it as the one that decides.
    grants: Vec<(String, bool)>,
}

/// Removes the markup from a text.
fn plain(html: &str) -> String {
    let mut text = String::new();
    for part in html.split('<') {
        text += part.split_once('>').map_or(part, |(_, behind)| behind);
    }
    text.replace("&#39;", "'")
}

/// Returns the texts of all elements with this name.
fn texts(html: &str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let inner = html.split(&open).skip(1);
    inner
        .map(|inner| plain(inner.split(&close).next().unwrap_or_default()))
        .collect()
}

fn parse_role_panel(html: &str) -> RolePanel {
    let (_, panel) = html.split_once(r#"id="role-title""#).unwrap_or_default();
    let panel = panel.split("<p><label").next().unwrap_or_default();
    let grants = texts(panel, "li").into_iter().map(|line| {
        let (grant, behind) = line.split_once(", since").unwrap_or_default();
        (grant.to_owned(), behind.trim().ends_with("Decides"))
    });
    RolePanel {
        grants: grants.collect(),
        reasons: texts(panel, "p"),
    }
}

async fn role_panel_after(service: &Service, settings: &Settings, steps: &[Step]) -> RolePanel {
    let tenant = service.tenant_with("why", settings.clone()).await;
    let of = tenant.directory();
    let ann = person(of, "ann").await;
    let team = group(of, "team", &[]).await;
    for step in steps {
        match step {
            Join => {
                let add = json!({"op": "add", "path": "members", "value": [{"value": ann}]});
                patch(of, &GROUPS, &team, add).await;
            }
            Leave => {
                patch(
                    of,
                    &GROUPS,
                    &team,
                    json!({"op": "remove", "path": "members"}),
                )
                .await;
            }
            Map(role) => of.roles().map_group(&team, Some(*role)).await.unwrap(),
            Delete => {
                let always = Precondition::none();
                let deleted = of.resources().delete(&GROUPS, &team, &always).await;
                deleted.unwrap();
            }
            SignIn => drop(sign_in(of, "ann", None).await),
            SignInNamed => drop(sign_in(of, "ann", Some(&["team"])).await),
            Give(role) => {
                let given = of.roles().give_role(&ann, Some(*role), Role::Owner);
                given.await.unwrap();
            }
            Deactivate => {
                let off = json!({"op": "replace", "path": "active", "value": false});
                patch(of, &USERS, &ann, off).await;
            }
        }
    }
    let visitor = Visitor::with_link(service, &tenant, Role::Admin).await;
    let page = visitor.get(&format!("/console/people/{ann}")).await;
    parse_role_panel(&page.expect(200).html)
}

const NOBODY: &str = "Nothing gives this person a role: they are in no mapped group, nobody gave them one, \
                      and they have not signed in.";
const NO_DEFAULT: &str = "Nothing gives this person a role: they are in no mapped group, nobody gave them one, \
                          and their first sign-in brought no default role.";
const NOT_YET_NAMED: &str = "They are in a mapped group that does not count yet: only the groups that a sign-in \
                             names count, and they have not signed in.";
const NOT_NAMED: &str = "They are in a mapped group that does not count: their last sign-in did not name it, \
                         and only the groups it names count.";
const NOT_SIGNED_IN: &str = "Groups give roles at sign-in only, and this person has not signed in.";
const UNTIL_SIGN_IN: &str = "Groups give roles at sign-in only: what has changed since the last sign-in \
                             applies from the next one.";
const INACTIVE: &str = "None while inactive.";
const COMES_BACK: &str =
    "None while inactive. What is listed here applies again once they are active.";

#[test]
fn a_page_explains_why_a_person_has_a_role_or_none() {
    let set = |default_role: Option<Role>, route_by, role_sync| Settings {
        sso_default_role: default_role.map(RoleId::from),
        route_by,
        role_sync,
        rate_limit: None,
        ..Settings::default()
    };
    let (mixed, claim) = (RouteBy::ClaimThenMembership, RouteBy::Claim);
    let usual = set(Some(Role::Admin), mixed, RoleSync::Immediate);
    let by_claim = set(None, claim, RoleSync::Immediate);
    let at_login = set(None, mixed, RoleSync::AtLogin);
    let member = |role: &str| {
        (
            format!("{role}: member of a group that is mapped to it (team)"),
            true,
        )
    };
    let by_hand = |role: &str, decides| (format!("{role}: given by hand"), decides);
    let overridden = "Admin: the default role, which applies only if nothing else gives a role";
    let default = "Admin: the default role: no mapped group decided at the first sign-in";
    let named = "Admin: the last sign-in named a group that is mapped to it (team)";
    let past = "Admin: a group gave it at the last sign-in, but would not at the next one";
    run(async |service| {
        for (settings, steps, reasons, grants) in [
            (&usual, &[][..], &[NOBODY][..], vec![]),
            (&at_login, &[SignIn], &[NO_DEFAULT], vec![]),
            (&usual, &[Deactivate], &[INACTIVE], vec![]),
            (
                &usual,
                &[Give(Role::Member), Deactivate],
                &[COMES_BACK],
                vec![by_hand("Member", false)],
            ),
            (
                &by_claim,
                &[Map(Role::Admin), Join],
                &[NOT_YET_NAMED],
                vec![],
            ),
            (
                &by_claim,
                &[Map(Role::Admin), Join, SignIn],
                &[NOT_NAMED],
                vec![],
            ),
            (
                &by_claim,
                &[Map(Role::Admin), SignInNamed],
                &[],
                vec![(named.to_owned(), true)],
            ),
            (
                &at_login,
                &[Map(Role::Admin), Join],
                &[NOT_SIGNED_IN],
                vec![],
            ),
            (
                &at_login,
                &[Join, SignIn, Map(Role::Admin)],
                &[UNTIL_SIGN_IN],
                vec![],
            ),
            (
                &at_login,
                &[Map(Role::Admin), Join, SignIn],
                &[],
                vec![member("Admin")],
            ),
            (
                &at_login,
                &[Map(Role::Admin), Join, SignIn, Leave],
                &[UNTIL_SIGN_IN],
                vec![(format!("{past} (team)"), true)],
            ),
            (
                &at_login,
                &[Map(Role::Admin), Join, SignIn, Map(Role::Viewer)],
                &[UNTIL_SIGN_IN],
                vec![(format!("{past} (team)"), true)],
            ),
            (
                &at_login,
                &[Map(Role::Admin), Join, SignIn, Delete],
                &[UNTIL_SIGN_IN],
                vec![(past.to_owned(), true)],
            ),
            (&usual, &[SignIn], &[], vec![(default.to_owned(), true)]),
            (
                &usual,
                &[SignIn, Map(Role::Viewer), Join],
                &[],
                vec![member("Viewer"), (overridden.to_owned(), false)],
            ),
            (
                &usual,
                &[Map(Role::Member), Join, Give(Role::Viewer)],
                &[],
                vec![member("Member"), by_hand("Viewer", false)],
            ),
            (
                &usual,
                &[Map(Role::Member), Join, Give(Role::Member)],
                &[],
                vec![member("Member"), by_hand("Member", true)],
            ),
        ] {
            let reasons = reasons.iter().map(|reason| (*reason).to_owned()).collect();
            let expected = RolePanel { reasons, grants };
            let panel = role_panel_after(service, settings, steps).await;
            assert_eq!(panel, expected, "{steps:?}");
        }
    });
}

#[test]
fn a_role_above_the_admins_own_is_shown_but_not_offered() {
    run(async |service| {
        let tenant = service.tenant("above").await;
        let ann = person(tenant.directory(), "ann").await;
        let path = format!("/console/people/{ann}");
        for (given, by, offered) in [
            (Role::Owner, Role::Admin, false),
            (Role::Owner, Role::Owner, true),
            (Role::Admin, Role::Owner, true),
        ] {
            // Bob remains an owner, so that Ann is never the last one.
            let bob = person(tenant.directory(), &format!("bob-{given}-{by}")).await;
            for (who, role) in [(&bob, Role::Owner), (&ann, given)] {
                let given = tenant
                    .directory()
                    .roles()
                    .give_role(who, Some(role), Role::Owner);
                given.await.unwrap();
            }
            let visitor = Visitor::with_link(service, &tenant, by).await;
            let page = visitor.get(&path).await.expect(200).html;
            let word = if given == Role::Owner {
                "Owner"
            } else {
                "Admin"
            };
            let present = format!(r#"<option value="{given}" selected>{word}</option>"#);
            assert_eq!(page.contains(&present), offered, "{page}");
            let shown = format!("<select id=\"role\" disabled><option selected>{word}</option>");
            assert_eq!(page.contains(&shown), !offered, "{page}");
            assert_eq!(page.contains(&format!("{path}/role")), offered, "{page}");
        }
    });
}

#[test]
fn the_page_states_correctly_when_a_mapping_takes_effect() {
    run(async |service| {
        for (role_sync, first, changes, then) in [
            (
                RoleSync::Immediate,
                "No role → Viewer 1 person gains Viewer",
                "When they next sign in: 1 person loses Admin and becomes Viewer",
                "The roles are in effect",
            ),
            (
                RoleSync::AtLogin,
                "No role → Viewer at each person's next sign-in",
                "at each person's next sign-in 1 person loses Admin and becomes Viewer",
                "Each person's role changes when they next sign in",
            ),
        ] {
            let settings = Settings {
                role_sync,
                manual_roles: ManualRoles::OverwrittenAtLogin,
                rate_limit: None,
                ..Settings::default()
            };
            let tenant = service.tenant_with("when", settings).await;
            let ann = person(tenant.directory(), "ann").await;
            let team = group(tenant.directory(), "team", std::slice::from_ref(&ann)).await;
            let given = tenant
                .directory()
                .roles()
                .give_role(&ann, Some(Role::Admin), Role::Owner);
            given.await.unwrap();
            let visitor = Visitor::with_link(service, &tenant, Role::Owner).await;
            let path = format!("/console/groups/{team}");
            let page = visitor
                .get(&format!("{path}?role=viewer"))
                .await
                .expect(200);
            let words = plain(&page.html);
            let words: Vec<&str> = words.split_whitespace().collect();
            assert!(words.join(" ").contains(changes), "{}", page.html);
            // The change that counts first names the person, and only that one.
            assert!(words.join(" ").contains(first), "{}", page.html);
            let names = page.html.split(r#"class="names""#).nth(1);
            let names = names.unwrap_or_default().split("</ul>").next();
            assert!(names.unwrap_or_default().contains(&ann), "{}", page.html);

            let form_token = visitor.form_token();
            let form = [
                ("from", "none"),
                ("role", "viewer"),
                ("form_token", &form_token),
            ];
            let saved = visitor
                .post(&format!("{path}/role"), &form, &[])
                .await
                .expect(303);
            let page = visitor.get(saved.header("location")).await.expect(200);
            // The service may have finished the reconciliation already.
            let words = plain(&page.html);
            let is_told = words.contains(then) || words.contains("Done: ");
            assert!(is_told, "{}", page.html);
            // Wait until the reconciliation has finished.
            let mut page = visitor.get(saved.header("location")).await.expect(200);
            for _ in 0..500 {
                if page.html.contains("Done: ") {
                    break;
                }
                // If the service is already working on the reconciliation, it finishes it instead of this call.
                service.follow_up(&tenant).await;
                page = visitor.get(saved.header("location")).await.expect(200);
            }
            let told = "your application was told of every changed role";
            let done = if role_sync == RoleSync::AtLogin {
                then
            } else {
                told
            };
            assert!(plain(&page.html).contains(done), "{}", page.html);
            let others = if role_sync == RoleSync::AtLogin {
                told
            } else {
                "when they next sign in"
            };
            assert!(!plain(&page.html).contains(others), "{}", page.html);
        }
    });
}

#[test]
fn a_change_that_happens_anyway_is_not_attributed_to_the_mapping() {
    run(async |service| {
        let settings = Settings {
            role_sync: RoleSync::AtLogin,
            rate_limit: None,
            ..Settings::default()
        };
        let tenant = service.tenant_with("anyway", settings).await;
        let ann = [person(tenant.directory(), "ann").await];
        let admins = group(tenant.directory(), "admins", &ann).await;
        let guests = group(tenant.directory(), "guests", &ann).await;
        let mapped = tenant
            .directory()
            .roles()
            .map_group(&admins, Some(Role::Admin));
        mapped.await.unwrap();
        let visitor = Visitor::with_link(service, &tenant, Role::Owner).await;
        let path = format!("/console/groups/{guests}?role=admin");
        let page = plain(&visitor.get(&path).await.expect(200).html);
        let words: Vec<&str> = page.split_whitespace().collect();
        let told = "Nobody's role changes. When they next sign in, whether this is saved or not: 1 person gains Admin";
        assert!(words.join(" ").contains(told), "{page}");
    });
}

#[test]
fn a_mapping_does_not_overwrite_the_change_of_another_admin() {
    run(async |service| {
        let tenant = service.tenant("two-tabs").await;
        let team = group(tenant.directory(), "team", &[]).await;
        let visitor = Visitor::with_link(service, &tenant, Role::Owner).await;
        let form_token = visitor.form_token();
        let path = format!("/console/groups/{team}/role");
        let save = async |from: &str, role: &str| {
            let form = [("from", from), ("role", role), ("form_token", &*form_token)];
            visitor.post(&path, &form, &[]).await
        };
        save("none", "admin").await.expect(303);
        let refused = save("none", "viewer").await.expect(409);
        assert!(
            refused.html.contains("another role since"),
            "{}",
            refused.html
        );
        let held = Insight::of(tenant.directory())
            .group(&team)
            .await
            .unwrap()
            .role;
        assert_eq!(held, Some(Role::Admin.into()));
        save("admin", "none").await.expect(303);
        save("none", "nonsense").await.expect(400);
    });
}

/// If the sign-in decides, the page shows its time and its request as the origin of the role.
#[test]
fn the_page_shows_the_sign_in_that_decided_a_role() {
    run(async |service| {
        for (role_sync, route_by, said) in [
            (
                RoleSync::Immediate,
                RouteBy::Claim,
                "the last sign-in named a group",
            ),
            (RoleSync::AtLogin, RouteBy::Membership, "member of a group"),
        ] {
            let settings = Settings {
                role_sync,
                route_by,
                rate_limit: None,
                ..Settings::default()
            };
            let tenant = service.tenant_with("since", settings).await;
            let ann = person(tenant.directory(), "ann").await;
            let team = group(tenant.directory(), "team", std::slice::from_ref(&ann)).await;
            let mapped = tenant
                .directory()
                .roles()
                .map_group(&team, Some(Role::Admin));
            mapped.await.unwrap();
            let login = service.application();
            let login = login.log_in(tenant.id(), "ann", Some(&["team"])).await;
            assert_eq!(login.expect(200).body["role"], "admin");
            let signed_in = service.journal(&tenant).await;
            let signed_in = signed_in
                .iter()
                .rfind(|entry| entry["type"] == "auth.login");
            let request = signed_in.unwrap()["request_id"]
                .as_str()
                .unwrap()
                .to_owned();
            let visitor = Visitor::with_link(service, &tenant, Role::Owner).await;
            let page = visitor
                .get(&format!("/console/people/{ann}"))
                .await
                .expect(200);
            let why = page.html.split_once("class=\"why\"").unwrap().1;
            let why = why.split_once("</ul>").unwrap().0;
            assert!(why.contains(said) && why.contains(&request), "{why}");
        }
    });
}
