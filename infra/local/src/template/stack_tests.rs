//! Checks the deployed templates for what every function, queue and environment must have and no linter checks.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::cloudformation;
use super::stacks::{self, COMPUTE, DATA};
use super::{Payload, Template};

/// Returns both templates as one document, with the exported values in place of the imports.
fn template() -> Value {
    stacks::deployed().unwrap()
}

/// Returns the name and the properties of every resource of a type.
fn of_type<'a>(template: &'a Value, kind: &str) -> Vec<(&'a str, &'a Value)> {
    let resources = template["Resources"].as_object().unwrap().iter();
    resources
        .filter(|(_, resource)| resource["Type"] == kind)
        .map(|(name, resource)| (name.as_str(), &resource["Properties"]))
        .collect()
}

/// Returns the folders of the functions that have a route.
fn routed_functions() -> BTreeSet<String> {
    let routes = Template::deployed().unwrap().routes.into_iter();
    routes.map(|route| route.function).collect()
}

/// Returns the folder of a function's source.
fn folder_of(function: &Value) -> String {
    let folder = function["CodeUri"].as_str().unwrap();
    folder.trim_start_matches("../functions/").to_owned()
}

/// Returns whether `value` contains `wanted` at any depth.
fn holds(value: &Value, wanted: &Value) -> bool {
    value == wanted
        || match value {
            Value::Array(items) => items.iter().any(|item| holds(item, wanted)),
            Value::Object(entries) => entries.values().any(|item| holds(item, wanted)),
            _ => false,
        }
}

#[test]
fn functions_are_traced_and_their_logs_end() {
    let template = template();
    let globals = &template["Globals"]["Function"];
    assert_eq!(globals["Tracing"], "Active");
    // What CI builds and tests, because the standard library for arm64 cannot be had everywhere.
    assert_eq!(template["Parameters"]["Architecture"]["Default"], "x86_64");
    assert_eq!(globals["Architectures"], json!([{"Ref": "Architecture"}]));
    for (name, function) in of_type(&template, "AWS::Serverless::Function") {
        let group = function["LoggingConfig"]["LogGroup"]["Ref"].as_str();
        let group = &template["Resources"][group.expect(name)]["Properties"];
        let retention = json!({"Ref": "LogRetentionDays"});
        assert_eq!(group["RetentionInDays"], retention, "{name}");
        assert!(function["Description"].is_string(), "{name}");
    }
}

/// Parameters set the memory and the concurrency of functions that answer requests. Background functions have their
/// memory from a parameter too, but their concurrency is limited at the event source.
#[test]
fn memory_and_concurrency_are_for_each_environment_to_say() {
    let template = template();
    let front = json!({"Ref": "FunctionMemory"});
    let routed = routed_functions();
    assert_eq!(template["Globals"]["Function"]["MemorySize"], front);
    for (name, function) in of_type(&template, "AWS::Serverless::Function") {
        if function["ReservedConcurrentExecutions"].is_null() {
            let memory = json!({"Ref": "BackgroundMemory"});
            assert_eq!(function["MemorySize"], memory, "{name}");
            assert!(!routed.contains(&folder_of(function)), "{name} has routes");
        } else {
            assert!(function["MemorySize"].is_null(), "{name}");
        }
    }
}

#[test]
fn no_function_may_do_everything_or_touch_everything() {
    let template = template();
    for (name, function) in of_type(&template, "AWS::Serverless::Function") {
        // Each function has an explicit role: SAM attaches policies for every queue, stream and log of the account to
        // the roles that it creates.
        let role = json!({"Fn::GetAtt": [format!("{name}Role"), "Arn"]});
        assert_eq!(function["Role"], role, "{name}");
        let role = &template["Resources"][format!("{name}Role")]["Properties"];
        assert!(role["ManagedPolicyArns"].is_null(), "{name}");
        for policy in role["Policies"].as_array().expect(name) {
            let statements = &policy["PolicyDocument"]["Statement"];
            for statement in statements.as_array().expect(name) {
                let actions = statement["Action"].as_array().expect(name);
                let starred = |action: &Value| action.as_str().unwrap().contains('*');
                assert!(!actions.iter().any(starred), "{name}: {actions:?}");
                // The actions of X-Ray support no resource other than `*`.
                let traces = json!(["xray:PutTelemetryRecords", "xray:PutTraceSegments"]);
                let log = &function["LoggingConfig"]["LogGroup"]["Ref"];
                let is_log = holds(&statement["Action"], &json!("logs:PutLogEvents"));
                let own_log = json!({"Fn::GetAtt": [log, "Arn"]});
                assert!(!is_log || statement["Resource"] == own_log, "{name}");
                let everything = holds(&statement["Resource"], &json!("*"));
                assert_eq!(everything, statement["Action"] == traces, "{name}");
            }
        }
    }
}

