//! Extension schemas that are declared at run time: what a declaration says, which are valid, and how one may change.

use serde::{Deserialize, Serialize};

use super::attribute::{Attribute, AttributeKind, Mutability, Returned, Uniqueness};
use super::resource_type::Schema;
use super::user::USER;
use crate::limits::{
    MAX_CANONICAL_VALUES, MAX_DECLARED_ATTRIBUTES, MAX_DECLARED_NAME_BYTES,
    MAX_DECLARED_TEXT_BYTES, MAX_URN_BYTES,
};
use crate::names::{is_name, is_urn};

/// The beginnings of the URNs that only the RFCs give out.
const RESERVED: [&str; 2] = [
    "urn:ietf:params:scim:schemas:core:",
    "urn:ietf:params:scim:api:",
];

/// An extension schema as it is declared (RFC 7643 §7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declaration {
    /// The URN of the schema.
    pub urn: String,
    /// The human-readable name.
    pub name: String,
    /// The human-readable description.
    #[serde(default)]
    pub description: String,
    /// The type of the resources that it extends.
    #[serde(default, skip_serializing_if = "ExtendedType::is_user")]
    pub resource_type: ExtendedType,
    /// The attributes, with those that were removed.
    pub attributes: Vec<DeclaredAttribute>,
}

/// The type of the resources that a declared schema extends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExtendedType {
    /// Users. Declarations of earlier versions, which do not say it, are for these.
    #[default]
    User,
    /// Groups.
    Group,
}

impl ExtendedType {
    fn is_user(&self) -> bool {
        *self == ExtendedType::User
    }
}

/// An attribute as it is declared, with its characteristics (RFC 7643 §2.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclaredAttribute {
    /// The name.
    pub name: String,
    /// The data type.
    #[serde(rename = "type")]
    pub kind: AttributeKind,
    /// The human-readable description.
    #[serde(default)]
    pub description: String,
    /// Whether the attribute holds an array of values.
    #[serde(default)]
    pub multi_valued: bool,
    /// Whether the extension must have a value.
    #[serde(default)]
    pub required: bool,
    /// Whether string comparison is case-sensitive.
    #[serde(default)]
    pub case_exact: bool,
    /// Who can change the attribute.
    #[serde(default = "read_write")]
    pub mutability: Mutability,
    /// When a response contains the attribute.
    #[serde(default = "by_default")]
    pub returned: Returned,
    /// The scope in which a value is unique.
    #[serde(default = "not_unique")]
    pub uniqueness: Uniqueness,
    /// Suggested values.
    #[serde(default)]
    pub canonical_values: Vec<String>,
    /// What a reference can point to: resource types, `external` or `uri`.
    #[serde(default)]
    pub reference_types: Vec<String>,
    /// The sub-attributes of a complex attribute.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sub_attributes: Vec<DeclaredAttribute>,
    /// Whether the attribute was removed. Its values stay stored, and its name keeps its type.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub removed: bool,
}

fn read_write() -> Mutability {
    Mutability::ReadWrite
}

fn by_default() -> Returned {
    Returned::Default
}

fn not_unique() -> Uniqueness {
    Uniqueness::None
}

/// Why a declaration cannot take the place of an earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incompatible(pub String);

impl Declaration {
    /// Checks a declaration by itself.
    ///
    /// # Errors
    /// What is wrong, and what to do about it.
    pub fn check(&self) -> Result<(), String> {
        check_urn(&self.urn)?;
        check_text("name", &self.name)?;
        if self.name.trim().is_empty() {
            return Err("`name` must not be empty".to_owned());
        }
        check_text("description", &self.description)?;
        let live = || self.attributes.iter().filter(|it| !it.removed);
        if live().next().is_none() {
            return Err("a schema needs at least one attribute".to_owned());
        }
        let subs = |attribute: &DeclaredAttribute| 1 + attribute.sub_attributes.len();
        if self.attributes.iter().map(subs).sum::<usize>() > MAX_DECLARED_ATTRIBUTES {
            return Err(format!(
                "a schema has at most {MAX_DECLARED_ATTRIBUTES} attributes, counted with sub-attributes and with those that \
                 were removed; declare a second schema"
            ));
        }
        check_names(&self.attributes)?;
        live().try_for_each(DeclaredAttribute::check)
    }

