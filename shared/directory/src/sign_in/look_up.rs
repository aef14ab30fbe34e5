//! What a sign-in reads: the person, and the groups that can decide the role.
//!
//! The first call looks up the tenant, the connection, the subject, the user name, traces of deleted people, and the
//! values of the claim. The second reads the people and the groups that these name. Unless that settles whom the sign-in
//! means, two queries at the same time find the people with the external id and the e-mail address. The person's own
//! groups are not known before, so the item of the user name keeps those of the last sign-in, and the second call reads
//! their mappings too. Only if the groups have changed since, a third call reads what is missing. So the number of
//! calls and what they read does not depend on how many groups the tenant has mapped.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use futures::try_join;
use rollcall_model::{Mappings, RouteBy, USERS, is_chosen_id};
use rollcall_store::{
    Error, Expression, Guard, Key, Scope, TenantItem, Transaction, from_item, now, string,
};
use serde::Deserialize;

use crate::credentials::connection_rules::NamedConnection;
use crate::credentials::connections::Connection;
use crate::resources::claimable;
use crate::resources::handle::Resources;
use crate::resources::query_plan::QueryPlan;
use crate::resources::record::Record;
use crate::resources::subjects::BoundPeople;
use crate::resources::traces::DeletedKeys;
use crate::roles::claim_lists::are_complete;
use crate::roles::handle::Roles;
use crate::sign_in::assertion::Assertion;
use crate::sign_in::candidates::bound_people;
use crate::sign_in::handle::SignIn;
use crate::sign_in::known_groups::{KnownGroups, Wanted};
use crate::sign_in::presented::Presented;

/// The number of distinct values of a claim that the first call looks up, two items each. For more values all mappings
/// are read.
const MAX_LOOKED_UP: usize = 45;
/// The number of mappings that are read one by one. A query for all mappings reads many at the price of one.
const MAX_READ_SINGLY: usize = 40;
/// The number of people who are read because they have the external id or the e-mail address. All of them can matter, so
/// if there are more, the sign-in is refused as one that could mean several people.
const MAX_OTHERS: usize = 500;
/// The number of groups that the item of a user name keeps, so that the item stays small.
const MAX_KEPT: usize = 10;

/// What the first call finds.
#[derive(Debug)]
pub(super) struct LookedUp {
    pub(super) tenant: TenantItem,
    /// The item of the user name; `None` if nobody has the name.
    pub(super) name: Option<NameItem>,
    /// The ids of whoever else has the name, or the e-mail address as user name, in the form of today or of earlier
    /// versions.
    pub(super) also_named: BTreeSet<String>,
    /// The connection that the sign-in names, if there is such a one, or else the tenant's only one. The second call reads
    /// the latter, and one that is named by an alias.
    pub(super) connection: Option<Connection>,
    /// The id of the connection that the sign-in names by an alias.
    pub(super) by_alias: Option<String>,
    /// Whom the subject is bound to.
    pub(super) bound: BoundPeople,
    /// The keys of the traces that people with one of the identifiers leave when they are deleted.
    pub(super) deleted_keys: DeletedKeys,
    /// The ids of the deleted people who had one of the identifiers.
    pub(super) deleted: BTreeSet<String>,
    /// The groups that the claim can name. `None` if the look-up does not tell, so that all mappings must be read.
    candidates: Option<BTreeSet<String>>,
}

/// The item of a user name, with what sign-ins keep there. That is only a hint what to read.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub(super) struct NameItem {
    #[serde(skip)]
    key: Option<Key>,
    pub(super) id: String,
    /// The person's groups at the last sign-in that they decided.
    #[serde(default)]
    last_groups: BTreeSet<String>,
    /// Those of them that were mapped.
    #[serde(default)]
    last_mapped: BTreeSet<String>,
}

impl LookedUp {
    /// Returns what the second call reads of groups. Pure.
    fn wanted(&self) -> Wanted {
        let candidates = self.candidates.clone().unwrap_or_default();
        let mut wanted = Wanted {
            mappings: candidates.clone(),
            records: candidates,
        };
        if let Some(name) = &self.name
            && self.tenant.settings.route_by != RouteBy::Claim
        {
            wanted.mappings.extend(name.last_groups.iter().cloned());
            wanted.records.extend(name.last_mapped.iter().cloned());
        }
        wanted
    }
}

impl NameItem {
    /// Returns the item after a sign-in that the person's groups have decided. Pure.
    fn after(&self, record: &Record, mappings: &Mappings) -> Self {
        let is_kept = record.groups.len() <= MAX_KEPT;
        let groups = record.groups.iter().filter(|_| is_kept);
        let mapped = groups.clone().filter(|group| mappings.contains_key(*group));
        Self {
            key: self.key.clone(),
            id: self.id.clone(),
            last_groups: groups.clone().cloned().collect(),
            last_mapped: mapped.cloned().collect(),
        }
    }

