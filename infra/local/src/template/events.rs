//! Reads the event wiring of a template: the rules with their targets, the queues, and the functions that the queues
//! and the table's stream call. Conditions are ignored: the local run includes all resources.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::document::{Document, Reference, from_value};
use super::error::TemplateError;

/// The event wiring of a template.
#[derive(Clone, Debug, Default)]
pub struct EventWiring {
    /// The rules, sorted by name.
    pub rules: Vec<Rule>,
    /// The queues, by name.
    pub queues: BTreeMap<String, QueueSettings>,
    /// The functions that queues call.
    pub consumers: Vec<Consumer>,
    /// The function that the table's stream calls.
    pub stream: Option<Stream>,
}

/// A rule of the bus or the scheduler.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// The rule's name in the template.
    pub name: String,
    /// When the rule fires.
    pub trigger: Trigger,
    /// The queues that the rule sends to, each with its constant input if it has one.
    pub targets: Vec<(String, Option<String>)>,
}

/// When a rule fires.
#[derive(Clone, Debug, PartialEq)]
pub enum Trigger {
    /// For every event that matches the pattern.
    Pattern(Value),
    /// At regular intervals.
    Every(Duration),
}

/// The settings of a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueSettings {
    /// The visibility timeout: how long a received message is invisible.
    pub visibility: Duration,
    /// The number of receives after which a message goes to a dead-letter queue, and the name of that queue.
    pub dead_letters: Option<(u32, String)>,
}

/// A function that a queue calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consumer {
    /// The name of the function's folder.
    pub function: String,
    /// The function's timeout.
    pub timeout: Duration,
    /// The queue's name.
    pub queue: String,
    /// The maximum number of messages in one call.
    pub batch_size: usize,
    /// How many calls there are at the same time at most.
    pub concurrency: usize,
}

