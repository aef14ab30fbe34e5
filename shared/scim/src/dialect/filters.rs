//! Rules for filters and value paths.

use serde_json::{Map, Value};

use crate::filter::ast::{CompareOp, Filter, Literal};
use crate::reading::Reading;

/// Reads a literal in single quotes as a string. Returns it with the length of the literal; `None` if no quote ends it.
///
/// `userName eq 'ada'` → `userName eq "ada"`, and likewise in the paths of PATCH operations. Clients of WSO2 send it, and
/// a filter that finds nobody makes an identity provider create a duplicate. A quote ends the literal only before white
/// space, a bracket or the end, so that `'o'brien'` is one name. `\'` stands for a quote.
pub(crate) fn single_quoted(text: &str) -> Option<(String, usize)> {
    let ends = |rest: &str| {
        rest.chars()
            .next()
            .is_none_or(|c| c.is_whitespace() || "()[]".contains(c))
    };
    let quotes = text.match_indices('\'').skip(1).map(|(at, _)| at);
    let closes = |at: &usize| !text[..*at].ends_with('\\') && ends(&text[at + 1..]);
    let end = quotes.into_iter().find(closes)?;
    Reading::SingleQuotes.note();
    Some((text[1..end].replace("\\'", "'"), end + 1))
}

/// Moves a comparison that follows the bracket of a value path into the bracket.
///
/// `emails[type eq "work"].value eq "a@b"` → `emails[type eq "work" and value eq "a@b"]`. Entra sends it
/// when its configuration matches users by e-mail address.
pub(crate) fn compared_within(filter: Filter, compared: Filter) -> Filter {
    Reading::ComparisonAfterBracket.note();
    let mut all = match filter {
        Filter::And(all) => all,
        one => vec![one],
    };
    all.push(compared);
    Filter::And(all)
}

/// Returns the value that a filter describes, so that a value path without a match can create it.
///
/// `add` or `replace` of `emails[type eq "work"].value` → adds `{"type": "work", "value": …}`, although
/// RFC 7644 §3.5.2.3 requires the error `noTarget`. Entra builds values this way, one sub-attribute per
/// operation. A filter describes a value if it consists of `eq` comparisons that are joined by `and`. The caller notes
/// [`Reading::ValueFromFilter`] when it creates the value.
pub(crate) fn described_value(filter: &Filter) -> Option<Map<String, Value>> {
    match filter {
        Filter::Compare {
            path,
            op: CompareOp::Eq,
            value,
        } if *value != Literal::Null => {
            let pair = (path.attribute.clone(), value.to_json());
            Some(Map::from_iter([pair]))
        }
        Filter::And(all) => {
            let mut described = Map::new();
            for filter in all {
                for (name, value) in described_value(filter)? {
                    if *described.entry(name).or_insert_with(|| value.clone()) != value {
                        return None;
                    }
                }
            }
            Some(described)
        }
        _ => None,
    }
}
