//! What SES says later about a mail: that it bounced, or that its receiver reported it as spam.
//!
//! SES sends these events through EventBridge, whose rule takes those of the stack's configuration set. What they say counts
//! only if the tenant in the tags has sent that mail. The address is in no line of the log.

use std::collections::BTreeMap;

use rollcall_directory::{MailRejection, MailedTo, RejectedMail, Reported, Subject, Tenant};
use rollcall_runtime::{Metric, Record};
use serde::Deserialize;

use crate::label::{Label, Labelled};
use crate::{Failure, Mailer, found};

/// An event of SES, as far as it is used
/// (<https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Feedback {
    event_type: String,
    mail: FeedbackMail,
    bounce: Option<Bounce>,
    complaint: Option<Complaint>,
}

#[derive(Debug, Deserialize)]
struct FeedbackMail {
    #[serde(default)]
    destination: Vec<String>,
    #[serde(default)]
    tags: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    bounce_type: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    complaint_feedback_type: Option<String>,
}

impl Feedback {
    /// Returns why the mail counts as rejected; `None` if it does not: a mailbox that is full for now, a receiver who says that
    /// a mail is not spam, or an event of another type.
    fn rejection(&self) -> Option<MailRejection> {
        match self.event_type.as_str() {
            "Bounce" => {
                let is_final = self.bounce.as_ref()?.bounce_type == "Permanent";
                is_final.then_some(MailRejection::Bounced)
            }
            "Complaint" => {
                let kind = self.complaint.as_ref()?.complaint_feedback_type.as_deref();
                (kind != Some("not-spam")).then_some(MailRejection::Complained)
            }
            _ => None,
        }
    }
}

impl Mailer {
    /// Stores that a mail was rejected. What is about no mail of a tenant is ignored and counted.
    pub(crate) async fn hear(&self, feedback: &Feedback) -> Result<(), Failure> {
        let Some(why) = feedback.rejection() else {
            return Ok(());
        };
        let reported = match (Label::of(&feedback.mail.tags), &*feedback.mail.destination) {
            (Some(label), [address]) => self.reported(&label, address, why).await?,
            _ => Reported::Unknown,
        };
        let why = why.as_str();
        match reported {
            Reported::Noted => tracing::info!(why, "a mail was rejected"),
            Reported::Known => {}
            Reported::Unknown => {
                tracing::warn!(
                    why,
                    "a mail was rejected that no tenant has sent to anybody here"
                );
                Record::new().value(Metric::UnknownMail, 1.0).emit();
            }
        }
        Ok(())
    }

    async fn reported(
        &self,
        label: &Label,
        address: &str,
        why: MailRejection,
    ) -> Result<Reported, Failure> {
        let tenant = self.directory.system(label.tenant.clone());
        let Some(to) = mailed_to(&tenant, label, address).await? else {
            return Ok(Reported::Unknown);
        };
        let mail = RejectedMail {
            work: &label.work,
            address,
            why,
            to: &to,
        };
        Ok(tenant.credentials().note_rejected_mail(mail).await?)
    }
}

/// Returns to whom a mail was sent; `None` if they are gone, or are no contact any more.
async fn mailed_to(
    tenant: &Tenant,
    label: &Label,
    address: &str,
) -> Result<Option<MailedTo>, Failure> {
    Ok(match &label.to {
        Labelled::Person(id) => {
            let person = found(tenant.roles().person(id).await)?;
            person.map(|person| MailedTo::Person(Subject::new("user", id, person.user_name)))
        }
        Labelled::Contact => {
            let settings = found(tenant.settings().read().await)?;
            let contacts = settings
                .map(|settings| settings.contacts)
                .unwrap_or_default();
            let is_contact = contacts.iter().any(|one| one.eq_ignore_ascii_case(address));
            is_contact.then_some(MailedTo::Contact)
        }
        Labelled::Link(id) => Some(MailedTo::Link(id.clone())),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_is_final_counts() {
        let bounce =
            |kind: &str| json!({"eventType": "Bounce", "mail": {}, "bounce": {"bounceType": kind}});
        let complaint = |kind: Option<&str>| json!({"eventType": "Complaint", "mail": {}, "complaint": {"complaintFeedbackType": kind}});
        for (event, expected) in [
            (bounce("Permanent"), Some(MailRejection::Bounced)),
            (bounce("Transient"), None),
            (bounce("Undetermined"), None),
            (complaint(Some("abuse")), Some(MailRejection::Complained)),
            (complaint(None), Some(MailRejection::Complained)),
            (complaint(Some("not-spam")), None),
            (
                json!({"eventType": "Delivery", "mail": {}, "delivery": {}}),
                None,
            ),
        ] {
            let feedback: Feedback = serde_json::from_value(event.clone()).unwrap();
            assert_eq!(feedback.rejection(), expected, "{event}");
        }
    }
}
