//! Puts findings of one cause together: five connections without a token are one group.

use crate::health::finding::{Finding, Severity};
use crate::health::several::title_of_several;

/// Findings with the same cause and the same advice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingGroup {
    /// The findings, the most severe first. There is at least one.
    pub findings: Vec<Finding>,
}

impl FindingGroup {
    /// Returns the groups, the most severe first.
    pub fn of(findings: impl IntoIterator<Item = Finding>) -> Vec<Self> {
        let mut groups: Vec<Self> = Vec::new();
        for finding in findings {
            let same = groups.iter_mut().find(|group| group.takes(&finding));
            match same {
                Some(group) => group.findings.push(finding),
                None => groups.push(Self {
                    findings: vec![finding],
                }),
            }
        }
        groups
    }

    fn takes(&self, finding: &Finding) -> bool {
        let same_cause = |one: &Finding| {
            one.kind == finding.kind
                && title_of_several(one.kind, 2).is_some()
                && one.advice() == finding.advice()
        };
        self.findings.first().is_some_and(same_cause)
    }

    /// Returns the first finding: what is said about the group is said about it.
    pub fn first(&self) -> Option<&Finding> {
        self.findings.first()
    }

    /// Returns whether there are several.
    pub fn is_several(&self) -> bool {
        self.findings.len() > 1
    }

    /// Returns the severity of the most severe one.
    pub fn severity(&self) -> Severity {
        let all = self.findings.iter().map(|finding| finding.severity);
        all.min().unwrap_or(Severity::Notice)
    }

    /// Returns what is wrong, in one line.
    pub fn title(&self) -> String {
        let Some(first) = self.first() else {
            return String::new();
        };
        let several = title_of_several(first.kind, self.findings.len());
        several
            .filter(|_| self.is_several())
            .unwrap_or_else(|| first.title())
    }

    /// Returns what it means, and what to do about it.
    pub fn advice(&self) -> String {
        self.first().map(Finding::advice).unwrap_or_default()
    }

    /// Returns the ids of the findings.
    pub fn ids(&self) -> Vec<String> {
        self.findings.iter().map(Finding::id).collect()
    }
}

#[cfg(test)]
mod tests {
    use rollcall_model::Subject;

    use super::*;
    use crate::health::finding::FindingKind;

    fn about(kind: FindingKind, severity: Severity, id: &str) -> Finding {
        Finding {
            subject: Some(Subject::new("connection", id, id)),
            ..Finding::new(kind, severity)
        }
    }

    #[test]
    fn findings_of_one_cause_are_one_group() {
        let findings = [
            about(FindingKind::WrongToken, Severity::Problem, "a"),
            about(FindingKind::NoToken, Severity::Notice, "b"),
            about(FindingKind::NoToken, Severity::Notice, "c"),
        ];
        let groups = FindingGroup::of(findings);
        let titles: Vec<_> = groups.iter().map(FindingGroup::title).collect();
        assert_eq!(titles[1], "2 connections have no token");
        assert!(titles[0].ends_with("is refused: its token is no longer valid"));
        assert_eq!(groups[1].ids(), ["no_token~b", "no_token~c"]);
        assert_eq!(groups[0].severity(), Severity::Problem);
    }

    #[test]
    fn an_identity_does_not_follow_numbers_or_people() {
        let person = |id: &str, count| Finding {
            subject: Some(Subject::new("user", id, id)),
            count,
            ..Finding::new(FindingKind::NeverSignedIn, Severity::Notice)
        };
        assert_eq!(person("a", 1).id(), person("b", 9).id());
        assert_eq!(person("a", 1).observed().subject, None);
    }
}
