//! What takes effect for a person: whether they may sign in, and have sessions and roles. Pure.
//!
//! What SCIM said is stored as it was pushed. What takes effect follows from that and from what stands against it: the
//! block of an admin, and a deactivation that is held back or comes from a connection that is only observed.

/// What is known about a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Causes {
    /// Whether SCIM has deactivated them.
    pub is_deactivated: bool,
    /// Whether an admin blocks them.
    pub is_blocked: bool,
    /// Whether the deactivation is held back until somebody agrees to it.
    pub is_deactivation_held: bool,
    /// Whether the connection that owns them is only observed.
    pub is_observed: bool,
}

/// What takes effect for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// They are in.
    In,
    /// They are in, whatever their connection says: it gives them no role, and takes nothing away.
    InObserved,
    /// SCIM has deactivated them.
    Deactivated,
    /// An admin blocks them.
    Blocked,
}

impl Effect {
    /// Decides what takes effect.
    pub fn of(causes: Causes) -> Self {
        match causes {
            Causes {
                is_blocked: true, ..
            } => Self::Blocked,
            Causes {
                is_observed: true, ..
            } => Self::InObserved,
            Causes {
                is_deactivated: true,
                is_deactivation_held: false,
                ..
            } => Self::Deactivated,
            Causes { .. } => Self::In,
        }
    }

    /// Returns whether they may sign in.
    pub fn may_sign_in(self) -> bool {
        matches!(self, Self::In | Self::InObserved)
    }

    /// Returns whether their sessions are valid.
    pub fn has_sessions(self) -> bool {
        self.may_sign_in()
    }

    /// Returns whether the roles that they hold count.
    pub fn has_roles(self) -> bool {
        self.may_sign_in()
    }

    /// Returns whether the groups that they are in give roles, once roles count.
    pub fn counts_memberships(self) -> bool {
        self != Self::InObserved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows: deactivated, blocked, held, observed.
    #[test]
    fn what_takes_effect() {
        let cases = [
            ([false, false, false, false], Effect::In),
            ([true, false, false, false], Effect::Deactivated),
            ([true, false, true, false], Effect::In),
            ([false, false, true, false], Effect::In),
            ([true, false, false, true], Effect::InObserved),
            ([false, false, false, true], Effect::InObserved),
            ([true, false, true, true], Effect::InObserved),
        ];
        for (
            [
                is_deactivated,
                is_blocked,
                is_deactivation_held,
                is_observed,
            ],
            expected,
        ) in cases
        {
            let causes = Causes {
                is_deactivated,
                is_blocked,
                is_deactivation_held,
                is_observed,
            };
            assert_eq!(Effect::of(causes), expected, "{causes:?}");
            let is_blocked = true;
            let blocked = Effect::of(Causes {
                is_blocked,
                ..causes
            });
            assert_eq!(blocked, Effect::Blocked, "{causes:?}");
        }
        for effect in [Effect::Deactivated, Effect::Blocked] {
            assert!(!effect.may_sign_in() && !effect.has_sessions());
            assert!(!effect.has_roles());
        }
        assert!(Effect::InObserved.has_roles() && !Effect::InObserved.counts_memberships());
    }
}