/// The resource policy of a function is limited to 20 KB, which about forty permissions for single routes would fill.
#[test]
fn the_api_may_invoke_each_function_by_one_permission() {
    let template = template();
    let permissions = of_type(&template, "AWS::Lambda::Permission");
    let api = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*";
    let routed = routed_functions();
    let mut granted = 0;
    for (name, function) in of_type(&template, "AWS::Serverless::Function") {
        let own = (permissions.iter())
            .filter(|(_, permission)| permission["FunctionName"] == json!({"Ref": name}));
        let own: Vec<&Value> = own.map(|(_, permission)| *permission).collect();
        if !routed.contains(&folder_of(function)) {
            assert!(own.is_empty(), "{name}");
            continue;
        }
        let [permission] = own[..] else {
            panic!("{name} has {} permissions", own.len())
        };
        assert_eq!(permission["SourceArn"], json!({"Fn::Sub": api}), "{name}");
        assert_eq!(permission["Action"], "lambda:InvokeFunction", "{name}");
        assert_eq!(
            permission["Principal"], "apigateway.amazonaws.com",
            "{name}"
        );
        granted += 1;
    }
    // And one more for its alias.
    assert_eq!(
        (granted, permissions.len()),
        (routed.len(), 2 * routed.len())
    );
}

/// Only the fallback of SCIM is called for requests that may have no token. Every other authorizer needs the header.
#[test]
fn one_authorizer_sees_requests_without_a_token() {
    let routes = Template::deployed().unwrap().routes.into_iter();
    let whole = routes.filter(|route| {
        let authorizer = route.authorizer.as_ref();
        authorizer.is_some_and(|authorizer| authorizer.payload == Payload::Request { header: None })
    });
    let whole: BTreeSet<_> = whole.map(|route| (route.path, route.function)).collect();
    let expected =
        ["/scim/v2", "/scim/v2/{proxy+}"].map(|path| (path.to_owned(), "scim-fallback".to_owned()));
    assert_eq!(whole, BTreeSet::from(expected));
}

/// Discovery reads the token and the schemas of a tenant, and changes nothing.
#[test]
fn discovery_may_only_read() {
    let template = template();
    let role = &template["Resources"]["DiscoveryFunctionRole"]["Properties"]["Policies"];
    let statements = &role[0]["PolicyDocument"]["Statement"];
    assert_eq!(role.as_array().unwrap().len(), 2);
    assert_eq!(statements.as_array().unwrap().len(), 1);
    assert_eq!(statements[0]["Action"], json!(["dynamodb:GetItem"]));
    assert_eq!(role[1]["PolicyName"], "tells");
}

/// Lambda treats a function that sends to its own queue as a recursive loop, and stops it after about sixteen calls,
/// unless the function allows the loop (<https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html>).
#[test]
fn a_function_that_goes_on_by_its_own_queue_may() {
    let template = template();
    let mut own = BTreeSet::new();
    for (name, function) in of_type(&template, "AWS::Serverless::Function") {
        let events = function["Events"].as_object().into_iter().flatten();
        let queues = events.map(|(_, event)| &event["Properties"]["Queue"]);
        let queues: Vec<&Value> = queues.filter(|queue| !queue.is_null()).collect();
        let role = &template["Resources"][format!("{name}Role")]["Properties"]["Policies"];
        let sends_to = |queue: &Value| {
            let statements = role.as_array().into_iter().flatten();
            let mut statements = statements
                .flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array().unwrap());
            statements.any(|one| {
                one["Resource"] == *queue && holds(&one["Action"], &json!("sqs:SendMessage"))
            })
        };
        if queues.into_iter().any(sends_to) {
            assert_eq!(function["RecursiveLoop"], "Allow", "{name}");
            own.insert(name);
        }
    }
    assert_eq!(own, BTreeSet::from(["RoleReconcilerFunction"]));
}

/// A function returns a large response compressed. Only of a binary media type does API Gateway decode its Base64.
#[test]
fn every_media_type_is_binary() {
    assert!(Template::deployed().unwrap().is_binary);
}

/// A message that keeps failing goes to a dead-letter queue, and each of these queues has an alarm.
#[test]
fn whatever_fails_for_good_is_kept_and_told() {
    let template = template();
    let queues = of_type(&template, "AWS::SQS::Queue");
    let worked: Vec<_> = queues
        .iter()
        .filter(|(_, queue)| !queue["RedrivePolicy"].is_null())
        .collect();
    assert_eq!(worked.len(), 3);
    let alarms = of_type(&template, "AWS::CloudWatch::Alarm");
    for (name, _) in queues
        .iter()
        .filter(|(_, queue)| queue["RedrivePolicy"].is_null())
    {
        let watched = json!({"Fn::GetAtt": [name, "QueueName"]});
        assert!(
            alarms
                .iter()
                .any(|(_, alarm)| holds(&alarm["Dimensions"], &watched)),
            "nobody hears of {name}"
        );
    }
    for (name, rule) in of_type(&template, "AWS::Events::Rule") {
        for target in rule["Targets"].as_array().unwrap() {
            assert!(target["DeadLetterConfig"]["Arn"].is_object(), "{name}");
        }
    }
}