    /// Checks that the URN can stand beside these others: it is none of them, and no path could mean both.
    ///
    /// # Errors
    /// Which URN it collides with.
    pub fn check_beside<'a>(
        &self,
        others: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), String> {
        let begins = |longer: &str, shorter: &str| {
            longer
                .get(..shorter.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(shorter))
                && longer[shorter.len()..].starts_with([':', '.'])
        };
        let collides = |other: &&str| {
            other.eq_ignore_ascii_case(&self.urn)
                || begins(other, &self.urn)
                || begins(&self.urn, other)
        };
        match others.into_iter().find(collides) {
            None => Ok(()),
            Some(other) => Err(format!(
                "`{}` collides with the schema `{other}`, choose another URN",
                self.urn
            )),
        }
    }

    /// Returns the declaration that `new` makes of this one. What `new` leaves out is marked as removed.
    ///
    /// # Errors
    /// When values that are stored could not be valid any more.
    pub fn changed_to(&self, new: Declaration) -> Result<Declaration, Incompatible> {
        let mut changed = new;
        if changed.resource_type != self.resource_type {
            return Err(Incompatible(format!(
                "`{}` extends resources of the type {:?}, declare a schema with another URN for others",
                self.urn, self.resource_type
            )));
        }
        for attribute in &mut changed.attributes {
            match find(&self.attributes, &attribute.name) {
                Some(old) => old.check_change(attribute, &attribute.name)?,
                None if attribute.required => {
                    return Err(Incompatible(format!(
                        "`{}` cannot be added as required, because stored resources lack it; add it as optional",
                        attribute.name
                    )));
                }
                None => {}
            }
        }
        for old in &self.attributes {
            if find(&changed.attributes, &old.name).is_none() {
                changed.attributes.push(DeclaredAttribute {
                    removed: true,
                    ..old.clone()
                });
            }
        }
        Ok(changed)
    }

    /// Returns the declaration of an extension of Users that is part of the code.
    pub fn of(schema: &Schema) -> Declaration {
        Declaration {
            urn: schema.id.to_owned(),
            name: schema.name.to_owned(),
            description: schema.description.to_owned(),
            resource_type: ExtendedType::User,
            attributes: schema
                .attributes
                .iter()
                .map(DeclaredAttribute::of)
                .collect(),
        }
    }

    /// Returns the declarations of the extensions of a User that every tenant has.
    pub fn built_in() -> Vec<Declaration> {
        let schemas = USER.extensions.iter().map(|extension| extension.schema);
        schemas.map(Declaration::of).collect()
    }

    /// Whether a value of the schema is stored that no response may show.
    pub fn hides_values(&self) -> bool {
        let hides = |it: &DeclaredAttribute| it.returned == Returned::Never;
        self.attributes.iter().any(hides)
    }
}

impl DeclaredAttribute {
    /// Creates an attribute with the default characteristics of RFC 7643 §2.2.
    pub fn new(name: String, kind: AttributeKind) -> Self {
        Self {
            name,
            kind,
            description: String::new(),
            multi_valued: false,
            required: false,
            case_exact: false,
            mutability: read_write(),
            returned: by_default(),
            uniqueness: not_unique(),
            canonical_values: Vec::new(),
            reference_types: Vec::new(),
            sub_attributes: Vec::new(),
            removed: false,
        }
    }

    fn of(attribute: &Attribute) -> Self {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Self {
            name: attribute.name.to_owned(),
            kind: attribute.kind,
            description: attribute.description.to_owned(),
            multi_valued: attribute.multi_valued,
            required: attribute.required,
            case_exact: attribute.case_exact,
            mutability: attribute.mutability,
            returned: attribute.returned,
            uniqueness: attribute.uniqueness,
            canonical_values: texts(attribute.canonical_values),
            reference_types: texts(attribute.reference_types),
            sub_attributes: attribute.sub_attributes.iter().map(Self::of).collect(),
            removed: false,
        }
    }

    fn check(&self) -> Result<(), String> {
        let name = &self.name;
        let wrong = |what: &str| Err(format!("`{name}` {what}"));
        self.check_values()?;
        if self.mutability == Mutability::ReadOnly {
            return wrong("cannot be `readOnly`, because nobody could give it a value");
        }
        if self.mutability == Mutability::WriteOnly && self.returned != Returned::Never {
            return wrong("is `writeOnly`, so `returned` must be `never`");
        }
        if self.uniqueness == Uniqueness::Global {
            return wrong("can be unique in a tenant only, use `server`");
        }
        let is_comparable = matches!(
            self.kind,
            AttributeKind::String | AttributeKind::Reference | AttributeKind::Integer
        );
        if self.uniqueness == Uniqueness::Server && (self.multi_valued || !is_comparable) {
            return wrong("can be unique only as one string, one integer or one reference");
        }
        if (self.kind == AttributeKind::Complex) == self.sub_attributes.is_empty() {
            return wrong("needs `sub_attributes` if its type is `complex`, and only then");
        }
        check_names(&self.sub_attributes)?;
        self.sub_attributes
            .iter()
            .try_for_each(|sub| sub.check_as_sub(name))
    }