    /// Keeps the groups that have decided a sign-in, if they are not those of the last time.
    pub(super) fn write_after(
        &self,
        transaction: &mut Transaction,
        record: &Record,
        mappings: &Mappings,
    ) {
        let after = self.after(record, mappings);
        let Some(key) = self.key.clone().filter(|_| after != *self) else {
            return;
        };
        // Lists, because DynamoDB has no empty sets.
        let list =
            |ids: &BTreeSet<String>| AttributeValue::L(ids.iter().map(|id| string(id)).collect());
        let update = Expression::new("SET last_groups = :last_groups, last_mapped = :last_mapped")
            .with(":last_groups", list(&after.last_groups))
            .with(":last_mapped", list(&after.last_mapped));
        let same = Expression::new("id = :id").with(":id", string(&self.id));
        transaction.update_if(key, update, same, Guard::Stale);
    }
}

/// The keys of what the first call reads to find the person.
struct PersonKeys {
    name: Key,
    name_before: Option<Key>,
    email: Option<Key>,
    email_before: Option<Key>,
    connection: Option<Key>,
    alias: Option<Key>,
    subject: Option<Key>,
    deleted: DeletedKeys,
}

impl PersonKeys {
    async fn of(scope: &Scope, presented: &Presented) -> Result<Self, Error> {
        let keys = scope.keys();
        let email = presented.email.as_ref();
        let email = email.filter(|email| **email != presented.name && !email.is_empty());
        let connection = presented.connection.as_ref().filter(|id| is_chosen_id(id));
        let alias = presented.connection.as_ref();
        let subject = presented.subject.as_ref();
        Ok(Self {
            name: keys.name(&USERS, &presented.name),
            name_before: presented
                .name_before
                .as_ref()
                .map(|name| keys.name(&USERS, name)),
            email: email.map(|email| keys.name(&USERS, email)),
            email_before: presented
                .email_before
                .as_ref()
                .filter(|form| presented.name_before.as_ref() != Some(*form))
                .map(|form| keys.name(&USERS, form)),
            connection: connection.map(|id| keys.connection(id)),
            alias: alias.map(|alias| keys.connection_alias(alias)),
            subject: subject.map(|hash| keys.subject(hash)),
            deleted: presented.identifiers().deleted_keys(scope).await?,
        })
    }

    fn all(&self) -> impl Iterator<Item = Key> {
        let optional = [&self.connection, &self.alias, &self.subject];
        let all = self.names().chain(optional.into_iter().flatten());
        all.chain(self.deleted.all()).cloned()
    }

    fn names(&self) -> impl Iterator<Item = &Key> {
        let optional = [&self.name_before, &self.email, &self.email_before];
        std::iter::once(&self.name).chain(optional.into_iter().flatten())
    }
}

