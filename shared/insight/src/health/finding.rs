//! What is wrong now, and what to do about it: the findings and the words for them.
//!
//! What is found follows from a snapshot alone (`judge`), which `checkup` reads.

use jiff::Timestamp;
use rollcall_directory::{Diagnosis, Provider};
use rollcall_model::{Role, RouteBy, Subject};

/// What is wrong now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// What was found, the worst first.
    pub findings: Vec<Finding>,
    /// Whether all of the request log was looked at. If not, look again: each look reads on.
    pub complete: bool,
    /// How many requests of the last seven days were.
    pub counted: u64,
    /// When it was looked at.
    pub looked_at: Timestamp,
}

/// How much a finding matters, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Something does not work, or is about to stop.
    Problem,
    /// Something most likely does not work as it is meant to.
    Warning,
    /// Worth knowing; nothing need be wrong.
    Notice,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FindingKind {
    /// Requests come with a token that is no longer good.
    WrongToken,
    /// Requests come for paths that nobody offers.
    WrongAddress,
    /// A connection has a good token, and was never heard of.
    NeverHeardFrom,
    /// A connection's last token has expired.
    TokenExpired,
    /// A connection has no token, or none that was not revoked.
    NoToken,
    /// A token expires soon.
    TokenExpiring,
    /// A connection worked, and has sent nothing for long.
    ConnectionSilent,
    /// People are asked for or changed by an id that nobody has.
    StaleUser,
    /// Groups are asked for or changed by an id that none has.
    StaleGroup,
    /// A filter cannot be understood.
    UnsupportedFilter,
    /// Members were left out because nobody has their ids.
    SkippedMembers,
    /// Groups were left out that were to be members.
    NestedGroups,
    /// Requests fail again and again.
    FailuresRepeating,
    /// People are pushed, and no groups.
    UsersWithoutGroups,
    /// Groups have no members.
    EmptyGroups,
    /// Groups are pushed, and give no role.
    UnmappedGroups,
    /// Groups are mapped, sign-ins are to be decided by the claim, and none has one.
    ClaimMissing,
    /// People have the default role or none, because no group is mapped.
    DefaultRoleWithoutMapping,
    /// People have the default role or none, because no claim came.
    DefaultRoleWithoutClaim,
    /// People have the default role or none, because what the claim named is no mapped group.
    DefaultRoleWithoutMatch,
    /// People were pushed and have never signed in.
    NeverSignedIn,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub kind: FindingKind,
    /// How much it matters.
    pub severity: Severity,
    /// The connection, token, group or person it is about; of several, the first.
    pub subject: Option<Subject>,
    /// How many: groups, people, failed requests, days until a token expires, hours of silence.
    pub count: u64,
    /// Whether there are at least so many: not all were looked at.
    pub at_least: bool,
    /// The first of them, where there are several; of a token, its connection, and the token that outlasts it.
    pub among: Vec<Subject>,
    /// The role that the people it is about have.
    pub role: Option<Role>,
    /// What decides roles at sign-ins, where it is about that.
    pub route_by: Option<RouteBy>,
    /// Since when; of a token that expires soon, when that is.
    pub since: Option<Timestamp>,
    /// The latest failing request and what it was answered, or another particular.
    pub detail: Option<String>,
    /// What is wrong with the failing requests.
    pub diagnosis: Option<Diagnosis>,
    /// The latest such request in the request log.
    pub request: Option<String>,
    /// The product of the connection it is about.
    pub provider: Option<Provider>,
}

impl Finding {
    /// A finding with nothing known but what it is.
    pub(crate) fn new(kind: FindingKind, severity: Severity) -> Self {
        Self {
            kind,
            severity,
            subject: None,
            count: 1,
            at_least: false,
            among: Vec::new(),
            role: None,
            route_by: None,
            since: None,
            detail: None,
            diagnosis: None,
            request: None,
            provider: None,
        }
    }
}
