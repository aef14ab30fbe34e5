//! The wording of findings, for the person who can fix them: what each means, and what to do.

use rollcall_directory::Diagnosis;
use rollcall_model::{Provider, RouteBy, Subject};

use crate::health::finding::{Finding, FindingKind};
use crate::health::refused::{refusal_remedy, refusal_text};

impl Finding {
    /// Returns what is wrong, in one line.
    pub fn title(&self) -> String {
        let name = quoted(self.subject.as_ref());
        let connection = quoted(self.among.first());
        let groups = self.counted("group", "groups");
        let people = self.counted("person", "people");
        let have = if self.count == 1 { "has" } else { "have" };
        let requests = self.counted("request", "requests");
        match self.kind {
            FindingKind::WrongToken => format!("{name} is refused: its token is no longer valid"),
            FindingKind::ForeignAddress => {
                format!("A token of {name} is used from an address that is not allowed")
            }
            FindingKind::WrongAddress => format!("{name} uses an address that does not exist here"),
            FindingKind::NeverHeardFrom => format!("Nothing has come from {name} yet"),
            FindingKind::TokenExpired => {
                format!("The token {name} of {connection} has expired, and no other is valid")
            }
            FindingKind::NoToken => format!("{name} has no token"),
            FindingKind::TokenExpiring => {
                let days = self.counted("day", "days");
                format!("The token {name} of {connection} expires within {days}")
            }
            FindingKind::ConnectionSilent => {
                let hours = self.counted("hour", "hours");
                format!("{name} has sent nothing for {hours}")
            }
            FindingKind::StaleUser => {
                format!("{name} syncs people who are not here: {requests} answered “not found”")
            }
            FindingKind::StaleGroup => {
                format!("{name} syncs groups that are not here: {requests} answered “not found”")
            }
            FindingKind::UnsupportedFilter => {
                format!("{name} searches with a filter that is not supported: {requests} refused")
            }
            FindingKind::SkippedMembers => {
                format!("{name} adds members who are not here: they were left out")
            }
            FindingKind::NestedGroups => {
                format!("{name} adds groups to groups: they were left out")
            }
            FindingKind::IgnoredPath => {
                format!("{name} changes an attribute that does not exist: it was ignored")
            }
            FindingKind::FailuresRepeating => format!("{requests} of {name} failed"),
            FindingKind::UsersWithoutGroups => format!("{name} sends people, but no groups"),
            FindingKind::EmptyGroups => format!("{groups} {have} no members"),
            FindingKind::UnmappedGroups => format!("{groups} {have} members, but no role"),
            FindingKind::ClaimMissing => {
                format!(
                    "No sign-in brings the “groups” claim: {} without it",
                    self.counted("sign-in", "sign-ins")
                )
            }
            FindingKind::DefaultRoleWithoutMapping => {
                format!("{people} {}: no group is mapped to a role", self.held())
            }
            FindingKind::DefaultRoleWithoutClaim => {
                let held = self.held();
                format!("{people} {held}: no “groups” claim came with the sign-in")
            }
            FindingKind::DefaultRoleWithoutMatch => {
                let held = self.held();
                match self.is_by_claim_alone() {
                    true => format!("{people} {held}: the “groups” claim named no mapped group"),
                    false => format!("{people} {held}: none of their groups is mapped to a role"),
                }
            }
            FindingKind::NeverSignedIn => format!("{people} {have} never signed in"),
            FindingKind::OwnedByAnother => {
                format!("{name} sends what belongs to another connection: {requests} refused")
            }
            FindingKind::BrakeTripped => {
                let allowed = self.ceiling.unwrap_or_default();
                let changes = self.counted("change", "changes");
                format!(
                    "{name} removed unusually many people at once: {changes} within an hour, \
                     {allowed} allowed"
                )
            }
            FindingKind::SubjectsChanged => {
                let whose = self.subject.as_ref().map(|_| format!(" of {name}"));
                let whose = whose.unwrap_or_default();
                format!("The subjects{whose} have changed: {people} cannot sign in")
            }
            FindingKind::SignInRefused => {
                let are = if self.count == 1 { "is" } else { "are" };
                format!("{people} {are} kept out: {}", refusal_text(self.refusal))
            }
            FindingKind::SubjectIsName => {
                let sign = if self.count == 1 { "signs" } else { "sign" };
                format!("{people} {sign} in with a name or a temporary ID as the subject")
            }
            FindingKind::NeitherSubjectNorConnection => {
                let sign = if self.count == 1 { "signs" } else { "sign" };
                format!("{people} {sign} in by name alone: no subject, no connection")
            }
            FindingKind::PeopleCeiling => format!("{people} of {}", self.allowed()),
            FindingKind::GroupsCeiling => format!("{groups} of {}", self.allowed()),
            FindingKind::TokensCeiling => {
                format!("{} of {}", self.counted("token", "tokens"), self.allowed())
            }
            FindingKind::WebhookPaused => format!("The webhook {name} is paused: it sends nothing"),
            FindingKind::WebhookPausedByHand => {
                format!("The webhook {name} is paused: someone has stopped it")
            }
            FindingKind::MailBounced => format!("{} no mail: it bounced", self.addresses()),
            FindingKind::MailReportedAsSpam => {
                format!("{} no mail: reported as spam", self.addresses())
            }
        }
    }

