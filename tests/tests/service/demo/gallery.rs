//! Writes pictures to a folder, with a page that shows all of them.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// A folder of pictures.
pub(crate) struct Gallery {
    folder: PathBuf,
    /// The titles, each with its pictures: how it was taken, and the file.
    shown: Vec<(String, Vec<(String, String)>)>,
}

impl Gallery {
    /// Begins with an empty gallery. Pictures of an earlier time are removed.
    ///
    /// # Panics
    /// Panics when the folder has something, but not the index page of a gallery: its pictures may be somebody's.
    pub(crate) fn new(folder: PathBuf) -> Self {
        fs::create_dir_all(&folder).unwrap();
        assert!(
            may_be_emptied(&folder),
            "{} is not empty and has no gallery; name another folder",
            folder.display()
        );
        // Until all pictures are there, the index says whose folder it is.
        fs::write(folder.join(INDEX), HEAD).unwrap();
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|kind| kind == "webp") {
                fs::remove_file(path).unwrap();
            }
        }
        Self {
            folder,
            shown: Vec::new(),
        }
    }

    /// Adds a picture of the page with this name and title.
    pub(crate) fn add(&mut self, (name, title): (&str, &str), taken: &str, picture: &[u8]) {
        let file = format!("{name}-{}.webp", taken.replace(", ", "-"));
        fs::write(self.folder.join(&file), picture).unwrap();
        let picture = (taken.to_owned(), file);
        match self.shown.iter_mut().find(|(shown, _)| shown == title) {
            Some((_, pictures)) => pictures.push(picture),
            None => self.shown.push((title.to_owned(), vec![picture])),
        }
    }

    /// Writes a picture for README, which the page does not show.
    pub(crate) fn put_aside(&self, name: &str, picture: &[u8]) {
        let file = format!("readme-{name}.webp");
        fs::write(self.folder.join(file), picture).unwrap();
    }

    /// Writes the page with all pictures. Returns how many there are.
    pub(crate) fn finish(self) -> usize {
        let mut page = HEAD.to_owned();
        for (title, pictures) in &self.shown {
            // Writing to a string cannot fail.
            let _ = write!(page, "<section><h2>{title}</h2><div>");
            for (taken, file) in pictures {
                let alt = format!("{title}, {taken}");
                let _ = write!(
                    page,
                    "<a href=\"{file}\"><img src=\"{file}\" alt=\"{alt}\" loading=\"lazy\"><span>{taken}</span></a>"
                );
            }
            page += "</div></section>\n";
        }
        fs::write(self.folder.join(INDEX), page).unwrap();
        self.shown.iter().map(|(_, pictures)| pictures.len()).sum()
    }

    /// Returns where the gallery is.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}

/// The page with all pictures.
const INDEX: &str = "index.html";

/// Whether a folder is empty, or has a gallery of an earlier time.
fn may_be_emptied(folder: &Path) -> bool {
    let is_gallery = |index: String| index.starts_with(HEAD);
    let is_empty = || fs::read_dir(folder).unwrap().next().is_none();
    fs::read_to_string(folder.join(INDEX)).is_ok_and(is_gallery) || is_empty()
}

const HEAD: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Pictures of the console</title>
<style>
:root { color-scheme: light dark; font: 15px/1.4 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 1500px; padding: 24px; }
h2 { font-size: 17px; margin: 32px 0 8px; }
section div { align-items: start; display: flex; flex-wrap: wrap; gap: 16px; }
a { color: inherit; text-decoration: none; }
img { border: 1px solid #8886; border-radius: 6px; display: block; height: 240px; object-fit: cover; object-position: top; }
span { color: #888; font-size: 13px; }
</style>
<h1>Pictures of the console</h1>
"#;

#[test]
fn only_an_empty_folder_or_a_gallery_is_emptied() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().to_owned();
    assert!(may_be_emptied(&at));
    fs::write(at.join("holiday.webp"), "").unwrap();
    assert!(!may_be_emptied(&at));
    fs::write(at.join(INDEX), "<!doctype html>\n<title>Mine</title>").unwrap();
    assert!(!may_be_emptied(&at));
    fs::write(at.join(INDEX), HEAD).unwrap();
    assert!(may_be_emptied(&at));
    Gallery::new(at.clone()).finish();
    assert!(!at.join("holiday.webp").exists());
    assert!(may_be_emptied(&at));
}
