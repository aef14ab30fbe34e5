//! Normalizes the operations of a PATCH.
//!
//! Each resulting operation has the path of one attribute or sub-attribute. An operation without a path,
//! on a whole schema, or on a complex attribute such as `name` becomes one operation for each key of its
//! value. As a result, `replace` keeps the keys that it omits (RFC 7644 §3.5.2.3), and `null` removes a
//! key.

use serde_json::{Map, Value};

use super::apply::{Action, Operation};
use super::members::{self, MemberOp};
use super::target::{Target, Verb};
use crate::dialect;
use crate::error::{Error, quoted};
use crate::filter::parse_path;
use crate::names::is_versioned_urn;
use crate::path::AttrPath;
use crate::reading::Reading;
use crate::schema::{Attribute, Mutability, ResourceType};
use crate::value;

/// Compiles the operations of a request. Returns the operations on attributes, and separately those on
/// the members of a Group.
pub(super) fn compile(
    rt: &'static ResourceType,
    operations: Vec<Value>,
) -> Result<(Vec<Operation>, Vec<MemberOp>), Error> {
    let mut compiler = Compiler {
        rt,
        operations: Vec::new(),
        members: Vec::new(),
    };
    for operation in operations {
        compiler.operation(operation)?;
    }
    Ok((compiler.operations, compiler.members))
}

struct Compiler {
    rt: &'static ResourceType,
    operations: Vec<Operation>,
    members: Vec<MemberOp>,
}

impl Compiler {
    fn operation(&mut self, operation: Value) -> Result<(), Error> {
        let Value::Object(mut operation) = operation else {
            let detail = "an operation must be a JSON object with `op`, `path` and `value`";
            return Err(Error::InvalidSyntax(detail.to_owned()));
        };
        let verb = Verb::parse(dialect::values::take(&mut operation, "op"))?;
        let path = path(dialect::values::take(&mut operation, "path"))?;
        let value = dialect::values::take(&mut operation, "value");
        if value.is_none() && verb != Verb::Remove {
            let detail = "an `add` or `replace` operation needs a `value`";
            return Err(Error::InvalidValue(detail.to_owned()));
        }
        let value = value.unwrap_or(Value::Null);
        match path {
            Some(path) => {
                let (path, filter) = parse_path(self.rt, &path)?;
                let target = Target {
                    path,
                    filter,
                    explicit: true,
                };
                self.place(verb, target, value)
            }
            None if verb == Verb::Remove => Err(Error::NoTarget(
                "a `remove` operation needs a `path` that says what to remove".to_owned(),
            )),
            None => match value {
                Value::Object(object) => self.keys(verb, object),
                _ => Err(Error::InvalidValue(
                    "the `value` of an operation without `path` must be an object".to_owned(),
                )),
            },
        }
    }

    /// Compiles the value of an operation without a path, such as
    /// `{"displayName": …, "name.givenName": …, "urn:…:User": {…}}`.
    ///
    /// The keys are attributes, or paths (Entra with the flag `aadOptscim062020`).
    fn keys(&mut self, verb: Verb, object: Map<String, Value>) -> Result<(), Error> {
        for (key, value) in object {
            let (path, filter) = match parse_path(self.rt, &key) {
                Ok(parsed) => parsed,
                Err(error) if key.contains('[') => return Err(error),
                Err(_) => {
                    Reading::AttributeIgnored.note_about(&key);
                    continue;
                }
            };
            let stranger = filter.is_none() && self.may_be_schema(&path);
            let extension = match stranger {
                true => dialect::paths::extension_key(&key, &value),
                false => None,
            };
            let path = extension.unwrap_or(path);
            let target = Target {
                path,
                filter,
                explicit: false,
            };
            self.place(verb, target, value)?;
        }
        Ok(())
    }

    /// Whether a path could as well be the URN of an extension that no schema declares.
    fn may_be_schema(&self, path: &AttrPath) -> bool {
        self.is_unknown_schema(path) && !path.schema.as_deref().is_some_and(is_versioned_urn)
    }

    fn is_unknown_schema(&self, path: &AttrPath) -> bool {
        let urn = path.schema.as_deref();
        urn.is_some_and(|urn| self.rt.extension(urn).is_none())
    }

    fn place(&mut self, verb: Verb, target: Target, value: Value) -> Result<(), Error> {
        if target.path.is_whole_schema() {
            return self.whole_schema(verb, target, value);
        }
        match target.path.attribute_in(self.rt) {
            Some(attribute) => self.declared(verb, target, attribute, value),
            None if self.is_unknown_schema(&target.path) => {
                self.undeclared(verb, target, value);
                Ok(())
            }
            None => self.unknown(verb, &target),
        }
    }

