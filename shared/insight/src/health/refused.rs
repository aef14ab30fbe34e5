//! Why sign-ins are refused, and the remedy, in words for the admin who can apply it.

use rollcall_directory::SignInRefusal;

/// Returns why a sign-in was refused, as the end of a sentence; `None` for a reason that only a newer version knows.
pub fn refusal_text(refusal: Option<SignInRefusal>) -> &'static str {
    match refusal {
        Some(SignInRefusal::Ambiguous) => "the sign-in could belong to several people",
        Some(SignInRefusal::OtherSubject) => {
            "the sign-in brings a subject other than the one that is bound to the person"
        }
        Some(SignInRefusal::OtherExternalId) => {
            "the sign-in brings an external ID other than the person's"
        }
        Some(SignInRefusal::OtherConnection) => "the person belongs to another connection",
        Some(SignInRefusal::Unproven) => {
            "the person holds a role given by hand, and their name or external ID is new"
        }
        Some(SignInRefusal::SameEmail) => "someone else has the e-mail address",
        Some(SignInRefusal::Inactive) => "the person was deactivated, blocked or deleted",
        Some(SignInRefusal::NotProvisioned) => {
            "no identity provider has sent the person, and only people whom one has sent may sign in"
        }
        None => "for a reason that this version does not know",
    }
}

/// Returns what to do about a refused sign-in.
pub fn refusal_remedy(refusal: Option<SignInRefusal>) -> &'static str {
    match refusal {
        Some(SignInRefusal::Ambiguous) => {
            "Several people have the external ID that the sign-in brings, or the application names no connection and \
             the subject is bound in several. Correct externalId in your identity provider, delete the record that is \
             not used, or let the application pass the connection."
        }
        Some(SignInRefusal::OtherSubject) => {
            "If it is the same person with a new account in your identity provider, bind them anew on their page. If \
             the name was given to someone else, do not: first let your identity provider rename or remove the person \
             who had it."
        }
        Some(SignInRefusal::OtherExternalId) => {
            "If your identity provider gave the name to someone else, let it rename or remove the person who had it. \
             If it is the same person, correct externalId in your identity provider, or bind them anew on their page. \
             If the application passes a different kind of ID for everyone, let an owner set the external IDs of the \
             connection to “unrelated”."
        }
        Some(SignInRefusal::OtherConnection) => {
            "If the connection of the sign-in takes over from the other one, let an owner set on its page that it \
             replaces that one. If people belong to both, let the application pass the connection that sends them."
        }
        Some(SignInRefusal::Unproven) => {
            "SCIM changed the name or the external ID of someone who holds more than their groups give, so the next \
             sign-in with it could be someone else's. Ask the person whether it is them, and let another owner \
             confirm them on their page; or they confirm themselves in a session that is older than the change."
        }
        Some(SignInRefusal::SameEmail) => {
            "If both are the same person, correct the user name in your identity provider so that it matches the \
             sign-in. If they are two people, give one of them another address, or admit others with the address on \
             the page of the one who has it."
        }
        Some(SignInRefusal::Inactive) => {
            "If they left, there is nothing to do. If they should have access, assign them to the application in your \
             identity provider again, or unblock them on their page. A deleted person can be restored on their page, \
             or others can be admitted with the same identifiers there."
        }
        Some(SignInRefusal::NotProvisioned) => {
            "If they should have access, assign them to the application in your identity provider. To let in people \
             whom no identity provider has sent, let an owner set sign-up to “allowed” in the settings."
        }
        None => {
            "The audit log has the entry with all its details. Ask the vendor of the application, or update this \
             console."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_words_of_its_own() {
        let reasons = SignInRefusal::ALL.into_iter().map(Some).chain([None]);
        let mut told: Vec<_> = reasons
            .flat_map(|reason| [refusal_text(reason), refusal_remedy(reason)])
            .collect();
        let all = told.len();
        told.sort_unstable();
        told.dedup();
        assert_eq!(told.len(), all);
    }
}
