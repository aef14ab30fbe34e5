//! Rules for filters and value paths.

use serde_json::{Map, Value};

use crate::filter::ast::{CompareOp, Filter, Literal};

/// A comparison after the bracket of a value path is part of the value path.
///
/// `emails[type eq "work"].value eq "a@b"` → `emails[type eq "work" and value eq "a@b"]`. Entra, where
/// an e-mail address is what users are matched by.
pub(crate) fn compared_within(filter: Filter, compared: Filter) -> Filter {
    let mut all = match filter {
        Filter::And(all) => all,
        one => vec![one],
    };
    all.push(compared);
    Filter::And(all)
}

/// A value path that selects nothing makes the value that its filter describes.
///
/// `add` or `replace` of `emails[type eq "work"].value` → adds `{"type": "work", "value": …}`, where
/// RFC 7644 §3.5.2.3 has `noTarget`. Entra builds values so, one sub-attribute an operation. A filter
/// describes a value when it is `eq` comparisons joined by `and`.
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
