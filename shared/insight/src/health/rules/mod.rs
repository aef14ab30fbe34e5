//! The rules that decide from a snapshot alone what is wrong. Pure.
//!
//! `connections` checks tokens, traffic and failures. `people` checks groups, roles and sign-ins. `identity` checks who
//! is kept out. `brake` checks what was taken away, `ceilings` checks what the operator allows, `webhooks` what is not sent, and `mail` what is
//! rejected.
//! `holds_until` says when one of them decides otherwise by time alone.

mod brake;
mod ceilings;
mod connections;
mod holds_until;
mod identity;
mod mail;
mod people;
mod subjects;
#[cfg(test)]
mod tests;
mod webhooks;

pub(super) use holds_until::holds_until;

use crate::health::finding::Finding;
use crate::health::snapshot::Snapshot;

/// Returns the findings, the most severe first.
pub(super) fn judge(snapshot: &Snapshot) -> Vec<Finding> {
    let mut findings = Vec::new();
    for connection in &snapshot.connections {
        findings.extend(connections::of_tokens(snapshot, connection));
        findings.extend(connections::of_traffic(snapshot, connection));
        findings.extend(connections::of_failures(snapshot, connection));
        findings.extend(brake::of_brake(snapshot, connection));
    }
    findings.extend(people::of_missing_groups(snapshot));
    findings.extend(people::of_groups(snapshot));
    findings.extend(people::of_claims(snapshot));
    findings.extend(people::of_default_roles(snapshot));
    findings.extend(people::of_people(snapshot));
    findings.extend(identity::of_refusals(snapshot));
    findings.extend(identity::of_identifiers(snapshot));
    findings.extend(ceilings::of_ceilings(snapshot));
    findings.extend(webhooks::of_webhooks(snapshot));
    findings.extend(mail::of_mail(snapshot));
    findings.sort_by_key(|finding| {
        let name = finding.subject.as_ref().map(|subject| subject.name.clone());
        (finding.severity, finding.kind, name)
    });
    findings
}