    /// Returns what the finding means and what to do about it.
    pub fn advice(&self) -> String {
        let name = quoted(self.subject.as_ref());
        let on_schedule = self.provider.is_some_and(Provider::syncs_on_schedule);
        match (self.kind, self.provider) {
            (FindingKind::FailuresRepeating, _) => self.diagnosis.map_or_else(
                || FAILURES.to_owned(),
                |diagnosis: Diagnosis| diagnosis.text().to_owned(),
            ),
            (FindingKind::TokenExpiring, _) => match self.among.get(1) {
                Some(other) => format!(
                    "There is another token that lasts longer, {}, but your identity provider still uses {name}. \
                     Enter the other one in your identity provider, test the connection, then revoke {name}.",
                    quoted(Some(other))
                ),
                None => EXPIRING.to_owned(),
            },
            (FindingKind::NeverHeardFrom, Some(Provider::Google)) => GOOGLE_SILENT.to_owned(),
            (FindingKind::UsersWithoutGroups, Some(Provider::Google)) => GOOGLE_GROUPS.to_owned(),
            (FindingKind::ConnectionSilent, _) if on_schedule => SILENT_ON_SCHEDULE.to_owned(),
            (FindingKind::DefaultRoleWithoutClaim, _) if self.is_by_claim_alone() => {
                WITHOUT_CLAIM_ALONE.to_owned()
            }
            (FindingKind::DefaultRoleWithoutMatch, _) if self.is_by_claim_alone() => {
                WITHOUT_MATCH_ALONE.to_owned()
            }
            (FindingKind::SignInRefused, _) => refusal_remedy(self.refusal).to_owned(),
            (FindingKind::SubjectsChanged, _) if self.subject.is_none() => {
                format!("{SUBJECTS_CHANGED} {NO_CONNECTION_NAMED}")
            }
            (kind, _) => told(kind).to_owned(),
        }
    }

    /// Returns whether only the claim decides, so that pushed memberships do not count.
    fn is_by_claim_alone(&self) -> bool {
        self.route_by == Some(RouteBy::Claim)
    }

    /// Returns what the people have to whom no group gives a role: the default role, or none.
    fn held(&self) -> String {
        let have = if self.count == 1 { "has" } else { "have" };
        match self.role {
            Some(role) => format!("{have} only the default role, {}", role.title()),
            None => format!("{have} no role"),
        }
    }

    /// Returns how many the operator allows, and whether that is reached.
    fn allowed(&self) -> String {
        let ceiling = self.ceiling.unwrap_or_default();
        match self.count >= ceiling {
            true => format!("{ceiling} allowed: no more can be added"),
            false => format!("{ceiling} allowed"),
        }
    }

