//! What the history of a person says about the moment when their access ended. Pure.

use rollcall_directory::{Entry, EventType};
use rollcall_model::RoleId;
use serde_json::Value;

/// What somebody had when their access ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Had {
    /// Their highest role; `None` if they had none or it is not known.
    pub(super) role: Option<RoleId>,
    /// The sessions that ended.
    pub(super) sessions: u64,
}

/// Returns what somebody had. `history` has the entries about them around the one with this id, newest first, back to when
/// the oldest session that could still last began.
pub(super) fn had(history: &[Entry], ended: &str) -> Had {
    let (mut sessions, mut before, mut after) = (0_u64, None, None);
    for entry in history.iter().rev() {
        let kind = EventType::of(&entry.action);
        if entry.id.as_str() > ended {
            let is_told = kind == Some(EventType::UserRoleChanged) && after.is_none();
            after = after.or_else(|| is_told.then(|| role(entry.before.as_deref())));
            continue;
        }
        if entry.id == ended {
            continue;
        }
        match kind {
            Some(EventType::AuthLogin) => {
                sessions += 1;
                before = role(entry.after.as_deref());
            }
            Some(EventType::AuthLogout | EventType::UserSessionEnded) => {
                sessions = sessions.saturating_sub(1);
            }
            Some(EventType::UserSessionsEnded | EventType::UserSubjectsForgotten) => sessions = 0,
            Some(kind) if kind.ends_access() => sessions = 0,
            Some(EventType::UserRoleChanged) => before = role(entry.after.as_deref()),
            _ => {}
        }
    }
    Had {
        role: after.unwrap_or(before),
        sessions,
    }
}

fn role(told: Option<&str>) -> Option<RoleId> {
    let told: Value = serde_json::from_str(told?).ok()?;
    told["role"].as_str().map(RoleId::named)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// An entry, with the roles before and after it.
    fn entry(id: &str, action: &str, before: &str, after: &str) -> Entry {
        let told = |role: &str| (!role.is_empty()).then(|| json!({ "role": role }).to_string());
        let entry = json!({
            "SK": id, "type": action, "at": "2026-11-25T10:00:00Z", "actor": {"type": "system"}, "request_id": "r",
            "subject": {"type": "user", "id": "u", "name": "ada"}, "before": told(before), "after": told(after),
        });
        serde_json::from_value(entry).unwrap()
    }

    fn check(history: &[(&str, &str, &str, &str)], role: Option<&str>, sessions: u64) {
        let mut entries: Vec<Entry> = history
            .iter()
            .map(|(id, action, before, after)| entry(id, action, before, after))
            .collect();
        entries.reverse();
        let role = role.map(RoleId::named);
        assert_eq!(had(&entries, "5"), Had { role, sessions }, "{history:?}");
    }

    #[test]
    fn sessions_and_roles_follow_from_the_history() {
        let left = ("5", "user.deactivated", "", "");
        check(&[left], None, 0);
        let two = [
            ("1", "auth.login", "", "viewer"),
            ("2", "auth.login", "", "member"),
        ];
        check(&[two[0], two[1], left], Some("member"), 2);
        let told = ("6", "user.role_changed", "admin", "");
        check(&[two[0], left, told], Some("admin"), 1);
        let later = ("7", "user.role_changed", "owner", "");
        check(&[two[0], left, told, later], Some("admin"), 1);
        check(
            &[two[0], two[1], ("3", "auth.logout", "", ""), left],
            Some("member"),
            1,
        );
        for ended in [
            "user.sessions_ended",
            "user.blocked",
            "user.subjects_forgotten",
        ] {
            check(
                &[two[0], two[1], ("3", ended, "", ""), left],
                Some("member"),
                0,
            );
        }
        check(
            &[
                ("3", "auth.logout", "", ""),
                left,
                ("6", "auth.login", "", "member"),
            ],
            None,
            0,
        );
    }
}
