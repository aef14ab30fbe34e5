//! The directory the local run keeps its data in: ours or nobody's, and one process at a time.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// The file that makes a directory ours, and that a running process holds locked.
const MARKER: &str = "rollcall.lock";
/// What stands in it: which layout of the directory this is.
const LAYOUT: &str = "rollcall local data, layout 1\n";
const DATABASE: &str = "dynamodb.sqlite3";

/// A data directory, held by this process until it is dropped.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    _lock: File,
}

/// Why a directory cannot be used; nothing in it was touched.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// It is a file, or something else.
    #[error("`{0}` is not a directory; choose another with --data-dir")]
    NotADirectory(PathBuf),
    /// It holds what is not ours.
    #[error("`{0}` holds files that are not Rollcall's; choose another directory with --data-dir")]
    Foreign(PathBuf),
    /// A version that lays its files out in another way made it.
    #[error(
        "`{0}` was written by another version of Rollcall; choose another directory with --data-dir"
    )]
    OtherLayout(PathBuf),
    /// Another process holds it.
    #[error(
        "`{0}` is in use by another Rollcall; stop that one, or choose another directory with --data-dir"
    )]
    InUse(PathBuf),
    /// It was filled by a run on disk, and this one keeps nothing there.
    #[error(
        "`{0}` holds the data of a run on disk; leave out --in-memory, or choose another directory with --data-dir"
    )]
    HoldsData(PathBuf),
    /// The operating system refuses.
    #[error("`{path}` cannot be used: {error}; choose another directory with --data-dir")]
    Unusable {
        /// The directory.
        path: PathBuf,
        /// What it says.
        error: io::Error,
    },
}

impl DataDir {
    /// Takes a directory, and makes it where there is none.
    pub(crate) fn open(path: &Path) -> Result<Self, DataDirError> {
        check_ours(path)?;
        let unusable = |error| DataDirError::Unusable {
            path: path.to_owned(),
            error,
        };
        // people's data: nobody else on this machine is to read it
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
            // new, or left behind by a process that was killed right here
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

    /// Takes a directory for a run that keeps nothing but `local.json` in it.
    pub(crate) fn open_without_data(path: &Path) -> Result<Self, DataDirError> {
        match path.join(DATABASE).exists() {
            true => Err(DataDirError::HoldsData(path.to_owned())),
            false => Self::open(path),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The database's file.
    pub(crate) fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }
}

/// Looks before anything is written.
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
        fs::write(held.database(), "").unwrap();
        drop(held);
        assert!(matches!(
            DataDir::open_without_data(scratch.path()),
            Err(DataDirError::HoldsData(_))
        ));
        assert!(DataDir::open(scratch.path()).is_ok());
    }
}
