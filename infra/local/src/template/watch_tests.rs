//! Checks that `cargo lambda watch` routes the same paths to the same functions as the deployed template.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Template;

#[derive(Deserialize)]
struct Manifest {
    workspace: Workspace,
}

#[derive(Deserialize)]
struct Workspace {
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    lambda: Lambda,
}

#[derive(Deserialize)]
struct Lambda {
    watch: Watch,
}

#[derive(Deserialize)]
struct Watch {
    router: BTreeMap<String, String>,
}

#[test]
fn the_watch_router_is_the_template() {
    let manifest: Manifest = toml::from_str(include_str!("../../../../Cargo.toml")).unwrap();
    let deployed = Template::deployed().unwrap();
    let deployed: BTreeMap<String, String> = deployed
        .routes
        .into_iter()
        .map(|route| (route.path.replace("{proxy+}", "{*proxy}"), route.function))
        .collect();
    assert_eq!(manifest.workspace.metadata.lambda.watch.router, deployed);
}
