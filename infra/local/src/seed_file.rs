//! The file of `--seed`: what an application's tests find in the local run, with credentials that they know beforehand.
//!
//! The file is YAML or JSON. Tenants, roles, brandings, connections and role mappings have the bodies of their PUT requests,
//! as in `tests/apps/desired-state`; people and groups are SCIM resources, with user names as the members of a group.

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use rollcall_directory::TokenSecret;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::seed_lines::lines;
use crate::yaml;

/// How long a given value may be, in characters.
const GIVEN_CHARS: std::ops::RangeInclusive<usize> = 8..=200;

/// What is wrong with a seed file. Its text is one line that says where, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The file cannot be read.
    #[error("`{file}` cannot be read: {error}; pass the path of a seed file to --seed")]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The operating system's error.
        error: std::io::Error,
    },
    /// The file is neither YAML nor JSON.
    #[error("`{file}` is neither YAML nor JSON: {error}; correct it and start again")]
    Syntax {
        /// The file.
        file: PathBuf,
        /// What the parser found, with the line.
        error: yaml::YamlError,
    },
    /// A part of the file is not as it must be, or the API refused it.
    #[error("`{file}`{place}: {problem}; correct it and start again")]
    Part {
        /// The file.
        file: PathBuf,
        /// Where.
        place: SeedPlace,
        /// What is wrong.
        problem: String,
    },
}

/// A place in a seed file: its line and its path.
#[derive(Debug)]
pub struct SeedPlace {
    line: Option<usize>,
    path: String,
}

impl fmt::Display for SeedPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        match self.path.as_str() {
            "" | "." => Ok(()),
            path => write!(f, ", `{path}`"),
        }
    }
}

/// A seed file that was read and has the right form.
#[derive(Clone, Debug)]
pub struct Seed {
    file: PathBuf,
    text: String,
    pub(crate) content: Content,
}

/// The content of a seed file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Content {
    /// The role catalogue of the stack: the body of `PUT /api/v1/roles`.
    pub(crate) roles: Option<Value>,
    /// How the product is called and looks: the body of `PUT /api/v1/branding`.
    pub(crate) branding: Option<Value>,
    /// Service keys of the application.
    #[serde(default)]
    pub(crate) service_keys: Vec<SeedKey>,
    /// The tenants, by id.
    #[serde(default)]
    pub(crate) tenants: IndexMap<String, SeedTenant>,
}

/// A service key of the application: `value` and the body of `POST /api/v1/service-keys`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedKey {
    /// What the application sends as the key.
    pub(crate) value: Given,
    label: String,
    scopes: Option<Vec<String>>,
    tenant: Option<String>,
    expires_at: Option<String>,
}

impl SeedKey {
    /// Returns what the key is called and reaches.
    pub(crate) fn terms(&self) -> Value {
        json!({
            "label": self.label, "scopes": self.scopes, "tenant": self.tenant, "expires_at": self.expires_at,
        })
    }
}

/// A tenant, and what is in it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedTenant {
    /// The body of `PUT /api/v1/tenants/{tenant}`. Its tokens have no rate limit unless its settings have one.
    pub(crate) tenant: Map<String, Value>,
    /// Its own role catalogue: the body of `PUT …/roles`.
    pub(crate) roles: Option<Value>,
    /// Its own branding: the body of `PUT …/branding`.
    pub(crate) branding: Option<Value>,
    /// Its connections, by ids of your own: the bodies of `PUT …/connections/{id}`.
    #[serde(default)]
    pub(crate) connections: IndexMap<String, Value>,
    /// The roles that groups give, by the names of the groups.
    #[serde(default)]
    pub(crate) role_mappings: IndexMap<String, Vec<String>>,
    /// What the identity provider of each connection has pushed, and the tokens that it does so with.
    #[serde(default)]
    pub(crate) pushed: IndexMap<String, Pushed>,
    /// Roles that are given by hand, by user name.
    #[serde(default)]
    pub(crate) given_roles: IndexMap<String, String>,
}

/// What an identity provider has pushed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pushed {
    /// Tokens of the connection.
    #[serde(default)]
    pub(crate) tokens: Vec<SeedToken>,
    /// People, as SCIM users.
    #[serde(default)]
    pub(crate) people: Vec<Map<String, Value>>,
    /// Groups, as SCIM groups, with user names of this file as members.
    #[serde(default)]
    pub(crate) groups: Vec<SeedGroup>,
}

/// A token of a connection.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeedToken {
    /// What it is called.
    pub(crate) label: String,
    /// What the identity provider sends as the token.
    pub(crate) value: Given,
}

/// A group, with user names as its members.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct SeedGroup {
    /// The user names of its members.
    #[serde(default)]
    pub(crate) members: Vec<String>,
    /// Its other attributes.
    #[serde(flatten)]
    pub(crate) attributes: Map<String, Value>,
}

/// A credential of the application's tests. It is no secret, but `Debug` does not print it either.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Given(pub(crate) String);

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Given(…)")
    }
}

impl TryFrom<String> for Given {
    type Error = String;

