//! Previews: what mappings would change, by the same rules that decide roles.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rollcall_model::{GROUPS, Mappings, Role, RoleSync, RouteBy, Settings, USERS};
use rollcall_store::{Error, Range, text};

use crate::resources::crud::not_found;
use crate::resources::handle::{Members, Resources};
use crate::resources::record::Record;
use crate::roles::decide;
use crate::roles::handle::Roles;
use crate::roles::mappings::{Mapping, by_group, check_mappable};

/// The maximum number of people that one call checks.
const PEOPLE_AT_ONCE: usize = 1_000;

/// The roles to which groups are to be mapped, by the id of the group. No roles end a mapping.
pub type WantedMappings = BTreeMap<String, BTreeSet<Role>>;

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
    /// The people behind `changes`, or behind `at_sign_in` if roles change only at sign-in, in the order in which they
    /// were checked.
    pub affected: Vec<AffectedPerson>,
}

/// A person whose roles a mapping would change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AffectedPerson {
    /// The user's id.
    pub id: String,
    /// `displayName`, or else `userName`.
    pub name: String,
    /// The id of the group through which the mapping reaches them.
    pub group: String,
    /// The roles they have, highest first.
    pub from: Vec<Role>,
    /// The roles they would have, highest first.
    pub to: Vec<Role>,
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

/// Where a call starts: after a member of one of the groups, or after a person whose last sign-in named it.
struct Place {
    /// The number of the group, in the order of their ids.
    group: usize,
    list: List,
    behind: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    Members,
    Claimants,
}

const CLAIMANTS: &str = "c";
const MEMBERS: &str = "m";

impl Place {
    fn of(after: Option<&str>) -> Self {
        let (list, person) = after
            .and_then(|after| after.split_once(':'))
            .unwrap_or_default();
        let name = list.trim_start_matches(|c: char| c.is_ascii_digit());
        let number = list.strip_suffix(name).unwrap_or_default();
        Self {
            group: number.parse().unwrap_or_default(),
            list: match name {
                CLAIMANTS => List::Claimants,
                _ => List::Members,
            },
            behind: Some(person.to_owned()).filter(|person| !person.is_empty()),
        }
    }

    /// Returns the cursor after a page of this list; `None` after the last list of the last of the groups.
    fn next(&self, next: Option<String>, groups: usize) -> Option<String> {
        let (group, list, behind) = match (self.list, next) {
            (list, Some(next)) => (self.group, list, next),
            (List::Members, None) => (self.group, List::Claimants, String::new()),
            (List::Claimants, None) => (self.group + 1, List::Members, String::new()),
        };
        let list = match list {
            List::Members => MEMBERS,
            List::Claimants => CLAIMANTS,
        };
        (group < groups).then(|| format!("{group}{list}:{behind}"))
    }
}

/// The mappings before and after the change.
struct Change {
    settings: Settings,
    before: Mappings,
    after: Mappings,
}

impl Change {
    fn new(settings: Settings, before: Mappings, wanted: &WantedMappings) -> Self {
        let mut after = before.clone();
        for (group, roles) in wanted {
            match roles.is_empty() {
                true => after.remove(group),
                false => after.insert(group.clone(), roles.clone()),
            };
        }
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
        let wanted = [(group.to_owned(), roles.into_iter().collect())].into();
        self.preview_mappings(&wanted, after, PEOPLE_AT_ONCE).await
    }

