//! The data for a health check: a bounded number of reads, however large the tenant is.

use std::collections::{BTreeMap, BTreeSet};

use futures::try_join;
use jiff::Timestamp;
use rollcall_directory::stored::{RecentRefusal, RecentSignIn, Record, by_group, decide, person};
use rollcall_directory::{
    Connection, Mapping, Person, RejectedMails, RejectingAddress, Token, Tripped, Webhook,
};
use rollcall_model::{Ceilings, GROUPS, Mappings, Role, Settings, Subject, USERS};
use rollcall_store::{
    CONNECTION, Error, Item, MAPPING, REJECTED_MAILS, Range, TENANT, TRIPPED, TenantItem,
    from_item, now, text,
};

use crate::handle::Insight;
use crate::lists::{GroupSummary, mapped, summary};
use crate::traffic::digest::Digest;

/// The maximum number of groups that are read: twice as many as a large tenant has.
const MAX_GROUPS: usize = 1_000;
/// The maximum number of people that are read to find those who never signed in: the newest.
const MAX_PEOPLE: usize = 300;

/// The data about a tenant from which the rules decide.
#[derive(Clone, Debug)]
pub(super) struct Snapshot {
    pub(super) now: Timestamp,
    pub(super) settings: Settings,
    /// What the operator allows the tenant.
    pub(super) ceilings: Ceilings,
    pub(super) connections: Vec<Connection>,
    /// When each connection last took away more than it may, by its id.
    pub(super) tripped: BTreeMap<String, Tripped>,
    pub(super) tokens: Vec<Token>,
    pub(super) digest: Digest,
    /// How many groups there are.
    pub(super) group_count: u64,
    /// The groups in order of creation; only the first ones if there are very many.
    pub(super) groups: Vec<GroupSummary>,
    /// How many groups are mapped to a role.
    pub(super) mapped: usize,
    /// The latest sign-ins, newest first.
    pub(super) sign_ins: Vec<RecentSignIn>,
    /// Whether these are all recent sign-ins.
    pub(super) all_sign_ins: bool,
    /// The latest refused sign-ins, newest first.
    pub(super) refusals: Vec<RecentRefusal>,
    /// Whether these are all recent ones.
    pub(super) all_refusals: bool,
    /// The people among those who signed in recently to whom neither a group nor a manual grant gives a role, now or
    /// after their next sign-in. By user id, with their effective role.
    pub(super) undecided: BTreeMap<String, Option<Role>>,
    /// How many people there are.
    pub(super) people_count: u64,
    /// The people who were created last, newest first.
    pub(super) newest_people: Vec<Person>,
    /// The webhooks of the tenant.
    pub(super) webhooks: Vec<Webhook>,
    /// How many open findings the pages of the console show.
    pub(super) shown: u64,
    /// The addresses of people and contacts that reject mail.
    pub(super) rejecting: Vec<Rejecting>,
    /// Whether these are all of them.
    pub(super) all_rejecting: bool,
}

/// An address that rejects mail, of a person or a contact.
#[derive(Clone, Debug)]
pub(super) struct Rejecting {
    /// The person; `None` for a contact.
    pub(super) person: Option<Subject>,
    /// Why, and since when.
    pub(super) mark: RejectingAddress,
}

/// The result of a query of the tenant's own partition.
#[derive(Default)]
struct Setup {
    tenant: Option<TenantItem>,
    connections: Vec<Connection>,
    tripped: BTreeMap<String, Tripped>,
    mappings: Vec<Mapping>,
    rejected: RejectedMails,
}

impl Setup {
    fn of(items: Vec<Item>) -> Result<Self, Error> {
        let mut setup = Self::default();
        for item in items {
            match text(&item, "SK")? {
                TENANT => setup.tenant = Some(TenantItem::from_item(item)?),
                REJECTED_MAILS => setup.rejected = from_item(item)?,
                sort if sort.starts_with(CONNECTION) => setup.connections.push(from_item(item)?),
                sort if sort.starts_with(TRIPPED) => {
                    let connection = sort[TRIPPED.len()..].to_owned();
                    setup.tripped.insert(connection, from_item(item)?);
                }
                sort if sort.starts_with(MAPPING) => setup.mappings.push(from_item(item)?),
                _ => {}
            }
        }
        Ok(setup)
    }
}

