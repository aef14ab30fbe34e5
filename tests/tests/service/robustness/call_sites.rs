//! The places in the sources from which DynamoDB is called: a new one fails this test until faults are injected there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The `send` calls of the DynamoDB client, with their operations. Each operation is sent from one place only, so a fault
/// of the operation is a fault of the place.
pub(crate) const DYNAMODB: [(&str, &str); 10] = [
    ("shared/store/src/commit.rs", "TransactWriteItems"),
    ("shared/store/src/create_table.rs", "CreateTable"),
    ("shared/store/src/create_table.rs", "UpdateTimeToLive"),
    ("shared/store/src/put.rs", "PutItem"),
    ("shared/store/src/sweep.rs", "Scan"),
    ("shared/store/src/table.rs", "BatchGetItem"),
    ("shared/store/src/table.rs", "BatchWriteItem"),
    ("shared/store/src/table.rs", "GetItem"),
    ("shared/store/src/table.rs", "Query"),
    ("shared/store/src/table.rs", "UpdateItem"),
];

/// The `send` calls of the clients of other services. Their tests inject faults into them.
const OTHERS: [(&str, &str); 5] = [
    ("functions/journal-relay/src/bus.rs", "PutEvents"),
    ("functions/mailer/src/postbox.rs", "SendEmail"),
    ("functions/role-reconciler/src/queue.rs", "SendMessage"),
    ("functions/role-reconciler/src/queue.rs", "SendMessageBatch"),
    ("shared/edge/secrets/src/lib.rs", "GetSecretValue"),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true if path.ends_with("tests") || path.ends_with("target") => {}
            true => sources(&path, found),
            false if path.extension().is_some_and(|ending| ending == "rs") => found.push(path),
            false => {}
        }
    }
}

/// Returns the operations that a file sends, as its builders name them.
fn operations(text: &str) -> Vec<String> {
    let builders = |name: &str| {
        let builder = format!(".{}()", snake(name));
        let times = text.matches(&builder).count();
        std::iter::repeat_n(name.to_owned(), times)
    };
    let known = DYNAMODB.iter().chain(&OTHERS).map(|(_, name)| *name);
    known.flat_map(builders).collect()
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for (at, letter) in name.char_indices() {
        if letter.is_uppercase() && at > 0 {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

#[test]
fn every_call_of_a_service_of_aws_is_known() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("a parent");
    let mut files = Vec::new();
    sources(&root.join("shared"), &mut files);
    sources(&root.join("functions"), &mut files);
    let mut sent = BTreeMap::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a source");
        let count = text.matches(".send()").count();
        if count == 0 {
            continue;
        }
        let below = file.strip_prefix(root).expect("below the workspace");
        let below = below.to_string_lossy().into_owned();
        let operations = operations(&text);
        assert_eq!(operations.len(), count, "{below}: {operations:?}");
        for operation in operations {
            *sent.entry((below.clone(), operation)).or_insert(0) += 1;
        }
    }
    let known = DYNAMODB.iter().chain(&OTHERS);
    let known = known.map(|(file, operation)| (((*file).to_owned(), (*operation).to_owned()), 1));
    assert_eq!(
        sent,
        known.collect::<BTreeMap<_, _>>(),
        "inject faults into the new call: see `faults.rs`"
    );
}