    /// Returns what all of these mappings together would change. Everybody counts once, even as a member of several of
    /// the groups.
    ///
    /// One call checks at most `people` people, and at most 1,000. The changes of all calls add up.
    ///
    /// # Errors
    /// As for [`Self::preview_mapping`].
    pub async fn preview_mappings(
        self,
        wanted: &WantedMappings,
        after: Option<&str>,
        people: usize,
    ) -> Result<Preview, Error> {
        let at_most = people.clamp(1, PEOPLE_AT_ONCE);
        Members::of(self.scope).settle().await?;
        let groups: Vec<&String> = wanted.keys().collect();
        let members = self.members_of(&groups).await?;
        let settings = self.scope.settings().await?;
        let at_next_sign_in = settings.role_sync == RoleSync::AtLogin;
        let claims_decide = settings.route_by != RouteBy::Membership;
        let mappings = self.mappings().await?;
        for (group, roles) in wanted {
            let present = mappings.iter().find(|mapping| mapping.group == *group);
            check_mappable(roles, &present.map_or_else(Vec::new, Mapping::roles))?;
        }
        let mappings = by_group(&mappings, &settings.roles);
        let change = Change::new(settings, mappings, wanted);
        let (mut counted, mut affected) = (Counted::new(), Vec::new());
        let (mut looked_at, mut strangers) = (0, 0);
        let mut place = Place::of(after);
        let next = loop {
            let Some(group) = groups.get(place.group) else {
                break None;
            };
            let (records, next) = self.people_at(group, &place, at_most - looked_at).await?;
            looked_at += records.len();
            let earlier = groups.get(..place.group).unwrap_or_default();
            let is_new = |record: &&Record| {
                let is_in = |group: &&&String| {
                    record.groups.contains(**group) || decide::claims(record, group)
                };
                let is_member = record.groups.contains(*group);
                !earlier.iter().any(|group| is_in(&group))
                    && (place.list == List::Members || !is_member)
            };
            for record in records.iter().filter(is_new) {
                strangers += u64::from(place.list == List::Claimants);
                let outcome = change.of(record);
                affected.extend(affected_person(record, group, &outcome, at_next_sign_in)?);
                *counted.entry(outcome).or_default() += 1;
            }
            match place.next(next, groups.len()) {
                None => break None,
                Some(next) if looked_at >= at_most => break Some(next),
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
            affected,
        })
    }

    /// Returns how many members the groups have together.
    async fn members_of(self, groups: &[&String]) -> Result<u64, Error> {
        let resources = Resources::of(self.scope);
        if let [group] = groups {
            return Ok(resources.record(&GROUPS, group).await?.members);
        }
        let ids: Vec<String> = groups.iter().map(|id| (*id).clone()).collect();
        let records = resources.records(&GROUPS, &ids).await?;
        let known: BTreeSet<&str> = records.iter().map(|record| record.id.as_str()).collect();
        match ids.iter().find(|id| !known.contains(id.as_str())) {
            Some(missing) => Err(not_found(&GROUPS, missing)),
            None => Ok(records.iter().map(|record| record.members).sum()),
        }
    }

    /// Reads at most `limit` of the next people of a list. Returns them and the sort key of the last one, if there are
    /// more.
    async fn people_at(
        self,
        group: &str,
        place: &Place,
        limit: usize,
    ) -> Result<(Vec<Record>, Option<String>), Error> {
        let partition = match place.list {
            List::Members => self.scope.keys().members(group),
            List::Claimants => self.scope.keys().claimants(group),
        };
        let range = Range::all(partition)
            .after(place.behind.clone())
            .limit(limit.max(1));
        let page = self.scope.table.query(&range).await?;
        let ids = page
            .items
            .iter()
            .map(|item| text(item, "SK").map(str::to_owned));
        let ids = ids.collect::<Result<Vec<_>, Error>>()?;
        let records = Resources::of(self.scope).records(&USERS, &ids).await?;
        Ok((records, page.next))
    }
}

/// Returns the person as a preview names them; `None` if nothing changes that counts first.
fn affected_person(
    record: &Record,
    group: &str,
    outcome: &RoleOutcome,
    at_next_sign_in: bool,
) -> Result<Option<AffectedPerson>, Error> {
    let (from, to) = match at_next_sign_in {
        true => (&outcome.at_once, &outcome.then),
        false => (&outcome.has, &outcome.at_once),
    };
    if from == to || (at_next_sign_in && outcome.anyway) {
        return Ok(None);
    }
    let name = record.text(&USERS, "displayName")?;
    let name = name.filter(|name| !name.trim().is_empty());
    Ok(Some(AffectedPerson {
        id: record.id.clone(),
        name: name.map_or_else(|| record.user_name(), Ok)?,
        group: group.to_owned(),
        from: from.clone(),
        to: to.clone(),
    }))
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
