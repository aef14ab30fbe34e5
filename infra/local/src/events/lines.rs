//! A file of JSON lines that survives SIGKILL: each line is either complete or absent.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The file, open for appending.
#[derive(Debug)]
pub(crate) struct Lines {
    file: File,
    path: PathBuf,
}

impl Lines {
    /// Opens the file, and returns its lines. A last line that a killed process did not finish is removed.
    pub(crate) fn open(path: &Path) -> io::Result<(Self, Vec<Value>)> {
        let mut values = Vec::new();
        let lines = Self::open_each(path, |value| values.push(value))?;
        Ok((lines, values))
    }

    /// Opens the file as [`Self::open`] does, and calls `each` with one line after another: the file can be larger than the
    /// memory.
    pub(crate) fn open_each(path: &Path, mut each: impl FnMut(Value)) -> io::Result<Self> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)?;
        let (mut reader, mut line, mut whole) = (BufReader::new(&file), Vec::new(), 0);
        while reader.read_until(b'\n', &mut line)? > 0 && line.ends_with(b"\n") {
            whole += u64::try_from(line.len()).unwrap_or_default();
            if let Ok(value) = serde_json::from_slice(&line) {
                each(value);
            }
            line.clear();
        }
        file.set_len(whole)?;
        file.seek(SeekFrom::End(0))?;
        let path = path.to_owned();
        Ok(Self { file, path })
    }

    /// Appends one line. It survives the process once this returns.
    pub(crate) fn append(&mut self, value: &Value) -> io::Result<()> {
        let mut line = value.to_string();
        line.push('\n');
        self.file.write_all(line.as_bytes())
    }

    /// Replaces all lines atomically.
    pub(crate) fn replace(&mut self, values: &[Value]) -> io::Result<()> {
        let unfinished = self.path.with_extension("new");
        let mut text = String::new();
        for value in values {
            text.push_str(&value.to_string());
            text.push('\n');
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&unfinished)?;
        file.write_all(text.as_bytes())?;
        fs::rename(&unfinished, &self.path)?;
        self.file = file;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_unfinished_line_is_cut_off_and_the_rest_stays() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("x.jsonl");
        let (mut lines, before) = Lines::open(&path).unwrap();
        assert!(before.is_empty());
        lines.append(&json!({"n": 1})).unwrap();
        lines.append(&json!({"n": 2})).unwrap();
        lines.file.write_all(b"{\"n\": ").unwrap();
        drop(lines);
        let (mut lines, read) = Lines::open(&path).unwrap();
        assert_eq!(read, [json!({"n": 1}), json!({"n": 2})]);
        lines.append(&json!({"n": 3})).unwrap();
        lines.replace(&[json!({"n": 4})]).unwrap();
        lines.append(&json!({"n": 5})).unwrap();
        assert_eq!(
            Lines::open(&path).unwrap().1,
            [json!({"n": 4}), json!({"n": 5})]
        );
    }
}
