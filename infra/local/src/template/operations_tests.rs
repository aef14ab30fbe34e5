//! Checks what the templates promise to those who run them, and what no emulator shows: versions that take over step by
//! step, limits of methods, and the options.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::cloudformation;
use super::stacks::{COMPUTE, DATA};
use super::{Route, Template};

pub(super) const BACKUP: &str = include_str!("../../../backup.yaml");
const README: &str = include_str!("../../../README.md");

pub(super) fn compute() -> Value {
    cloudformation::parse(COMPUTE).unwrap()
}

pub(super) fn of_type(template: &Value, kind: &str) -> Vec<(String, Value)> {
    let resources = template["Resources"].as_object().unwrap().iter();
    resources
        .filter(|(_, resource)| resource["Type"] == kind)
        .map(|(name, resource)| (name.clone(), resource.clone()))
        .collect()
}

pub(super) fn runbooks() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../runbooks")
}

/// Each function that answers requests, and the authorizer, has a version and an alias if `TrafficShift` says so, and a
/// deployment that the alarms turn back.
#[test]
fn a_new_version_takes_over_step_by_step() {
    let template = compute();
    let resources = &template["Resources"];
    let mut aliased = BTreeSet::new();
    for (name, alias) in of_type(&template, "AWS::Lambda::Alias") {
        let function = name.strip_suffix("Alias").unwrap().to_owned();
        let version = &resources[format!("{function}Version")];
        for one in [&alias, version] {
            assert_eq!(one["Condition"], "PublishesVersions", "{name}");
            let named = json!({"Ref": format!("{function}Function")});
            assert_eq!(one["Properties"]["FunctionName"], named, "{name}");
        }
        // CloudFormation publishes a new version when the description changes, and keeps the old ones.
        let release = json!({"Ref": "Release"});
        assert_eq!(version["Properties"]["Description"], release, "{name}");
        assert_eq!(version["UpdateReplacePolicy"], "Retain", "{name}");
        let own = json!({"Fn::GetAtt": [format!("{function}Version"), "Version"]});
        assert_eq!(alias["Properties"]["FunctionVersion"], own, "{name}");
        let shift = json!({"CodeDeployLambdaAliasUpdate":
            {"ApplicationName": {"Ref": "Shifts"}, "DeploymentGroupName": {"Ref": format!("{function}Shift")}}});
        let policy = json!({"Fn::If": ["ShiftsTraffic", shift, {"Ref": "AWS::NoValue"}]});
        assert_eq!(alias["UpdatePolicy"], policy, "{name}");
        let group = &resources[format!("{function}Shift")]["Properties"];
        let turned_back = &group["AutoRollbackConfiguration"];
        assert_eq!(turned_back["Enabled"], true, "{name}");
        let events = turned_back["Events"].as_array().unwrap();
        assert!(
            events.contains(&json!("DEPLOYMENT_STOP_ON_ALARM")),
            "{name}"
        );
        for alarm in group["AlarmConfiguration"]["Alarms"].as_array().unwrap() {
            let alarm = alarm["Name"]["Ref"].as_str().unwrap();
            assert_eq!(resources[alarm]["Type"], "AWS::CloudWatch::Alarm");
        }
        aliased.insert(function);
    }
    // Those that the API calls, and the authorizer.
    let answering = of_type(&template, "AWS::Serverless::Function").into_iter();
    let answering =
        answering.filter(|(_, function)| function["Properties"]["MemorySize"].is_null());
    let answering = answering.map(|(name, _)| name.strip_suffix("Function").unwrap().to_owned());
    assert_eq!(aliased, answering.collect());
    // Lambda refuses to publish what has not changed.
    let variables = &template["Globals"]["Function"]["Environment"]["Variables"];
    let release =
        json!({"Fn::If": ["PublishesVersions", {"Ref": "Release"}, {"Ref": "AWS::NoValue"}]});
    assert_eq!(variables["RELEASE"], release);
    assert_eq!(template["Parameters"]["TrafficShift"]["Default"], "none");
    // SAM names a deployment of the API after the definition as it is written, which a switch does not change.
    assert_eq!(resources["Api"]["Properties"]["AlwaysDeploy"], true);
    let provisioned =
        &resources["TokenAuthorizerAlias"]["Properties"]["ProvisionedConcurrencyConfig"]["Fn::If"];
    let count = json!({"ProvisionedConcurrentExecutions": {"Ref": "ProvisionedAuthorizers"}});
    assert_eq!(
        (&provisioned[0], &provisioned[1]),
        (&json!("ProvisionsAuthorizers"), &count)
    );
}

