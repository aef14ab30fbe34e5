//! A handle that only looks: its reads are eventually consistent, which costs half, and it writes nothing.
//!
//! What was just written may be missing in what it reads. So nothing may be decided by it, and that is enforced: a write
//! fails with [`Error::Work`], and whoever looked does the same once more with a handle that reads consistently.

use crate::error::Error;
use crate::table::Table;

impl Table {
    /// Returns a handle that reads eventually consistently and does not write.
    #[must_use]
    pub fn looking(&self) -> Self {
        Self {
            only_looks: true,
            ..self.clone()
        }
    }

    /// Checks that the handle may write.
    ///
    /// # Errors
    /// [`Error::Work`] if it only looks.
    pub(crate) fn check_may_write(&self) -> Result<(), Error> {
        match self.only_looks {
            true => Err(Error::Work),
            false => Ok(()),
        }
    }
}
