//! When a part stops: it is answered before its function ends, and goes on when it is sent again.

use rollcall_scim as scim;
use rollcall_store::Error;
use tokio::time::Instant;

/// After how many seconds a part that was not finished is sent again.
const RETRY_AFTER_SECONDS: u32 = 1;

/// Returns an error if it is so late that nothing more of the part may begin.
///
/// # Errors
/// `503`.
pub(super) fn unless_late(late: Instant) -> Result<(), Error> {
    match Instant::now() < late {
        true => Ok(()),
        false => Err(scim::Error::Unavailable {
            retry_after: RETRY_AFTER_SECONDS,
        }
        .into()),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn who_is_late_is_told_to_send_the_part_again() {
        let now = Instant::now();
        assert!(unless_late(now + Duration::from_secs(60)).is_ok());
        let late = unless_late(now).map_err(|error| error.to_scim().status());
        assert_eq!(late, Err(503));
    }
}
