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
            FindingKind::WrongToken => format!("{name} is refused: its token is no longer good"),
            FindingKind::ForeignAddress => {
                format!("A token of {name} is used from an address that is not allowed")
            }
            FindingKind::WrongAddress => format!("{name} asks at an address that is not offered"),
            FindingKind::NeverHeardFrom => format!("Nothing has come from {name} yet"),
            FindingKind::TokenExpired => {
                format!("The token {name} of {connection} has expired, and there is no other")
            }
            FindingKind::NoToken => format!("{name} has no token"),
            FindingKind::TokenExpiring => {
                let days = self.counted("day", "days");
                format!("The token {name} of {connection} expires within {days}")
            }
            FindingKind::ConnectionSilent => {
                let hours = self.counted("hour", "hours");
                format!("{name} has been silent for {hours}")
            }
            FindingKind::StaleUser => {
                format!("{name} syncs people who are not here: {requests} answered “not found”")
            }
            FindingKind::StaleGroup => {
                format!("{name} syncs groups that are not here: {requests} answered “not found”")
            }
            FindingKind::UnsupportedFilter => {
                format!("{name} searches in a way that cannot be understood: {requests} refused")
            }
            FindingKind::SkippedMembers => {
                format!("{name} adds members whom nobody knows: they were left out")
            }
            FindingKind::NestedGroups => {
                format!("{name} adds groups to groups: they were left out")
            }
            FindingKind::IgnoredPath => {
                format!("{name} changes an attribute that does not exist: it was ignored")
            }
            FindingKind::FailuresRepeating => format!("{requests} of {name} failed"),
            FindingKind::UsersWithoutGroups => format!("{name} pushes people, but no groups"),
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
                format!("{name} pushes what belongs to another connection: {requests} refused")
            }
            FindingKind::BrakeTripped => {
                let allowed = self.ceiling.unwrap_or_default();
                let changes = self.counted("change", "changes");
                format!(
                    "{name} took away a lot at once: {changes} within an hour, {allowed} allowed"
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
                format!("{people} {sign} in with a name or a passing id as subject")
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
                format!("The webhook {name} is paused: somebody has stopped it")
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

const SUBJECTS_CHANGED: &str = "Your identity provider now sends another id for the same people, for example because the \
    application was made anew there, or the format of the Name ID was changed. If you changed nothing, somebody else may \
    be signing in: look there first. If it is right, let an owner open a rebind window on the connection's page; while it \
    is open, the next sign-in of each person binds the new id. People who hold a role given by hand are confirmed one by \
    one.";
const NO_CONNECTION_NAMED: &str = "The sign-ins name no connection, and a window is opened on one: let the application \
    pass it first.";
const FAILURES: &str = "The request log says what was sent and what it was answered.";
const EXPIRING: &str = "From then on everything your identity provider sends is refused. Issue a second token now, \
    enter it in your identity provider and test the connection; both work until the old one expires.";
const GOOGLE_SILENT: &str = "Google Workspace provisions only applications of its own catalogue, and has no place to \
    enter a base URL of your own. Ask whoever looks after the connection what stands between Google and here.";
const GOOGLE_GROUPS: &str = "Google Workspace pushes people and no groups. Give roles by hand, choose a default role \
    in the settings, or let the “groups” claim of the sign-in decide.";
const SILENT_ON_SCHEDULE: &str = "It asks every 40 minutes or so, whether or not anything has changed, so its sync has \
    stopped without telling an error. In Entra ID, open the enterprise application's Provisioning page: the job may be \
    paused, or in quarantine after earlier failures. Was its token replaced, or mistyped? Requests with a token that is \
    not known here cannot be told to be yours: issue a new one, enter it there and test the connection. Then start the \
    job again.";
const WITHOUT_CLAIM_ALONE: &str = "As the settings stand, the “groups” claim alone decides roles, and it did not come \
    with their sign-in; memberships that were pushed do not count. Add a group attribute statement named “groups” to \
    the SSO application in your identity provider, or let pushed memberships decide in the settings.";
const WITHOUT_MATCH_ALONE: &str = "As the settings stand, the “groups” claim alone decides roles, and at their last \
    sign-in it named no group that was mapped then; memberships that were pushed do not count. The claim must name \
    groups as they are called here, or by the id your identity provider pushes. Map a group that it names, which counts \
    from their next sign-in, or let pushed memberships decide in the settings.";

fn told(kind: FindingKind) -> &'static str {
    match kind {
        FindingKind::WrongToken => {
            "Your identity provider still uses a token that was revoked or has expired. Issue a new token for this \
             connection, enter it in your identity provider and test the connection."
        }
        FindingKind::ForeignAddress => {
            "The request log has the address. If it belongs to your identity provider, add it to the allowed addresses in the \
             settings, or issue a token that allows it. If it does not, somebody else has the token: issue a new one for \
             this connection, enter it in your identity provider, then revoke the old one."
        }
        FindingKind::WrongAddress => {
            "The token is right and the address is not. Copy the SCIM base URL from the Connect page into your \
             identity provider; it ends in /scim/v2 and nothing more."
        }
        FindingKind::NeverHeardFrom => {
            "Either nobody has entered the base URL and the token yet, or one of the two is wrong: requests to a wrong \
             address or with a mistyped token (answered 404 or 401) cannot be told to be yours. Copy both again, \
             without spaces, save, and test the connection in your identity provider."
        }
        FindingKind::TokenExpired => {
            "Everything your identity provider sends is refused (401). Issue a new token for this connection, enter it \
             in your identity provider and test the connection. Changes made meanwhile are sent again after that."
        }
        FindingKind::NoToken => {
            "Nothing can be sent without one. Issue a token for this connection and enter it in your identity \
             provider, or delete the connection if it is no longer used."
        }
        FindingKind::ConnectionSilent => {
            "It may be that nothing has changed: most identity providers send only changes. To be sure, change \
             something small about a person who is assigned to the application and see whether it arrives here. If it \
             does not, the likely fault is the token: one that was mistyped, or replaced by one that is not known here, \
             is refused, and cannot be told to be yours. Issue a new one, enter it in your identity provider and test \
             the connection; and see whether provisioning is still switched on, as a sync that was paused stops \
             without an error."
        }
        FindingKind::StaleUser => {
            "Your identity provider remembers an id of somebody who was deleted here, and gets “User not found” each \
             time it updates them. Unassign the person from the application in your identity provider and assign them \
             again: it then looks them up by name and creates them anew."
        }
        FindingKind::StaleGroup => {
            "Your identity provider remembers an id of a group that was deleted here. Unlink or remove the pushed \
             group in your identity provider and push it again."
        }
        FindingKind::UnsupportedFilter => {
            "It looks people or groups up by an attribute that does not exist here, or in a form that is not SCIM. \
             Check in your identity provider which attribute is used to match people and groups; userName, externalId \
             and emails always work."
        }
        FindingKind::SkippedMembers => {
            "Groups were pushed with members who were never pushed themselves, or were deleted here. The group has all \
             the others. Assign these people to the application in your identity provider, or unassign and assign them \
             again, then push the group again."
        }
        FindingKind::NestedGroups => {
            "Groups were pushed with other groups as members. A group within a group brings none of its people here, and \
             gives them no role. Make the people members of the outer group themselves in your identity provider, or map \
             the inner group to a role of its own."
        }
        FindingKind::IgnoredPath => {
            "People were updated, but one of the attributes does not exist here, so its changes are lost. The request under \
             Activity shows its name. Remove it from the attribute mapping in your identity provider, or correct its name \
             there."
        }
        FindingKind::UsersWithoutGroups => {
            "Without groups there are no roles by group. In Okta, choose the groups on the Push Groups tab; in Entra \
             ID, assign groups to the application and switch the provisioning of groups on; elsewhere, look for \
             group provisioning in the application's settings."
        }
        FindingKind::EmptyGroups => {
            "A group pushed before its people has nobody in it. Assign the group's members to the application, so that \
             they are pushed, then push the group again. A group nested in another brings none of its own members in \
             most identity providers."
        }
        FindingKind::UnmappedGroups => {
            "Being in these groups changes nothing yet. Map each to a role on the Groups and roles page, or leave out \
             those that are not meant to give one."
        }
        FindingKind::ClaimMissing => {
            "Groups are mapped to roles, but the assertions of your single sign-on carry no “groups” claim. Add a \
             group attribute statement named “groups” to the SSO application in your identity provider, or let pushed \
             memberships decide in the settings."
        }
        FindingKind::DefaultRoleWithoutMapping => {
            "Groups are pushed, but none is mapped to a role, so that whoever signs in gets the default role of the \
             settings, or none. Map the group to the role its members should have."
        }
        FindingKind::DefaultRoleWithoutClaim => {
            "Roles are to be decided by the “groups” claim, and it did not come with their sign-in, nor were they \
             pushed as members of a mapped group. Add a group attribute statement named “groups” to the SSO \
             application in your identity provider, or push a group they are in and map it."
        }
        FindingKind::DefaultRoleWithoutMatch => {
            "They are in no group that is mapped to a role: neither what the sign-in's “groups” claim names nor what \
             was pushed. The claim must name groups as they are called here, or by the id your identity provider \
             pushes. Map one of their groups, or see what the claim holds."
        }
        FindingKind::NeverSignedIn => {
            "They were pushed and are known here, but the application shows people only once they have signed in for \
             the first time. Nothing is wrong: they are listed as invited until then. Invitation mails can be switched \
             on in the settings."
        }
        FindingKind::OwnedByAnother => {
            "The people or groups were pushed by another connection first, and stay with it: this one's writes are refused, \
             and nobody loses access. If this connection takes over, let an owner say on its page that it replaces the \
             other one. If it is a second connection for the same identity provider, revoke the tokens of the one that is \
             no longer used. If it is a test application, there is nothing to do here: unassign these people there."
        }
        FindingKind::BrakeTripped => {
            "Your identity provider deactivated or deleted people, or took them from groups, in greater number than the limit \
             of this connection. If nobody intended that, look there first: often a filter or an assignment was changed by \
             mistake. What is held takes effect after a day unless somebody applies or discards it on the page of the \
             connection; what was not held is in effect already."
        }
        FindingKind::SubjectsChanged => SUBJECTS_CHANGED,
        FindingKind::SubjectIsName => {
            "An address changes and is given again, and a transient Name ID is another one each time, so it is not bound, \
             and these people are found by their names alone. In your identity provider, set the Name ID of the SSO \
             application to a persistent one, such as the object id; or ask the makers of the application to pass the id \
             that never changes as the subject."
        }
        FindingKind::NeitherSubjectNorConnection => {
            "It works, but whoever can rename people in your identity provider, or holds a SCIM token, can become any of \
             them who holds no role given by hand. Ask the makers of the application to pass the subject and the \
             connection with each sign-in; from the second one on, nobody else signs in as these people."
        }
        FindingKind::PeopleCeiling => {
            "At the limit, your identity provider can add nobody, and nobody new signs in; everybody who is here can go on. \
             Delete people who are no longer needed: from the next hourly count on, others can be added. Or ask the \
             vendor of the application for more."
        }
        FindingKind::GroupsCeiling => {
            "At the limit, your identity provider can add no group; the groups that are here can go on. Push only groups \
             that give a role: from the next hourly count on, others can be added. Or ask the vendor of the application \
             for more."
        }
        FindingKind::TokensCeiling => {
            "At the limit, no token can be issued, and so none can be replaced. Revoke tokens that are no longer used, or \
             ask the vendor of the application for more."
        }
        FindingKind::WebhookPaused => {
            "Every delivery failed for three days, the receiver answered that it is gone, events expired before they were \
             sent, or data was restored from before the webhook was changed: then check its URL and rotate its secret. No event is lost while the tenant keeps it. Mend the receiver or change the URL, and resume the webhook \
             with the API; its list of deliveries has each failure."
        }
        FindingKind::WebhookPausedByHand => {
            "Events wait, as long as the tenant keeps them, and are sent in order once the webhook is resumed with the API. \
             Delete it if nobody needs it any more."
        }
        FindingKind::FailuresRepeating
        | FindingKind::TokenExpiring
        | FindingKind::SignInRefused => FAILURES,
    }
}
