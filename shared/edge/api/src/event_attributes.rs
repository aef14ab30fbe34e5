//! The schemas of the attributes of people and groups in events, from the declarations of SCIM.

use rollcall_directory::Kind;
use rollcall_scim::{Attribute, AttributeKind, Mutability, Returned};
use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, Object, ObjectBuilder, Schema, Type,
};

/// Returns the schema of the attributes of a person or a group, from the declarations of SCIM.
pub(crate) fn attributes_of(kind: &Kind) -> Schema {
    let resource_type = kind.resource_type;
    let common = resource_type.attribute("externalId");
    let core = resource_type.schema.attributes.iter();
    let mut object = object(common.into_iter().chain(core));
    for extension in resource_type.extensions {
        let schema = extension.schema;
        let attributes = Schema::Object(self::object(schema.attributes));
        object
            .properties
            .insert(schema.id.to_owned(), attributes.into());
    }
    object.description = Some(format!(
        "Attributes of a {} (RFC 7643), as the identity provider sent them. Other keys are extensions.",
        kind.noun
    ));
    // Extensions that Rollcall does not declare are kept.
    object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(true)));
    Schema::Object(object)
}

/// Returns the schema of an object with those of the attributes that a client can set and read.
fn object(attributes: impl IntoIterator<Item = &'static Attribute>) -> Object {
    let is_shown = |attribute: &&Attribute| {
        attribute.mutability != Mutability::ReadOnly && attribute.returned != Returned::Never
    };
    let shown = attributes.into_iter().filter(is_shown);
    shown
        .fold(ObjectBuilder::new(), |object, attribute| {
            object.property(attribute.name, value(attribute))
        })
        .build()
}

fn value(attribute: &'static Attribute) -> Schema {
    let one = one_value(attribute);
    match attribute.multi_valued {
        true => ArrayBuilder::new().items(one).build().into(),
        false => Schema::Object(one),
    }
}

fn one_value(attribute: &'static Attribute) -> Object {
    let kind = match attribute.kind {
        AttributeKind::Complex => return object(attribute.sub_attributes),
        AttributeKind::Boolean => Type::Boolean,
        AttributeKind::Decimal => Type::Number,
        AttributeKind::Integer => Type::Integer,
        AttributeKind::String
        | AttributeKind::DateTime
        | AttributeKind::Binary
        | AttributeKind::Reference => Type::String,
    };
    ObjectBuilder::new().schema_type(kind).build()
}