/// What CloudFormation refuses before it changes anything.
#[test]
fn rules_refuse_what_cannot_work() {
    let template = compute();
    let rules = template["Rules"].as_object().unwrap();
    for (rule, parameter) in [
        ("ProdNeedsDomain", "DomainName"),
        ("DisabledEndpointNeedsDomain", "DomainName"),
        ("VersionsNeedRelease", "Release"),
        ("ShiftNeedsAlarms", "Alarms"),
        ("ProvisionedNeedsVersions", "TrafficShift"),
        ("AlarmsNeedLogs", "LogLevel"),
        ("MetricsNeedLogs", "LogLevel"),
    ] {
        let assertion = &rules[rule]["Assertions"][0];
        let needs = json!({"Ref": parameter}).to_string();
        assert!(assertion["Assert"].to_string().contains(&needs), "{rule}");
        assert!(assertion["AssertDescription"].is_string(), "{rule}");
    }
    let prod = json!({"Fn::Equals": [{"Ref": "Stage"}, "prod"]});
    assert_eq!(rules["ProdNeedsDomain"]["RuleCondition"], prod);
}

/// Returns the parameter of the rate that limits a method of a route.
fn rate_of(template: &Value, route: &Route) -> String {
    let settings = &template["Resources"]["Api"]["Properties"]["MethodSettings"];
    let settings = settings.as_array().unwrap();
    let rate = |path: &str, method: &str| {
        let mut own = settings
            .iter()
            .filter(|setting| setting["ResourcePath"] == path && setting["HttpMethod"] == method);
        let setting = own.next()?;
        assert!(own.next().is_none(), "{path} has two limits");
        let rate = setting["ThrottlingRateLimit"]["Ref"].as_str().unwrap();
        let burst = setting["ThrottlingBurstLimit"]["Ref"].as_str().unwrap();
        assert_eq!(rate.strip_suffix("Rate"), burst.strip_suffix("Burst"));
        Some(rate.to_owned())
    };
    let encoded = format!("/{}", route.path.replace('/', "~1"));
    rate(&encoded, route.method.as_str()).unwrap_or_else(|| rate("/*", "*").unwrap())
}

/// Limits of a stage are those of each method. What anybody may call, sign-ins and introspection have their own.
#[test]
fn a_flood_ends_at_the_gateway() {
    let template = compute();
    let mut limited = 0;
    for route in Template::deployed().unwrap().routes {
        let (method, path) = (route.method.as_str(), route.path.as_str());
        // The functions themselves refuse other methods, and requests without a service key or a session.
        let anonymous = match route.function.as_str() {
            "discovery" => method == "GET",
            "console" => method != "HEAD",
            // Strangers reach its authorizer without a token, and OAuth clients have none yet.
            "scim-fallback" => method == "POST" || !path.ends_with("/oauth/token"),
            "portal" => {
                method == "GET" && (path.contains("/problems") || path.ends_with("openapi.json"))
            }
            _ => false,
        };
        let expected = match (method, path) {
            ("POST", "/api/v1/sessions/introspect") => "IntrospectRate",
            ("POST", "/api/v1/tenants/{tenant}/sso/logins") => "LoginRate",
            _ if anonymous => "AnonymousRate",
            _ => "RequestRate",
        };
        assert_eq!(rate_of(&template, &route), expected, "{method} {path}");
        limited += usize::from(expected != "RequestRate");
    }
    let settings = &template["Resources"]["Api"]["Properties"]["MethodSettings"];
    // No limit is of a method that there is not.
    assert_eq!(settings.as_array().unwrap().len(), limited + 1);
}

/// The application's backend sends all its checks from one address, so the firewall does not count the API by address.
#[test]
fn the_firewall_counts_no_backend() {
    let template = compute();
    let rules = &template["Resources"]["WebAcl"]["Properties"]["Rules"];
    let rules = rules.as_array().unwrap().iter();
    let counting = rules.filter(|rule| !rule["Statement"]["RateBasedStatement"].is_null());
    let counting: Vec<&Value> = counting.collect();
    let [rule] = counting[..] else {
        panic!("{} rules count", counting.len())
    };
    let counted = &rule["Statement"]["RateBasedStatement"]["ScopeDownStatement"];
    let left_out = &counted["NotStatement"]["Statement"]["RegexMatchStatement"];
    assert_eq!(left_out["FieldToMatch"], json!({"UriPath": {}}));
    let expression = json!({"Fn::Sub": "^(/${Stage})?/api/v1/"});
    assert_eq!(left_out["RegexString"], expression);
}