impl SignIn<'_> {
    /// Looks up the tenant, the user name and the values of the claim.
    ///
    /// # Errors
    /// `404` when the tenant was deleted or is being deleted.
    pub(super) async fn look_up(
        self,
        assertion: &Assertion,
        presented: &Presented,
    ) -> Result<LookedUp, Error> {
        let keys = self.scope.keys();
        let (tenant, person) = (keys.tenant(), PersonKeys::of(self.scope, presented).await?);
        let values = assertion.claim_values();
        let are_few = values.len() <= MAX_LOOKED_UP;
        let mut all = vec![tenant.clone()];
        all.extend(person.all());
        if are_few {
            let claimed = values.iter();
            all.extend(claimed.flat_map(|value| claimable::keys_of(keys, value)));
        }
        let mut found = self.scope.table.find(all).await?;

        let tenant = self.scope.tenant_in(found.take(&tenant))?;
        let tenant = self.scope.living(tenant)?;
        let mut taken = |key: &Option<Key>| key.as_ref().and_then(|key| found.take(key));
        let connection: Option<Connection> =
            taken(&person.connection).map(from_item).transpose()?;
        let named = taken(&person.alias).map(from_item::<NamedConnection>);
        let by_alias = named.transpose()?.filter(|_| connection.is_none());
        let bound = BoundPeople::from_item(taken(&person.subject))?;
        let mut name = None;
        let mut also_named = BTreeSet::new();
        for key in person.names() {
            let Some(item) = found.take(key) else {
                continue;
            };
            let item: NameItem = from_item(item)?;
            let is_of_name = *key == person.name || Some(key) == person.name_before.as_ref();
            if name.is_none() && is_of_name {
                let key = Some(key.clone());
                name = Some(NameItem { key, ..item });
            } else {
                also_named.insert(item.id);
            }
        }
        let deleted = person.deleted.people(&found);
        let counts = !values.is_empty() && tenant.settings.route_by != RouteBy::Membership;
        let candidates = match (counts, are_few && are_complete(&tenant, now())) {
            (false, _) => Some(BTreeSet::new()),
            (true, false) => None,
            (true, true) => {
                let mut ids = BTreeSet::new();
                for value in values {
                    ids.extend(claimable::named_by(keys, value, &mut found)?);
                }
                Some(ids)
            }
        };
        Ok(LookedUp {
            tenant,
            name,
            also_named,
            connection,
            by_alias: by_alias.map(|named| named.id),
            bound,
            deleted_keys: person.deleted,
            deleted,
            candidates,
        })
    }

    /// Reads the people whom the first call names, and the groups that it looked up.
    pub(super) async fn read_people(
        self,
        presented: &Presented,
        looked_up: &mut LookedUp,
    ) -> Result<(Vec<Record>, KnownGroups), Error> {
        let keys = self.scope.keys();
        let mut ids = bound_people(presented, &looked_up.bound);
        ids.extend(looked_up.name.iter().map(|name| name.id.clone()));
        ids.extend(looked_up.also_named.iter().cloned());
        let wanted = match ids.is_empty() {
            // Without a person, memberships decide nothing.
            true => Wanted::both(looked_up.candidates.clone().unwrap_or_default()),
            false => looked_up.wanted(),
        };
        let mut all = wanted.keys(keys);
        all.extend(ids.iter().map(|id| keys.resource(&USERS, id)));
        let named = &presented.connection;
        let sole = looked_up.tenant.sole_connection.as_ref();
        let unread = looked_up
            .by_alias
            .as_ref()
            .or(sole.filter(|_| named.is_none()));
        let connection = unread.map(|id| keys.connection(id));
        all.extend(connection.clone());
        let mut found = self.scope.table.find(all).await?;
        if let Some(key) = connection {
            looked_up.connection = found.take(&key).map(from_item).transpose()?;
        }
        let items = ids
            .iter()
            .filter_map(|id| found.take(&keys.resource(&USERS, id)));
        let people = items
            .map(Record::from_item)
            .collect::<Result<Vec<_>, _>>()?;
        let mut known = KnownGroups::nothing(
            looked_up.tenant.settings.roles.clone(),
            looked_up.tenant.observing.clone(),
        );
        known.add(wanted, keys, &mut found)?;
        if looked_up.candidates.is_none() {
            known.add_all_mappings(Roles::of(self.scope).mappings().await?);
            let mapped = known.mapped_ids();
            self.read_groups(&mut known, &mapped).await?;
        }
        Ok((people, known))
    }

    /// Adds the people with the external id or the e-mail address to those who were read. Returns `false` if there are
    /// too many of them.
    pub(super) async fn read_others(
        self,
        presented: &Presented,
        people: &mut Vec<Record>,
    ) -> Result<bool, Error> {
        let (external_id, email) = (&presented.sought_external_id, &presented.email);
        let (some, others) = try_join!(
            self.users_with("X", external_id),
            self.users_with("E", email)
        )?;
        let is_read = |id: &String| people.iter().any(|record| record.id == *id);
        let ids = some.into_iter().chain(others);
        let ids: BTreeSet<String> = ids.filter(|id| !is_read(id)).collect();
        if ids.len() > MAX_OTHERS {
            return Ok(false);
        }
        let ids: Vec<String> = ids.into_iter().collect();
        if !ids.is_empty() {
            people.extend(Resources::of(self.scope).records(&USERS, &ids).await?);
        }
        Ok(true)
    }

    async fn users_with(
        self,
        code: &'static str,
        value: &Option<String>,
    ) -> Result<BTreeSet<String>, Error> {
        let Some(value) = value else {
            return Ok(BTreeSet::new());
        };
        let lookup = USERS.lookups.iter().find(|lookup| lookup.code == code);
        let value = lookup.map_or_else(|| value.clone(), |lookup| lookup.normalise(value));
        let plan = QueryPlan::Lookup(code, value);
        Resources::of(self.scope).candidates(&USERS, &plan).await
    }

    /// Reads what is missing of these groups to decide by them.
    pub(super) async fn read_groups(
        self,
        known: &mut KnownGroups,
        groups: &BTreeSet<String>,
    ) -> Result<(), Error> {
        let mut wanted = Wanted::mappings(known.unknown(groups));
        if wanted.mappings.len() > MAX_READ_SINGLY {
            known.add_all_mappings(Roles::of(self.scope).mappings().await?);
            wanted = Wanted::default();
        }
        // The groups themselves come with their mappings: a group that is not mapped is read in vain, but that costs less
        // than a call to a person who waits.
        wanted.records = known.unread(groups);
        wanted.records.extend(wanted.mappings.iter().cloned());
        self.read_wanted(known, wanted).await
    }

    async fn read_wanted(self, known: &mut KnownGroups, wanted: Wanted) -> Result<(), Error> {
        let keys = self.scope.keys();
        let mut found = self.scope.table.find(wanted.keys(keys)).await?;
        known.add(wanted, keys, &mut found)
    }
}