    /// Ignores an operation on an attribute that does not exist.
    ///
    /// # Errors
    /// `InvalidPath` when the `path` names the attribute, and the operation removes something or could concern members:
    /// access must not silently stay.
    fn unknown(&self, verb: Verb, target: &Target) -> Result<(), Error> {
        match target.explicit {
            true if verb == Verb::Remove || self.rt.has_members() => {
                return Err(self.no_attribute(target));
            }
            true => Reading::PathIgnored.note_about(&target.path),
            false => Reading::AttributeIgnored.note_about(&target.path),
        }
        Ok(())
    }

    fn no_attribute(&self, target: &Target) -> Error {
        let path = quoted(&target.path.to_string());
        let (name, schema) = (self.rt.name, self.rt.schema.id);
        Error::InvalidPath(format!(
            "{path} is no attribute of a {name}, see `/Schemas/{schema}` for those that exist"
        ))
    }

    /// Compiles an operation on an attribute of an extension that no schema declares.
    fn undeclared(&mut self, verb: Verb, target: Target, value: Value) {
        let action = match verb {
            Verb::Remove => removal(dialect::values::removed_values(Some(value))),
            Verb::Add => match value::without_nulls(value) {
                Some(value) => Action::Add(value),
                None => return,
            },
            Verb::Replace => value::without_nulls(value).map_or(Action::Remove, Action::Replace),
        };
        self.push(target, None, action);
    }

    fn whole_schema(&mut self, verb: Verb, target: Target, value: Value) -> Result<(), Error> {
        let Some(urn) = target.path.schema.clone() else {
            return match (verb, value) {
                (Verb::Add | Verb::Replace, Value::Object(object)) => self.keys(verb, object),
                _ => Err(Error::Mutability(format!(
                    "`{}` cannot be removed, DELETE the resource instead",
                    self.rt.schema.id
                ))),
            };
        };
        match (verb, value) {
            (Verb::Add, Value::Null) => Ok(()),
            (Verb::Remove, _) | (Verb::Replace, Value::Null) => {
                self.push(target, None, Action::Remove);
                Ok(())
            }
            (_, Value::Object(object)) => {
                for (key, value) in object {
                    let path = self.in_extension(&urn, key);
                    let target = Target {
                        path,
                        filter: None,
                        explicit: false,
                    };
                    self.place(verb, target, value)?;
                }
                Ok(())
            }
            _ => Err(Error::InvalidValue(format!(
                "{} must be an object",
                quoted(&urn)
            ))),
        }
    }

    fn in_extension(&self, urn: &str, key: String) -> AttrPath {
        let path = AttrPath::extended(urn, key);
        if self.is_unknown_schema(&path) {
            return path;
        }
        AttrPath::parse(self.rt, &path.to_string()).unwrap_or(path)
    }

    fn declared(
        &mut self,
        verb: Verb,
        target: Target,
        attribute: &'static Attribute,
        value: Value,
    ) -> Result<(), Error> {
        let Some(changed) = target.path.within(attribute) else {
            return self.unknown(verb, &target);
        };
        if !self.may_change(verb, &target, attribute, changed)? {
            return Ok(());
        }
        if target.filter.is_some() && !attribute.multi_valued {
            return Err(Error::InvalidPath(format!(
                "`{}` is single-valued, leave the filter out of the path",
                attribute.name
            )));
        }
        if attribute.is_keyed() {
            let op = members::compile(verb, target, attribute, value)?;
            self.members.extend(op);
            return Ok(());
        }
        if verb == Verb::Remove {
            return self.remove(target, attribute, changed, value);
        }
        if !is_merged(&target, attribute) {
            return self.set(verb, target, attribute, changed, value);
        }
        match dialect::values::single(attribute, value) {
            Value::Object(object) if !object.is_empty() => {
                self.subs(verb, &target.path, attribute, object)
            }
            value => self.set(verb, target, attribute, changed, value),
        }
    }

