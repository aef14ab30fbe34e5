//! The label of a mail: what SES repeats in its events about it, as tags. They name the tenant, the work for which the mail was
//! sent, and to whom it went.

use std::collections::BTreeMap;

use aws_sdk_sesv2::types::MessageTag;
use rollcall_directory::TenantId;

/// The tag with the tenant's id.
const TENANT: &str = "tenant";
/// The tag with the work, as it was leased.
const WORK: &str = "work";
/// The tag with the id of the person who gets the mail.
const PERSON: &str = "person";
/// The tag of a mail to a contact.
const CONTACT: &str = "contact";
/// The tag with the id of the portal link in the mail.
const LINK: &str = "link";
/// The maximum length of a tag in SES.
const MAX_LENGTH: usize = 256;

/// What a mail is about, and to whom it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The tenant that sends it.
    pub tenant: TenantId,
    /// The work for which it is sent, as it was leased.
    pub work: String,
    /// To whom it goes.
    pub to: Labelled,
}

/// To whom a mail goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Labelled {
    /// A person, by id.
    Person(String),
    /// A contact of the tenant.
    Contact,
    /// Whoever opens the portal link with this id.
    Link(String),
}

impl Label {
    /// Returns the tags; none if SES would refuse one of them, because then it would not send the mail.
    pub(crate) fn tags(&self) -> Vec<MessageTag> {
        // Tags have no `#`, and ids no `_`.
        let work = self.work.replace('#', "_");
        let (name, to) = match &self.to {
            Labelled::Person(id) => (PERSON, id.as_str()),
            Labelled::Contact => (CONTACT, "yes"),
            Labelled::Link(id) => (LINK, id.as_str()),
        };
        let all = [(TENANT, self.tenant.as_str()), (WORK, &work), (name, to)];
        let is_valid = |(_, value): &(&str, &str)| is_tag(value);
        if self.work.contains('_') || !all.iter().all(is_valid) {
            return Vec::new();
        }
        let tag = |(name, value): (&str, &str)| MessageTag::builder().name(name).value(value);
        let tags = all.into_iter().map(|one| tag(one).build());
        tags.collect::<Result<_, _>>().unwrap_or_default()
    }

    /// Reads the tags that SES repeats: each has a list of values. Returns `None` if they are not those of a mail from here.
    pub(crate) fn of(tags: &BTreeMap<String, Vec<String>>) -> Option<Self> {
        let tag = |name: &str| match tags.get(name)?.as_slice() {
            [one] => Some(one.as_str()),
            _ => None,
        };
        let to = tag(PERSON).map(|id| Labelled::Person(id.to_owned()));
        let to = to.or_else(|| tag(LINK).map(|id| Labelled::Link(id.to_owned())));
        let to = to.or_else(|| tag(CONTACT).map(|_| Labelled::Contact));
        Some(Self {
            tenant: tag(TENANT)?.parse().ok()?,
            work: tag(WORK)?.replace('_', "#"),
            to: to?,
        })
    }
}

/// Whether SES takes a value as a tag: ASCII letters, digits, `_` and `-`.
fn is_tag(value: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    (1..=MAX_LENGTH).contains(&value.len()) && value.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(work: &str, to: Labelled) -> Label {
        Label {
            tenant: "acme".parse().unwrap(),
            work: work.to_owned(),
            to,
        }
    }

    fn repeated(label: &Label) -> BTreeMap<String, Vec<String>> {
        let tags = label.tags().into_iter();
        let pair = |tag: MessageTag| (tag.name, vec![tag.value]);
        tags.map(pair).collect()
    }

    #[test]
    fn a_label_is_read_as_it_was_written() {
        for to in [
            Labelled::Person("01a2".to_owned()),
            Labelled::Contact,
            Labelled::Link("9b1d".to_owned()),
        ] {
            let label = label("finding-opened#01a2-7abc#9f86d081", to);
            assert_eq!(Label::of(&repeated(&label)), Some(label));
        }
    }

    #[test]
    fn what_ses_would_refuse_is_left_out() {
        for (work, id) in [
            ("invitation#1", "a b"),
            ("invitation#1", ""),
            ("a_b#1", "1"),
            ("invitation#ä", "1"),
        ] {
            let label = label(work, Labelled::Person(id.to_owned()));
            assert!(label.tags().is_empty(), "{label:?}");
        }
    }

    #[test]
    fn the_tags_of_other_mail_are_no_label() {
        let tags = |pairs: &[(&str, &str)]| {
            let pair =
                |(name, value): &(&str, &str)| ((*name).to_owned(), vec![(*value).to_owned()]);
            pairs.iter().map(pair).collect::<BTreeMap<_, _>>()
        };
        for other in [
            tags(&[]),
            tags(&[("tenant", "acme"), ("work", "x")]),
            tags(&[("tenant", "No Tenant"), ("work", "x"), ("person", "1")]),
        ] {
            assert_eq!(Label::of(&other), None);
        }
    }
}