    fn addresses(&self) -> String {
        let get = if self.count == 1 { "gets" } else { "get" };
        format!("{} {get}", self.counted("address", "addresses"))
    }

    fn counted(&self, one: &str, many: &str) -> String {
        let noun = if self.count == 1 { one } else { many };
        match self.at_least {
            true => format!("At least {} {noun}", self.count),
            false => format!("{} {noun}", self.count),
        }
    }
}

/// Returns the name of a subject in quotes, for use in a sentence.
fn quoted(subject: Option<&Subject>) -> String {
    format!("“{}”", isolated(subject))
}

/// Returns the name of a subject for use in a sentence. The name is isolated, and its marks of text direction are removed,
/// so that a name in any script leaves the order of the other words unchanged.
pub fn isolated(subject: Option<&Subject>) -> String {
    let name = subject.map_or("", |subject| subject.name.as_str());
    let name: String = name.chars().filter(|&c| !turns(c)).collect();
    format!("\u{2068}{name}\u{2069}")
}

/// Returns whether a character is one of Unicode's marks of text direction.
fn turns(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}')
        || ('\u{202a}'..='\u{202e}').contains(&c)
        || ('\u{2066}'..='\u{2069}').contains(&c)
}

const SUBJECTS_CHANGED: &str = "Your identity provider now sends another ID for the same people, for example because \
    the application was created anew there, or the format of the Name ID was changed. If you changed nothing, someone \
    else may be signing in: look there first. If the change is right, let an owner open a rebind window on the \
    connection's page; while it is open, the next sign-in of each person binds the new ID. People who hold a role \
    given by hand are confirmed one by one.";
const NO_CONNECTION_NAMED: &str = "The sign-ins name no connection, and a window is opened on one: let the application \
    pass it first.";
const FAILURES: &str = "The request log shows what was sent and how it was answered.";
const EXPIRING: &str = "After that, everything your identity provider sends is refused. Issue a second token now, \
    enter it in your identity provider and test the connection; both work until the old one expires.";
const GOOGLE_SILENT: &str = "Google Workspace provisions only applications of its own catalog, and has no field for a \
    base URL of your own. Ask the person who looks after the connection what stands between Google and this service.";
const GOOGLE_GROUPS: &str = "Google Workspace sends people and no groups. Give roles by hand, choose a default role \
    in the settings, or let the “groups” claim of the sign-in decide.";
const SILENT_ON_SCHEDULE: &str = "It asks about every 40 minutes, whether or not anything has changed, so its sync \
    has stopped without reporting an error. In Entra ID, open the Provisioning page of the enterprise application: \
    the job may be paused, or in quarantine after earlier failures. Was its token replaced or mistyped? Requests with \
    a token that does not exist here cannot be recognized as yours: issue a new one, enter it there and test the \
    connection. Then start the job again.";
const WITHOUT_CLAIM_ALONE: &str = "In your settings, the “groups” claim alone decides roles, and their sign-in \
    brought none; the memberships that your identity provider sends do not count. Add a group attribute statement \
    named “groups” to the SSO application in your identity provider, or let the memberships decide, in the settings.";
const WITHOUT_MATCH_ALONE: &str = "In your settings, the “groups” claim alone decides roles, and at their last \
    sign-in it named no group that was mapped then; the memberships that your identity provider sends do not count. \
    The claim must give the name a group has here, or the ID that your identity provider sends. Map a group that it \
    names, which counts from their next sign-in, or let the memberships decide, in the settings.";