    fn try_from(value: String) -> Result<Self, String> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~+/=".contains(c);
        if !GIVEN_CHARS.contains(&value.len()) || !value.chars().all(allowed) {
            return Err("a given value has 8 to 200 letters, digits or `-._~+/=`".to_owned());
        }
        match TokenSecret::parse(&value) {
            None => Ok(Self(value)),
            Some(_) => Err(
                "this is a credential that a Rollcall stack has issued, which does not belong into a file; make up a value, \
                 such as `test-service-key`"
                    .to_owned(),
            ),
        }
    }
}

impl Seed {
    /// Reads a seed file.
    ///
    /// # Errors
    /// When the file cannot be read or does not have the form of a seed file.
    pub fn read(file: &Path) -> Result<Self, SeedError> {
        let text = std::fs::read_to_string(file).map_err(|error| SeedError::Unreadable {
            file: file.to_owned(),
            error,
        })?;
        Self::parse(file, text)
    }

    fn parse(file: &Path, text: String) -> Result<Self, SeedError> {
        let file = file.to_owned();
        let value = match yaml::parse(&text) {
            Ok(value) => value,
            Err(error) => return Err(SeedError::Syntax { file, error }),
        };
        let content = match serde_path_to_error::deserialize(value) {
            Ok(content) => content,
            Err(error) => {
                let (path, problem) = (error.path().to_string(), error.inner().to_string());
                let place = place(&text, path);
                return Err(SeedError::Part {
                    file,
                    place,
                    problem,
                });
            }
        };
        let seed = Self {
            file,
            text,
            content,
        };
        seed.check_given()?;
        Ok(seed)
    }

    /// Checks that no value is given twice.
    fn check_given(&self) -> Result<(), SeedError> {
        let keys = self.content.service_keys.iter().enumerate();
        let keys = keys.map(|(at, key)| (format!("service_keys[{at}].value"), &key.value));
        let tenants = self.content.tenants.iter();
        let tokens = tenants.flat_map(|(id, tenant)| {
            tenant.pushed.iter().flat_map(move |(connection, pushed)| {
                let path = format!("tenants.{id}.pushed.{connection}.tokens");
                let tokens = pushed.tokens.iter().enumerate();
                tokens.map(move |(at, token)| (format!("{path}[{at}].value"), &token.value))
            })
        });
        let mut seen = HashSet::new();
        for (path, given) in keys.chain(tokens) {
            if !seen.insert(given.0.as_str()) {
                return Err(self.wrong(&path, "another credential has the same value"));
            }
        }
        Ok(())
    }

    /// Returns the error that a part of the file is wrong.
    pub(crate) fn wrong(&self, path: &str, problem: impl Into<String>) -> SeedError {
        SeedError::Part {
            file: self.file.clone(),
            place: place(&self.text, path.to_owned()),
            problem: problem.into(),
        }
    }
}

fn place(text: &str, path: String) -> SeedPlace {
    let known = lines(text);
    // Of what is missing, only the value that it is missing in has a line.
    let mut parents = std::iter::successors(Some(path.as_str()), |path| {
        path.rfind(['.', '[']).map(|end| &path[..end])
    });
    SeedPlace {
        line: parents.find_map(|path| known.get(path).copied()),
        path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        for (text, expected) in [
            ("tenants: [", "`seed.yaml` is neither YAML nor JSON: "),
            (
                "tenants:\n  acme:\n    tenant: {}\n    peple: []\n",
                "`seed.yaml`, line 4, `tenants.acme.peple`: unknown field `peple`, expected one of `tenant`, ",
            ),
            (
                "tenants:\n  acme:\n    connections: {}\n",
                "`seed.yaml`, line 2, `tenants.acme`: missing field `tenant`; correct it and start again",
            ),
            (
                "service_keys:\n  - {label: one, value: test-key-1}\n  - {label: two, value: test-key-1}\n",
                "`seed.yaml`, line 3, `service_keys[1].value`: another credential has the same value; correct",
            ),
            (
                "tenants:\n  acme:\n    tenant: {}\n    pushed:\n      okta:\n        tokens:\n          - label: ci\n            \
                 value: short\n",
                "`seed.yaml`, line 8, `tenants.acme.pushed.okta.tokens[0].value`: a given value has 8 to 200",
            ),
        ] {
            let error = Seed::parse(Path::new("seed.yaml"), text.to_owned()).unwrap_err();
            let error = error.to_string();
            assert!(error.starts_with(expected), "{error}");
            assert_eq!(error.lines().count(), 1, "{error}");
        }
        let missing = Seed::read(Path::new("none.yaml")).unwrap_err();
        assert!(missing.to_string().contains("pass the path of a seed file"));
    }

    #[test]
    fn json_is_read_too_and_values_are_not_printed() {
        let text = r#"{"service_keys": [{"label": "ci", "value": "test-service-key"}]}"#;
        let seed = Seed::parse(Path::new("seed.json"), text.to_owned()).unwrap();
        let key = &seed.content.service_keys[0];
        assert_eq!(key.value.0, "test-service-key");
        assert!(!format!("{key:?}").contains("test-service-key"));
    }
}
