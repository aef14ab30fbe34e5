//! The data directory of the local run. Rollcall uses a directory only if it is new, empty or its own, and only in one
//! process at a time.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The file that marks a directory as Rollcall's. A running process holds a lock on it.
const MARKER: &str = "rollcall.lock";
/// The content of the marker file: the version of the directory's layout.
const LAYOUT: &str = "rollcall local data, layout 1\n";
const DATABASE: &str = "dynamodb.sqlite3";

/// A data directory, locked by this process until the value is dropped.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    _lock: File,
}

/// The reason why a directory cannot be used. It was not modified.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// The path is not a directory.
    #[error("`{0}` is not a directory; choose another with --data-dir")]
    NotADirectory(PathBuf),
    /// The directory contains files of another program.
    #[error("`{0}` holds files that are not Rollcall's; choose another directory with --data-dir")]
    Foreign(PathBuf),
    /// Another version of Rollcall, with another layout, created the directory.
    #[error(
        "`{0}` was created by another version of Rollcall; choose another directory with --data-dir"
    )]
    OtherLayout(PathBuf),
    /// Another process uses the directory.
    #[error(
        "`{0}` is in use by another Rollcall process; stop it, or choose another directory with --data-dir"
    )]
    InUse(PathBuf),
    /// The directory contains the data of a run on disk, but this run keeps its data in memory.
    #[error(
        "`{0}` holds the data of a run on disk; leave out --in-memory, or choose another directory with --data-dir"
    )]
    HoldsData(PathBuf),
    /// The operating system reports an error.
    #[error("`{path}` cannot be used: {error}; choose another directory with --data-dir")]
    Unusable {
        /// The directory.
        path: PathBuf,
        /// The operating system's error.
        error: io::Error,
    },
}

impl DataDir {
    /// Creates the directory if it does not exist, and locks it.
    ///
    /// # Errors
    ///
    /// See [`DataDirError`].
    pub(crate) fn open(path: &Path) -> Result<Self, DataDirError> {
        check_ours(path)?;
        let unusable = |error| DataDirError::Unusable {
            path: path.to_owned(),
            error,
        };
        // Personal data: no other user of this machine may read it.
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(unusable)?;
        let marker = path.join(MARKER);
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(marker)
            .map_err(unusable)?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => DataDirError::InUse(path.to_owned()),
            TryLockError::Error(error) => unusable(error),
        })?;
        let mut layout = String::new();
        lock.read_to_string(&mut layout).map_err(unusable)?;
        match layout.as_str() {
            LAYOUT => {}
            // The file is new, or a process was killed before it wrote the layout.
            "" => lock
                .write_all(LAYOUT.as_bytes())
                .and_then(|()| lock.sync_all())
                .map_err(unusable)?,
            _ => return Err(DataDirError::OtherLayout(path.to_owned())),
        }
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
        })
    }

    /// Opens a directory for a run that keeps only `local.json` in it.
    ///
    /// # Errors
    ///
    /// See [`DataDirError`].
    pub(crate) fn open_without_data(path: &Path) -> Result<Self, DataDirError> {
        match path.join(DATABASE).exists() {
            true => Err(DataDirError::HoldsData(path.to_owned())),
            false => Self::open(path),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the path of the database file, which is created if it does not exist. No other user of this machine may
    /// read it, even if the directory was made by somebody else; SQLite gives its other files the same mode.
    ///
    /// # Errors
    ///
    /// [`DataDirError::Unusable`].
    pub(crate) fn database(&self) -> Result<PathBuf, DataDirError> {
        let path = self.path.join(DATABASE);
        let unusable = |error| DataDirError::Unusable {
            path: path.clone(),
            error,
        };
        let mut options = OpenOptions::new();
        let options = options.write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(&path).map_err(unusable)?;
        file.set_permissions(Permissions::from_mode(0o600))
            .map_err(unusable)?;
        Ok(path)
    }
}

/// Checks a directory before anything is written to it.
fn check_ours(path: &Path) -> Result<(), DataDirError> {
    match fs::read_dir(path) {
        Ok(mut entries) => match entries.next().is_none() || path.join(MARKER).is_file() {
            true => Ok(()),
            false => Err(DataDirError::Foreign(path.to_owned())),
        },
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound => Ok(()),
            io::ErrorKind::NotADirectory => Err(DataDirError::NotADirectory(path.to_owned())),
            _ => Err(DataDirError::Unusable {
                path: path.to_owned(),
                error,
            }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    #[test]
    fn a_directory_is_made_held_and_found_again() {
        let scratch = scratch();
        let path = scratch.path().join("a/b");
        let held = DataDir::open(&path).unwrap();
        assert!(matches!(DataDir::open(&path), Err(DataDirError::InUse(_))));
        drop(held);
        assert!(DataDir::open(&path).is_ok());
    }

    #[test]
    fn an_empty_directory_and_one_of_a_killed_start_are_taken() {
        let scratch = scratch();
        drop(DataDir::open(scratch.path()).unwrap());
        fs::write(scratch.path().join(MARKER), "").unwrap();
        drop(DataDir::open(scratch.path()).unwrap());
        assert_eq!(
            fs::read_to_string(scratch.path().join(MARKER)).unwrap(),
            LAYOUT
        );
    }

    #[test]
    fn what_is_not_ours_stays_as_it_is() {
        let scratch = scratch();
        let thesis = scratch.path().join("thesis.txt");
        fs::write(&thesis, "mine").unwrap();
        assert!(matches!(
            DataDir::open(scratch.path()),
            Err(DataDirError::Foreign(_))
        ));
        assert!(matches!(
            DataDir::open(&thesis),
            Err(DataDirError::NotADirectory(_))
        ));
        assert!(matches!(
            DataDir::open(&thesis.join("x")),
            Err(DataDirError::NotADirectory(_))
        ));
        assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 1);
        assert_eq!(fs::read_to_string(&thesis).unwrap(), "mine");
    }

    #[test]
    fn another_layout_is_refused() {
        let scratch = scratch();
        fs::write(
            scratch.path().join(MARKER),
            "rollcall local data, layout 9\n",
        )
        .unwrap();
        assert!(matches!(
            DataDir::open(scratch.path()),
            Err(DataDirError::OtherLayout(_))
        ));
    }

    #[test]
    fn a_run_in_memory_does_not_overwrite_the_tokens_of_one_on_disk() {
        let scratch = scratch();
        let held = DataDir::open(scratch.path()).unwrap();
        let database = held.database().unwrap();
        let mode = fs::metadata(&database).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        drop(held);
        assert!(matches!(
            DataDir::open_without_data(scratch.path()),
            Err(DataDirError::HoldsData(_))
        ));
        assert!(DataDir::open(scratch.path()).is_ok());
    }
}
