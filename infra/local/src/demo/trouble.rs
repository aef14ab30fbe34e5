//! Why the demo could not be written.

use rollcall_directory::Error;

use crate::caller::Refused;

/// Why the demo could not be written, in one line.
#[derive(Debug)]
pub(super) struct Trouble(pub(super) String);

impl From<Refused> for Trouble {
    fn from(refused: Refused) -> Self {
        Self(refused.0)
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self(error.to_string())
    }
}