fn told(kind: FindingKind) -> &'static str {
    match kind {
        FindingKind::WrongToken => {
            "Your identity provider still uses a token that was revoked or has expired. Issue a new token for this \
             connection, enter it in your identity provider and test the connection."
        }
        FindingKind::ForeignAddress => {
            "The request log shows the address. If it belongs to your identity provider, add it to the allowed \
             addresses in the settings, or issue a token that allows it. If it does not, someone else has the token: \
             issue a new one for this connection, enter it in your identity provider, then revoke the old one."
        }
        FindingKind::WrongAddress => {
            "The token is right, but the address is not. Copy the SCIM base URL from the Connect page into your \
             identity provider; it ends in /scim/v2, with nothing after it."
        }
        FindingKind::NeverHeardFrom => {
            "Either nobody has entered the base URL and the token yet, or one of the two is wrong: a request to a \
             wrong address or with a mistyped token (answered 404 or 401) cannot be recognized as yours. Copy both \
             again, without spaces, save, and test the connection in your identity provider."
        }
        FindingKind::TokenExpired => {
            "Everything your identity provider sends is refused (401). Issue a new token for this connection, enter \
             it in your identity provider and test the connection. Your identity provider then sends again what \
             changed in the meantime."
        }
        FindingKind::NoToken => {
            "Nothing can be sent without a token. Issue one for this connection and enter it in your identity \
             provider, or delete the connection if it is no longer used."
        }
        FindingKind::ConnectionSilent => {
            "Perhaps nothing has changed: most identity providers send only changes. To be sure, change something \
             small about a person who is assigned to the application, and see whether it arrives here. If it does \
             not, the token is the likely cause: if it was mistyped or replaced by one that does not exist here, \
             requests are refused and cannot be recognized as yours. Issue a new token, enter it in your identity \
             provider and test the connection. Also check that provisioning is still turned on: a paused sync stops \
             without an error."
        }
        FindingKind::StaleUser => {
            "Your identity provider remembers the ID of someone who was deleted here, and gets “User not found” each \
             time it updates them. Unassign the person from the application in your identity provider and assign them \
             again: it then looks them up by name and creates them anew."
        }
        FindingKind::StaleGroup => {
            "Your identity provider remembers the ID of a group that was deleted here. Unlink or remove the group in \
             your identity provider and push it again."
        }
        FindingKind::UnsupportedFilter => {
            "It looks up people or groups by an attribute that does not exist here, or in a form that is not SCIM. \
             Check in your identity provider which attribute is used to match people and groups; userName, externalId \
             and emails always work."
        }
        FindingKind::SkippedMembers => {
            "Groups arrived with members who have never arrived themselves, or were deleted here. The group has all \
             the others. Assign these people to the application in your identity provider, or unassign and assign \
             them again, then push the group again."
        }
        FindingKind::NestedGroups => {
            "Groups arrived with other groups as members. A group inside a group brings none of its people here, and \
             gives them no role. In your identity provider, make the people members of the outer group themselves, or \
             map the inner group to a role of its own."
        }
        FindingKind::IgnoredPath => {
            "People were updated, but one of the attributes does not exist here, so its changes are lost. The request under \
             Activity shows its name. Remove it from the attribute mapping in your identity provider, or correct its name \
             there."
        }
        FindingKind::UsersWithoutGroups => {
            "Without groups, no role can come from a group. In Okta, choose the groups on the Push Groups tab; in \
             Entra ID, assign groups to the application and turn on the provisioning of groups; elsewhere, look for \
             group provisioning in the application's settings."
        }
        FindingKind::EmptyGroups => {
            "A group that arrives before its people is empty. Assign the group's members to the application so that \
             they arrive, then push the group again. In most identity providers, a group inside another brings none \
             of its own members."
        }
        FindingKind::UnmappedGroups => {
            "Being in these groups changes nothing yet. Map each to a role on the Groups and roles page, or skip \
             those that are not meant to give one."
        }
        FindingKind::ClaimMissing => {
            "Groups are mapped to roles, but the assertions of your single sign-on carry no “groups” claim. Add a \
             group attribute statement named “groups” to the SSO application in your identity provider, or let the \
             memberships that it sends decide, in the settings."
        }
        FindingKind::DefaultRoleWithoutMapping => {
            "Groups arrive, but none is mapped to a role, so everyone who signs in gets the default role of the \
             settings, or none. Map the group to the role its members should have."
        }
        FindingKind::DefaultRoleWithoutClaim => {
            "The “groups” claim is to decide roles, but their sign-in brought none, and they have not arrived as \
             members of a mapped group. Add a group attribute statement named “groups” to the SSO application in your \
             identity provider, or push a group they are in and map it."
        }
        FindingKind::DefaultRoleWithoutMatch => {
            "They are in no group that is mapped to a role: neither by the “groups” claim of the sign-in nor by the \
             memberships that your identity provider sends. The claim must give the name a group has here, or the ID \
             that your identity provider sends. Map one of their groups, or check what the claim contains."
        }
        FindingKind::NeverSignedIn => {
            "They have arrived and are known here, but the application shows people only once they have signed in for \
             the first time. Nothing is wrong: they are listed as invited until then. You can turn on invitation \
             mails in the settings."
        }
        FindingKind::OwnedByAnother => {
            "Another connection sent these people or groups first, and they stay with it: what this connection sends \
             about them is refused, and nobody loses access. If this connection takes over, let an owner set on its \
             page that it replaces the other one. If it is a second connection for the same identity provider, revoke \
             the tokens of the one that is no longer used. If it is a test application, there is nothing to do here: \
             unassign these people there."
        }
        FindingKind::BrakeTripped => {
            "Your identity provider deactivated or deleted people, or removed them from groups, more often than the \
             limit of this connection allows. If nobody intended that, look there first: often a filter or an \
             assignment was changed by mistake. What is held takes effect after a day unless someone applies or \
             discards it on the page of the connection; what was not held is in effect already."
        }
        FindingKind::SubjectsChanged => SUBJECTS_CHANGED,
        FindingKind::SubjectIsName => {
            "An address can change and be given to someone else, and a transient Name ID is different each time. \
             Neither is bound, so these people are found by their names alone. In your identity provider, set the \
             Name ID of the SSO application to a persistent one, such as the object ID; or ask the vendor of the \
             application to pass the ID that never changes as the subject."
        }
        FindingKind::NeitherSubjectNorConnection => {
            "It works, but anyone who can rename people in your identity provider, or holds a SCIM token, can sign in \
             as any of them who has no role given by hand. Ask the vendor of the application to pass the subject and \
             the connection with each sign-in; from the second one on, nobody else can sign in as these people."
        }
        FindingKind::PeopleCeiling => {
            "At the limit, your identity provider can add nobody, and nobody new can sign in; everyone who is here \
             can go on. Delete people who are no longer needed: others can be added after the next hourly count. Or \
             ask the vendor of the application for more."
        }
        FindingKind::GroupsCeiling => {
            "At the limit, your identity provider can add no group; the groups that are here stay in use. Push only \
             groups that give a role: others can be added after the next hourly count. Or ask the vendor of the \
             application for more."
        }
        FindingKind::TokensCeiling => {
            "At the limit, no token can be issued, and so none can be replaced. Revoke tokens that are no longer used, or \
             ask the vendor of the application for more."
        }
        FindingKind::WebhookPaused => {
            "Either every delivery failed for three days, or the receiver answered that it is gone, or events expired \
             before they were sent, or data was restored from before the webhook was changed. After such a restore, \
             check its URL and rotate its secret. No event is lost while the tenant keeps it. Fix the receiver or \
             change the URL, then resume the webhook with the API; its list of deliveries shows each failure."
        }
        FindingKind::WebhookPausedByHand => {
            "Events wait for as long as the tenant keeps them, and are sent in order once the webhook is resumed with \
             the API. Delete it if nobody needs it any more."
        }
        FindingKind::MailBounced => {
            "These addresses do not exist or take no mail, so invitations and notices do not arrive. Correct the address in \
             your identity provider, or that of the contact in the settings. If it is right, ask the vendor of the application \
             to send mail to it again: until then nothing is sent there."
        }
        FindingKind::MailReportedAsSpam => {
            "Mail is no longer sent to people who mark it as spam. Ask them whether they want it: if not, switch invitations off \
             in the settings, or remove them from the contacts. If they do, ask the vendor of the application to send mail to \
             them again."
        }
        FindingKind::FailuresRepeating
        | FindingKind::TokenExpiring
        | FindingKind::SignInRefused => FAILURES,
    }
}