#[test]
fn alarms_hear_of_every_function() {
    let template = template();
    let alarms = of_type(&template, "AWS::CloudWatch::Alarm");
    let of = |wanted: &str| &alarms.iter().find(|(name, _)| *name == wanted).unwrap().1["Metrics"];
    for (name, alarm) in &alarms {
        let metrics = alarm["Metrics"].as_array().into_iter().flatten();
        let metrics = metrics.filter(|metric| !metric["MetricStat"].is_null());
        assert!(metrics.count() <= 10, "CloudWatch refuses {name}");
    }
    for (name, function) in of_type(&template, "AWS::Serverless::Function") {
        // Whoever invokes `IssueServiceKeyFunction` or `RestoreFunction` sees its errors. Those of `MailerFunction` end in a
        // queue with its own alarm.
        if [
            "IssueServiceKeyFunction",
            "RestoreFunction",
            "MailerFunction",
        ]
        .contains(&name)
        {
            continue;
        }
        let is_background = !function["MemorySize"].is_null();
        for alarm in [
            "FunctionErrorsAlarm",
            "BackgroundErrorsAlarm",
            "FunctionThrottlesAlarm",
        ] {
            let heard = match alarm {
                // For Lambda, a refused token is an error of the authorizer. The authorizer's real errors are 5xx of the
                // API.
                "FunctionErrorsAlarm" => !is_background && name != "TokenAuthorizerFunction",
                "BackgroundErrorsAlarm" => is_background,
                // What waits for a throttled background function has an alarm of its own.
                _ => !is_background,
            };
            assert_eq!(
                holds(of(alarm), &json!({"Ref": name})),
                heard,
                "{alarm}, {name}"
            );
        }
    }
}

#[test]
fn the_dashboard_is_json() {
    let template = template();
    let body = &template["Resources"]["StackDashboard"]["Properties"]["DashboardBody"]["Fn::Sub"];
    let alarms = &body[1]["AlarmWidget"]["Fn::If"];
    assert_eq!(alarms[2], "");
    for (widget, count) in [(&alarms[2], 14), (&alarms[1]["Fn::Sub"], 15)] {
        let body = body[0].as_str().unwrap();
        let body = body.replace("${AlarmWidget}", widget.as_str().unwrap());
        let body: Value = serde_json::from_str(&body).unwrap();
        let widgets = body["widgets"].as_array().unwrap();
        assert_eq!(widgets.len(), count);
        // Every function that answers requests can be throttled.
        let title = "Throttles of functions";
        let throttles = widgets
            .iter()
            .find(|widget| widget["properties"]["title"] == title);
        let metrics = throttles.unwrap()["properties"]["metrics"].to_string();
        for (name, function) in of_type(&template, "AWS::Serverless::Function") {
            let answers = function["MemorySize"].is_null();
            let shown = metrics.contains(&format!("\"${{{name}}}\""));
            assert_eq!(shown, answers, "{name}");
        }
    }
}

#[test]
fn parameters_say_what_they_are_for() {
    for text in [COMPUTE, DATA] {
        let template = cloudformation::parse(text).unwrap();
        let parameters = template["Parameters"].as_object().unwrap();
        let labelled = &template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"];
        for (name, parameter) in parameters {
            assert!(parameter["Description"].is_string(), "{name}");
            assert!(!parameter["Default"].is_null(), "{name} has no default");
            assert!(holds(labelled, &json!(name)), "{name} is in no group");
            let switch = ["true", "false"].contains(&parameter["Default"].as_str().unwrap_or(""));
            assert!(
                !switch || parameter["AllowedValues"] == json!(["true", "false"]),
                "{name}"
            );
        }
    }
    let template = cloudformation::parse(COMPUTE).unwrap();
    for wanted in [
        "ScimBaseUrl",
        "ApiBaseUrl",
        "ConsoleUrl",
        "IntrospectionFunctionArn",
        "TableName",
        "EventBusName",
        "IssueServiceKey",
        "UnrelayedQueueUrl",
        "RoleDeadLettersUrl",
        "MailDeadLettersUrl",
        "WebhookDeadLettersUrl",
    ] {
        assert!(
            template["Outputs"][wanted]["Description"].is_string(),
            "{wanted}"
        );
    }
}

