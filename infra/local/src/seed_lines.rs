//! In which line of a YAML text each of its values begins.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, Span};

/// Returns the lines, from 1, by path: `tenants.acme.people[2].userName`. What is not YAML has none from there on.
pub(crate) fn lines(text: &str) -> HashMap<String, usize> {
    let mut found = HashMap::new();
    let mut open: Vec<Collection> = Vec::new();
    for (event, span) in Parser::new_from_str(text).map_while(Result::ok) {
        match event {
            Event::SequenceEnd | Event::MappingEnd => {
                open.pop();
            }
            Event::Scalar(ref text, ..) if open.last().is_some_and(Collection::awaits_key) => {
                if let Some(Collection::Mapping { path, key }) = open.last_mut() {
                    *key = Some((join(path, text), span.start.line()));
                }
            }
            Event::Scalar(..) | Event::Alias(_) => {
                begin(&mut open, &mut found, span);
            }
            Event::SequenceStart(..) => {
                let path = begin(&mut open, &mut found, span);
                open.push(Collection::Sequence { path, at: 0 });
            }
            Event::MappingStart(..) => {
                let path = begin(&mut open, &mut found, span);
                open.push(Collection::Mapping { path, key: None });
            }
            _ => {}
        }
    }
    found
}

/// A collection that has begun and not ended.
enum Collection {
    Sequence {
        path: String,
        at: usize,
    },
    /// The key is the path and the line of the value that comes next.
    Mapping {
        path: String,
        key: Option<(String, usize)>,
    },
}

impl Collection {
    fn awaits_key(&self) -> bool {
        matches!(self, Self::Mapping { key: None, .. })
    }
}

/// Notes the line of the value that begins here, and returns its path.
fn begin(open: &mut [Collection], found: &mut HashMap<String, usize>, span: Span) -> String {
    let (path, line) = match open.last_mut() {
        Some(Collection::Sequence { path, at }) => {
            *at += 1;
            (format!("{path}[{}]", *at - 1), span.start.line())
        }
        Some(Collection::Mapping { key, .. }) => key.take().unwrap_or_default(),
        None => (String::new(), span.start.line()),
    };
    found.insert(path.clone(), line);
    path
}

fn join(path: &str, key: &str) -> String {
    match path {
        "" => key.to_owned(),
        path => format!("{path}.{key}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_has_the_line_of_its_key() {
        let found = lines("a:\n  b: 1\n  c:\n    - x\n    - {d: 2}\ne: [3,\n 4]\n");
        for (path, line) in [
            ("a", 1),
            ("a.b", 2),
            ("a.c", 3),
            ("a.c[0]", 4),
            ("a.c[1].d", 5),
            ("e[1]", 7),
        ] {
            assert_eq!(found.get(path), Some(&line), "{path}");
        }
        assert_eq!(lines("{\"a\":\n 1}")["a"], 1);
    }
}
