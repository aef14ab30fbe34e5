//! The error of an invalid template.

use std::fmt;

/// The error of an invalid template: the file, the place and the problem.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {place}: {problem}")]
pub struct TemplateError {
    file: &'static str,
    place: String,
    problem: String,
}

impl TemplateError {
    pub(super) fn new(place: impl Into<String>, problem: impl fmt::Display) -> Self {
        Self {
            file: "infra/template.yaml",
            place: place.into(),
            problem: problem.to_string(),
        }
    }

    /// Says that the error is in the template of the data stack.
    pub(super) fn in_data(self) -> Self {
        Self {
            file: "infra/data.yaml",
            ..self
        }
    }
}
