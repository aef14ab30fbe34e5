//! The active owners of a tenant. The last one cannot be removed.

use rollcall_model::Reason;
use rollcall_scim as scim;
use rollcall_store::{Error, Expression, Guard, Scope, Transaction, number};

use crate::resources::record::Record;

impl Record {
    /// Returns whether the person is an owner and not deactivated.
    pub fn is_active_owner(&self) -> bool {
        !self.is_out() && self.account.is_owner()
    }
}

/// Updates the list of active owners. The transaction fails with [`Guard::LastOwner`] if none would be left.
pub(super) fn write_owners(
    scope: &Scope,
    transaction: &mut Transaction,
    before: Option<&Record>,
    after: Option<&Record>,
) {
    let owns = |record: Option<&Record>| record.is_some_and(Record::is_active_owner);
    let Some(id) = after.or(before).map(|record| &record.id) else {
        return;
    };
    let ids = aws_sdk_dynamodb::types::AttributeValue::Ss(vec![id.clone()]);
    let owners = scope.keys().owners();
    match (owns(before), owns(after)) {
        (false, true) => transaction.update(
            owners,
            Expression::new("ADD active_ids :ids").with(":ids", ids),
        ),
        (true, false) => transaction.update_if(
            owners,
            Expression::new("DELETE active_ids :ids").with(":ids", ids),
            Expression::new("size(active_ids) > :one").with(":one", number(1)),
            Guard::LastOwner,
        ),
        _ => {}
    }
}

/// Updates the list of active owners, on the condition that it is empty: the transaction fails with
/// [`Guard::FirstOwner`] otherwise.
pub(super) fn write_first_owner(scope: &Scope, transaction: &mut Transaction, after: &Record) {
    let (owners, nobody) = (
        scope.keys().owners(),
        Expression::new("attribute_not_exists(active_ids)"),
    );
    if !after.is_active_owner() {
        return transaction.check(owners, nobody, Guard::FirstOwner);
    }
    let ids = aws_sdk_dynamodb::types::AttributeValue::Ss(vec![after.id.clone()]);
    let add = Expression::new("ADD active_ids :ids").with(":ids", ids);
    transaction.update_if(owners, add, nobody, Guard::FirstOwner);
}

pub(super) fn not_the_first_owner() -> Error {
    let detail = "there is an owner by now; sign in as someone who has the role";
    scim::Error::Forbidden(detail.to_owned()).into()
}

pub(super) fn last_owner() -> Error {
    let detail = "the last active owner cannot be deactivated, deleted or demoted; make someone else an owner first";
    Error::Refused(Reason::LastOwner, scim::Error::Forbidden(detail.to_owned()))
}
