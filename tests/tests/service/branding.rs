//! Branding: who sets it, what it must be, and that pages and mails have it, and nothing else's name.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rollcall_directory::{Role, Settings};
use rollcall_local::Options;
use rollcall_tests::api::Api;
use rollcall_tests::event_fixture::EventFixture;
use rollcall_tests::service::{Service, Tenant, run};
use rollcall_tests::urn;
use rollcall_tests::visitor::{SECTIONS, Visitor, link};
use serde_json::{Value, json};

const STACK: &str = "/branding";
/// A PNG of 32 by 32 pixels.
pub(crate) const LOGO: &str = "iVBORw0KGgoAAAANSUhEUgAAACAAAAAgCAYAAABzenr0AAAAaklEQVR42u2XuQ0AIAwDWYW52JP1oKJDEMjnwpZS3xVI2KUwirTax7pw4O3SwOYiGrhawgL+LWEJf5bwgIslPOEiiVSBCPhRggKpApHwrQQF+AgpwM8Ipg9ANCKITgjRiiF2AcQygtmGHpnpKFEpTr1+jQAAAABJRU5ErkJggg==";

fn branded() -> Value {
    json!({"product_name": "Plumbline", "accent": "#5B21b6", "logo": LOGO,
           "support_url": "https://help.plumbline.example/", "support_email": "help@plumbline.example",
           "return_url": "https://app.plumbline.example/admin"})
}

fn path_of(tenant: &Tenant) -> String {
    format!("/tenants/{}/branding", tenant.id())
}

/// A test of its own service, because the branding is that of all its tenants.
fn alone(test: impl AsyncFnOnce(&'static Service)) {
    run(async |_| {
        let service: &'static Service = Box::leak(Box::new(Service::start().await));
        test(service).await;
    });
}

/// Returns the address in a page that stands between these.
fn between<'a>(html: &'a str, before: &str, after: &str) -> &'a str {
    let (_, behind) = html.split_once(before).expect(html);
    behind.split(after).next().unwrap_or_default()
}

/// Returns the changes of the tenant's branding in the audit log, the newest first.
async fn changes(api: &Api, tenant: &Tenant) -> Vec<Value> {
    let path = format!("/tenants/{}/audit", tenant.id());
    let entries = api.all(&path).await.into_iter();
    let kind = "tenant.branding_changed";
    entries.filter(|entry| entry["type"] == kind).collect()
}

#[test]
fn a_branding_is_replaced_as_a_whole_and_can_be_sent_as_it_was_read() {
    run(async |service| {
        let tenant = service.tenant("branded").await;
        let (api, path) = (service.application(), path_of(&tenant));
        let nothing = api.get(&path).await.expect(200).body;
        let members = nothing.as_object().expect("an object");
        assert!(members.values().all(Value::is_null), "{nothing}");
        let set = api.put(&path, branded()).await.expect(200);
        for (name, value) in branded().as_object().into_iter().flatten() {
            let same = set.string(&format!("/{name}")).to_lowercase();
            assert_eq!(
                json!(same),
                json!(value.as_str().map(str::to_lowercase)),
                "{name}"
            );
        }
        assert_eq!(set.string("/accent"), "#5b21b6");
        assert_eq!(set.string("/logo_type"), "image/png");
        let read = api.get(&path).await.expect(200);
        assert_eq!(read.body, set.body);
        let again = api.put(&path, read.body.clone()).await.expect(200);
        assert_eq!(again.body, read.body);
        assert_eq!(changes(&api, &tenant).await.len(), 1);
        let named = json!({"product_name": "Plumbline"});
        let named = api.put(&path, named).await.expect(200);
        assert_eq!(named.body["logo"], Value::Null);
        assert_ne!(named.body["changed_at"], read.body["changed_at"]);
        let empty = api.put(&path, json!({})).await.expect(200).body;
        assert_eq!(empty["product_name"], Value::Null);
        let told = changes(&api, &tenant).await;
        assert_eq!(told.len(), 3);
        assert_eq!(told[0]["actor"]["type"], "application");
        // The entry has the hash of the logo, not the logo.
        let first = told[2].to_string();
        assert!(
            first.contains("Plumbline") && first.contains("digest"),
            "{first}"
        );
        assert!(!first.contains(LOGO), "{first}");
        api.get("/tenants/nobody-here/branding").await.expect(404);
        api.put("/tenants/nobody-here/branding", json!({}))
            .await
            .expect(404);
    });
}

