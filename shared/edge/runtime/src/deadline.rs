//! How long a call may still work.

use std::time::{Duration, SystemTime};

/// Returns how much time is left before `deadline`, less the time that is reserved to finish, `margin`. It is zero when
/// that time has come.
pub fn time_left(deadline: SystemTime, margin: Duration) -> Duration {
    let left = deadline.duration_since(SystemTime::now());
    left.unwrap_or_default().saturating_sub(margin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserved_time_is_not_left() {
        let in_time = |seconds| SystemTime::now() + Duration::from_secs(seconds);
        let margin = Duration::from_secs(15);
        let left = time_left(in_time(60), margin);
        assert!(left <= Duration::from_secs(45) && left > Duration::from_secs(40));
        for over in [in_time(10), SystemTime::UNIX_EPOCH] {
            assert_eq!(time_left(over, margin), Duration::ZERO);
        }
    }
}
