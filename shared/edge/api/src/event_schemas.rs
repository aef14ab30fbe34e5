//! A JSON Schema for each type of event, for the OpenAPI document.
//!
//! All have the envelope [`Event`] in common. What differs is `type`, the type of `subject`, `before` and `after`. Only
//! checkpoints of the feed, which the bus alone carries, have a shape of their own.

use jiff::Timestamp;
use rollcall_directory::{EventType, GROUPS, USERS};
use utoipa::openapi::schema::{Discriminator, Object, ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::openapi::{OpenApi, Ref};
use utoipa::{Modify, ToSchema};

use crate::audit::Subject;
use crate::event_attributes::attributes_of;
use crate::event_changes::{changes, object_of, stored_settings};
use crate::events::Event;

/// The name of the schema that matches an event of any known type.
const KNOWN_EVENT: &str = "KnownEvent";

/// The type of a checkpoint of the feed.
const CHECKPOINT: &str = "feed.checkpoint";

/// The last event of a feed and its hash. Only its schema is used.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
struct FeedCheckpoint {
    r#type: String,
    /// The version of this shape.
    version: u32,
    /// The tenant whose feed it is.
    tenant: String,
    /// When the event was the last.
    at: Timestamp,
    #[schema(inline)]
    head: FeedHead,
}

/// The last event of a feed.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of events")]
struct FeedHead {
    /// Its sequence.
    sequence: u64,
    /// Its hash, as in the feed; hexadecimal.
    hash: String,
}

/// Adds a schema for each type of event, such as `UserCreatedEvent`, and `KnownEvent`, which is one of them.
pub(crate) struct EventSchemas;

impl Modify for EventSchemas {
    fn modify(&self, document: &mut OpenApi) {
        document.merge(changes());
        let components = document.components.get_or_insert_default();
        let schemas = &mut components.schemas;
        for (name, kind) in [("UserAttributes", &USERS), ("GroupAttributes", &GROUPS)] {
            schemas.insert(name.to_owned(), attributes_of(kind).into());
        }
        schemas.insert("StoredSettings".to_owned(), stored_settings().into());
        let mut known = OneOfBuilder::new();
        let mut names = Vec::new();
        let events = EventType::ALL.iter().filter(|kind| kind.is_event());
        let events = events.map(|kind| (kind.as_str(), event(*kind)));
        for (kind, schema) in events.chain([(CHECKPOINT, checkpoint())]) {
            let name = schema_name(kind);
            schemas.insert(name.clone(), schema.into());
            known = known.item(Ref::from_schema_name(&name));
            names.push((kind, Ref::from_schema_name(&name).ref_location));
        }
        let known = known
            .description(Some(
                "An event of a type that this version knows. A newer version may send others: ignore them.",
            ))
            .discriminator(Some(Discriminator::with_mapping("type", names)));
        schemas.insert(KNOWN_EVENT.to_owned(), Schema::OneOf(known.build()).into());
    }
}

/// Returns the name of a type's schema: `UserRoleGivenEvent` for `user.role_given`.
fn schema_name(kind: &str) -> String {
    let words = kind.split(['.', '_']);
    let capitalised = words.flat_map(|word| {
        let (first, rest) = word.split_at(1);
        [first.to_ascii_uppercase(), rest.to_owned()]
    });
    capitalised.chain(["Event".to_owned()]).collect()
}

/// Returns the schema of the events of a type.
fn event(kind: EventType) -> Schema {
    let mut event = object_of::<Event>();
    event.description = Some(kind.description().to_owned());
    set(&mut event, "type", one_of(&[kind.as_str()]));
    let mut subject = object_of::<Subject>();
    set(&mut subject, "type", one_of(subjects_of(kind)));
    set(&mut event, "subject", Schema::Object(subject));
    let (before, after) = changes_of(kind);
    for (name, change) in [("before", before), ("after", after)] {
        event.properties.remove(name);
        if let Some(change) = change {
            let change = Ref::from_schema_name(change);
            event.properties.insert(name.to_owned(), change.into());
        }
    }
    Schema::Object(event)
}

/// Returns the schema of checkpoints.
fn checkpoint() -> Schema {
    let mut checkpoint = object_of::<FeedCheckpoint>();
    checkpoint.description = Some(
        "The last event of a feed and its hash, to verify the feed with. Only the bus carries it: it is no event of the feed."
            .to_owned(),
    );
    set(&mut checkpoint, "type", one_of(&[CHECKPOINT]));
    Schema::Object(checkpoint)
}

/// Replaces the schema of a property, and keeps its place.
fn set(object: &mut Object, name: &str, schema: Schema) {
    object.properties.insert(name.to_owned(), schema.into());
}

/// Returns the schema of a string with these possible values.
fn one_of(values: &[&'static str]) -> Schema {
    let string = ObjectBuilder::new().schema_type(Type::String);
    let values = values.iter().copied();
    Schema::Object(string.enum_values(Some(values)).build())
}

/// Returns the types that the subjects of the events of a type can have.
fn subjects_of(kind: EventType) -> &'static [&'static str] {
    match kind {
        EventType::AuthLogin => &["user"],
        // The sign-in may name nobody, and a portal link opens a session without a person.
        EventType::AuthRefused | EventType::AuthLogout => &["user", "tenant"],
        // The sign-ins may name no connection.
        EventType::ConnectionSubjectsChanged => &["connection", "tenant"],
        EventType::BrakeTripped => &["connection"],
        EventType::BrakeHeld | EventType::BrakeDiscarded => &["user", "group"],
        EventType::HealthOpened
        | EventType::HealthClosed
        | EventType::HealthAcknowledged
        | EventType::HealthSnoozed
        | EventType::HealthUnsnoozed => &["tenant", "connection", "token", "webhook"],
        EventType::PortalLinkCreated
        | EventType::PortalLinkNotMailed
        | EventType::PortalLinkOpened
        | EventType::PortalLinkEnded => &["tenant"],
        // A contact is nobody whom the tenant knows, and a portal link can be for anybody.
        EventType::MailRejected => &["user", "tenant"],
        EventType::WebhookTested => &["webhook", "stack_webhook"],
        other => match other.as_str().split('.').next().unwrap_or_default() {
            "user" => &["user"],
            "group" => &["group"],
            "connection" => &["connection"],
            "token" => &["token"],
            "webhook" => &["webhook"],
            _ => &["tenant"],
        },
    }
}

/// Returns the names of the schemas of `before` and `after`.
fn changes_of(kind: EventType) -> (Option<&'static str>, Option<&'static str>) {
    let both = |name| (Some(name), Some(name));
    let before = |name| (Some(name), None);
    let after = |name| (None, Some(name));
    match kind {
        EventType::UserCreated => after("UserAttributes"),
        EventType::UserUpdated
        | EventType::UserDeactivated
        | EventType::UserReactivated
        | EventType::BrakeHeld
        | EventType::BrakeDiscarded
        | EventType::UserAdopted => both("UserAttributes"),
        EventType::UserRestored => after("UserAttributes"),
        EventType::UserIdentityChanged => both("PersonIdentifiers"),
        EventType::ConnectionDeleted => after("LeftPeople"),
        EventType::UserDeleted => before("UserAttributes"),
        EventType::UserRoleGiven | EventType::GroupMappingChanged => both("GivenRole"),
        EventType::UserRoleChanged => both("EffectiveRole"),
        EventType::UserTakenOver | EventType::GroupTakenOver => both("OwningConnection"),
        EventType::UserMerged => after("MergedPerson"),
        EventType::UserSubjectsForgotten => before("ForgottenSubjects"),
        EventType::UserNotInvited => after("MissingInvitation"),
        EventType::UserSubjectBound => after("BoundSubject"),
        EventType::UserSubjectMoved => (Some("FormerPerson"), Some("BoundSubject")),
        EventType::AuthLogin => after("SignInDecision"),
        EventType::AuthRefused => after("RefusedSignIn"),
        EventType::ConnectionSubjectsChanged => after("ChangedSubjects"),
        EventType::BrakeTripped => after("TakenAway"),
        EventType::HealthOpened => after("OpenedFinding"),
        EventType::HealthClosed => before("ClosedFinding"),
        EventType::HealthAcknowledged | EventType::HealthSnoozed => after("PutOffFinding"),
        EventType::HealthUnsnoozed => before("PutOffFinding"),
        EventType::GroupCreated => after("GroupAttributes"),
        EventType::GroupUpdated => both("GroupAttributes"),
        EventType::GroupDeleted => before("GroupAttributes"),
        EventType::GroupMemberAdded | EventType::GroupMemberRemoved => after("ChangedMember"),
        EventType::ConnectionUpdated => both("ConnectionDetails"),
        EventType::ConnectionRulesChanged => both("ConnectionRules"),
        EventType::TenantRenamed => both("TenantName"),
        EventType::TenantSettingsChanged => both("StoredSettings"),
        EventType::TenantCeilingChanged => both("ChangedRequestCeiling"),
        EventType::TenantGroupAwaited => both("AwaitedRole"),
        EventType::TenantRolesChanged => both("DefinedRoles"),
        EventType::TenantSchemasChanged => both("DeclaredSchema"),
        EventType::TenantBrandingChanged => both("ChangedBranding"),
        EventType::WebhookCreated => after("WebhookDetails"),
        EventType::WebhookChanged => both("WebhookDetails"),
        EventType::WebhookDeleted => before("WebhookDetails"),
        EventType::WebhookPaused => after("WebhookPause"),
        EventType::WebhookResumed => after("WebhookResumption"),
        EventType::WebhookReplayed => both("WebhookPlace"),
        EventType::TokenCreated => after("IssuedToken"),
        EventType::PortalLinkCreated => after("MadePortalLink"),
        EventType::PortalLinkNotMailed => after("UnmailedPortalLink"),
        EventType::MailRejected => after("RejectedMail"),
        EventType::UserSessionEnded | EventType::PortalLinkEnded => before("EndedSession"),
        // Only the audit log has it.
        EventType::GroupMembersChanged
        | EventType::UserSessionsEnded
        | EventType::UserAdmittedAsNew
        | EventType::AuthLogout
        | EventType::UserBlocked
        | EventType::UserUnblocked
        | EventType::UserConfirmed
        | EventType::WebhookSecretRotated
        | EventType::WebhookTested
        | EventType::ConnectionCreated
        | EventType::TokenRevoked
        | EventType::TenantCreated
        | EventType::TenantDeleted
        | EventType::TenantErasureRequested
        | EventType::UserErasureRequested
        | EventType::UserErased
        | EventType::PortalLinkOpened => (None, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_are_named_after_their_types() {
        for (kind, name) in [
            (EventType::UserCreated.as_str(), "UserCreatedEvent"),
            (
                EventType::PortalLinkOpened.as_str(),
                "PortalLinkOpenedEvent",
            ),
            (CHECKPOINT, "FeedCheckpointEvent"),
        ] {
            assert_eq!(schema_name(kind), name);
        }
    }
}
