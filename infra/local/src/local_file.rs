//! `local.json`: the addresses and credentials of the running service, for scripts and people.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::private_file::write_private;
use crate::seed::SeededTenant;

const NAME: &str = "local.json";

/// The content of the file. It contains tokens in plain text, which are stored nowhere else.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct LocalFile {
    /// The URL of the DynamoDB API, for `cargo lambda watch` and for other clients of the table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) dynamodb_endpoint: Option<String>,
    /// The service key of the application's backend.
    #[serde(default)]
    pub(crate) service_key: String,
    /// The URL of the console.
    #[serde(default)]
    pub(crate) console_url: String,
    /// The name of the table.
    pub(crate) table_name: String,
    /// The seeded tenants.
    pub(crate) tenants: Vec<SeededTenant>,
    /// The credentials for which values of a seed file stand, by what the file says of them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) issued: BTreeMap<String, String>,
}

impl LocalFile {
    pub(crate) fn path(directory: &Path) -> PathBuf {
        directory.join(NAME)
    }

    /// Reads the file of an earlier start. Returns `None` if it is missing or invalid.
    pub(crate) fn read(directory: &Path) -> Option<Self> {
        let text = fs::read(Self::path(directory)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Writes the file atomically, readable only by its owner.
    pub(crate) fn write(&self, directory: &Path) -> io::Result<()> {
        write_private(directory, NAME, &serde_json::to_vec_pretty(self)?)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_is_written_is_read_and_is_private() {
        let scratch = tempfile::tempdir().unwrap();
        assert!(LocalFile::read(scratch.path()).is_none());
        let file = LocalFile {
            table_name: "t".to_owned(),
            ..LocalFile::default()
        };
        for _ in 0..2 {
            file.write(scratch.path()).unwrap();
            assert_eq!(LocalFile::read(scratch.path()).unwrap().table_name, "t");
            let mode = fs::metadata(LocalFile::path(scratch.path()))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        fs::write(LocalFile::path(scratch.path()), "{\"tena").unwrap();
        assert!(LocalFile::read(scratch.path()).is_none());
    }
}
