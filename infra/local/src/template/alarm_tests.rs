//! Checks alarms: each has a page and is about a metric that something writes.

use std::collections::BTreeSet;
use std::fs;

use rollcall_runtime::{Metric, NAMESPACE_VARIABLE, REQUESTS_VARIABLE};
use serde_json::{Value, json};

use super::cloudformation;
use super::operations_tests::{BACKUP, compute, of_type, runbooks};
use super::stacks::COMPUTE;

/// Returns each alarm with its text in its template.
fn alarms() -> Vec<(String, Value, String)> {
    let mut found = Vec::new();
    for text in [COMPUTE, BACKUP] {
        let template = cloudformation::parse(text).unwrap();
        for (name, alarm) in of_type(&template, "AWS::CloudWatch::Alarm") {
            let (_, own) = text.split_once(&format!("\n  {name}:\n")).unwrap();
            let own = own.split("\n\n").next().unwrap().to_owned();
            found.push((name, alarm["Properties"].clone(), own));
        }
    }
    found
}

/// Whoever hears that something is wrong also hears when it is over, and what to do is written down.
#[test]
fn every_alarm_says_when_it_is_over_and_what_to_do() {
    for (name, alarm, text) in alarms() {
        let topic = &alarm["AlarmActions"];
        assert_eq!(topic.as_array().unwrap().len(), 1, "{name}");
        assert_eq!(alarm["OKActions"], *topic, "{name}");
        let missing = alarm["TreatMissingData"].as_str().expect(&name);
        assert!(["breaching", "notBreaching"].contains(&missing), "{name}");
        // Why is in the line before it.
        let (before, _) = text.split_once("TreatMissingData").unwrap();
        let reason = before.trim_end().lines().last().unwrap().trim();
        assert!(reason.starts_with("# "), "{name}: {reason}");
        let description = alarm["AlarmDescription"].as_str().unwrap();
        let page = format!("(infra/runbooks/{name}.md)");
        assert!(description.ends_with(&page), "{name}");
        let page = fs::read_to_string(runbooks().join(format!("{name}.md"))).expect(&name);
        assert!(page.starts_with(&format!("# {name}\n")), "{name}");
        for part in [
            "## What it means",
            "## Look",
            "## What to do",
            "## When it is over",
        ] {
            assert!(page.contains(&format!("\n{part}\n")), "{name} lacks {part}");
        }
        assert!(page.contains("\n```bash aws\n"), "{name} has no command");
        // The stage is a parameter, and Lambda writes its reports as JSON.
        for wrong in ["STACK##", "Task timed out", "Runtime exited"] {
            assert!(!page.contains(wrong), "{name}: {wrong}");
        }
    }
}

#[test]
fn every_page_of_the_runbooks_is_of_an_alarm() {
    let mut pages = BTreeSet::new();
    for file in fs::read_dir(runbooks()).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        pages.extend(name.strip_suffix(".md").map(ToOwned::to_owned));
    }
    assert!(pages.remove("README"));
    let named: BTreeSet<String> = alarms().into_iter().map(|(name, ..)| name).collect();
    assert_eq!(pages, named);
    let index = fs::read_to_string(runbooks().join("README.md")).unwrap();
    for name in named {
        assert!(index.contains(&format!("]({name}.md)")), "{name}");
    }
}

/// An alarm on the stack's own namespace is about a metric that the functions write, with its dimensions. That they write
/// each of them shows `metrics.rs` of the tests of the service.
#[test]
fn alarms_are_about_metrics_that_functions_write() {
    let stack = json!({"Ref": "AWS::StackName"});
    let mut watched = BTreeSet::new();
    for (name, alarm, _) in alarms() {
        let parts = alarm["Metrics"].as_array().into_iter().flatten();
        let parts = parts.map(|part| part["MetricStat"]["Metric"].clone());
        for metric in parts.chain([alarm.clone()]) {
            if metric["Namespace"] != stack {
                continue;
            }
            let of = |one: &&Metric| metric["MetricName"] == one.name();
            let known = Metric::ALL.iter().find(of).expect(&name);
            let dimensions = metric["Dimensions"].as_array().into_iter().flatten();
            let dimensions = dimensions.map(|one| one["Name"].as_str().unwrap());
            let dimensions: Vec<&str> = dimensions.collect();
            assert_eq!(dimensions, Vec::from_iter(known.dimension()), "{name}");
            // It would be off without another parameter.
            assert!(!known.is_of_requests(), "{name}");
            watched.insert(*known);
        }
    }
    let expected = [
        Metric::Unlogged,
        Metric::EventLag,
        Metric::EntriesSetAside,
        Metric::RoleLag,
        Metric::SyncLag,
        Metric::FailedParts,
        Metric::CompletePasses,
    ];
    assert_eq!(watched, BTreeSet::from(expected));
}

/// The functions write metrics if somebody looks at them. No log is searched for them.
#[test]
fn metrics_are_written_if_they_are_on() {
    let template = compute();
    let variables = &template["Globals"]["Function"]["Environment"]["Variables"];
    let none = json!({"Ref": "AWS::NoValue"});
    let namespace = json!({"Fn::If": ["Measures", {"Ref": "AWS::StackName"}, none]});
    assert_eq!(variables[NAMESPACE_VARIABLE], namespace);
    let of_requests = json!({"Fn::If": ["MeasuresRequests", "true", none]});
    assert_eq!(variables[REQUESTS_VARIABLE], of_requests);
    let either = json!([{"Condition": "HasAlarms"}, {"Condition": "MeasuresRequests"}]);
    assert_eq!(template["Conditions"]["Measures"]["Fn::Or"], either);
    assert!(of_type(&template, "AWS::Logs::MetricFilter").is_empty());
}

/// No dimension is a tenant: the units of each are added up by a rule, from the lines of all functions that answer requests.
#[test]
fn the_units_of_a_tenant_are_no_metric() {
    for metric in Metric::ALL {
        let bounded = [None, Some("Operation"), Some("Reason")];
        assert!(bounded.contains(&metric.dimension()), "{metric:?}");
    }
    let template = compute();
    let rule = &template["Resources"]["UnitsByTenant"]["Properties"];
    let body = rule["RuleBody"]["Fn::Sub"].as_str().unwrap();
    for (name, function) in of_type(&template, "AWS::Serverless::Function") {
        let name = name.strip_suffix("Function").unwrap();
        let answers = function["Properties"]["MemorySize"].is_null() && name != "TokenAuthorizer";
        let is_read = body.contains(&format!("\"${{{name}LogGroup}}\""));
        assert_eq!(is_read, answers, "{name}");
    }
    let body: Value = serde_json::from_str(body).unwrap();
    let expected = json!({"Keys": ["$.span.tenant"], "ValueOf": "$.ReadUnits",
                          "Filters": [{"Match": "$.ReadUnits", "GreaterThan": 0}]});
    assert_eq!(body["Contribution"], expected);
    let alarm = &template["Resources"]["TenantUnitsAlarm"]["Properties"]["Metrics"][0];
    let expression = alarm["Expression"]["Fn::Sub"].as_str().unwrap();
    let largest = "INSIGHT_RULE_METRIC(\"${UnitsByTenant.RuleName}\", \"MaxContributorValue\")";
    assert_eq!(expression, largest);
}
