//! Generates one test per file in `transcripts`, so a new identity provider quirk needs a new file but no new code.

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=transcripts");
    let folder =
        Path::new(&env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("transcripts");
    let mut files: Vec<_> = fs::read_dir(&folder)?.collect::<Result<_, _>>()?;
    files.sort_by_key(fs::DirEntry::file_name);
    let mut tests = String::new();
    for path in files.iter().map(fs::DirEntry::path) {
        if let (Some("yaml"), Some(name)) = (
            path.extension().and_then(|e| e.to_str()),
            path.file_stem().and_then(|s| s.to_str()),
        ) {
            tests +=
                &format!("#[test]\nfn {name}() {{\n    replay(include_str!({path:?}));\n}}\n\n");
        }
    }
    let out = Path::new(&env::var_os("OUT_DIR").unwrap_or_default()).join("transcripts.rs");
    fs::write(out, tests)
}
