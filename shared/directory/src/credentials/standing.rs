//! Whether a connection still stands for what it pushed, as the owner of people and groups.

use std::collections::BTreeSet;

use rollcall_store::{
    Error, Expression, Guard, Range, Scope, Transaction, from_item, number, string, text,
};

use crate::credentials::connections::{Connection, DeletedConnection};
use crate::credentials::handle::Credentials;
use crate::credentials::token_item::Token;

/// How often what a connection owned is followed from one heir to the next.
const MAX_HEIRS: usize = 10;

/// Whether a connection still stands for what it pushed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It does.
    Live,
    /// It had tokens, and all of them were revoked.
    Revoked {
        /// How many tokens it had.
        issued: u64,
    },
    /// It was deleted.
    Deleted,
    /// It was deleted, and what it owned was handed over to this connection, which is live.
    HandedTo {
        /// The id of the connection.
        connection: String,
    },
}

impl Credentials<'_> {
    /// Returns whether a connection still stands for what it pushed.
    ///
    /// # Errors
    /// Only table errors.
    pub(crate) async fn standing(self, id: &str) -> Result<Standing, Error> {
        let mut named = id.to_owned();
        for _ in 0..MAX_HEIRS {
            let keys = self.scope.keys();
            let (live, deleted) = (keys.connection(&named), keys.deleted_connection(&named));
            let mut found = self
                .scope
                .table
                .find([live.clone(), deleted.clone()])
                .await?;
            if let Some(item) = found.take(&live) {
                let standing = self.standing_of(&from_item(item)?).await?;
                return Ok(match standing {
                    own if named == id => own,
                    Standing::Live => Standing::HandedTo { connection: named },
                    _ => Standing::Deleted,
                });
            }
            let deleted = found.take(&deleted).map(from_item::<DeletedConnection>);
            match deleted.transpose()?.and_then(|it| it.handed_to) {
                Some(heir) => named = heir,
                None => return Ok(Standing::Deleted),
            }
        }
        Ok(Standing::Deleted)
    }

    /// Returns a connection with those of which it has what they owned: they were deleted, and handed over to it, in one
    /// step or several.
    ///
    /// # Errors
    /// Only table errors.
    pub(crate) async fn with_predecessors(self, id: &str) -> Result<BTreeSet<String>, Error> {
        let deleted = Range::all(self.scope.keys().deleted_connections());
        let mut handed = Vec::new();
        for item in self.scope.table.query_all(deleted).await? {
            let named = text(&item, "SK")?.to_owned();
            let heir = from_item::<DeletedConnection>(item)?.handed_to;
            handed.extend(heir.map(|heir| (named, heir)));
        }
        let mut all = BTreeSet::from([id.to_owned()]);
        for _ in 0..MAX_HEIRS {
            let found = handed.iter().filter(|(_, heir)| all.contains(heir));
            let found: Vec<_> = found.map(|(named, _)| named.clone()).collect();
            all.extend(found);
        }
        Ok(all)
    }

    async fn standing_of(self, connection: &Connection) -> Result<Standing, Error> {
        Ok(match is_revoked(&connection.id, &self.tokens().await?) {
            true => Standing::Revoked {
                issued: connection.tokens_issued,
            },
            false => Standing::Live,
        })
    }
}

/// Returns whether a connection had tokens and all of them were revoked.
pub(super) fn is_revoked(connection: &str, tokens: &[Token]) -> bool {
    let of_it = tokens
        .iter()
        .filter(|token| token.connection_id == connection);
    let mut of_it = of_it.peekable();
    of_it.peek().is_some() && of_it.all(|token| token.revoked_at.is_some())
}

/// Adds the condition that a connection that no longer stands for what it pushed still does not.
pub(crate) fn check_standing(
    scope: &Scope,
    transaction: &mut Transaction,
    id: &str,
    standing: &Standing,
) {
    let unchanged = match standing {
        Standing::Live => Expression::present(),
        Standing::Deleted | Standing::HandedTo { .. } => Expression::absent(),
        // Earlier versions do not count the tokens.
        Standing::Revoked { issued: 0 } => Expression::new("attribute_not_exists(tokens_issued)"),
        Standing::Revoked { issued } => {
            Expression::new("attribute_not_exists(PK) OR tokens_issued = :issued")
                .with(":issued", number(issued))
        }
    };
    transaction.check(scope.keys().connection(id), unchanged, Guard::Stale);
}

/// Adds the condition that the connection `by` replaces `owner`.
pub(crate) fn check_replaces(scope: &Scope, transaction: &mut Transaction, by: &str, owner: &str) {
    let replaces = Expression::new("contains(replaces, :owner)").with(":owner", string(owner));
    transaction.check(scope.keys().connection(by), replaces, Guard::Stale);
}
