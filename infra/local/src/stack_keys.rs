//! The keys of the stack in the local run: a file in the data directory takes the place of the secret on AWS.

use std::fs;
use std::io;
use std::path::Path;

use rollcall_directory::KeyRing;

use crate::private_file::write_private;

pub(crate) const NAME: &str = "stack-keys.json";

/// Returns the keys in the data directory, which are created at the first start. Without a directory, they are new.
pub(crate) fn ensure_stack_keys(directory: Option<&Path>) -> io::Result<KeyRing> {
    let Some(directory) = directory else {
        return Ok(KeyRing::fixed(KeyRing::new_secret()));
    };
    match fs::read_to_string(directory.join(NAME)) {
        Ok(secret) => Ok(KeyRing::fixed(secret)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let secret = KeyRing::new_secret();
            write_private(directory, NAME, secret.as_bytes())?;
            Ok(KeyRing::fixed(secret))
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[tokio::test]
    async fn the_keys_are_private_and_stay() {
        let scratch = tempfile::tempdir().unwrap();
        let first = ensure_stack_keys(Some(scratch.path())).unwrap();
        first.current().await.unwrap().unwrap();
        let file = scratch.path().join(NAME);
        let secret = fs::read_to_string(&file).unwrap();
        ensure_stack_keys(Some(scratch.path())).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), secret);
        assert_eq!(
            fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
}
