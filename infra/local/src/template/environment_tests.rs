//! Checks the environments of `samconfig.toml`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::stacks::{COMPUTE, DATA};
use super::{Template, cloudformation};

const SAMCONFIG: &str = include_str!("../../../../samconfig.toml");

fn samconfig() -> toml::Table {
    toml::from_str(SAMCONFIG).unwrap()
}

/// Returns the parameters of both stacks of one environment of `samconfig.toml`, including the defaults.
fn environment(name: &str) -> Map<String, Value> {
    let mut values = parameters(COMPUTE, name);
    values.extend(parameters(DATA, &format!("{name}-data")));
    values
}

fn parameters(template: &str, name: &str) -> Map<String, Value> {
    let template = cloudformation::parse(template).unwrap();
    let config = samconfig();
    let overrides = &config[name]["deploy"]["parameters"]["parameter_overrides"];
    let parameters = template["Parameters"].as_object().unwrap();
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut values: Map<String, Value> = parameters
        .iter()
        .map(|(name, parameter)| (name.clone(), text(&parameter["Default"]).into()))
        .collect();
    for given in overrides.as_array().unwrap() {
        let (key, value) = given.as_str().unwrap().split_once('=').unwrap();
        let allowed = &parameters.get(key).expect(key)["AllowedValues"];
        assert!(
            allowed.is_null()
                || allowed
                    .as_array()
                    .unwrap()
                    .iter()
                    .any(|one| text(one) == value),
            "{name}: {given:?}"
        );
        values.insert(key.to_owned(), value.into());
    }
    values
}

#[test]
fn environments_differ_in_what_environments_differ_in() {
    let [dev, staging, prod] = ["dev", "staging", "prod"].map(environment);
    let differing = |a: &Map<String, Value>, b: &Map<String, Value>| -> BTreeSet<String> {
        let other = a.iter().filter(|(key, value)| b[*key] != **value);
        other.map(|(key, _)| key.clone()).collect()
    };
    for (a, b) in [(&dev, &staging), (&dev, &prod)] {
        for wanted in [
            "DeletionProtection",
            "LogRetentionDays",
            "Alarms",
            "RequestRate",
            "ScimConcurrency",
            "ReconcilerConcurrency",
            "WebhookConcurrency",
        ] {
            assert!(differing(a, b).contains(wanted), "{wanted}");
        }
    }
    assert!(differing(&staging, &prod).is_superset(&BTreeSet::from([
        "LogRetentionDays".to_owned(),
        "ScimConcurrency".to_owned(),
        "FunctionMemory".to_owned(),
    ])));
    let digits = SAMCONFIG.split(|c: char| !c.is_ascii_digit());
    assert!(
        digits.into_iter().all(|number| number.len() < 12),
        "an account id"
    );
}

/// A compute stack whose `DataStack` is another environment's would write into the data of that one.
#[test]
fn every_environment_has_its_own_data_stack() {
    let config = samconfig();
    let text = |name: &str, key: &str| config[name]["global"]["parameters"][key].clone();
    let default = cloudformation::parse(COMPUTE).unwrap();
    let default = &default["Parameters"]["DataStack"]["Default"];
    for (name, data) in [
        ("default", "data"),
        ("dev", "dev-data"),
        ("staging", "staging-data"),
        ("prod", "prod-data"),
    ] {
        let named = match name {
            "default" => default.clone(),
            name => parameters(COMPUTE, name)["DataStack"].clone(),
        };
        let stack = text(data, "stack_name");
        assert_eq!(named.as_str(), stack.as_str(), "{name}");
        assert_eq!(text(name, "region"), text(data, "region"), "{name}");
        let deployed = &config[data]["deploy"]["parameters"]["template_file"];
        assert_eq!(deployed.as_str(), Some("infra/data.yaml"), "{data}");
        // The bus had the name of the single stack, and a bus cannot be renamed.
        let bus = &parameters(DATA, data)["BusName"];
        assert_eq!(bus.as_str(), text(name, "stack_name").as_str(), "{data}");
    }
}