/// A function that the table's stream calls.
#[derive(Clone, Debug, PartialEq)]
pub struct Stream {
    /// The name of the function's folder.
    pub function: String,
    /// The maximum number of records in one call.
    pub batch_size: usize,
    /// The filter patterns. A record must match at least one, unless there are none.
    pub filters: Vec<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeclaredRule {
    event_pattern: Option<Value>,
    schedule_expression: Option<String>,
    targets: Vec<Target>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Target {
    arn: Reference,
    input: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeclaredQueue {
    #[serde(default = "default_visibility")]
    visibility_timeout: u64,
    redrive_policy: Option<Redrive>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Redrive {
    dead_letter_target_arn: Reference,
    max_receive_count: u32,
}

/// The default visibility timeout of SQS, in seconds.
fn default_visibility() -> u64 {
    30
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct QueueEvent {
    queue: Reference,
    batch_size: usize,
    #[serde(default)]
    scaling_config: ScalingConfig,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ScalingConfig {
    /// A number, or a reference to a parameter.
    #[serde(default)]
    maximum_concurrency: Value,
}

impl ScalingConfig {
    /// Returns how many calls there are at the same time: without a bound, as many as Lambda begins with.
    fn calls(&self, document: &Document) -> usize {
        let named = self.maximum_concurrency["Ref"].as_str();
        let default = named.and_then(|name| document.parameters.get(name));
        let value = default.map_or(&self.maximum_concurrency, |parameter| &parameter.default);
        let calls = value.as_u64().and_then(|calls| usize::try_from(calls).ok());
        calls.unwrap_or(DEFAULT_CONCURRENCY)
    }
}

/// The batches that Lambda takes from a queue at first ("Scaling behavior", Lambda developer guide).
const DEFAULT_CONCURRENCY: usize = 5;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StreamEvent {
    batch_size: usize,
    #[serde(default)]
    filter_criteria: FilterCriteria,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FilterCriteria {
    #[serde(default)]
    filters: Vec<Filter>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filter {
    pattern: String,
}

impl EventWiring {
    pub(super) fn read(document: &Document) -> Result<Self, TemplateError> {
        let queues: BTreeMap<String, DeclaredQueue> = document.of_type("AWS::SQS::Queue")?;
        let queue_of = |place: &str, arn: &Reference| {
            let named = queues
                .keys()
                .find(|name| *arn == Reference::to_arn_of(name));
            named
                .cloned()
                .ok_or_else(|| TemplateError::new(place, "it names no queue of the template"))
        };
        let settings = |(name, queue): (&String, &DeclaredQueue)| {
            let dead_letters = queue.redrive_policy.as_ref().map(|redrive| {
                let to = queue_of(name, &redrive.dead_letter_target_arn)?;
                Ok((redrive.max_receive_count, to))
            });
            let visibility = Duration::from_secs(queue.visibility_timeout);
            let dead_letters = dead_letters.transpose()?;
            Ok((
                name.clone(),
                QueueSettings {
                    visibility,
                    dead_letters,
                },
            ))
        };
        let rule = |(name, declared): (String, DeclaredRule)| {
            let target = |target: Target| Ok((queue_of(&name, &target.arn)?, target.input));
            let targets = declared.targets.into_iter().map(target);
            let trigger = match (declared.event_pattern, declared.schedule_expression) {
                (Some(pattern), None) => Trigger::Pattern(pattern),
                (None, Some(schedule)) => Trigger::Every(every(&name, &schedule)?),
                _ => return Err(TemplateError::new(name, "it needs a pattern or a schedule")),
            };
            let targets = targets.collect::<Result<_, TemplateError>>()?;
            Ok(Rule {
                name,
                trigger,
                targets,
            })
        };
        let rules: BTreeMap<String, DeclaredRule> = document.of_type("AWS::Events::Rule")?;
        let mut wiring = Self {
            rules: rules.into_iter().map(rule).collect::<Result<_, _>>()?,
            queues: queues.iter().map(settings).collect::<Result<_, _>>()?,
            ..Self::default()
        };
        for (name, function) in document.functions()? {
            for (event, declared) in &function.events {
                let place = format!("event `{event}` of `{name}`");
                match declared.r#type.as_str() {
                    "SQS" => {
                        let source: QueueEvent = from_value(&place, declared.properties.clone())?;
                        wiring.consumers.push(Consumer {
                            function: function.folder(&name)?,
                            timeout: Duration::from_secs(function.timeout.unwrap_or(3)),
                            queue: queue_of(&place, &source.queue)?,
                            batch_size: source.batch_size,
                            concurrency: source.scaling_config.calls(document),
                        });
                    }
                    "DynamoDB" => {
                        let source: StreamEvent = from_value(&place, declared.properties.clone())?;
                        wiring.stream = Some(Stream {
                            function: function.folder(&name)?,
                            batch_size: source.batch_size,
                            filters: source.filters(&place)?,
                        });
                    }
                    _ => {}
                }
            }
        }
        Ok(wiring)
    }
}

impl StreamEvent {
    fn filters(&self, place: &str) -> Result<Vec<Value>, TemplateError> {
        let filters = self.filter_criteria.filters.iter();
        filters
            .map(|filter| {
                serde_json::from_str(&filter.pattern)
                    .map_err(|error| TemplateError::new(place, error))
            })
            .collect()
    }
}

/// Parses a schedule such as `rate(5 minutes)`.
fn every(place: &str, schedule: &str) -> Result<Duration, TemplateError> {
    let wrong = || TemplateError::new(place, format!("`{schedule}` is not a `rate(number unit)`"));
    let rate = schedule
        .strip_prefix("rate(")
        .and_then(|rest| rest.strip_suffix(')'));
    let (number, unit) = rate
        .and_then(|rate| rate.split_once(' '))
        .ok_or_else(wrong)?;
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let seconds = match unit.trim_end_matches('s') {
        "minute" => 60,
        "hour" => 3_600,
        "day" => 86_400,
        _ => return Err(wrong()),
    };
    Ok(Duration::from_secs(number * seconds))
}

#[cfg(test)]
mod tests {
    use super::super::Template;
    use super::*;

    #[test]
    fn rates_are_read() {
        let seconds = |text: &str| every("x", text).ok().map(|rate| rate.as_secs());
        for (text, expected) in [
            ("rate(1 minute)", Some(60)),
            ("rate(2 hours)", Some(7_200)),
            ("rate(1 day)", Some(86_400)),
            ("rate(1 week)", None),
            ("cron(0 * * * ? *)", None),
            ("rate(x hours)", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    #[test]
    fn the_deployed_wiring_is_whole() {
        let wiring = Template::deployed().unwrap().events;
        let functions: Vec<&str> = wiring
            .consumers
            .iter()
            .map(|consumer| consumer.function.as_str())
            .collect();
        assert_eq!(functions, ["mailer", "role-reconciler", "webhook-sender"]);
        let stream = wiring.stream.expect("the table's stream feeds a function");
        assert_eq!(
            (stream.function.as_str(), stream.filters.len()),
            ("journal-relay", 2)
        );
        let calls = wiring.consumers.iter().map(|consumer| consumer.concurrency);
        assert_eq!(calls.collect::<Vec<_>>(), [2, 4, 5]);
        for consumer in &wiring.consumers {
            let queue = &wiring.queues[&consumer.queue];
            assert!(
                queue.visibility >= 6 * consumer.timeout,
                "{}",
                consumer.queue
            );
            let (_, dead) = queue.dead_letters.as_ref().expect("failures go somewhere");
            assert!(wiring.queues[dead].dead_letters.is_none());
        }
        for rule in &wiring.rules {
            assert!(!rule.targets.is_empty(), "{}", rule.name);
        }
    }
}
