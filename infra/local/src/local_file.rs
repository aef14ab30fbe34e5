//! `local.json`: what a script, or a person who closed the terminal, needs to know of the running service.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::seed::SeededTenant;

const NAME: &str = "local.json";

/// The file's content. It holds plain tokens, which stand nowhere else.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct LocalFile {
    /// Where the DynamoDB API answers, for `cargo lambda watch` and for whoever wants to look into the table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) dynamodb_endpoint: Option<String>,
    /// What the application's backend calls with.
    #[serde(default)]
    pub(crate) service_key: String,
    /// Where the console is.
    #[serde(default)]
    pub(crate) console_url: String,
    /// The table.
    pub(crate) table_name: String,
    /// The tenants that the first start made.
    pub(crate) tenants: Vec<SeededTenant>,
}

impl LocalFile {
    pub(crate) fn path(directory: &Path) -> PathBuf {
        directory.join(NAME)
    }

    /// Reads what an earlier start left; nothing when that is not there or not whole.
    pub(crate) fn read(directory: &Path) -> Option<Self> {
        let text = fs::read(Self::path(directory)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Writes the file whole or not at all, for its owner's eyes only.
    pub(crate) fn write(&self, directory: &Path) -> io::Result<()> {
        let unfinished = directory.join(format!("{NAME}.new"));
        remove_if_there(&unfinished)?;
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&unfinished)?;
        serde_json::to_writer_pretty(&mut file, self)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        fs::rename(&unfinished, Self::path(directory))?;
        File::open(directory)?.sync_all()
    }
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
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
