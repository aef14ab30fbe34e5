//! PATCH (RFC 7644 §3.5.2): read a message, bring it into the form of the RFC, apply it.
//!
//! ```text
//! body ── compile ──► Operation: one attribute each, value checked ── apply ──► Resource
//!                 └─► MemberOp: a group's members, which are not stored in the group
//! ```

mod apply;
mod compile;
mod members;
mod merge;
mod target;
#[cfg(test)]
mod tests;

use serde_json::Value;

use self::apply::Operation;
pub use self::members::{MemberChange, MemberOp};
use crate::dialect;
use crate::error::Error;
use crate::limits::{MAX_MEMBER_SCANS, MAX_PATCH_OPERATIONS};
use crate::resource::{Resource, object, require_schema};
use crate::schema::ResourceType;

/// The URN of the message that PATCH takes.
pub const PATCH_OP_URN: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// The operations of a PATCH, in the form of the RFC, every value checked against its attribute.
#[derive(Debug, Clone, PartialEq)]
pub struct Patch {
    operations: Vec<Operation>,
    members: Vec<MemberOp>,
}

impl Patch {
    /// Reads the body of a PATCH.
    ///
    /// Operations on `password`, on unknown attributes, and on what the service owns where no `path`
    /// names it, are accepted and do nothing.
    ///
    /// # Errors
    /// `InvalidSyntax` for what is not a PatchOp message, `TooMany` beyond [`MAX_PATCH_OPERATIONS`]
    /// and [`MAX_MEMBER_SCANS`], and `InvalidPath`, `InvalidValue`, `NoTarget` or `Mutability` for an
    /// operation that can fit no resource.
    pub fn parse(rt: &'static ResourceType, body: Value) -> Result<Patch, Error> {
        let mut body = object(body)?;
        require_schema(dialect::values::take(&mut body, "schemas"), PATCH_OP_URN)?;
        let operations = dialect::values::take(&mut body, "Operations").unwrap_or(Value::Null);
        let operations = match operations {
            Value::Array(operations) if !operations.is_empty() => operations,
            operation @ Value::Object(_) => dialect::values::values(operation),
            _ => {
                return Err(Error::InvalidSyntax(
                    "`Operations` must be an array with one operation at least".to_owned(),
                ));
            }
        };
        if operations.len() > MAX_PATCH_OPERATIONS {
            return Err(Error::TooMany(format!(
                "a PATCH may have {MAX_PATCH_OPERATIONS} operations at most, send several"
            )));
        }
        let (operations, members) = compile::compile(rt, operations)?;
        let scans = members.iter().filter(|op| op.scans()).count();
        if scans > MAX_MEMBER_SCANS {
            return Err(Error::TooMany(format!(
                "a PATCH may have {MAX_MEMBER_SCANS} operations at most that look at every member, \
                 name the members by `value` or send several"
            )));
        }
        Ok(Patch {
            operations,
            members,
        })
    }

    /// Returns the resource as the operations leave it, applied in order. The resource itself stays.
    ///
    /// # Errors
    /// `NoTarget` when a value path selects nothing that could be changed or made, `Mutability` when
    /// an immutable attribute would change, `InvalidValue` when the result would not be valid.
    pub fn apply(&self, resource: &Resource) -> Result<Resource, Error> {
        let mut attributes = resource.attributes().clone();
        for operation in &self.operations {
            operation.apply(&mut attributes)?;
        }
        if !self.members.is_empty() {
            members::apply(&self.members, &mut attributes)?;
        }
        let patched = Resource::from_stored(resource.resource_type(), attributes);
        resource.check_immutable(&patched)?;
        patched.check_whole()?;
        Ok(patched)
    }

    /// Splits the operations on the members of a Group off; the rest stays a `Patch`.
    ///
    /// Members depend on no other attribute, so the order between the two parts means nothing.
    pub fn split_members(self) -> (Patch, Option<MemberChange>) {
        let change = (!self.members.is_empty()).then_some(MemberChange { ops: self.members });
        let rest = Patch {
            operations: self.operations,
            members: Vec::new(),
        };
        (rest, change)
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty() && self.members.is_empty()
    }
}