impl Insight<'_> {
    /// Reads the snapshot.
    pub(super) async fn snapshot(self) -> Result<Snapshot, Error> {
        let now = now();
        // Boxed, because each of the SDK's futures is large, and here are many at once.
        let reads = try_join!(
            Box::pin(self.setup()),
            Box::pin(self.digest()),
            Box::pin(self.tenant.credentials().tokens()),
            Box::pin(self.oldest_groups()),
            Box::pin(self.totals()),
            Box::pin(self.tenant.sign_in().recent(now)),
            Box::pin(self.tenant.sign_in().refusals(now)),
            Box::pin(self.newest_people()),
            Box::pin(self.tenant.webhooks().list()),
        )?;
        let (setup, digest, tokens, groups, counts, sign_ins, refusals, newest_people, webhooks) =
            reads;
        let (people_count, group_count) = counts;
        let (sign_ins, all_sign_ins) = sign_ins;
        let (refusals, all_refusals) = refusals;
        let tenant = match setup.tenant {
            Some(tenant) => tenant,
            None => self.scope.stored_tenant().await?,
        };
        let (settings, ceilings, shown) = (tenant.settings, tenant.ceilings, tenant.open_findings);
        let mappings = by_group(&setup.mappings, &settings.roles);
        let by_id = mapped(setup.mappings);
        let shown_group = |record: &Record| summary(record, &by_id);
        let groups = self
            .tenant
            .resources()
            .readable(&GROUPS, groups, shown_group);
        Ok(Snapshot {
            now,
            undecided: self.undecided(&sign_ins, &settings, &mappings).await?,
            rejecting: self.rejecting(&setup.rejected, &settings).await?,
            all_rejecting: !setup.rejected.is_full(),
            settings,
            ceilings,
            connections: setup.connections,
            tripped: setup.tripped,
            tokens,
            digest,
            group_count,
            groups: groups?.0,
            mapped: mappings.len(),
            sign_ins,
            all_sign_ins,
            refusals,
            all_refusals,
            people_count,
            newest_people,
            webhooks,
            shown,
        })
    }

    async fn setup(self) -> Result<Setup, Error> {
        Setup::of(
            self.scope
                .table
                .query_all(Range::all(self.scope.keys().config()))
                .await?,
        )
    }

    async fn oldest_groups(self) -> Result<Vec<Item>, Error> {
        let oldest = Range::all(self.scope.keys().resources(&GROUPS)).limit(MAX_GROUPS);
        Ok(self.scope.table.query(&oldest).await?.items)
    }

    async fn totals(self) -> Result<(u64, u64), Error> {
        Ok((
            self.tenant.resources().count(&USERS).await?,
            self.tenant.resources().count(&GROUPS).await?,
        ))
    }

    /// Returns the people among those who signed in whose role comes neither from a group nor from a manual grant, now
    /// or, as far as is known, after their next sign-in. By user id, with their effective role.
    async fn undecided(
        self,
        sign_ins: &[RecentSignIn],
        settings: &Settings,
        mappings: &Mappings,
    ) -> Result<BTreeMap<String, Option<Role>>, Error> {
        let people: BTreeSet<&String> = sign_ins.iter().map(|seen| &seen.person.id).collect();
        let people: Vec<String> = people.into_iter().cloned().collect();
        let resources = self.tenant.resources();
        let records = resources.readable_among(&USERS, &people, |record| Ok(record.clone()));
        let undecided = records.await?.into_iter().filter(|record| {
            !record.is_out()
                && record.account.manual_roles(&settings.roles).is_empty()
                && decide::mapped(record, settings, mappings).is_empty()
                && decide::next_routed(record, settings.route_by, mappings).is_empty()
        });
        let of = |record: Record| {
            let role = decide::effective_role(&record, settings, mappings);
            (record.id, role)
        };
        Ok(undecided.map(of).collect())
    }

    /// Returns the addresses of people and contacts that reject mail. Whoever has another address by now is not among them.
    /// It costs nothing if no mail was rejected.
    async fn rejecting(
        self,
        listed: &RejectedMails,
        settings: &Settings,
    ) -> Result<Vec<Rejecting>, Error> {
        if listed.people.is_empty() && !listed.contacts {
            return Ok(Vec::new());
        }
        let of = |record: &Record| {
            let email = record.email()?.filter(|_| !record.is_out());
            let subject = Subject::new("user", record.id.clone(), record.user_name()?);
            Ok(email.map(|email| (Some(subject.shortened()), email.to_lowercase())))
        };
        let resources = self.tenant.resources();
        let addresses = resources.readable_among(&USERS, &listed.people, of);
        let mut addresses = Vec::from_iter(addresses.await?.into_iter().flatten());
        let contacts = settings.contacts.iter().filter(|_| listed.contacts);
        addresses.extend(contacts.map(|contact| (None, contact.to_lowercase())));
        let all = addresses.iter().map(|(_, address)| address.as_str());
        let marks = self.tenant.credentials().rejecting(all).await?;
        let rejecting = addresses.iter().filter_map(|(person, address)| {
            Some(Rejecting {
                person: person.clone(),
                mark: marks.get(address.as_str())?.clone(),
            })
        });
        Ok(rejecting.collect())
    }

    async fn newest_people(self) -> Result<Vec<Person>, Error> {
        let newest = Range::all(self.scope.keys().resources(&USERS))
            .descending(true)
            .limit(MAX_PEOPLE);
        let items = self.scope.table.query(&newest).await?.items;
        let of = |record: &Record| person(record, Vec::new());
        Ok(self.tenant.resources().readable(&USERS, items, of)?.0)
    }
}
