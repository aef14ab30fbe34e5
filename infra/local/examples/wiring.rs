//! Prints the wiring of the local run as JSON: the routes with their functions and authorizers, the rules with their
//! targets, and the functions that the queues and the stream call. `tests/deploy` compares the deployed stack with it.

use std::io::Write as _;

use rollcall_local::template::{Payload, Template, Trigger};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let template = Template::deployed()?;
    let routes = template.routes.iter().map(|route| {
        let authorizer = route.authorizer.as_ref().map(|by| match &by.payload {
            Payload::Token { header } => json!([by.function, "TOKEN", header]),
            Payload::Request { .. } => json!([by.function, "REQUEST", null]),
        });
        json!({"method": route.method.as_str(), "path": route.path, "function": route.function, "authorizer": authorizer})
    });
    let rules = template.events.rules.iter().map(|rule| {
        let (pattern, seconds) = match &rule.trigger {
            Trigger::Pattern(pattern) => (Some(pattern), None),
            Trigger::Every(period) => (None, Some(period.as_secs())),
        };
        json!({"name": rule.name, "pattern": pattern, "every_seconds": seconds, "targets": rule.targets})
    });
    let consumers = template.events.consumers.iter().map(|consumer| {
        json!({"function": consumer.function, "queue": consumer.queue, "batch_size": consumer.batch_size})
    });
    let stream = template.events.stream.as_ref().map(|stream| {
        json!({"function": stream.function, "batch_size": stream.batch_size, "filters": stream.filters})
    });
    let wiring = json!({
        "routes": routes.collect::<Vec<Value>>(),
        "rules": rules.collect::<Vec<Value>>(),
        "consumers": consumers.collect::<Vec<Value>>(),
        "stream": stream,
    });
    writeln!(std::io::stdout(), "{wiring:#}")?;
    Ok(())
}
