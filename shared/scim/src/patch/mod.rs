//! PATCH (RFC 7644 §3.5.2): parses a request, normalizes its operations, and applies them.
//!
//! ```text
//! body ── compile ──► Operation: one attribute, checked value ── apply ──► Resource
//!                 └─► MemberOp: the members of a Group, which are stored separately
//! ```

mod apply;
mod compile;
mod members;
mod merge;
mod target;
#[cfg(test)]
mod tests;
mod work;

use serde_json::Value;

use self::apply::Operation;
pub use self::members::{MemberChange, MemberOp};
use self::work::Work;
use crate::dialect;
use crate::error::Error;
use crate::formatted;
use crate::limits::{MAX_MEMBER_SCANS, MAX_PATCH_OPERATIONS};
use crate::resource::{Resource, object, require_schema};
use crate::schema::ResourceType;

/// The URN of the PatchOp message (RFC 7644 §3.5.2).
pub const PATCH_OP_URN: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// The operations of a PATCH (RFC 7644 §3.5.2), normalized and with checked values.
#[derive(Debug, Clone, PartialEq)]
pub struct Patch {
    operations: Vec<Operation>,
    members: Vec<MemberOp>,
}

impl Patch {
    /// Parses the body of a PATCH.
    ///
    /// Operations on `password` and on unknown attributes are valid and have no effect. The same is true
    /// for read-only attributes that only a key of a `value` names. If a `path` names a read-only
    /// attribute, the request fails.
    ///
    /// # Errors
    /// `InvalidSyntax` when the body is not a PatchOp message. `TooMany` when it exceeds
    /// [`MAX_PATCH_OPERATIONS`] or [`MAX_MEMBER_SCANS`]. `InvalidPath`, `InvalidValue`, `NoTarget` or
    /// `Mutability` when an operation is invalid for every resource of the type.
    pub fn parse(rt: &'static ResourceType, body: Value) -> Result<Patch, Error> {
        let mut body = object(body)?;
        let schemas = dialect::values::take(&mut body, "schemas");
        require_schema(schemas, PATCH_OP_URN, |_| false)?;
        let operations = dialect::values::take(&mut body, "Operations").unwrap_or(Value::Null);
        let operations = match operations {
            Value::Array(operations) if !operations.is_empty() => operations,
            operation @ Value::Object(_) => dialect::values::values(operation),
            _ => {
                return Err(Error::InvalidSyntax(
                    "`Operations` must be an array with at least one operation".to_owned(),
                ));
            }
        };
        if operations.len() > MAX_PATCH_OPERATIONS {
            return Err(Error::TooMany(format!(
                "a PATCH can have at most {MAX_PATCH_OPERATIONS} operations, send several requests"
            )));
        }
        let (operations, members) = compile::compile(rt, operations)?;
        let scans = members.iter().filter(|op| op.scans()).count();
        if scans > MAX_MEMBER_SCANS {
            return Err(Error::TooMany(format!(
                "a PATCH can have at most {MAX_MEMBER_SCANS} operations that examine every member, \
                 name the members by `value` or send several requests"
            )));
        }
        Ok(Patch {
            operations,
            members,
        })
    }

    /// Applies the operations to a copy of the resource, in order, and returns the copy.
    ///
    /// # Errors
    /// `NoTarget` when a value path matches no value and describes none to create. `Mutability` when an
    /// operation changes an immutable attribute. `InvalidValue` when the result is not a valid resource. `TooMany` when
    /// the operations make more than [`MAX_PATCH_COMPARISONS`](crate::limits::MAX_PATCH_COMPARISONS).
    pub fn apply(&self, resource: &Resource) -> Result<Resource, Error> {
        let mut attributes = resource.attributes().clone();
        let mut work = Work::new();
        for operation in &self.operations {
            operation.apply(&mut attributes, &mut work)?;
        }
        for operation in &self.operations {
            operation.tidy(&mut attributes);
        }
        formatted::refresh(resource.attributes(), &mut attributes);
        if !self.members.is_empty() {
            members::apply(&self.members, &mut attributes)?;
        }
        let patched = Resource::from_stored(resource.resource_type(), attributes);
        resource.check_immutable(&patched)?;
        patched.check_whole(Some(resource))?;
        Ok(patched)
    }

    /// Separates the operations on the members of a Group from the others.
    ///
    /// The two parts can be applied in either order, because members do not depend on other attributes.
    pub fn split_members(self) -> (Patch, Option<MemberChange>) {
        let change = (!self.members.is_empty()).then_some(MemberChange { ops: self.members });
        let rest = Patch {
            operations: self.operations,
            members: Vec::new(),
        };
        (rest, change)
    }

    /// Whether the PATCH has no effect on any resource.
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty() && self.members.is_empty()
    }
}
