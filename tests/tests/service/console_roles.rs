//! What the console says of roles: why somebody has theirs, or none, and when a mapping comes to count.

use rollcall_directory::{GROUPS, ManualRoles, Role, RoleId, RoleSync, RouteBy, Settings, USERS};
use rollcall_insight::Insight;
use rollcall_scim::Precondition;
use rollcall_tests::seed::{group, patch, person, sign_in};
use rollcall_tests::service::{Service, run};
use rollcall_tests::visitor::Visitor;
use serde_json::json;

/// What happens to Ann and the group `team`.
#[derive(Clone, Copy, Debug)]
enum Step {
    Join,
    Leave,
    Map(Role),
    Delete,
    SignIn,
    /// With a claim that names the group.
    SignInNamed,
    Give(Role),
    Deactivate,
}
use Step::{Deactivate, Delete, Give, Join, Leave, Map, SignIn, SignInNamed};

/// What the panel of her role says.
#[derive(Debug, PartialEq)]
struct Said {
    reasons: Vec<String>,
    /// Each grant, up to its time, and whether it is marked as the one that decides.
    grants: Vec<(String, bool)>,
}

/// A text without markup.
fn plain(html: &str) -> String {
    let mut text = String::new();
    for part in html.split('<') {
        text += part.split_once('>').map_or(part, |(_, behind)| behind);
    }
    text.replace("&#39;", "'")
}

/// The texts of all elements that begin with this tag.
fn texts(html: &str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let inner = html.split(&open).skip(1);
    inner
        .map(|inner| plain(inner.split(&close).next().unwrap_or_default()))
        .collect()
}

fn said(html: &str) -> Said {
    let (_, panel) = html.split_once(r#"id="role-title""#).unwrap_or_default();
    let panel = panel.split("<p><label").next().unwrap_or_default();
    let grants = texts(panel, "li").into_iter().map(|line| {
        let (grant, behind) = line.split_once(", since").unwrap_or_default();
        (grant.to_owned(), behind.trim().ends_with("decides"))
    });
    Said {
        grants: grants.collect(),
        reasons: texts(panel, "p"),
    }
}

async fn look(service: &Service, settings: &Settings, steps: &[Step]) -> Said {
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
            Give(role) => of
                .roles()
                .give_role(&ann, Some(*role), Role::Owner)
                .await
                .unwrap(),
            Deactivate => {
                let off = json!({"op": "replace", "path": "active", "value": false});
                patch(of, &USERS, &ann, off).await;
            }
        }
    }
    let visitor = Visitor::enter(service, &tenant, Role::Admin).await;
    let page = visitor.get(&format!("/console/people/{ann}")).await;
    said(&page.expect(200).html)
}

const NOBODY: &str = "Nothing gives this person a role: they are in no mapped group, nobody gave them one, and they have not signed in.";
const NO_DEFAULT: &str = "Nothing gives this person a role: they are in no mapped group, nobody gave them one, and their first sign-in brought no default role.";
const NOT_YET_NAMED: &str = "They are in a mapped group that does not count yet: what a sign-in names decides, and they have not signed in.";
const NOT_NAMED: &str = "They are in a mapped group that does not count: their last sign-in did not name it, and what it names decides.";
const NOT_SIGNED_IN: &str = "Groups give roles at sign-in only, and this person has not signed in.";
const UNTIL_SIGN_IN: &str = "Groups give roles at sign-in only: what has changed since the last one counts from the next one.";
const INACTIVE: &str = "Whoever is inactive has no role.";
const COMES_BACK: &str =
    "Whoever is inactive has no role. What is listed here counts again once they are active.";

