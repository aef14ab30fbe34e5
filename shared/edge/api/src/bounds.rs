//! The bounds of what requests can say, in the OpenAPI document: from the constants that check them.

use std::ops::RangeInclusive;

use rollcall_directory::bounds as held;
use rollcall_scim::limits::{
    MAX_CANONICAL_VALUES, MAX_DECLARED_ATTRIBUTES, MAX_DECLARED_NAME_BYTES, MAX_DECLARED_TEXT_BYTES,
};
use utoipa::Modify;
use utoipa::openapi::schema::{ArrayItems, Schema};
use utoipa::openapi::{OpenApi, RefOr};

use crate::fields::MAX_NAME_CHARS;
use crate::held::MAX_CHANGES;
use crate::remedies::MAX_BINDINGS;

/// Says in the document which values of a member are allowed.
pub(crate) struct Bounds;

/// Which values are allowed.
enum Bound {
    /// Whole numbers.
    Within(RangeInclusive<u32>),
    /// A name: so many characters, of which those around it are removed if they are spaces.
    Name(usize),
    /// A text, or each text of a list, of so many characters.
    Chars(RangeInclusive<usize>),
    /// A text, or each text of a list, that matches a pattern.
    Pattern(String),
    /// A list of so many values at most.
    Items(usize),
}

/// In place of the name of a member: the schema itself.
const ITSELF: &str = "";