    fn check_as_sub(&self, parent: &str) -> Result<(), String> {
        let name = format!("{parent}.{}", self.name);
        self.check_values()?;
        if self.kind == AttributeKind::Complex || !self.sub_attributes.is_empty() {
            return Err(format!("`{name}` cannot be complex within `{parent}`"));
        }
        let is_plain = self.mutability == Mutability::ReadWrite
            && self.returned == Returned::Default
            && self.uniqueness == Uniqueness::None
            && !self.required
            && !self.removed;
        match is_plain {
            true => Ok(()),
            false => Err(format!(
                "`{name}` has the `mutability`, `returned`, `uniqueness` and `required` of `{parent}`; leave them out"
            )),
        }
    }

    fn check_values(&self) -> Result<(), String> {
        let name = &self.name;
        check_text("description", &self.description)?;
        let texts = self.canonical_values.iter().chain(&self.reference_types);
        texts
            .clone()
            .try_for_each(|text| check_text("canonical_values", text))?;
        if texts.count() > MAX_CANONICAL_VALUES {
            return Err(format!(
                "`{name}` has at most {MAX_CANONICAL_VALUES} `canonical_values`"
            ));
        }
        if !self.canonical_values.is_empty() && !self.kind.is_text() {
            return Err(format!(
                "only text has `canonical_values`, `{name}` has none"
            ));
        }
        match !self.reference_types.is_empty() && self.kind != AttributeKind::Reference {
            true => Err(format!(
                "only a reference has `reference_types`, `{name}` has none"
            )),
            false => Ok(()),
        }
    }

    /// Checks that values of this attribute are values of `new` as well.
    fn check_change(&self, new: &Self, path: &str) -> Result<(), Incompatible> {
        let refused = |what: &str| {
            Err(Incompatible(format!(
                "{what} of `{path}` cannot change, because values of before could be stored; declare another attribute"
            )))
        };
        if self.kind != new.kind {
            return refused("the type");
        }
        if self.multi_valued != new.multi_valued {
            return refused("`multi_valued`");
        }
        if new.required && !self.required {
            return refused("`required`");
        }
        if self.returned == Returned::Never && new.returned != Returned::Never {
            return refused("`returned`");
        }
        if self.uniqueness != new.uniqueness {
            return refused("`uniqueness`");
        }
        if self.uniqueness != Uniqueness::None && self.case_exact != new.case_exact {
            return refused("`case_exact`");
        }
        for old in &self.sub_attributes {
            let path = format!("{path}.{}", old.name);
            match find(&new.sub_attributes, &old.name) {
                Some(new) => old.check_change(new, &path)?,
                None => {
                    return Err(Incompatible(format!(
                        "`{path}` cannot be removed by itself; remove the whole attribute"
                    )));
                }
            }
        }
        Ok(())
    }
}

fn find<'a>(attributes: &'a [DeclaredAttribute], name: &str) -> Option<&'a DeclaredAttribute> {
    attributes
        .iter()
        .find(|attribute| attribute.name.eq_ignore_ascii_case(name))
}

fn check_urn(urn: &str) -> Result<(), String> {
    let is_plain = urn
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b',');
    let is_long_enough = urn.matches(':').count() >= 2 && !urn.ends_with([':', '.']);
    let begins = urn
        .get(..4)
        .is_some_and(|start| start.eq_ignore_ascii_case("urn:"));
    if !is_urn(urn) || !is_plain || !is_long_enough || !begins || urn.len() > MAX_URN_BYTES {
        return Err(format!(
            "the URN of a schema is like `urn:example:scim:acme:2.0:User`: it begins with `urn:`, has at most {MAX_URN_BYTES} \
             characters, and no spaces, commas, quotes or brackets"
        ));
    }
    let is_reserved = |reserved: &&str| {
        urn.get(..reserved.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(reserved))
    };
    match RESERVED.into_iter().find(is_reserved) {
        None => Ok(()),
        Some(reserved) => Err(format!(
            "URNs that begin with `{reserved}` belong to the RFC, choose another"
        )),
    }
}

fn check_names(attributes: &[DeclaredAttribute]) -> Result<(), String> {
    for (at, attribute) in attributes.iter().enumerate() {
        let name = &attribute.name;
        if !is_name(name) || name.len() > MAX_DECLARED_NAME_BYTES {
            return Err(format!(
                "the name of an attribute begins with a letter, has letters, digits, `-` and `_`, and at most \
                 {MAX_DECLARED_NAME_BYTES} of them"
            ));
        }
        if find(&attributes[..at], name).is_some() {
            return Err(format!("`{name}` is declared twice"));
        }
    }
    Ok(())
}

fn check_text(what: &str, text: &str) -> Result<(), String> {
    match text.len() > MAX_DECLARED_TEXT_BYTES || text.chars().any(char::is_control) {
        true => Err(format!(
            "a text in `{what}` has at most {MAX_DECLARED_TEXT_BYTES} bytes and no control characters"
        )),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests;
