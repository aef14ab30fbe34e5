//! Staged: the roles that are chosen for many groups in one form and not saved yet. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::fields::Typed;

/// The roles that one row of the form has for its group, as options.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Choice {
    /// Those that the group had when the form was made.
    pub(super) was: String,
    /// Those that are chosen.
    pub(super) role: String,
}

impl Choice {
    pub(super) fn is_changed(&self) -> bool {
        self.was != self.role
    }
}

/// The form with a role for each group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Staged {
    by_group: BTreeMap<String, Choice>,
    /// The ids of the groups that are picked, to give all of them a role.
    pub(super) picked: BTreeSet<String>,
}

impl Staged {
    /// Reads the form: `role.<group>` and `was.<group>` for each row, `pick` for each picked one, and `bulk` for those if
    /// `then` is `apply`.
    pub(super) fn of(form: &Typed) -> Self {
        let mut staged = Self {
            picked: form.values("pick").map(str::to_owned).collect(),
            ..Self::default()
        };
        for (name, value) in form.fields() {
            if let Some(group) = name.strip_prefix("role.") {
                let was = form.value(&format!("was.{group}"));
                let choice = Choice {
                    was: was.to_owned(),
                    role: value.to_owned(),
                };
                staged.by_group.insert(group.to_owned(), choice);
            }
        }
        let bulk = form.value("bulk");
        if form.value("then") == "apply" && !bulk.is_empty() {
            for group in std::mem::take(&mut staged.picked) {
                if let Some(choice) = staged.by_group.get_mut(&group) {
                    bulk.clone_into(&mut choice.role);
                }
            }
        }
        staged
    }

    pub(super) fn of_group(&self, group: &str) -> Option<&Choice> {
        self.by_group.get(group)
    }

    pub(super) fn changes(&self) -> impl Iterator<Item = (&String, &Choice)> {
        let all = self.by_group.iter();
        all.filter(|(_, choice)| choice.is_changed())
    }

    /// The ids of the changed groups for which this holds.
    pub(super) fn changes_of(&self, holds: impl Fn(&String) -> bool) -> BTreeSet<String> {
        let ids = self.changes().map(|(group, _)| group);
        ids.filter(|group| holds(group)).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(fields: &[(&str, &str)]) -> Typed {
        let fields = fields.iter();
        Typed::of(
            fields
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }

    #[test]
    fn a_form_stages_what_differs() {
        let rows = [
            ("role.a", "admin"),
            ("was.a", "none"),
            ("role.b", "viewer"),
            ("was.b", "viewer"),
            ("pick", "b"),
            ("bulk", "member"),
        ];
        let staged = Staged::of(&form(&rows));
        let all = |_: &String| true;
        assert_eq!(staged.changes_of(all), ["a".to_owned()].into());
        assert_eq!(staged.picked, ["b".to_owned()].into());
        let applied = Staged::of(&form(&[&rows[..], &[("then", "apply")]].concat()));
        assert_eq!(
            applied.changes_of(all),
            ["a".to_owned(), "b".to_owned()].into()
        );
        assert_eq!(
            applied.of_group("b").map(|one| one.role.as_str()),
            Some("member")
        );
        assert!(applied.picked.is_empty());
    }
}
