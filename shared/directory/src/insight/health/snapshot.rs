//! What is read of a tenant to judge how it is: a bounded number of reads, however large the tenant.

use std::collections::{BTreeMap, BTreeSet};

use futures::try_join;

use crate::credentials::connections::Connection;
use crate::error::Error;
use crate::insight::health::finding::Health;
use crate::insight::health::rules::{Snapshot, judge};
use crate::insight::lists::summary;
use crate::model::kind::{GROUPS, USERS};
use crate::model::role::{Mappings, Role};
use crate::resources::record::{Record, now};
use crate::roles::mappings::{Mapping, by_group};
use crate::roles::person::{Person, person};
use crate::sign_in::recent::SignInSeen;
use crate::store::item::{Item, from_item, text};
use crate::store::table::Range;
use crate::tenant::{Settings, Tenant, TenantItem};

/// Groups that are looked at: twice what a large tenant has.
const MAX_GROUPS: usize = 1_000;
/// People among whom those who never signed in are looked for: the newest.
const MAX_PEOPLE: usize = 300;

/// What one query of the tenant's own partition brings.
#[derive(Default)]
struct Setup {
    settings: Option<Settings>,
    connections: Vec<Connection>,
    mappings: Vec<Mapping>,
}

impl Setup {
    fn of(items: Vec<Item>) -> Result<Self, Error> {
        let mut setup = Self::default();
        for item in items {
            match text(&item, "SK")? {
                "TENANT" => setup.settings = Some(from_item::<TenantItem>(item)?.settings),
                sort if sort.starts_with("CONN#") => setup.connections.push(from_item(item)?),
                sort if sort.starts_with("ROLEMAP#") => setup.mappings.push(from_item(item)?),
                _ => {}
            }
        }
        Ok(setup)
    }
}

impl Tenant {
    /// What is wrong now, and what to do about it.
    ///
    /// # Errors
    /// `404` when the tenant was deleted.
    pub async fn health(&self) -> Result<Health, Error> {
        let snapshot = Box::pin(self.snapshot()).await?;
        Ok(Health {
            findings: judge(&snapshot),
            complete: snapshot.digest.complete,
            counted: snapshot.digest.counted(),
            looked_at: snapshot.now,
        })
    }

    async fn snapshot(&self) -> Result<Snapshot, Error> {
        let now = now();
        // Boxed: each of the SDK's futures is large, and here are many of them at once.
        let (setup, digest, tokens, groups, counts, sign_ins, newest_people) = try_join!(
            Box::pin(self.setup()),
            Box::pin(self.digest()),
            Box::pin(self.tokens()),
            Box::pin(self.oldest_groups()),
            Box::pin(self.totals()),
            Box::pin(self.latest_sign_ins(now)),
            Box::pin(self.newest_people()),
        )?;
        let (people_count, group_count) = counts;
        let (sign_ins, all_sign_ins) = sign_ins;
        let settings = match setup.settings {
            Some(settings) => settings,
            None => self.settings().await?,
        };
        let mappings = by_group(&setup.mappings);
        let groups = groups.iter().map(|record| summary(record, &mappings));
        Ok(Snapshot {
            now,
            undecided: self.undecided(&sign_ins, &settings, &mappings).await?,
            settings,
            connections: setup.connections,
            tokens,
            digest,
            group_count,
            groups: groups.collect::<Result<_, _>>()?,
            mapped: mappings.len(),
            sign_ins,
            all_sign_ins,
            people_count,
            newest_people,
        })
    }

    async fn setup(&self) -> Result<Setup, Error> {
        Setup::of(self.table.query_all(Range::all(self.id.config())).await?)
    }

    async fn oldest_groups(&self) -> Result<Vec<Record>, Error> {
        let oldest = Range::all(self.id.resources(&GROUPS)).limit(MAX_GROUPS);
        let items = self.table.query(&oldest).await?.items;
        items.into_iter().map(Record::from_item).collect()
    }

    async fn totals(&self) -> Result<(u64, u64), Error> {
        Ok((self.count(&USERS).await?, self.count(&GROUPS).await?))
    }

    /// Those who signed in and have no role of a group or by hand, now or from their next sign-in on as far as can be
    /// told, with the default role if they have it.
    async fn undecided(
        &self,
        sign_ins: &[SignInSeen],
        settings: &Settings,
        mappings: &Mappings,
    ) -> Result<BTreeMap<String, Option<Role>>, Error> {
        let people: BTreeSet<&String> = sign_ins.iter().map(|seen| &seen.person.id).collect();
        let people: Vec<String> = people.into_iter().cloned().collect();
        let records = self.records(&USERS, &people).await?;
        let undecided = records.into_iter().filter(|record| {
            !record.inactive
                && record.standing.manual.is_none()
                && record.mapped(settings, mappings).is_empty()
                && record.next_routed(settings.route_by, mappings).is_empty()
        });
        let of = |record: Record| {
            let role = record.effective_role(settings, mappings);
            (record.id, role)
        };
        Ok(undecided.map(of).collect())
    }

    async fn newest_people(&self) -> Result<Vec<Person>, Error> {
        let newest = Range::all(self.id.resources(&USERS))
            .descending(true)
            .limit(MAX_PEOPLE);
        let items = self.table.query(&newest).await?.items;
        let of = |item| person(&Record::from_item(item)?, None);
        items.into_iter().map(of).collect()
    }
}
