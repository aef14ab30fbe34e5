//! Tests of the rules about mail that was rejected.

use rollcall_directory::{MailRejection, RejectingAddress};

use super::*;
use crate::health::snapshot::Rejecting;

fn rejecting(name: Option<&str>, why: MailRejection) -> Rejecting {
    Rejecting {
        person: name.map(|name| subject("user", &format!("id of {name}"), name)),
        mark: RejectingAddress::new(why, hours_ago(3)),
    }
}

#[test]
fn mail_that_is_rejected_is_told_by_its_cause() {
    let spoil = |snapshot: &mut Snapshot| {
        snapshot.rejecting = vec![
            rejecting(Some("ann"), MailRejection::Bounced),
            rejecting(None, MailRejection::Bounced),
            rejecting(None, MailRejection::Complained),
        ];
    };
    let expected = [
        (Kind::MailBounced, Warning),
        (Kind::MailReportedAsSpam, Warning),
    ];
    let found = check(spoil, &expected);
    assert_eq!(found[0].title(), "2 addresses get no mail: it bounced");
    assert_eq!(names(&found[0]), ["ann"]);
    assert_eq!(found[1].title(), "1 address gets no mail: reported as spam");
    assert_eq!(found[1].subject, None);
    assert_eq!(found[0].id(), "mail_bounced");
}

#[test]
fn a_list_that_is_full_may_lack_some() {
    let spoil = |snapshot: &mut Snapshot| {
        snapshot.rejecting = vec![rejecting(Some("ann"), MailRejection::Bounced)];
        snapshot.all_rejecting = false;
    };
    let found = check(spoil, &[(Kind::MailBounced, Warning)]);
    assert_eq!(
        found[0].title(),
        "At least 1 address gets no mail: it bounced"
    );
}
