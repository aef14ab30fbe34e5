//! What an admin of the tenant may set, where the application may set more.

use rollcall_directory as directory;
use rollcall_edge_http::Problem;

/// The lowest rate limit that an admin of the tenant can set, in requests per minute.
const LEAST_PER_MINUTE: u32 = 60;
/// The highest rate limit that an admin of the tenant can set, in requests per minute: twice the default.
const MOST_PER_MINUTE: u32 = 6_000;
/// The largest burst that an admin of the tenant can set.
const MOST_BURST: u32 = 6_000;

/// Checks that somebody of this rank may set this retention: what is deleted early is evidence.
///
/// # Errors
/// 403 when it is shorter than before, and they are no owner.
pub fn check_retention(
    days: u32,
    before: &directory::Settings,
    rank: directory::Role,
) -> Result<(), Problem> {
    match days < before.retention_days && !rank.is_owner() {
        true => Err(Problem::forbidden(
            "only an `owner` or the application can shorten `retention_days`",
        )),
        false => Ok(()),
    }
}

/// Checks that an admin of the tenant may set this rate limit, or none: a low one stops provisioning, and none, or a very
/// high one, takes from all other tenants what protects them. What the application has set stays allowed, and so does less.
///
/// # Errors
/// 403 when only the application may.
pub fn check_rate(
    limit: Option<directory::RateLimit>,
    before: &directory::Settings,
) -> Result<(), Problem> {
    let only_the_application = |what: String| {
        Err(Problem::forbidden(format!(
            "only the application can {what}"
        )))
    };
    let (limit, now) = match (limit, before.rate_limit) {
        (limit, now) if limit == now => return Ok(()),
        (None, _) => {
            return only_the_application(format!(
                "remove `rate_limit`; set at most {MOST_PER_MINUTE} per minute, or leave it out"
            ));
        }
        (Some(limit), now) => (limit, now),
    };
    // Without a limit, every limit is a lower one.
    let most = |bound: u32, now: Option<u32>| now.map_or(u32::MAX, |now| now.max(bound));
    let per_minute = most(MOST_PER_MINUTE, now.map(|now| now.per_minute));
    let burst = most(MOST_BURST, now.map(|now| now.burst));
    match () {
        () if limit.per_minute < LEAST_PER_MINUTE => only_the_application(format!(
            "set `rate_limit.per_minute` below {LEAST_PER_MINUTE}"
        )),
        () if limit.per_minute > per_minute => {
            only_the_application(format!("set `rate_limit.per_minute` above {per_minute}"))
        }
        () if limit.burst > burst => {
            only_the_application(format!("set `rate_limit.burst` above {burst}"))
        }
        () => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use rollcall_directory::{RateLimit, Settings};

    use super::*;

    #[test]
    fn admins_neither_remove_the_rate_limit_nor_go_beyond_it() {
        let limit = |per_minute: u32, burst: u32| Some(RateLimit { per_minute, burst });
        for (before, given, is_allowed) in [
            (limit(3_000, 300), limit(60, 0), true),
            (limit(3_000, 300), limit(6_000, 6_000), true),
            (limit(3_000, 300), limit(59, 0), false),
            (limit(3_000, 300), limit(6_001, 0), false),
            (limit(3_000, 300), limit(60, 6_001), false),
            (limit(3_000, 300), None, false),
            // What the application has set can be sent as it was read.
            (limit(1, 0), limit(1, 0), true),
            (limit(9_000, 9_000), limit(9_000, 9_000), true),
            (None, None, true),
            // Less than that, too, and no more.
            (limit(9_000, 9_000), limit(8_000, 8_000), true),
            (limit(9_000, 9_000), limit(9_001, 9_000), false),
            (limit(9_000, 9_000), limit(9_000, 9_001), false),
            (None, limit(600_000, 100_000), true),
            (None, limit(59, 0), false),
        ] {
            let before = Settings {
                rate_limit: before,
                ..Settings::default()
            };
            let checked = check_rate(given, &before);
            assert_eq!(checked.is_ok(), is_allowed, "{before:?} {given:?}");
        }
    }
}