#[test]
fn what_a_branding_must_not_be_is_said() {
    run(async |service| {
        let tenant = service.tenant("badly-branded").await;
        let (api, path) = (service.application(), path_of(&tenant));
        let image = |bytes: &[u8]| json!({"logo": STANDARD.encode(bytes)});
        let mut large = STANDARD.decode(LOGO).expect("a logo");
        large.resize(64 * 1024 + 1, 0);
        for (body, said) in [
            (json!({"accent": "red"}), "six hexadecimal digits"),
            (json!({"accent": "#fff;}"}), "six hexadecimal digits"),
            (json!({"product_name": ""}), "`product_name`"),
            (json!({"product_name": "x".repeat(61)}), "`product_name`"),
            (json!({"product_name": "a\u{202e}b"}), "`product_name`"),
            (json!({"product_name": "a\u{200b}b"}), "`product_name`"),
            (json!({"product_name": 5}), "product_name"),
            (
                json!({"support_url": "javascript:alert(1)"}),
                "`support_url`",
            ),
            (
                json!({"support_url": "http://help.example/"}),
                "`support_url`",
            ),
            (json!({"return_url": "//evil.example"}), "`return_url`"),
            (json!({"support_email": "help"}), "`support_email`"),
            (
                json!({"support_email": "a@b.example?cc=c@d.example"}),
                "`support_email`",
            ),
            (json!({"logo": "<svg/>"}), "Base64"),
            (json!({"logo": "A".repeat(200_000)}), "too long"),
            (
                image(b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
                "PNG or WebP",
            ),
            (image(b"\xff\xd8\xff\xe0\x00\x10JFIF"), "PNG or WebP"),
            (image(b""), "PNG or WebP"),
            (image(&large), "65537 bytes"),
            (json!({"colour": "#ffffff"}), "colour"),
        ] {
            for path in [STACK, &path] {
                let refused = api.put(path, body.clone()).await.expect(400);
                let detail = refused.string("/detail");
                assert!(detail.contains(said), "{detail}, not {said}");
            }
        }
        assert_eq!(changes(&api, &tenant).await.len(), 0);
    });
}

#[test]
fn only_keys_that_manage_tenants_set_it_and_each_only_where_it_reaches() {
    run(async |service| {
        let (ours, theirs) = (service.tenant("ours").await, service.tenant("theirs").await);
        let (api, named) = (service.application(), json!({"product_name": "Ours"}));
        let owner = service.admin(&ours, Role::Owner).await;
        let issued = async |new: Value| {
            let key = api.post("/service-keys", new).await.expect(201);
            api.with(Some(&key.string("/service_key")))
        };
        let reader = issued(json!({"label": "reader", "scopes": ["events"]})).await;
        let bound = issued(json!({"label": "bound", "tenant": ours.id()})).await;
        for (caller, path, status) in [
            (&owner, STACK.to_owned(), 403),
            (&owner, path_of(&ours), 403),
            (&reader, STACK.to_owned(), 403),
            (&reader, path_of(&ours), 403),
            (&bound, STACK.to_owned(), 403),
            // A key of one tenant manages none.
            (&bound, path_of(&ours), 403),
            (&bound, path_of(&theirs), 403),
        ] {
            caller.get(&path).await.expect(status);
            caller.put(&path, named.clone()).await.expect(status);
        }
        let others = api.get(&path_of(&theirs)).await.expect(200);
        assert_eq!(others.body["product_name"], Value::Null);
    });
}

#[test]
fn pages_look_as_their_tenant_has_it_and_otherwise_as_the_stack_has_it() {
    alone(async |service| {
        let (plain, own) = (service.tenant("plain").await, service.tenant("own").await);
        let api = service.application();
        let stack = json!({"product_name": "Plumbline", "accent": "#fff200", "logo": LOGO});
        let visitors = [
            Visitor::with_link(service, &plain, Role::Owner).await,
            Visitor::with_link(service, &own, Role::Owner).await,
        ];
        let [plainly, owns] = &visitors;
        let neutral = plainly.get("/console").await.expect(200).html;
        assert!(neutral.contains("<title>Overview · User provisioning</title>"));
        assert!(neutral.contains("<b><bdi>plain</bdi></b>"), "{neutral}");
        assert!(!neutral.contains("brand-") && !neutral.contains("<img"));

        // Without delay, on every page, also on those before and after a session.
        api.put(STACK, stack).await.expect(200);
        for visitor in &visitors {
            let page = visitor.get("/console/people").await.expect(200).html;
            assert!(page.contains("<title>People · Plumbline</title>"), "{page}");
            assert!(page.contains("<b><bdi>Plumbline</bdi></b>"), "{page}");
        }
        let anonymous = Visitor::anonymous(service);
        let opens = link(service, &own, Role::Owner).await;
        let opens = format!("/console/open?link={opens}");
        for (page, status) in [(&*opens, 200), ("/console/open?link=used", 403)] {
            let page = anonymous.get(page).await.expect(status).html;
            assert!(page.contains("· Plumbline</title>"), "{page}");
        }

        // The tenant's own comes before it, part by part.
        let hub = json!({"product_name": "Hub <&>", "support_email": "it@own.example",
                         "return_url": "https://app.own.example/"});
        api.put(&path_of(&own), hub).await.expect(200);
        let page = owns.get("/console/people").await.expect(200).html;
        assert!(
            page.contains("<title>People · Hub &#60;&#38;&#62;</title>"),
            "{page}"
        );
        assert!(page.contains("href=\"mailto:it@own.example\""), "{page}");
        assert!(page.contains("href=\"https://app.own.example/\""), "{page}");
        assert!(page.contains("Back to Hub"), "{page}");
        let page = owns.get("/console/people/nobody").await.expect(404).html;
        assert!(
            page.contains("· Hub") && page.contains("Back to Hub"),
            "{page}"
        );
        let page = plainly.get("/console/people").await.expect(200).html;
        assert!(
            !page.contains("Hub") && !page.contains("own.example"),
            "{page}"
        );

        // The sheet and the logo need no session, and browsers keep them.
        let sheet = between(
            &page,
            "style.css\">\n<link rel=\"stylesheet\" href=\"",
            "\"",
        );
        let sheet = anonymous.get(sheet).await.expect(200);
        assert!(
            sheet.html.contains("--accent-solid: light-dark(#"),
            "{}",
            sheet.html
        );
        assert!(sheet.header("content-type").starts_with("text/css"));
        assert!(sheet.header("cache-control").contains("immutable"));
        let logo = between(&page, "<img class=\"logo\" src=\"", "\"");
        let seen = anonymous.get(logo).await.expect(200);
        assert_eq!(seen.header("content-type"), "image/png");
        assert!(seen.header("cache-control").contains("immutable"));
        // A logo of the tenant is found at the tenant alone, and an address of before finds nothing.
        api.put(&path_of(&own), json!({"logo": LOGO}))
            .await
            .expect(200);
        let page = owns.get("/console").await.expect(200).html;
        let own_logo = between(&page, "<img class=\"logo\" src=\"", "\"").to_owned();
        assert_ne!(own_logo, logo);
        anonymous.get(&own_logo).await.expect(200);
        let elsewhere = own_logo.replace(own.id(), plain.id());
        let (start, _) = logo.rsplit_once('/').expect("a path");
        for gone in [
            elsewhere,
            own_logo.replace(".png", ".webp"),
            format!("{start}/{}.png", "0".repeat(64)),
            format!("{start}/nothing"),
            format!("{start}/{}/x.png", own.id()),
        ] {
            anonymous.get(&gone).await.expect(404);
        }
        api.put(&path_of(&own), json!({})).await.expect(200);
        anonymous.get(&own_logo).await.expect(404);
        api.put(STACK, json!({})).await.expect(200);
        anonymous.get(logo).await.expect(404);
    });
}

/// Returns what a text names although nobody wished for it.
fn named_maker(text: &str) -> bool {
    text.to_lowercase().contains("rollcall")
}

#[test]
fn no_page_names_the_maker() {
    alone(async |service| {
        let tenant = service.tenant("unnamed").await;
        let idp = tenant.idp();
        let ada = idp.user("ada").await;
        let group = idp.group("Engineers", &[&ada]).await;
        idp.get("/Users?filter=nonsense").await.expect(400);
        let visitor = Visitor::with_link(service, &tenant, Role::Owner).await;
        let connection = tenant.connection_id();
        let mut pages: Vec<String> = SECTIONS.map(|page| format!("/console{page}")).into();
        pages.extend([
            "/console/connections".to_owned(),
            format!("/console/connections/{connection}"),
            format!("/console/connections/{connection}/held"),
            format!("/console/groups/{group}"),
            format!("/console/groups/{group}/preview?role=admin"),
            format!("/console/people/{ada}"),
            "/console/people/deleted".to_owned(),
            "/console/roles".to_owned(),
            "/console/evidence".to_owned(),
            "/console/evidence/access".to_owned(),
            "/console/evidence/export?format=csv".to_owned(),
            "/console/evidence/access/export?format=csv".to_owned(),
            "/console/activity/export?format=csv".to_owned(),
            "/console/activity/audit/export?format=csv".to_owned(),
            "/console/support-access".to_owned(),
        ]);
        for page in &pages {
            let seen = visitor.get(page).await.expect(200);
            let named = named_maker(&seen.html) || named_maker(seen.header("content-disposition"));
            assert!(!named, "{page}: {}", seen.html);
        }
        let anonymous = Visitor::anonymous(service);
        let opens = link(service, &tenant, Role::Owner).await;
        for (page, status) in [
            (format!("/console/open?link={opens}"), 200),
            ("/console/open?link=used".to_owned(), 403),
            ("/console".to_owned(), 401),
            ("/console/nothing".to_owned(), 404),
        ] {
            let seen = anonymous.get(&page).await.expect(status);
            assert!(!named_maker(&seen.html), "{page}: {}", seen.html);
        }
    });
}

#[test]
fn mails_have_the_brand_of_their_tenant() {
    run(async |_| {
        let settings = Settings {
            invitations: true,
            ..Settings::default()
        };
        let fixture = EventFixture::with(Options::default(), settings).await;
        let key = fixture.local.service_key().to_owned();
        let api = Api::new(fixture.local.api_base_url(), Some(key));
        let at = format!("/tenants/{}", fixture.tenant.id());
        let stack = json!({"product_name": "Plumbline", "accent": "#fff200",
                           "support_url": "https://help.plumbline.example/"});
        let own = json!({"support_email": "it@own.example"});
        api.put(STACK, stack).await.expect(200);
        api.put(&format!("{at}/branding"), own).await.expect(200);
        let person = json!({"schemas": [urn::USER], "userName": "ada", "active": true,
                            "emails": [{"value": "ada@example.test", "primary": true}]});
        fixture.idp.post("/Users", person).await.expect(201);
        let link = json!({"role_id": "admin", "email": "it@example.test", "mail": true});
        api.post(&format!("{at}/portal-links"), link)
            .await
            .expect(201);
        fixture.drained().await;
        let mails = fixture.local.mail();
        assert_eq!(mails.len(), 2, "{mails:?}");
        for mail in &mails {
            for body in [&mail.text, &mail.html] {
                for said in [
                    "Plumbline",
                    "https://help.plumbline.example/",
                    "it@own.example",
                ] {
                    assert!(body.contains(said), "{said}: {body}");
                }
                assert!(!named_maker(body), "{body}");
            }
            assert!(!named_maker(&mail.subject), "{}", mail.subject);
            // White on the colour of the templates, or on lemon: neither is used.
            assert!(!mail.html.contains("#1c5fd4") && !mail.html.contains("#fff200"));
        }
        assert_eq!(fixture.local.dead_letters(), 0);
    });
}

#[test]
fn a_change_of_the_stacks_branding_is_in_its_history() {
    alone(async |service| {
        let api = service.application();
        let before = api.get(STACK).await.expect(200).body;
        assert_eq!(before["history"], json!([]));
        let put = api.put(STACK, branded()).await.expect(200);
        assert_eq!(put.body.get("history"), None);
        // The same once more is no change.
        let read = api.get(STACK).await.expect(200).body;
        api.put(STACK, read).await.expect(200);
        api.put(STACK, json!({})).await.expect(200);
        let read = api.get(STACK).await.expect(200).body;
        let history = read["history"].as_array().expect("a history");
        assert_eq!(history.len(), 2, "{history:?}");
        for (change, from, to) in [
            (&history[0], json!("Plumbline"), Value::Null),
            (&history[1], Value::Null, json!("Plumbline")),
        ] {
            assert_eq!(change["before"]["product_name"], from);
            assert_eq!(change["after"]["product_name"], to);
            assert!(change["by_key"].is_string() && change["request_id"].is_string());
        }
        assert!(history[1]["after"]["logo_digest"].is_string());
        assert_eq!(history[0]["occurred_at"], read["changed_at"]);
        // Of a tenant, the audit log has it.
        let tenant = service.tenant("no-history").await;
        let own = api.get(&path_of(&tenant)).await.expect(200).body;
        assert_eq!(own.get("history"), None);
    });
}
