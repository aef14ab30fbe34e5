//! Findings: what is wrong with a tenant.
//!
//! `rules` derives the findings from a `snapshot` alone, and `wording` puts them into words.

use jiff::Timestamp;
use rollcall_directory::{
    Diagnosis, FindingRecord, ObservedFinding, Provider, SignInRefusal, Snooze,
};
use rollcall_model::{Role, RouteBy, Subject};

/// The result of a health check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// The findings, the most severe first.
    pub findings: Vec<Finding>,
    /// Whether the digest covers the whole request log. If not, repeat the check: each one reads on.
    pub complete: bool,
    /// How many requests of the last seven days the digest has counted.
    pub counted: u64,
    /// When the tenant was checked.
    pub looked_at: Timestamp,
    /// Until when no finding opens or closes by time alone: at most a day.
    pub holds_until: Timestamp,
    /// What is known of findings from earlier checks, and what an admin has acknowledged or put off.
    pub record: FindingRecord,
    /// How many open findings the pages of the console show.
    pub shown: u64,
}

impl Health {
    /// Returns how an admin has acknowledged a finding or put it off, if so.
    pub fn snooze(&self, finding: &Finding) -> Option<&Snooze> {
        self.record.snooze(&finding.id(), self.looked_at)
    }

    /// Returns the findings that nobody has acknowledged or put off.
    pub fn unattended(&self) -> impl Iterator<Item = &Finding> {
        let is_open = |finding: &&Finding| self.snooze(finding).is_none();
        self.findings.iter().filter(is_open)
    }

    /// Returns the finding with an id.
    pub fn finding(&self, id: &str) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.id() == id)
    }

    /// Returns the findings as they are remembered and announced.
    pub fn observed(&self) -> Vec<ObservedFinding> {
        self.findings.iter().map(Finding::observed).collect()
    }
}

/// How severe a finding is, the most severe first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Something does not work, or will soon stop working.
    Problem,
    /// Something most likely does not work as intended.
    Warning,
    /// Worth knowing, but not necessarily wrong.
    Notice,
}

/// The kind of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FindingKind {
    /// Requests carry a token that is not valid or no longer valid.
    WrongToken,
    /// Requests come from addresses that are not allowed.
    ForeignAddress,
    /// Requests use paths or methods that are not supported.
    WrongAddress,
    /// A connection has a valid token but has never sent a request.
    NeverHeardFrom,
    /// A connection's last token has expired.
    TokenExpired,
    /// A connection has no token, or all its tokens were revoked.
    NoToken,
    /// A token expires soon.
    TokenExpiring,
    /// A connection used to work, but has sent nothing for a long time.
    ConnectionSilent,
    /// Requests read or change users by an id that does not exist.
    StaleUser,
    /// Requests read or change groups by an id that does not exist.
    StaleGroup,
    /// Requests have a filter that is not valid.
    UnsupportedFilter,
    /// Members were left out because no user has their ids.
    SkippedMembers,
    /// Members were left out because their ids are those of groups.
    NestedGroups,
    /// Changes of an attribute that does not exist were ignored.
    IgnoredPath,
    /// Requests fail repeatedly.
    FailuresRepeating,
    /// A connection pushes people but no groups.
    UsersWithoutGroups,
    /// Groups have no members.
    EmptyGroups,
    /// Groups have members but give no role.
    UnmappedGroups,
    /// Groups are mapped and the claim decides at sign-ins, but no recent sign-in has the claim.
    ClaimMissing,
    /// People have the default role or none, because no group is mapped.
    DefaultRoleWithoutMapping,
    /// People have the default role or none, because their sign-in had no claim.
    DefaultRoleWithoutClaim,
    /// People have the default role or none, because none of the groups that count for them is mapped.
    DefaultRoleWithoutMatch,
    /// People were pushed but have never signed in.
    NeverSignedIn,
    /// A connection pushes people or groups that belong to another one.
    OwnedByAnother,
    /// A connection took away more within an hour than it may: deactivations, deletions and lost groups.
    BrakeTripped,
    /// Many people of a connection are refused at once, because their subjects have changed.
    SubjectsChanged,
    /// People are refused at sign-in, all for one reason.
    SignInRefused,
    /// People sign in with a name in place of a subject.
    SubjectIsName,
    /// People sign in with neither a subject nor a connection.
    NeitherSubjectNorConnection,
    /// There are as many people as the operator allows, or nearly.
    PeopleCeiling,
    /// There are as many groups as the operator allows, or nearly.
    GroupsCeiling,
    /// There are as many tokens as the operator allows, or nearly.
    TokensCeiling,
    /// A webhook sends nothing, because deliveries failed or events expired.
    WebhookPaused,
    /// A webhook sends nothing, because an admin has paused it.
    WebhookPausedByHand,
    /// Mail to people or contacts bounced.
    MailBounced,
    /// People or contacts reported mail as spam.
    MailReportedAsSpam,
}

impl Severity {
    /// Returns the code in the API.
    pub fn code(self) -> &'static str {
        match self {
            Self::Problem => "problem",
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }
}

impl FindingKind {
    /// Returns the code in the API, such as `sign_in_refused`.
    pub fn code(self) -> String {
        snake_case(&format!("{self:?}"))
    }
}

/// Returns the name of a variant as a code: `no_token` for `NoToken`.
pub(super) fn snake_case(name: &str) -> String {
    let mut code = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() && !code.is_empty() {
            code.push('_');
        }
        code.push(c.to_ascii_lowercase());
    }
    code
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The kind.
    pub kind: FindingKind,
    /// The severity.
    pub severity: Severity,
    /// The connection, token, group or person that it is about; the first one if there are several.
    pub subject: Option<Subject>,
    /// How many: groups, people, tokens, sign-ins, failed requests, days until a token expires, or hours without a request.
    pub count: u64,
    /// Whether `count` is a minimum, because not everything was checked.
    pub at_least: bool,
    /// The operator's ceiling, if it is about one.
    pub ceiling: Option<u64>,
    /// The first few groups or people, if it is about several. For a token, its connection, and then a token that lasts
    /// longer, if there is one.
    pub among: Vec<Subject>,
    /// The role that the people have, if it is about people's roles.
    pub role: Option<Role>,
    /// What decides roles at sign-ins, if it is about people's roles.
    pub route_by: Option<RouteBy>,
    /// Why sign-ins are refused, if it is about those. `None` also stands for a reason that only a newer version knows.
    pub refusal: Option<SignInRefusal>,
    /// When it began. For a token, when it expires or has expired.
    pub since: Option<Timestamp>,
    /// The latest failed request and the error, if it is about failed requests.
    pub detail: Option<String>,
    /// What is wrong with the latest failed request.
    pub diagnosis: Option<Diagnosis>,
    /// The id of that request in the request log.
    pub request: Option<String>,
    /// The product of the connection that it is about.
    pub provider: Option<Provider>,
}

impl Finding {
    /// Returns a finding with only its kind and severity.
    pub(crate) fn new(kind: FindingKind, severity: Severity) -> Self {
        Self {
            kind,
            severity,
            subject: None,
            count: 1,
            at_least: false,
            ceiling: None,
            among: Vec::new(),
            role: None,
            route_by: None,
            refusal: None,
            since: None,
            detail: None,
            diagnosis: None,
            request: None,
            provider: None,
        }
    }
}