/// An existing stack keeps a parameter that is not given, and one of before ran on arm64.
#[test]
fn every_environment_says_what_its_functions_are_built_for() {
    let config = samconfig();
    for name in ["default", "dev", "staging", "prod"] {
        let given = &config[name]["deploy"]["parameters"]["parameter_overrides"];
        let given = given.as_array().unwrap();
        assert!(
            given.contains(&toml::Value::from("Architecture=x86_64")),
            "{name}"
        );
    }
}

/// How long a function works on a request, in seconds, as `infra/bill` assumes.
const WORKING: f64 = 0.020;

/// One method that gets too many requests answers 429 before Lambda has no concurrency left, which API Gateway would answer
/// with 5xx.
#[test]
fn limits_are_below_the_reserved_concurrency() {
    for name in ["staging", "prod"] {
        let values = parameters(COMPUTE, name);
        let number = |key: &str| values[key].as_str().unwrap().parse::<f64>().unwrap();
        for (limit, functions) in [
            ("Request", &["Authorizer", "Scim", "Api"][..]),
            ("Introspect", &["Api"]),
            ("Login", &["Api"]),
            ("Anonymous", &["Authorizer", "Scim", "Api"]),
        ] {
            for function in functions {
                let concurrency = number(&format!("{function}Concurrency"));
                let place = format!("{name}: {limit}, {function}");
                assert!(number(&format!("{limit}Burst")) <= concurrency, "{place}");
                let working = number(&format!("{limit}Rate")) * WORKING;
                assert!(working <= concurrency, "{place}");
            }
        }
    }
}

/// The methods with a limit of their own that one function serves do not need more at once than it reserves, all together.
#[test]
fn named_limits_of_a_function_are_below_its_concurrency_together() {
    let limits = [
        ("/api/v1/sessions/introspect", "Introspect"),
        ("/api/v1/tenants/{tenant}/sso/logins", "Login"),
    ];
    let mut functions: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for route in Template::deployed().unwrap().routes {
        let named = limits.iter().find(|(path, _)| *path == route.path);
        if let Some((_, limit)) = named {
            functions.entry(route.function).or_default().insert(limit);
        }
    }
    let served: usize = functions.values().map(BTreeSet::len).sum();
    assert_eq!(served, limits.len(), "{functions:?}");
    for name in ["staging", "prod"] {
        let values = parameters(COMPUTE, name);
        let number = |key: &str| values[key].as_str().unwrap().parse::<f64>().unwrap();
        let concurrency = number("ApiConcurrency");
        for (function, limits) in &functions {
            let sum = |kind: &str| -> f64 {
                limits
                    .iter()
                    .map(|limit| number(&format!("{limit}{kind}")))
                    .sum()
            };
            assert!(sum("Burst") <= concurrency, "{name}: {function}");
            assert!(sum("Rate") * WORKING <= concurrency, "{name}: {function}");
        }
    }
}

/// prod has a firewall and an access log, its deployment asks nobody, and its resources say whose they are.
#[test]
fn prod_is_as_prod_should_be() {
    let prod = environment("prod");
    for (name, value) in [
        ("Firewall", "true"),
        ("GatewayAccessLog", "true"),
        ("Alarms", "true"),
        ("DeletionProtection", "true"),
    ] {
        assert_eq!(prod[name], value, "{name}");
    }
    let config = samconfig();
    for name in ["prod", "prod-data", "prod-backup"] {
        let deploy = &config[name]["deploy"]["parameters"];
        assert_eq!(deploy["confirm_changeset"].as_bool(), Some(false), "{name}");
        let tags = deploy["tags"].as_str().unwrap();
        assert!(tags.contains("environment=prod"), "{name}: {tags}");
    }
}