/// Returns the bounds, by the name of the schema and that of the member.
fn bounds() -> Vec<(&'static str, &'static str, Bound)> {
    use Bound::{Chars, Items, Name, Pattern, Within};
    let mut all = vec![
        ("BrakeLimit", "percent", Within(0..=held::MAX_PERCENT)),
        ("BrakeLimit", "at_least", Within(1..=held::MAX_AT_LEAST)),
        ("RateLimit", "per_minute", Within(1..=held::MAX_PER_MINUTE)),
        ("RateLimit", "burst", Within(0..=held::MAX_BURST)),
        (
            "RequestCeiling",
            "per_minute",
            Within(1..=held::MAX_CEILING_PER_MINUTE),
        ),
        ("RequestCeiling", "burst", Within(0..=held::MAX_BURST)),
        (
            "CeilingsChange",
            "min_retention_days",
            Within(1..=held::MAX_RETENTION_DAYS),
        ),
        (
            "CeilingsChange",
            "read_units_per_minute",
            Within(1..=i32::MAX.unsigned_abs()),
        ),
        ("NewTenant", "id", Pattern(tenant_id())),
        ("NewServiceKey", "tenant", Pattern(tenant_id())),
        ("NewPortalLink", "email", Name(held::MAX_MAIL_ADDRESS)),
        ("NewBindings", "bindings", Items(MAX_BINDINGS)),
        ("HeldDecision", "changes", Items(MAX_CHANGES)),
        ("NewToken", "allowed_addresses", Items(held::MAX_NETWORKS)),
        ("Role", ITSELF, Pattern(role_id())),
        ("NewCatalogue", "items", Items(held::MAX_ROLES)),
        ("NewCatalogueRole", "id", Pattern(role_id())),
        ("NewCatalogueRole", "name", Name(held::MAX_ROLE_NAME)),
        (
            "NewCatalogueRole",
            "description",
            Chars(0..=held::MAX_DESCRIPTION),
        ),
        (
            "NewCatalogueRole",
            "permissions",
            Pattern(format!("^[!-~]{{1,{}}}$", held::MAX_PERMISSION)),
        ),
    ];
    for connection in ["DesiredConnection", "ConnectionChange"] {
        all.extend([
            (connection, "replaces", Items(held::MAX_REPLACED)),
            (connection, "replaces", Pattern(chosen_id())),
            (connection, "alias", Chars(1..=held::MAX_ALIAS_CHARS)),
        ]);
    }
    let branding = [
        ("product_name", Chars(1..=held::MAX_PRODUCT_NAME)),
        ("support_url", Chars(1..=held::MAX_LINK)),
        ("support_email", Chars(1..=held::MAX_MAIL_ADDRESS)),
        ("return_url", Chars(1..=held::MAX_LINK)),
    ];
    all.extend(branding.map(|(member, bound)| ("NewBranding", member, bound)));
    all.extend([
        ("NewSchema", "name", Chars(1..=MAX_DECLARED_TEXT_BYTES)),
        (
            "NewSchema",
            "description",
            Chars(0..=MAX_DECLARED_TEXT_BYTES),
        ),
        ("NewSchema", "attributes", Items(MAX_DECLARED_ATTRIBUTES)),
    ]);
    for attribute in ["NewSchemaAttribute", "NewSubAttribute"] {
        all.extend([
            (attribute, "name", Pattern(attribute_name())),
            (attribute, "name", Chars(1..=MAX_DECLARED_NAME_BYTES)),
            (attribute, "description", Chars(0..=MAX_DECLARED_TEXT_BYTES)),
            (attribute, "canonical_values", Items(MAX_CANONICAL_VALUES)),
            (
                attribute,
                "canonical_values",
                Chars(0..=MAX_DECLARED_TEXT_BYTES),
            ),
            (attribute, "reference_types", Items(MAX_CANONICAL_VALUES)),
        ]);
    }
    for webhook in ["NewWebhook", "DesiredWebhook", "WebhookChange"] {
        all.push((webhook, "url", Chars(1..=held::MAX_URL)));
    }
    let settings = [
        ("retention_days", Within(1..=held::MAX_RETENTION_DAYS)),
        ("session_minutes", Within(held::SETTABLE)),
        ("session_idle_minutes", Within(held::SETTABLE)),
        ("cache_seconds", Within(0..=held::MAX_CACHE_SECONDS)),
        ("read_log_sampling", Within(1..=held::MAX_SAMPLING)),
        ("invitation_domains", Items(held::MAX_DOMAINS)),
        ("return_origins", Items(held::MAX_ORIGINS)),
        ("contacts", Items(held::MAX_CONTACTS)),
        ("contacts", Chars(1..=held::MAX_MAIL_ADDRESS)),
        ("invitation_domains", Chars(1..=held::MAX_DOMAIN_CHARS)),
        ("return_origins", Chars(1..=held::MAX_ORIGIN)),
        ("allowed_addresses", Items(held::MAX_NETWORKS)),
    ];
    all.extend(settings.map(|(member, bound)| ("SettingsChange", member, bound)));
    let names = [
        ("NewTenant", "display_name"),
        ("DesiredTenant", "display_name"),
        ("TenantChange", "display_name"),
        ("NewConnection", "name"),
        ("DesiredConnection", "name"),
        ("ConnectionChange", "name"),
        ("NewWebhook", "name"),
        ("DesiredWebhook", "name"),
        ("WebhookChange", "name"),
        ("NewServiceKey", "label"),
        ("NewToken", "label"),
        ("NewSupportAccess", "operator"),
        ("NewSupportAccess", "reason"),
    ];
    all.extend(names.map(|(schema, member)| (schema, member, Name(MAX_NAME_CHARS))));
    all
}

/// Returns the pattern of the ids of roles.
fn role_id() -> String {
    format!("^[a-z0-9_-]{{1,{}}}$", held::MAX_ROLE_ID)
}

/// Returns the pattern of the ids of tenants.
fn tenant_id() -> String {
    format!("^[a-z0-9][a-z0-9-]{{0,{}}}$", held::MAX_TENANT_ID - 1)
}

/// Returns the pattern of the names of attributes.
fn attribute_name() -> String {
    r"^\$?[A-Za-z][A-Za-z0-9_-]*$".to_owned()
}

/// Returns the pattern of ids that a client can choose, which those that the service makes match, too.
fn chosen_id() -> String {
    format!("^[a-z0-9][a-z0-9_-]{{0,{}}}$", held::MAX_CHOSEN - 1)
}

impl Modify for Bounds {
    fn modify(&self, document: &mut OpenApi) {
        let schemas = &mut document.components.get_or_insert_default().schemas;
        for (schema, member, bound) in bounds() {
            let schema = schemas.get_mut(schema);
            let stated = match (schema, member) {
                (schema, ITSELF) => schema,
                (Some(RefOr::T(Schema::Object(schema))), member) => {
                    schema.properties.get_mut(member)
                }
                _ => None,
            };
            if let Some(RefOr::T(stated)) = stated {
                bound.state(stated);
            }
        }
    }
}

