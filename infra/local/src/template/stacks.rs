//! Joins the templates of the two stacks to one document, as if one stack had the resources of both.

use std::collections::BTreeMap;

use serde_json::Value;

use super::cloudformation;
use super::error::TemplateError;

/// The template of the compute stack, embedded when this program was built.
pub(super) const COMPUTE: &str = include_str!("../../../template.yaml");
/// The template of the data stack.
pub(super) const DATA: &str = include_str!("../../../data.yaml");

/// Returns the templates of both stacks as one document.
///
/// # Errors
///
/// When one of them is no template, or they do not fit together.
pub(super) fn deployed() -> Result<Value, TemplateError> {
    let data = cloudformation::parse(DATA).map_err(TemplateError::in_data)?;
    join(cloudformation::parse(COMPUTE)?, &data)
}

/// Adds the resources of the data stack to the compute stack, and replaces each import with what the data stack exports.
fn join(compute: Value, data: &Value) -> Result<Value, TemplateError> {
    let mut joined = imported(compute, &exports(data)?)?;
    for (name, resource) in entries(data, "Resources") {
        let resources = joined.get_mut("Resources").and_then(Value::as_object_mut);
        let resources =
            resources.ok_or_else(|| TemplateError::new("the document", "it has no `Resources`"))?;
        if resources.insert(name.clone(), resource.clone()).is_some() {
            let problem = "infra/template.yaml has a resource of this name too";
            return Err(TemplateError::new(name, problem).in_data());
        }
    }
    Ok(joined)
}

/// Returns what the data stack exports, by the part of the name that follows the stack's name.
fn exports(data: &Value) -> Result<BTreeMap<&str, &Value>, TemplateError> {
    let exporting = entries(data, "Outputs").filter(|(_, output)| output.get("Export").is_some());
    exporting
        .map(|(place, output)| {
            let name = output["Export"]["Name"]["Fn::Sub"].as_str();
            match name.and_then(|name| name.strip_prefix("${AWS::StackName}-")) {
                Some(name) => Ok((name, &output["Value"])),
                None => {
                    let problem = "the name of its export is not `!Sub ${AWS::StackName}-…`";
                    Err(TemplateError::new(place, problem).in_data())
                }
            }
        })
        .collect()
}

fn imported(value: Value, exports: &BTreeMap<&str, &Value>) -> Result<Value, TemplateError> {
    Ok(match value {
        Value::Array(items) => {
            let items = items.into_iter().map(|item| imported(item, exports));
            Value::Array(items.collect::<Result<_, _>>()?)
        }
        Value::Object(entries) => {
            if let Some(import) = entries.get("Fn::ImportValue") {
                let name = import["Fn::Sub"].as_str();
                let export = name
                    .and_then(|name| name.strip_prefix("${DataStack}-"))
                    .and_then(|name| exports.get(name));
                return export.copied().cloned().ok_or_else(|| {
                    TemplateError::new("an import", format!("infra/data.yaml exports no {import}"))
                });
            }
            let entries = entries
                .into_iter()
                .map(|(key, value)| Ok((key, imported(value, exports)?)));
            Value::Object(entries.collect::<Result<_, TemplateError>>()?)
        }
        scalar => scalar,
    })
}

fn entries<'a>(
    template: &'a Value,
    section: &str,
) -> impl Iterator<Item = (&'a String, &'a Value)> {
    let section = template.get(section).and_then(Value::as_object);
    section.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const BUS: &str = r#"
Resources:
  Bus: { Type: AWS::Events::EventBus }
Outputs:
  BusArn:
    Value: !GetAtt Bus.Arn
    Export: { Name: !Sub "${AWS::StackName}-BusArn" }
"#;
    const RELAY: &str = r#"
Resources:
  Relay:
    Arns: [!ImportValue { "Fn::Sub": "${DataStack}-BusArn" }, !Ref Other]
"#;

    fn joined(compute: &str, data: &str) -> Result<Value, TemplateError> {
        let data = cloudformation::parse(data)?;
        join(cloudformation::parse(compute)?, &data)
    }

    #[test]
    fn an_import_is_what_the_other_stack_exports() {
        let expected = json!({
            "Bus": {"Type": "AWS::Events::EventBus"},
            "Relay": {"Arns": [{"Fn::GetAtt": ["Bus", "Arn"]}, {"Ref": "Other"}]},
        });
        assert_eq!(joined(RELAY, BUS).unwrap()["Resources"], expected);
    }

    #[test]
    fn stacks_that_do_not_fit_together_are_an_error() {
        for (from, to, problem) in [
            (
                "DataStack}-BusArn",
                "DataStack}-BusName",
                "exports no {\"Fn::Sub\"",
            ),
            ("${DataStack}-", "${OtherStack}-", "exports no {\"Fn::Sub\""),
            (
                "${AWS::StackName}-",
                "",
                "infra/data.yaml: BusArn: the name",
            ),
            ("  Relay:", "  Bus:", "infra/data.yaml: Bus: infra/template"),
            ("Resources:\n  Relay:", "Relay:\n  Relay:", "no `Resources`"),
        ] {
            let broken = [RELAY, BUS].map(|template| template.replacen(from, to, 1));
            assert_ne!(broken, [RELAY, BUS], "{from}");
            let error = joined(&broken[0], &broken[1]).expect_err(problem);
            assert!(error.to_string().contains(problem), "{error}");
        }
    }
}
