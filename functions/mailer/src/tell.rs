//! Tells the people who look after a tenant, and its contacts, what concerns all of it: one mail for each address and event.

use std::collections::BTreeSet;

use rollcall_directory::{Event, EventType, Lease, Tenant, mail_domain, sha256_hex};

use crate::label::{Label, Labelled};
use crate::mail::Mail;
use crate::postbox::SendError;
use crate::{Failure, LEASE, Mailer, brake_notice, finding_notice, found, notice};

/// The most people who are told of what concerns the whole tenant, besides its contacts.
const MAX_TOLD: usize = 5;

/// Somebody who is told, by a name that is the same if the event is delivered again. It is no address.
struct Receiver {
    name: String,
    address: String,
    is_contact: bool,
}

impl Mailer {
    /// Tells the people who look after a tenant, and its contacts, of an event that cannot wait.
    pub(crate) async fn tell_administrators(
        &self,
        event: &Event,
        about: EventType,
    ) -> Result<(), Failure> {
        let tenant = self.directory.system(event.tenant.clone());
        let Some(stored) = found(tenant.lifecycle().read().await)? else {
            return Ok(());
        };
        let thing = match about {
            EventType::BrakeTripped => format!("brake-tripped#{}", event.id),
            _ => format!("subjects-changed#{}", event.id),
        };
        let Some(()) = self.begin(&tenant, &thing).await? else {
            return Ok(());
        };
        let organisation = &stored.summary.display_name;
        let brand = self.directory.brand_of(tenant.id()).await?;
        let per_day = stored.ceilings.invitations_per_day.unwrap_or(self.per_day);
        let mut told = 0;
        for one in receivers(&tenant, &stored.settings.contacts).await? {
            let to = one.labelled();
            let (credentials, connection) = (tenant.credentials(), &event.subject.id);
            // Contacts can be any addresses, so their mails are counted.
            let is_claimed = match one.is_contact {
                true => {
                    let thing = format!("{about}#{connection}");
                    let claim = credentials.claim_finding(&event.id, &thing, &one.address, per_day);
                    claim.await?
                }
                false => {
                    let claim =
                        credentials.claim_notice(&event.id, about, connection, &one.address);
                    claim.await?
                }
            };
            if is_claimed {
                let mail = match about {
                    EventType::BrakeTripped => {
                        brake_notice::mail(one.address, event, organisation)?
                    }
                    _ => notice::mail(one.address, event, organisation)?,
                };
                told += self
                    .tell(&tenant, label(&tenant, &thing, to), &mail.branded(&brand)?)
                    .await?;
            }
        }
        tracing::info!(tenant = %tenant.id(), told, %about, "told");
        Ok(tenant.credentials().done(&thing).await?)
    }

    /// Tells the contacts of a tenant of a finding that has opened, if it is worth a mail and nobody has put it off since.
    pub(crate) async fn tell_contacts(&self, event: &Event) -> Result<(), Failure> {
        let after = event.after.as_ref().filter(|after| after["mail"] == true);
        let Some(finding) = after.and_then(|after| after["finding"].as_str()) else {
            return Ok(());
        };
        let tenant = self.directory.system(event.tenant.clone());
        let Some(stored) = found(tenant.lifecycle().read().await)? else {
            return Ok(());
        };
        let contacts = stored.settings.contacts;
        let thing = format!("finding-opened#{}", event.id);
        if contacts.is_empty() || self.begin(&tenant, &thing).await?.is_none() {
            return Ok(());
        }
        let record = tenant.findings().read().await?;
        let mut told = 0;
        if record.snooze(finding, jiff::Timestamp::now()).is_none() {
            let brand = self.directory.brand_of(tenant.id()).await?;
            let per_day = stored.ceilings.invitations_per_day.unwrap_or(self.per_day);
            for one in of_contacts(&contacts) {
                let credentials = tenant.credentials();
                let claim = credentials.claim_finding(&event.id, finding, &one.address, per_day);
                if claim.await? {
                    let organisation = &stored.summary.display_name;
                    let to = one.labelled();
                    let mail = finding_notice::mail(one.address, event, organisation)?;
                    let mail = mail.branded(&brand)?;
                    told += self
                        .tell(&tenant, label(&tenant, &thing, to), &mail)
                        .await?;
                }
            }
        }
        tracing::info!(tenant = %tenant.id(), told, finding, "told of a finding");
        Ok(tenant.credentials().done(&thing).await?)
    }

    /// Takes the lease on a thing. Returns `None` if it is done already.
    async fn begin(&self, tenant: &Tenant, thing: &str) -> Result<Option<()>, Failure> {
        match tenant.credentials().lease(thing, LEASE).await? {
            Lease::Done => Ok(None),
            Lease::Theirs => Err(Failure::Claimed),
            Lease::Ours => Ok(Some(())),
        }
    }

    /// Sends a mail once, also if the event is delivered again. Returns how many mails it sent.
    async fn tell(&self, tenant: &Tenant, label: Label, mail: &Mail) -> Result<usize, Failure> {
        let thing = label.work.as_str();
        let Some(()) = self.begin(tenant, thing).await? else {
            return Ok(0);
        };
        let sent = match self.postbox.send(mail, &label).await {
            Ok(()) => 1,
            Err(SendError::Refused(why)) => {
                tracing::warn!(thing, why, "the mail service refuses the notice");
                0
            }
            Err(failed) => return Err(failed.into()),
        };
        tenant.credentials().done(thing).await?;
        Ok(sent)
    }
}

impl Receiver {
    /// Returns the name, and to whom the mail goes.
    fn labelled(&self) -> (String, Labelled) {
        let to = match self.is_contact {
            true => Labelled::Contact,
            false => Labelled::Person(self.name.clone()),
        };
        (self.name.clone(), to)
    }
}

/// Returns the label of the mail to one receiver.
fn label(tenant: &Tenant, thing: &str, (name, to): (String, Labelled)) -> Label {
    Label {
        tenant: tenant.id().clone(),
        work: format!("{thing}#{name}"),
        to,
    }
}

/// Returns the people who look after a tenant, and its contacts. Nobody is in it twice.
async fn receivers(tenant: &Tenant, contacts: &[String]) -> Result<Vec<Receiver>, Failure> {
    let administrators = tenant.roles().administrators(MAX_TOLD).await?;
    let administrators = administrators.into_iter().filter_map(|person| {
        let address = person.email.filter(|it| mail_domain(it).is_some())?;
        Some(Receiver {
            name: person.id,
            address,
            is_contact: false,
        })
    });
    let mut seen = BTreeSet::new();
    let mut all: Vec<Receiver> = administrators.chain(of_contacts(contacts)).collect();
    all.retain(|one| seen.insert(one.address.to_lowercase()));
    Ok(all)
}

fn of_contacts(contacts: &[String]) -> impl Iterator<Item = Receiver> {
    let mut seen = BTreeSet::new();
    let valid = contacts.iter().filter(|it| mail_domain(it).is_some());
    let once = valid.filter(move |it| seen.insert(it.to_lowercase()));
    once.map(|address| Receiver {
        name: sha256_hex(&address.to_lowercase()),
        address: address.clone(),
        is_contact: true,
    })
}