/// A few errors of many requests turn no deployment back, and neither does one of few.
#[test]
fn a_share_of_the_requests_decides() {
    let template = compute();
    for (name, floor, share) in [
        ("ServerErrorsAlarm", "IF(failed > 5, failed / ", 0.0005),
        ("FunctionErrorsAlarm", "IF(errors > 1, errors / ", 0.0001),
        ("RefusalsAlarm", "IF(requests > 100, refused / ", 0.5),
    ] {
        let alarm = &template["Resources"][name]["Properties"];
        let metrics = alarm["Metrics"].as_array().unwrap();
        let (decides, others) = metrics.split_first().unwrap();
        let expression = decides["Expression"].as_str().unwrap();
        assert!(expression.starts_with(floor), "{name}: {expression}");
        assert!(expression.contains("requests"), "{name}: {expression}");
        assert_eq!(decides["ReturnData"], true, "{name}");
        assert!(others.iter().all(|one| one["ReturnData"] == false));
        let requests = others.iter().find(|one| one["Id"] == "requests").unwrap();
        assert_eq!(requests["MetricStat"]["Metric"]["MetricName"], "Count");
        assert_eq!(alarm["Threshold"], share, "{name}");
        // Each metric that an expression adds up is there.
        for sum in metrics.iter().filter_map(|one| one["Expression"].as_str()) {
            let named = sum
                .strip_prefix("SUM([")
                .map(|rest| rest.trim_end_matches("])"));
            for id in named.into_iter().flat_map(|ids| ids.split(", ")) {
                assert!(others.iter().any(|one| one["Id"] == id), "{name}: {id}");
            }
        }
    }
}

/// A quota of SES is one of 24 hours, and mail waits for it.
#[test]
fn mail_is_tried_for_a_day() {
    let template = compute();
    let queue = &template["Resources"]["MailQueue"]["Properties"];
    let tries = queue["RedrivePolicy"]["maxReceiveCount"].as_u64().unwrap();
    let seconds = tries * queue["VisibilityTimeout"].as_u64().unwrap();
    assert!(seconds > 24 * 3600);
    assert!(seconds < queue["MessageRetentionPeriod"].as_u64().unwrap());
}

/// X-Ray takes names of 32 characters, and a stack's name can have 128.
#[test]
fn the_name_of_a_stack_can_be_long() {
    let template = compute();
    let rule = &template["Resources"]["TraceRule"]["Properties"]["SamplingRule"];
    let name = &rule["RuleName"]["Fn::Sub"];
    assert_eq!(name[0], "rollcall-${Part}");
    assert!(!name.to_string().contains("StackName"));
}

#[test]
fn no_hostname_speaks_old_tls() {
    let template = compute();
    let api = &template["Resources"]["Api"]["Properties"];
    assert_eq!(api["SecurityPolicy"], "SecurityPolicy_TLS13_1_2_2021_06");
    let domain = &template["Resources"]["Domain"]["Properties"];
    assert_eq!(domain["SecurityPolicy"], "TLS_1_2");
    let disabled = json!({"Fn::If": ["DisablesExecuteApi", true, false]});
    assert_eq!(api["DisableExecuteApiEndpoint"], disabled);
}

/// What costs money or depends on the account is an option, and off.
#[test]
fn options_are_off_by_default() {
    let data = cloudformation::parse(DATA).unwrap();
    let table = &data["Resources"]["Table"]["Properties"];
    let cap = &table["OnDemandThroughput"]["Fn::If"];
    assert_eq!(cap[0], "CapsUnits");
    assert_eq!(cap[2], json!({"Ref": "AWS::NoValue"}));
    let own_key = json!({"Fn::If": ["HasKey", {"Ref": "KmsKeyArn"}, {"Ref": "AWS::NoValue"}]});
    for name in ["Table", "Archive"] {
        let encryption = &data["Resources"][name]["Properties"]["SSESpecification"];
        assert_eq!(encryption["KMSMasterKeyId"], own_key, "{name}");
    }
    assert_eq!(
        data["Resources"]["StackKeys"]["Properties"]["KmsKeyId"],
        own_key
    );
    let compute = compute();
    for (kind, property) in [
        ("AWS::Logs::LogGroup", "KmsKeyId"),
        ("AWS::SQS::Queue", "KmsMasterKeyId"),
        ("AWS::SNS::Topic", "KmsMasterKeyId"),
    ] {
        for template in [&compute, &data] {
            for (name, resource) in of_type(template, kind) {
                assert_eq!(resource["Properties"][property], own_key, "{name}");
            }
        }
    }
    for (template, parameter, default) in [
        (&data, "MaxReadUnits", json!(0)),
        (&data, "MaxWriteUnits", json!(0)),
        (&data, "KmsKeyArn", json!("")),
        (&data, "ArchiveExpires", json!("true")),
        (&compute, "KmsKeyArn", json!("")),
        (&compute, "Release", json!("")),
        (&compute, "ProvisionedAuthorizers", json!(0)),
        (&compute, "RequestMetrics", json!("false")),
        (&compute, "LogLevel", json!("INFO")),
        (&compute, "TraceRate", json!(0.05)),
        (&compute, "DisableExecuteApiEndpoint", json!("false")),
    ] {
        assert_eq!(
            template["Parameters"][parameter]["Default"], default,
            "{parameter}"
        );
    }
}

