//! Why a webhook is paused.

/// Why a webhook sends nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PauseReason {
    /// An admin has paused it.
    ByHand,
    /// Every attempt failed for three days.
    Failing,
    /// The endpoint answered 410: it does not exist any more.
    Gone,
    /// The events that come next have expired.
    EventsExpired,
    /// The feed ends before the place of the webhook, because the table was restored to an earlier time.
    CursorAhead,
    /// The table was restored to a time before the webhook was changed, paused or given another secret.
    Restored,
}

impl PauseReason {
    const ALL: [Self; 6] = [
        Self::ByHand,
        Self::Failing,
        Self::Gone,
        Self::EventsExpired,
        Self::CursorAhead,
        Self::Restored,
    ];

    /// Returns the name in events and stored items.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ByHand => "by_hand",
            Self::Failing => "failing",
            Self::Gone => "gone",
            Self::EventsExpired => "events_expired",
            Self::CursorAhead => "cursor_ahead",
            Self::Restored => "restored",
        }
    }

    /// Returns the reason with a stored name; `None` for a name that only a newer version knows.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }
}
