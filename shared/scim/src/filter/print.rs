//! Prints filters in the syntax of RFC 7644 §3.4.2.2.

use std::fmt;

use super::ast::{Filter, Literal};

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Filter::And(all) => join(f, all, " and ", |inner| {
                matches!(inner, Filter::And(_) | Filter::Or(_))
            }),
            Filter::Or(all) => join(f, all, " or ", |inner| matches!(inner, Filter::Or(_))),
            Filter::Not(filter) => write!(f, "not ({filter})"),
            Filter::Compare { path, op, value } => write!(f, "{path} {} {value}", op.as_str()),
            Filter::Present(path) => write!(f, "{path} pr"),
            Filter::ValuePath { path, filter } => write!(f, "{path}[{filter}]"),
        }
    }
}

fn join(
    f: &mut fmt::Formatter<'_>,
    filters: &[Filter],
    word: &str,
    needs_parentheses: impl Fn(&Filter) -> bool,
) -> fmt::Result {
    for (index, filter) in filters.iter().enumerate() {
        if index > 0 {
            f.write_str(word)?;
        }
        if needs_parentheses(filter) {
            write!(f, "({filter})")?;
        } else {
            write!(f, "{filter}")?;
        }
    }
    Ok(())
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.to_json())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::filter::CompareOp;
    use crate::path::AttrPath;
    use crate::schema::USER;

    fn literals() -> impl Strategy<Value = Literal> {
        prop_oneof![
            any::<String>().prop_map(Literal::String),
            any::<i64>().prop_map(|n| Literal::Number(n.into())),
            any::<bool>().prop_map(Literal::Bool),
            Just(Literal::Null),
        ]
    }

    fn comparisons(names: Vec<&'static str>) -> impl Strategy<Value = Filter> {
        let path =
            prop::sample::select(names).prop_map(|name| AttrPath::parse(&USER, name).unwrap());
        let equal = prop_oneof![Just(CompareOp::Eq), Just(CompareOp::Ne)];
        let textual = prop::sample::select(CompareOp::ALL.to_vec());
        let condition = prop_oneof![
            Just(None),
            (equal, literals()).prop_map(Some),
            (textual, any::<String>()).prop_map(|(op, text)| Some((op, Literal::String(text)))),
        ];
        (path, condition).prop_map(|(path, condition)| match condition {
            None => Filter::Present(path),
            Some((op, value)) => Filter::Compare { path, op, value },
        })
    }

    fn joined(leaves: BoxedStrategy<Filter>) -> BoxedStrategy<Filter> {
        let nest = |inner: BoxedStrategy<Filter>| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 2..4).prop_map(Filter::And),
                prop::collection::vec(inner.clone(), 2..4).prop_map(Filter::Or),
                inner.prop_map(|filter| Filter::Not(Box::new(filter))),
            ]
        };
        leaves.prop_recursive(4, 24, 3, nest).boxed()
    }

    /// Filters on attributes that no schema declares, so that the parser does not convert the literals.
    fn filters() -> BoxedStrategy<Filter> {
        let value_path = joined(comparisons(vec!["shade", "size"]).boxed()).prop_map(|filter| {
            Filter::ValuePath {
                path: AttrPath::new("colours"),
                filter: Box::new(filter),
            }
        });
        let plain = comparisons(vec!["colour", "shape.sides", "urn:x:ext:2.0:User:a.b"]);
        joined(prop_oneof![plain, value_path].boxed())
    }

    proptest! {
        #[test]
        fn what_is_printed_parses_to_the_same(filter in filters()) {
            prop_assert_eq!(Filter::parse(&USER, &filter.to_string()), Ok(filter));
        }
    }
}