#[test]
fn data_survives_its_stack() {
    let data = cloudformation::parse(DATA).unwrap();
    for (name, resource) in data["Resources"].as_object().unwrap() {
        let kept = ["Retain", "RetainExceptOnCreate"];
        let kept = kept.contains(&resource["DeletionPolicy"].as_str().unwrap());
        assert!(kept, "{name}");
        assert_eq!(resource["UpdateReplacePolicy"], "Retain", "{name}");
    }
    let compute = cloudformation::parse(COMPUTE).unwrap();
    // The second table is the archive.
    for (kind, count) in [("AWS::DynamoDB::Table", 2), ("AWS::Events::EventBus", 1)] {
        assert_eq!(of_type(&data, kind).len(), count, "{kind}");
        assert!(of_type(&compute, kind).is_empty(), "{kind}");
    }
    // What was given up on is data; what waits is not.
    for (name, queue) in of_type(&compute, "AWS::SQS::Queue") {
        assert!(!queue["RedrivePolicy"].is_null(), "{name}");
    }
}

const OWN_STREAM: &str = "arn:aws:dynamodb:us-east-1:000000000000:table/own/stream/1";
const GIVEN_STREAM: &str =
    "arn:aws-us-gov:dynamodb:us-gov-west-1:000000000000:table/given/stream/2";

/// Evaluates an expression over the stream of the table, as CloudFormation does.
fn evaluated(expression: &Value, given: bool) -> Value {
    let Some((function, argument)) = expression.as_object().and_then(|it| it.iter().next()) else {
        return expression.clone();
    };
    match (function.as_str(), argument) {
        ("Ref", argument) if argument == "TableStreamArn" => GIVEN_STREAM.into(),
        ("Fn::GetAtt", argument) if *argument == json!(["Table", "StreamArn"]) => OWN_STREAM.into(),
        ("Fn::If", argument) if argument[0] == "GivesTable" => {
            evaluated(&argument[if given { 1 } else { 2 }], given)
        }
        ("Fn::Split", argument) => {
            let text = evaluated(&argument[1], given);
            let parts = text.as_str().unwrap().split(argument[0].as_str().unwrap());
            parts.collect::<Vec<_>>().into()
        }
        ("Fn::Select", argument) => {
            let index = usize::try_from(argument[0].as_u64().unwrap()).unwrap();
            evaluated(&argument[1], given)[index].clone()
        }
        other => panic!("{other:?}"),
    }
}

/// After a restore, one parameter moves everything to the other table: names, rights, stream and output.
#[test]
fn one_parameter_gives_another_table() {
    let template = template();
    for (given, table, stream) in [(false, "own", OWN_STREAM), (true, "given", GIVEN_STREAM)] {
        let (arn, _) = stream.split_once("/stream/").unwrap();
        let variables = &template["Globals"]["Function"]["Environment"]["Variables"];
        assert_eq!(evaluated(&variables["TABLE_NAME"], given), table);
        let output = &template["Outputs"]["TableName"]["Value"];
        assert_eq!(evaluated(output, given), table);
        let dashboard = &template["Resources"]["StackDashboard"]["Properties"]["DashboardBody"];
        let shown = &dashboard["Fn::Sub"][1]["TableName"];
        assert_eq!(evaluated(shown, given), table);
        let relay = &template["Resources"]["JournalRelayFunction"]["Properties"]["Events"];
        let read = &relay["Journal"]["Properties"]["Stream"];
        assert_eq!(evaluated(read, given), stream);
        let mut functions = BTreeSet::new();
        for (name, role) in of_type(&template, "AWS::IAM::Role") {
            // The role of CodeDeploy has none of its own.
            let policies = role["Policies"].as_array().into_iter().flatten();
            let statements = policies
                .flat_map(|policy| policy["PolicyDocument"]["Statement"].as_array().unwrap());
            for statement in statements {
                let action = statement["Action"][0].as_str().unwrap();
                // The archive is not the table, and `RestoreFunction` works on a restored table before it is used.
                let is_archive = holds(&statement["Resource"], &json!(["Archive", "Arn"]));
                if !action.starts_with("dynamodb:") || is_archive || name == "RestoreFunctionRole" {
                    continue;
                }
                let of_stream = action == "dynamodb:DescribeStream";
                let expected = if of_stream { stream } else { arn };
                let resource = evaluated(&statement["Resource"], given);
                assert_eq!(resource, expected, "{name}");
                functions.extend((!of_stream).then_some(name));
            }
        }
        // All functions but that for a restore.
        assert_eq!(
            functions.len() + 1,
            of_type(&template, "AWS::Serverless::Function").len()
        );
    }
    // Nothing else refers to the table.
    let compute = cloudformation::parse(COMPUTE).unwrap().to_string();
    let (import, own) = ("${DataStack}-TableStreamArn", "\"Fn::If\":[\"GivesTable\"");
    assert_eq!(
        compute.matches(import).count(),
        compute.matches(own).count()
    );
}