impl Bound {
    fn state(self, member: &mut Schema) {
        match (self, member) {
            (Self::Within(range), Schema::Object(member)) => {
                member.minimum = Some((*range.start()).into());
                member.maximum = Some((*range.end()).into());
            }
            (Self::Name(most), Schema::Object(member)) => {
                (member.min_length, member.max_length) = (Some(1), Some(most));
                let said = member.description.get_or_insert_default();
                said.push_str(" White space around it is removed.");
            }
            (Self::Chars(range), Schema::Object(member)) => {
                let least = Some(*range.start()).filter(|least| *least > 0);
                (member.min_length, member.max_length) = (least, Some(*range.end()));
            }
            (Self::Pattern(pattern), Schema::Object(member)) => member.pattern = Some(pattern),
            (of_each @ (Self::Pattern(_) | Self::Chars(_)), Schema::Array(member)) => {
                if let ArrayItems::RefOrSchema(item) = &mut member.items
                    && let RefOr::T(item) = &mut **item
                {
                    of_each.state(item);
                }
            }
            (Self::Items(most), Schema::Array(member)) => member.max_items = Some(most),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::openapi::document;

    #[test]
    fn every_bound_has_a_member() {
        let document = json!(document());
        for (schema, member, bound) in bounds() {
            let schema_stated = &document["components"]["schemas"][schema];
            let stated = match member {
                ITSELF => schema_stated,
                member => &schema_stated["properties"][member],
            };
            let is_stated = match &bound {
                Bound::Within(_) => stated["maximum"].is_u64(),
                Bound::Name(most) => stated["maxLength"] == *most,
                Bound::Chars(range) => {
                    let most = *range.end();
                    stated["maxLength"] == most || stated["items"]["maxLength"] == most
                }
                Bound::Items(most) => stated["maxItems"] == *most,
                Bound::Pattern(pattern) => {
                    stated["pattern"] == **pattern || stated["items"]["pattern"] == **pattern
                }
            };
            assert!(is_stated, "{schema}.{member}: {stated}");
        }
    }

    #[test]
    fn each_limit_of_requests_has_its_own_bounds() {
        let document = json!(document());
        let schemas = &document["components"]["schemas"];
        let most = |schema: &str| schemas[schema]["properties"]["per_minute"]["maximum"].clone();
        assert_eq!(most("RateLimit"), held::MAX_PER_MINUTE);
        assert_eq!(most("RequestCeiling"), held::MAX_CEILING_PER_MINUTE);
        for (schema, limit, other) in [
            ("SettingsChange", "RateLimit", "RequestCeiling"),
            ("TenantChange", "RequestCeiling", "RateLimit"),
            ("DesiredTenant", "RequestCeiling", "RateLimit"),
            ("TenantDetails", "RequestCeiling", "RateLimit"),
        ] {
            let stated = schemas[schema].to_string();
            let refers_to = |limit: &str| stated.contains(&format!("schemas/{limit}\""));
            assert!(refers_to(limit) && !refers_to(other), "{schema}: {stated}");
        }
    }

    #[test]
    fn the_pattern_of_tenants_says_what_is_checked() {
        assert_eq!(tenant_id(), "^[a-z0-9][a-z0-9-]{0,62}$");
        let is_id = |text: &str| text.parse::<rollcall_directory::TenantId>().is_ok();
        let longest = "x".repeat(held::MAX_TENANT_ID);
        assert!(is_id(&longest) && is_id("0-a-"));
        for wrong in [&format!("{longest}x"), "-a", "A", "a_b", ""] {
            assert!(!is_id(wrong), "{wrong}");
        }
    }

    #[test]
    fn the_pattern_of_chosen_ids_says_what_is_checked() {
        let pattern = chosen_id();
        assert_eq!(pattern, "^[a-z0-9][a-z0-9_-]{0,63}$");
        let longest = "x".repeat(held::MAX_CHOSEN);
        assert!(held::is_chosen_id(&longest) && held::is_chosen_id("0_a-"));
        assert!(!held::is_chosen_id(&format!("{longest}x")) && !held::is_chosen_id("-a"));
    }
}
