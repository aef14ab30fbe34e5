//! The keys of what the brake counts and holds.

use crate::keys::Keys;
use crate::partition::{Key, Partition};

/// The prefix of the sort keys of the marks that a connection took away too much.
pub const TRIPPED: &str = "BRAKE#";

impl Keys<'_> {
    /// Returns the key of the mark that a connection took away too much, beside the connection.
    pub fn tripped(self, connection: &str) -> Key {
        self.config().at(format!("{TRIPPED}{connection}"))
    }

    /// Returns the partition of what a connection took away lately: a number for each five minutes.
    pub fn taken_away(self, connection: &str) -> Partition {
        self.partition(&format!("#BC#{connection}"))
    }

    /// Returns the partition of the changes that are held. The sort key begins with the connection.
    pub fn held(self) -> Partition {
        self.partition("#BH")
    }

    /// Returns the key of a held change of a connection. `what` is unique among those of the connection.
    pub fn held_change(self, connection: &str, what: &str) -> Key {
        self.held().at(format!("{connection}#{what}"))
    }
}
