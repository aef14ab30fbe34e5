//! Previews: what a mapping would change, by the same rules that decide roles.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rollcall_model::{GROUPS, Mappings, Role, RoleSync, RouteBy, Settings, USERS};
use rollcall_store::{Error, Range, text};

use crate::resources::handle::{Members, Resources};
use crate::resources::record::Record;
use crate::roles::decide;
use crate::roles::handle::Roles;
use crate::roles::mappings::{Mapping, by_group, check_mappable};

/// The maximum number of people that one call checks.
const PEOPLE_AT_ONCE: usize = 1_000;

/// What a mapping would change for the people that one call has checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// How many people's roles would change at once, from the role they have to the role they would have.
    pub changes: Vec<RoleChange>,
    /// How many people's roles would change again at their next sign-in, from the role they would have at once, if the
    /// claim names what the last one did.
    pub at_sign_in: Vec<RoleChange>,
    /// The same for people to whom the mapping makes no difference: their roles change with or without it.
    pub anyway: Vec<RoleChange>,
    /// How many people this call has checked.
    pub looked_at: u64,
    /// How many people there are to check: all members of the group, and those non-members checked by this call whose
    /// last sign-in named the group.
    pub of: u64,
    /// The cursor of the next call; `None` when everybody has been checked.
    pub next: Option<String>,
    /// Whether roles change only at sign-in, so that no role changes at once.
    pub at_next_sign_in: bool,
    /// Whether the `groups` claims of future sign-ins can decide roles. What they will name is unknown.
    pub claims_decide: bool,
}

/// The people who would change from some roles to others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleChange {
    /// The roles they have, highest first.
    pub from: Vec<Role>,
    /// The roles they would have, highest first.
    pub to: Vec<Role>,
    /// How many people.
    pub people: u64,
}

/// Where a call starts: after a member, or after a person whose last sign-in named the group.
enum Place {
    Members(Option<String>),
    Claimants(Option<String>),
}

const MEMBERS: &str = "m";
const CLAIMANTS: &str = "c";

impl Place {
    fn of(after: Option<&str>) -> Self {
        let after = after.unwrap_or_default();
        let (list, person) = after.split_once(':').unwrap_or_default();
        let behind = Some(person.to_owned()).filter(|person| !person.is_empty());
        match list {
            CLAIMANTS => Self::Claimants(behind),
            _ => Self::Members(behind),
        }
    }

    /// Returns the cursor after a page of this list.
    fn next(&self, next: Option<String>) -> Option<String> {
        match (self, next) {
            (Self::Members(_), Some(next)) => Some(format!("{MEMBERS}:{next}")),
            (Self::Members(_), None) => Some(format!("{CLAIMANTS}:")),
            (Self::Claimants(_), next) => next.map(|next| format!("{CLAIMANTS}:{next}")),
        }
    }
}

/// The mappings before and after the change.
struct Change {
    settings: Settings,
    before: Mappings,
    after: Mappings,
}

impl Change {
    fn new(settings: Settings, before: Mappings, group: &str, roles: BTreeSet<Role>) -> Self {
        let mut after = before.clone();
        match roles.is_empty() {
            true => after.remove(group),
            false => after.insert(group.to_owned(), roles),
        };
        Self {
            settings,
            before,
            after,
        }
    }

    /// Returns what would become of a person's roles. Pure.
    fn of(&self, record: &Record) -> RoleOutcome {
        let has = decide::effective_roles(record, &self.settings, &self.before);
        let at_once = decide::effective_roles(record, &self.settings, &self.after);
        let then = self.signed_in(record, &self.after);
        RoleOutcome {
            anyway: has == at_once && then == self.signed_in(record, &self.before),
            has,
            at_once,
            then,
        }
    }

    /// Returns the roles after the next sign-in.
    fn signed_in(&self, record: &Record, mappings: &Mappings) -> Vec<Role> {
        let route_by = self.settings.route_by;
        let mut then = record.clone();
        decide::note_claim(
            &mut then,
            decide::next_claim(record, route_by, mappings),
            route_by,
        );
        // The roles do not depend on the time.
        let some_time = (Timestamp::default(), "");
        decide::sign_in(&mut then, &self.settings, mappings, some_time);
        decide::effective_roles(&then, &self.settings, mappings)
    }
}

