//! The meter of a token: the generic cell rate algorithm (GCRA), in microseconds.

use rollcall_model::RateLimit;

/// `lead_us` of a token without a limit. It puts `allow_at` one hour into the past, so that functions whose clocks
/// differ never refuse requests.
const UNMETERED_LEAD_US: i64 = -3_600_000_000;

/// The parameters of a token's meter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Meter {
    /// What one request adds to `tat`, the theoretical arrival time: the time at which all requests so far are paid
    /// for.
    pub(crate) cost_us: i64,
    /// The difference between `allow_at` and now after one request of an idle token. Requests before `allow_at` are
    /// refused.
    pub(crate) lead_us: i64,
}

impl Meter {
    /// Returns the meter for a limit; `None` is unlimited.
    pub(crate) fn of(limit: Option<RateLimit>) -> Self {
        let Some(limit) = limit else {
            return Self {
                cost_us: 0,
                lead_us: UNMETERED_LEAD_US,
            };
        };
        let cost_us = 60_000_000 / i64::from(limit.per_minute.max(1));
        Self {
            cost_us,
            lead_us: cost_us * (1 - i64::from(limit.burst)),
        }
    }
}
