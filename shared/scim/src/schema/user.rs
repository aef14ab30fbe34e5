//! The User resource type (RFC 7643 §4.1, §8.7.1).

use super::attribute::{Attribute, AttributeKind, Mutability, Returned, Uniqueness};
use super::enterprise::ENTERPRISE_USER_SCHEMA;
use super::resource_type::{Extension, ResourceType, Schema};

const DISPLAY: Attribute = Attribute::string("display", "A name for the value, for display only.");
const PRIMARY: Attribute = Attribute::boolean(
    "primary",
    "Whether this is the preferred value; true for one value at most.",
);
const TYPE: Attribute = Attribute::string("type", "What the value is for.");

const NAME: &[Attribute] = &[
    Attribute::string("formatted", "The whole name, formatted for display."),
    Attribute::string("familyName", "The family name, or last name."),
    Attribute::string("givenName", "The given name, or first name."),
    Attribute::string("middleName", "The middle names."),
    Attribute::string("honorificPrefix", "The honorific prefixes, or title."),
    Attribute::string("honorificSuffix", "The honorific suffixes, or suffix."),
];

const EMAILS: &[Attribute] = &[
    Attribute::string("value", "The e-mail address.").address(),
    DISPLAY,
    TYPE.canonical(&["work", "home", "other"]),
    PRIMARY,
];

const PHONE_NUMBERS: &[Attribute] = &[
    Attribute::string("value", "The phone number."),
    DISPLAY,
    TYPE.canonical(&["work", "home", "mobile", "fax", "pager", "other"]),
    PRIMARY,
];

const IMS: &[Attribute] = &[
    Attribute::string("value", "The instant messaging address."),
    DISPLAY,
    TYPE.canonical(&["aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"]),
    PRIMARY,
];

const PHOTOS: &[Attribute] = &[
    Attribute::reference("value", &["external"], "The URL of the photo."),
    DISPLAY,
    TYPE.canonical(&["photo", "thumbnail"]),
    PRIMARY,
];

/// Clients send `primary`, which RFC 7643 §8.7.1 omits here although §2.4 defines it.
const ADDRESSES: &[Attribute] = &[
    Attribute::string("formatted", "The whole address, formatted for display."),
    Attribute::string(
        "streetAddress",
        "Street, house number, and what goes with it.",
    ),
    Attribute::string("locality", "The city or locality."),
    Attribute::string("region", "The state or region."),
    Attribute::string("postalCode", "The zip code or postal code."),
    Attribute::string("country", "The country."),
    TYPE.canonical(&["work", "home", "other"]),
    PRIMARY,
];

const GROUPS: &[Attribute] = &[
    Attribute::string("value", "The id of the Group.")
        .case_exact()
        .read_only(),
    Attribute::reference("$ref", &["Group"], "The URI of the Group.").read_only(),
    Attribute::string("display", "The displayName of the Group.").read_only(),
    Attribute::string("type", "Whether the membership is direct.")
        .read_only()
        .canonical(&["direct", "indirect"]),
];

const ENTITLEMENTS: &[Attribute] = &[
    Attribute::string("value", "The entitlement."),
    DISPLAY,
    TYPE,
    PRIMARY,
];

const ROLES: &[Attribute] = &[
    Attribute::string("value", "The role."),
    DISPLAY,
    TYPE,
    PRIMARY,
];

const X509_CERTIFICATES: &[Attribute] = &[
    Attribute::new(
        "value",
        AttributeKind::Binary,
        "The certificate, DER in base64.",
    )
    .case_exact(),
    DISPLAY,
    TYPE,
    PRIMARY,
];

/// The core schema of a User (RFC 7643 §4.1).
pub static USER_SCHEMA: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:core:2.0:User",
    name: "User",
    description: "User Account",
    attributes: &[
        Attribute::string(
            "userName",
            "The name the User signs in with, unique in the tenant.",
        )
        .required()
        .user_name()
        .unique(Uniqueness::Server),
        Attribute::complex("name", NAME, "The parts of the User's name."),
        Attribute::string("displayName", "The name of the User, for display."),
        Attribute::string("nickName", "The casual way to address the User."),
        Attribute::reference(
            "profileUrl",
            &["external"],
            "The URL of the User's profile page.",
        ),
        Attribute::string("title", "The User's title, such as `Vice President`."),
        Attribute::string(
            "userType",
            "The relation to the organization, such as `Contractor`.",
        ),
        Attribute::string(
            "preferredLanguage",
            "The preferred languages, as in the HTTP header `Accept-Language`.",
        ),
        Attribute::string("locale", "The location for dates, numbers and currency."),
        Attribute::string("timezone", "The time zone, such as `America/Los_Angeles`."),
        Attribute::boolean("active", "Whether the User may sign in."),
        Attribute::string("password", "Accepted and thrown away.")
            .mutability(Mutability::WriteOnly)
            .returned(Returned::Never)
            .discarded(),
        Attribute::complex("emails", EMAILS, "The e-mail addresses.").multi_valued(),
        Attribute::complex("phoneNumbers", PHONE_NUMBERS, "The phone numbers.").multi_valued(),
        Attribute::complex("ims", IMS, "The instant messaging addresses.").multi_valued(),
        Attribute::complex("photos", PHOTOS, "The URLs of photos.").multi_valued(),
        Attribute::complex("addresses", ADDRESSES, "The mailing addresses.").multi_valued(),
        Attribute::complex("groups", GROUPS, "The Groups the User is a member of.")
            .multi_valued()
            .read_only(),
        Attribute::complex("entitlements", ENTITLEMENTS, "What the User has.").multi_valued(),
        Attribute::complex("roles", ROLES, "What the User is, such as `Student`.").multi_valued(),
        Attribute::complex("x509Certificates", X509_CERTIFICATES, "The certificates.")
            .multi_valued(),
    ],
};

/// The User resource type (RFC 7643 §4.1, §6).
pub static USER: ResourceType = ResourceType {
    name: "User",
    endpoint: "/Users",
    description: "User Account",
    schema: &USER_SCHEMA,
    extensions: &[Extension {
        schema: &ENTERPRISE_USER_SCHEMA,
        required: false,
    }],
};