#[test]
fn a_page_says_why_somebody_has_their_role_or_none() {
    use Role::{Admin, Member, Viewer};
    let set = |default_role: Option<Role>, route_by, role_sync| Settings {
        sso_default_role: default_role.map(RoleId::from),
        route_by,
        role_sync,
        rate_limit: None,
        ..Settings::default()
    };
    let (mixed, claim) = (RouteBy::ClaimThenMembership, RouteBy::Claim);
    let usual = set(Some(Admin), mixed, RoleSync::Immediate);
    let by_claim = set(None, claim, RoleSync::Immediate);
    let at_login = set(None, mixed, RoleSync::AtLogin);
    let member = |role: &str| {
        (
            format!("{role}: member of a group that is mapped to it (team)"),
            true,
        )
    };
    let by_hand = |role: &str, decides| (format!("{role}: given by hand"), decides);
    let outdone = "Admin: the default role, which counts only where nothing else gives one";
    let default = "Admin: the default role: no mapped group decided at the first sign-in";
    let named = "Admin: the last sign-in named a group that is mapped to it (team)";
    let past = "Admin: a group gave it at the last sign-in, and no longer would at the next";
    run(async |service| {
        for (settings, steps, reasons, grants) in [
            (&usual, &[][..], &[NOBODY][..], vec![]),
            (&at_login, &[SignIn], &[NO_DEFAULT], vec![]),
            (&usual, &[Deactivate], &[INACTIVE], vec![]),
            (
                &usual,
                &[Give(Member), Deactivate],
                &[COMES_BACK],
                vec![by_hand("Member", false)],
            ),
            (&by_claim, &[Map(Admin), Join], &[NOT_YET_NAMED], vec![]),
            (&by_claim, &[Map(Admin), Join, SignIn], &[NOT_NAMED], vec![]),
            (
                &by_claim,
                &[Map(Admin), SignInNamed],
                &[],
                vec![(named.to_owned(), true)],
            ),
            (&at_login, &[Map(Admin), Join], &[NOT_SIGNED_IN], vec![]),
            (
                &at_login,
                &[Join, SignIn, Map(Admin)],
                &[UNTIL_SIGN_IN],
                vec![],
            ),
            (
                &at_login,
                &[Map(Admin), Join, SignIn],
                &[],
                vec![member("Admin")],
            ),
            (
                &at_login,
                &[Map(Admin), Join, SignIn, Leave],
                &[UNTIL_SIGN_IN],
                vec![(format!("{past} (team)"), true)],
            ),
            (
                &at_login,
                &[Map(Admin), Join, SignIn, Map(Viewer)],
                &[UNTIL_SIGN_IN],
                vec![(format!("{past} (team)"), true)],
            ),
            (
                &at_login,
                &[Map(Admin), Join, SignIn, Delete],
                &[UNTIL_SIGN_IN],
                vec![(past.to_owned(), true)],
            ),
            (&usual, &[SignIn], &[], vec![(default.to_owned(), true)]),
            (
                &usual,
                &[SignIn, Map(Viewer), Join],
                &[],
                vec![member("Viewer"), (outdone.to_owned(), false)],
            ),
            (
                &usual,
                &[Map(Member), Join, Give(Viewer)],
                &[],
                vec![member("Member"), by_hand("Viewer", false)],
            ),
            (
                &usual,
                &[Map(Member), Join, Give(Member)],
                &[],
                vec![member("Member"), by_hand("Member", true)],
            ),
        ] {
            let reasons = reasons.iter().map(|reason| (*reason).to_owned()).collect();
            let expected = Said { reasons, grants };
            assert_eq!(look(service, settings, steps).await, expected, "{steps:?}");
        }
    });
}

#[test]
fn a_role_above_ones_own_is_shown_and_not_offered() {
    run(async |service| {
        let tenant = service.tenant("above").await;
        let ann = person(tenant.directory(), "ann").await;
        let path = format!("/console/people/{ann}");
        for (given, by, offered) in [
            (Role::Owner, Role::Admin, false),
            (Role::Owner, Role::Owner, true),
            (Role::Admin, Role::Owner, true),
        ] {
            // Somebody else stays an owner.
            let bob = person(tenant.directory(), &format!("bob-{given}-{by}")).await;
            for (who, role) in [(&bob, Role::Owner), (&ann, given)] {
                let given = tenant
                    .directory()
                    .roles()
                    .give_role(who, Some(role), Role::Owner);
                given.await.unwrap();
            }
            let visitor = Visitor::enter(service, &tenant, by).await;
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
fn a_mapping_is_said_to_count_when_it_does() {
    run(async |service| {
        for (role_sync, changes, then) in [
            (
                RoleSync::Immediate,
                "Nobody's role changes at once. When they sign in next: 1 person loses Admin and becomes Viewer",
                "The roles count already",
            ),
            (
                RoleSync::AtLogin,
                "at each person's next sign-in 1 person loses Admin and becomes Viewer",
                "Each one's role follows when they sign in next",
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
            let visitor = Visitor::enter(service, &tenant, Role::Owner).await;
            let path = format!("/console/groups/{team}");
            let page = visitor
                .get(&format!("{path}?role=viewer"))
                .await
                .expect(200);
            let words = plain(&page.html);
            let words: Vec<&str> = words.split_whitespace().collect();
            assert!(words.join(" ").contains(changes), "{}", page.html);

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
            // The service may be through with it already.
            let words = plain(&page.html);
            let is_told = words.contains(then) || words.contains("Done: ");
            assert!(is_told, "{}", page.html);
            // And once everybody has been looked at.
            let mut page = visitor.get(saved.header("location")).await.expect(200);
            for _ in 0..500 {
                if page.html.contains("Done: ") {
                    break;
                }
                // The service may be at it already; then it is the one that ends it.
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
                "when they sign in next"
            };
            assert!(!plain(&page.html).contains(others), "{}", page.html);
        }
    });
}

#[test]
fn what_comes_anyway_is_not_told_as_the_mapping_s_doing() {
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
        let visitor = Visitor::enter(service, &tenant, Role::Owner).await;
        let path = format!("/console/groups/{guests}?role=viewer");
        let page = plain(&visitor.get(&path).await.expect(200).html);
        let words: Vec<&str> = page.split_whitespace().collect();
        let told = "Nobody's role changes. When they sign in next, whether this is saved or not: 1 person gains Admin";
        assert!(words.join(" ").contains(told), "{page}");
    });
}

#[test]
fn a_mapping_is_saved_over_nobody_else_s() {
    run(async |service| {
        let tenant = service.tenant("two-tabs").await;
        let team = group(tenant.directory(), "team", &[]).await;
        let visitor = Visitor::enter(service, &tenant, Role::Owner).await;
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
        assert_eq!(held, Some(Role::Admin));
        save("admin", "none").await.expect(303);
        save("none", "nonsense").await.expect(400);
    });
}

/// Where a sign-in decides, a role is held since then, and by its request.
#[test]
fn a_role_is_held_since_the_sign_in_where_that_decides() {
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
            let visitor = Visitor::enter(service, &tenant, Role::Owner).await;
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
