//! What `infra/template.yaml` says about events: rules and their targets, queues, and which function each of them and
//! the table's stream feeds. Conditions count as met: the local run has everything.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::document::{Document, Reference, from_value};
use super::error::TemplateError;

/// The event side of a template.
#[derive(Clone, Debug, Default)]
pub struct EventWiring {
    /// The rules, in order of their names.
    pub rules: Vec<Rule>,
    /// The queues by name.
    pub queues: BTreeMap<String, QueueSettings>,
    /// Which function takes what from which queue.
    pub consumers: Vec<Consumer>,
    /// Which function takes the table's stream.
    pub stream: Option<Stream>,
}

/// One rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its name in the template.
    pub name: String,
    /// When it fires.
    pub trigger: Trigger,
    /// The queues it sends to, each with its constant input where it has one.
    pub targets: Vec<(String, Option<String>)>,
}

/// When a rule fires.
#[derive(Clone, Debug, PartialEq)]
pub enum Trigger {
    /// On every event that matches the pattern.
    Pattern(Value),
    /// Again and again.
    Every(Duration),
}

/// How a queue behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueSettings {
    /// For how long a message that was received is out of sight.
    pub visibility: Duration,
    /// After how many times it goes where.
    pub dead_letters: Option<(u32, String)>,
}

/// A queue's function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consumer {
    /// The function, by the name of its folder.
    pub function: String,
    /// How long it may take.
    pub timeout: Duration,
    /// The queue's name.
    pub queue: String,
    /// Messages in one call.
    pub batch_size: usize,
}

/// The stream's function.
#[derive(Clone, Debug, PartialEq)]
pub struct Stream {
    /// The function, by the name of its folder.
    pub function: String,
    /// Records in one call.
    pub batch_size: usize,
    /// A record must match one of these patterns.
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

/// SQS's own default, in seconds.
fn default_visibility() -> u64 {
    30
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct QueueEvent {
    queue: Reference,
    batch_size: usize,
}

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

/// `rate(5 minutes)`.
fn every(place: &str, schedule: &str) -> Result<Duration, TemplateError> {
    let wrong = || TemplateError::new(place, format!("`{schedule}` is no `rate(number unit)`"));
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
        assert_eq!(functions, ["mailer", "role-reconciler"]);
        let stream = wiring.stream.expect("the table's stream feeds a function");
        assert_eq!(
            (stream.function.as_str(), stream.filters.len()),
            ("journal-relay", 2)
        );
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