/// The roles that a person has, those they would have at once, and those after their next sign-in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct RoleOutcome {
    has: Vec<Role>,
    at_once: Vec<Role>,
    then: Vec<Role>,
    /// Whether the mapping makes no difference.
    anyway: bool,
}

/// The number of people by outcome.
type Counted = BTreeMap<RoleOutcome, u64>;

/// The old and the new roles.
type Move = (Vec<Role>, Vec<Role>);

impl Roles<'_> {
    /// Returns what mapping the group to these roles, or to none, would change.
    ///
    /// One call checks a bounded number of people: first the members, then the people whose last sign-in named the
    /// group. The changes of all calls add up.
    ///
    /// # Errors
    /// `404` when the group does not exist; `invalidValue` for a role that groups cannot give.
    pub async fn preview_mapping(
        self,
        group: &str,
        roles: impl IntoIterator<Item = Role>,
        after: Option<&str>,
    ) -> Result<Preview, Error> {
        let roles: BTreeSet<Role> = roles.into_iter().collect();
        Members::of(self.scope).settle().await?;
        let members = Resources::of(self.scope)
            .record(&GROUPS, group)
            .await?
            .members;
        let settings = self.scope.settings().await?;
        let at_next_sign_in = settings.role_sync == RoleSync::AtLogin;
        let claims_decide = settings.route_by != RouteBy::Membership;
        let mappings = self.mappings().await?;
        let present = mappings.iter().find(|mapping| mapping.group == group);
        check_mappable(&roles, &present.map_or_else(Vec::new, Mapping::roles))?;
        let mappings = by_group(&mappings, &settings.roles);
        let change = Change::new(settings, mappings, group, roles);
        let mut counted = Counted::new();
        let (mut looked_at, mut strangers) = (0, 0);
        let mut place = Place::of(after);
        let next = loop {
            let (records, next) = self.people_at(group, &place, looked_at).await?;
            looked_at += records.len();
            let is_new = |record: &&Record| match place {
                Place::Members(_) => true,
                Place::Claimants(_) => !record.groups.contains(group),
            };
            for record in records.iter().filter(is_new) {
                strangers += u64::from(matches!(place, Place::Claimants(_)));
                *counted.entry(change.of(record)).or_default() += 1;
            }
            match next {
                None => break None,
                Some(next) if looked_at >= PEOPLE_AT_ONCE => break Some(next),
                Some(next) => place = Place::of(Some(&next)),
            }
        };
        let each = || {
            counted
                .iter()
                .map(|(outcome, people)| (outcome.clone(), *people))
        };
        let then = |anyway: bool| {
            let these = each().filter(move |(outcome, _)| outcome.anyway == anyway);
            changes(these.map(|(outcome, people)| ((outcome.at_once, outcome.then), people)))
        };
        Ok(Preview {
            looked_at: counted.values().sum(),
            changes: changes(
                each().map(|(outcome, people)| ((outcome.has, outcome.at_once), people)),
            ),
            at_sign_in: then(false),
            anyway: then(true),
            of: members + strangers,
            next,
            at_next_sign_in,
            claims_decide,
        })
    }

    /// Reads the next people of a list. Returns them and the cursor after them.
    async fn people_at(
        self,
        group: &str,
        place: &Place,
        looked_at: usize,
    ) -> Result<(Vec<Record>, Option<String>), Error> {
        let (partition, behind) = match place {
            Place::Members(behind) => (self.scope.keys().members(group), behind),
            Place::Claimants(behind) => (self.scope.keys().claimants(group), behind),
        };
        let range = Range::all(partition)
            .after(behind.clone())
            .limit(PEOPLE_AT_ONCE - looked_at.min(PEOPLE_AT_ONCE - 1));
        let page = self.scope.table.query(&range).await?;
        let ids = page
            .items
            .iter()
            .map(|item| text(item, "SK").map(str::to_owned));
        let ids = ids.collect::<Result<Vec<_>, Error>>()?;
        Ok((
            Resources::of(self.scope).records(&USERS, &ids).await?,
            place.next(page.next),
        ))
    }
}

fn changes(moves: impl Iterator<Item = (Move, u64)>) -> Vec<RoleChange> {
    let mut changes = BTreeMap::<Move, u64>::new();
    for (roles, people) in moves.filter(|((from, to), _)| from != to) {
        *changes.entry(roles).or_default() += people;
    }
    changes
        .into_iter()
        .map(|((from, to), people)| RoleChange { from, to, people })
        .collect()
}