/// A backup covers both tables, and a copy in another region is one parameter.
#[test]
fn backups_can_be_copied_to_another_region() {
    let template = cloudformation::parse(BACKUP).unwrap();
    let resources = &template["Resources"];
    let rule = &resources["Plan"]["Properties"]["BackupPlan"]["BackupPlanRule"][0];
    let copies = &rule["CopyActions"]["Fn::If"];
    assert_eq!(copies[0], "Copies");
    let vault = json!({"Ref": "CopyVaultArn"});
    assert_eq!(copies[1][0]["DestinationBackupVaultArn"], vault);
    let tables = &resources["Selection"]["Properties"]["BackupSelection"]["Resources"];
    assert_eq!(tables.as_array().unwrap().len(), 2);
    assert_eq!(resources["Vault"]["DeletionPolicy"], "Retain");
    let alarm = &resources["BackupCopyAlarm"];
    assert_eq!(alarm["Condition"], "HasCopyAlarm");
    assert_eq!(alarm["Properties"]["MetricName"], "NumberOfCopyJobsFailed");
    let both = json!([{"Condition": "HasAlarm"}, {"Condition": "Copies"}]);
    assert_eq!(template["Conditions"]["HasCopyAlarm"]["Fn::And"], both);
}

/// The operator finds every parameter in the document.
#[test]
fn the_document_names_every_parameter() {
    for text in [COMPUTE, DATA, BACKUP] {
        let template = cloudformation::parse(text).unwrap();
        for (name, _) in template["Parameters"].as_object().unwrap() {
            let named = format!("| `{name}` |");
            assert!(README.contains(&named), "infra/README.md lacks {named}");
        }
    }
}

/// The example of a pipeline has a job for each environment, which gets its permissions by OpenID Connect.
#[test]
fn the_pipeline_has_no_long_lived_key() {
    const JOBS: &str = include_str!("../../../pipeline/github/deploy.yml");
    const DEPLOYS: &str = include_str!("../../../pipeline/github/environment.yml");
    const ROLE: &str = include_str!("../../../pipeline/role.yaml");
    for stage in ["dev", "staging", "prod"] {
        assert!(
            JOBS.contains(&format!("with: {{ stage: {stage}, shift: ")),
            "{stage}"
        );
    }
    assert_eq!(JOBS.matches("id-token: write").count(), 3);
    for text in [JOBS, DEPLOYS] {
        let lower = text.to_ascii_lowercase();
        assert!(!lower.contains("access_key") && !lower.contains("secrets."));
    }
    assert!(DEPLOYS.contains("role-to-assume: ${{ vars.AWS_ROLE }}"));
    // An alarm that is on for another reason ends no deployment, as PassAlarm in the first hours.
    assert!(DEPLOYS.contains("- run: infra/overview \"rollcall-$STAGE\" --deployed\n"));
    // A retry of the same commit publishes versions too.
    assert!(DEPLOYS.contains("{os.environ['GITHUB_SHA']}-{os.environ['GITHUB_RUN_ATTEMPT']}"));
    let role = cloudformation::parse(ROLE).unwrap();
    let trust = &role["Resources"]["PipelineRole"]["Properties"]["AssumeRolePolicyDocument"];
    let claims = &trust["Statement"][0]["Condition"]["StringEquals"];
    // Only jobs of this environment of this repository.
    assert_eq!(
        claims["token.actions.githubusercontent.com:sub"],
        json!({"Fn::Sub": "repo:${Repository}:environment:${Environment}"})
    );
}