    /// Whether the client can change the attribute. If not, the operation has no effect or is an error.
    ///
    /// # Errors
    /// `Mutability` when the `path` of the operation names a read-only attribute.
    fn may_change(
        &self,
        verb: Verb,
        target: &Target,
        attribute: &Attribute,
        changed: &Attribute,
    ) -> Result<bool, Error> {
        if attribute.discarded {
            Reading::PasswordIgnored.note();
            return Ok(false);
        }
        // the service computes `schemas`, but some clients add the URN of an extension to it
        if attribute.name == "schemas" && verb != Verb::Remove {
            Reading::SchemasChangeIgnored.note();
            return Ok(false);
        }
        let read_only = [attribute, changed]
            .iter()
            .any(|attribute| attribute.mutability == Mutability::ReadOnly);
        if read_only && target.explicit {
            return Err(Error::Mutability(format!(
                "`{}` is read-only, leave it out",
                target.path
            )));
        }
        if read_only {
            Reading::ReadOnlyIgnored.note_about(&target.path);
        }
        Ok(!read_only)
    }

    fn remove(
        &mut self,
        target: Target,
        attribute: &'static Attribute,
        changed: &'static Attribute,
        value: Value,
    ) -> Result<(), Error> {
        let whole = target.filter.is_none() && target.path.sub.is_none();
        if whole && attribute.required {
            return Err(Error::Mutability(format!(
                "`{}` is required and cannot be removed, replace it",
                attribute.name
            )));
        }
        let listed =
            dialect::values::removed_values(Some(value)).filter(|_| whole && changed.multi_valued);
        let check = |value| value::check_one(attribute, value).transpose();
        let listed = listed
            .map(|listed| listed.into_iter().filter_map(check).collect())
            .transpose()?;
        self.push(target, Some(attribute), removal(listed));
        Ok(())
    }

    fn subs(
        &mut self,
        verb: Verb,
        path: &AttrPath,
        attribute: &'static Attribute,
        object: Map<String, Value>,
    ) -> Result<(), Error> {
        for (key, value) in object {
            let Some(sub) = attribute.sub(&key) else {
                Reading::AttributeIgnored.note_about(format!("{}.{key}", attribute.name));
                continue;
            };
            let target = Target {
                path: path.clone().with_sub(sub.name),
                filter: None,
                explicit: false,
            };
            self.declared(verb, target, attribute, value)?;
        }
        Ok(())
    }

    fn set(
        &mut self,
        verb: Verb,
        target: Target,
        attribute: &'static Attribute,
        changed: &'static Attribute,
        value: Value,
    ) -> Result<(), Error> {
        let name = target.path.to_string();
        let value = if target.filter.is_some() && target.path.sub.is_none() {
            value::check_one(attribute, dialect::values::single(attribute, value))?
        } else {
            value::check_as(changed, &name, value)?
        };
        let sub = target.path.sub.as_deref().unwrap_or_default();
        let is_given = |value: &Value| !dialect::values::is_blank_identifier(sub, value);
        let value = value.filter(is_given);
        if value.is_none() && verb == Verb::Replace && attribute.required {
            return Err(Error::InvalidValue(format!(
                "`{name}` is required and must not be empty"
            )));
        }
        let action = match (verb, value) {
            (Verb::Add, Some(value)) => Action::Add(value),
            (Verb::Add, None) => return Ok(()),
            (_, Some(value)) => Action::Replace(value),
            (_, None) => Action::Remove,
        };
        self.push(target, Some(attribute), action);
        Ok(())
    }

    fn push(&mut self, target: Target, attribute: Option<&'static Attribute>, action: Action) {
        self.operations.push(Operation {
            path: target.path,
            filter: target.filter,
            attribute,
            action,
        });
    }
}

fn removal(listed: Option<Vec<Value>>) -> Action {
    listed.map_or(Action::Remove, Action::RemoveListed)
}

/// Whether an operation merges its value into the present one, sub-attribute by sub-attribute.
///
/// `name` is merged. A complex value with a `value` as its identifier, such as `manager`, is replaced as
/// a whole, because the `$ref` of the old manager is wrong for the new one.
fn is_merged(target: &Target, attribute: &Attribute) -> bool {
    attribute.is_complex()
        && !attribute.multi_valued
        && target.path.sub.is_none()
        && attribute.sub("value").is_none()
}

/// Parses `path`. An empty string means that there is no path.
fn path(path: Option<Value>) -> Result<Option<String>, Error> {
    match path {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(path)) if path.trim().is_empty() => {
            Reading::EmptyPathIgnored.note();
            Ok(None)
        }
        Some(Value::String(path)) => Ok(Some(path)),
        Some(_) => Err(Error::InvalidPath("`path` must be a string".to_owned())),
    }
}
