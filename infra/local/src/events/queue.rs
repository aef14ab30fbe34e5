//! A queue with the semantics of SQS: a received message is invisible until the visibility timeout ends, and then
//! becomes visible again unless it was deleted.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use super::lines::Lines;

/// The number of lines from which the file is compacted, once most of them belong to deleted messages.
const LINES_KEPT: usize = 2_000;

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) body: String,
    /// How many times it was received, including this time.
    pub(crate) received: u32,
}

/// The messages of a queue. With a file, messages that are not deleted survive the process. Apart from that file, the
/// queue performs no I/O.
#[derive(Debug)]
pub(crate) struct Queue {
    visibility: Duration,
    max_receives: Option<u32>,
    waiting: VecDeque<Message>,
    out_of_sight: BTreeMap<(Instant, String), Message>,
    file: Option<Lines>,
    lines: usize,
}

/// The result of a receive call.
#[derive(Debug, Default)]
pub(crate) struct Received {
    /// The messages to handle.
    pub(crate) messages: Vec<Message>,
    /// The messages that were received too often. They go to the dead-letter queue.
    pub(crate) given_up: Vec<Message>,
}

impl Queue {
    /// Returns an empty queue. A message that was received `max_receives` times is not received again.
    pub(crate) fn new(visibility: Duration, max_receives: Option<u32>) -> Self {
        Self {
            visibility,
            max_receives,
            waiting: VecDeque::new(),
            out_of_sight: BTreeMap::new(),
            file: None,
            lines: 0,
        }
    }

    /// Reads the messages in a file, and keeps all messages there from now on.
    pub(crate) fn keep_in(&mut self, path: &Path) -> io::Result<()> {
        let (mut file, lines) = Lines::open(path)?;
        let mut left: BTreeMap<String, (usize, String)> = BTreeMap::new();
        let text = |line: &Value, name: &str| line[name].as_str().unwrap_or_default().to_owned();
        for (at, line) in lines.iter().enumerate() {
            match line.get("deleted") {
                Some(_) => left.remove(&text(line, "deleted")),
                None => left.insert(text(line, "sent"), (at, text(line, "body"))),
            };
        }
        let mut left: Vec<_> = left.into_iter().collect();
        left.sort_by_key(|(_, (at, _))| *at);
        for (id, (_, body)) in left {
            self.waiting.push_back(Message {
                id,
                body,
                received: 0,
            });
        }
        let sent: Vec<Value> = self.waiting.iter().map(sent_line).collect();
        file.replace(&sent)?;
        self.file = Some(file);
        Ok(())
    }

    /// Adds a message and returns its id. If the queue has a file, the message survives the process once this returns.
    pub(crate) fn send(&mut self, body: &str) -> io::Result<String> {
        let message = Message {
            id: Uuid::now_v7().to_string(),
            body: body.to_owned(),
            received: 0,
        };
        let id = message.id.clone();
        self.note(&sent_line(&message))?;
        self.waiting.push_back(message);
        Ok(id)
    }

    /// Adds a message that becomes visible at this time, as with `DelaySeconds`. After a restart it is visible at once.
    pub(crate) fn send_later(&mut self, body: &str, at: Instant) -> io::Result<String> {
        let id = self.send(body)?;
        if let Some(message) = self.waiting.pop_back() {
            self.out_of_sight.insert((at, id.clone()), message);
        }
        Ok(id)
    }

    /// Receives up to `at_most` messages that are visible at `now`.
    pub(crate) fn receive(&mut self, at_most: usize, now: Instant) -> Received {
        while let Some(entry) = self.out_of_sight.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let message = entry.remove();
            self.waiting.push_back(message);
        }
        let mut received = Received::default();
        while received.messages.len() < at_most {
            let Some(mut message) = self.waiting.pop_front() else {
                break;
            };
            if self.max_receives.is_some_and(|max| message.received >= max) {
                received.given_up.push(message);
                continue;
            }
            message.received += 1;
            let back_at = (now + self.visibility, message.id.clone());
            self.out_of_sight.insert(back_at, message.clone());
            received.messages.push(message);
        }
        received
    }

    /// Deletes a message.
    pub(crate) fn delete(&mut self, id: &str) -> io::Result<()> {
        self.out_of_sight.retain(|(_, other), _| other != id);
        self.note(&json!({"deleted": id}))?;
        if self.lines > LINES_KEPT && self.lines > 4 * self.len() {
            let all = self.waiting.iter().chain(self.out_of_sight.values());
            let left: Vec<Value> = all.map(sent_line).collect();
            if let Some(file) = &mut self.file {
                file.replace(&left)?;
            }
            self.lines = left.len();
        }
        Ok(())
    }

    /// Returns when the next received message becomes visible again, or `None` if no message is invisible.
    pub(crate) fn next_in_sight(&self) -> Option<Instant> {
        self.out_of_sight.keys().next().map(|(at, _)| *at)
    }

    /// Returns the number of messages, visible or not.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len() + self.out_of_sight.len()
    }

    fn note(&mut self, line: &Value) -> io::Result<()> {
        if let Some(file) = &mut self.file {
            file.append(line)?;
            self.lines += 1;
        }
        Ok(())
    }
}

fn sent_line(message: &Message) -> Value {
    json!({"sent": message.id, "body": message.body})
}

#[cfg(test)]
mod tests {
    use super::*;

    const VISIBILITY: Duration = Duration::from_secs(30);

    fn bodies(received: &Received) -> Vec<&str> {
        received
            .messages
            .iter()
            .map(|message| message.body.as_str())
            .collect()
    }

    #[test]
    fn what_is_not_deleted_comes_back_until_it_is_given_up() {
        let (mut queue, start) = (Queue::new(VISIBILITY, Some(2)), Instant::now());
        queue.send("a").unwrap();
        queue.send("b").unwrap();
        let first = queue.receive(10, start);
        assert_eq!(bodies(&first), ["a", "b"]);
        queue.delete(&first.messages[0].id).unwrap();
        assert!(bodies(&queue.receive(10, start)).is_empty(), "out of sight");
        assert_eq!(queue.next_in_sight(), Some(start + VISIBILITY));
        let second = queue.receive(10, start + VISIBILITY);
        assert_eq!(bodies(&second), ["b"]);
        assert_eq!(second.messages[0].received, 2);
        let third = queue.receive(10, start + 2 * VISIBILITY);
        assert!(bodies(&third).is_empty());
        assert_eq!(third.given_up[0].body, "b");
        assert_eq!(queue.len(), 0);
    }

    #[test]
    fn a_message_with_a_delay_comes_when_it_is_over() {
        let (mut queue, start) = (Queue::new(VISIBILITY, Some(2)), Instant::now());
        let (delay, second) = (Duration::from_secs(900), Duration::from_secs(1));
        queue.send_later("later", start + delay).unwrap();
        queue.send("now").unwrap();
        assert_eq!(bodies(&queue.receive(10, start)), ["now"]);
        assert_eq!(queue.len(), 2);
        let received = queue.receive(10, start + delay);
        assert_eq!(bodies(&received), ["now", "later"]);
        assert_eq!(received.messages[1].received, 1);
        assert!(bodies(&queue.receive(10, start + delay + second)).is_empty());
    }

    #[test]
    fn a_killed_process_loses_nothing() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("q.jsonl");
        let open = || {
            let mut queue = Queue::new(VISIBILITY, None);
            queue.keep_in(&path).unwrap();
            queue
        };
        let mut queue = open();
        for body in ["a", "b", "c"] {
            queue.send(body).unwrap();
        }
        let received = queue.receive(2, Instant::now());
        queue.delete(&received.messages[0].id).unwrap();
        drop(queue);
        let mut queue = open();
        assert_eq!(bodies(&queue.receive(10, Instant::now())), ["b", "c"]);
        drop(queue);
        assert_eq!(open().len(), 2);
    }

    #[test]
    fn the_file_does_not_grow_for_ever() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("q.jsonl");
        let mut queue = Queue::new(VISIBILITY, None);
        queue.keep_in(&path).unwrap();
        for _ in 0..LINES_KEPT {
            queue.send("x").unwrap();
            let received = queue.receive(1, Instant::now());
            queue.delete(&received.messages[0].id).unwrap();
        }
        let lines = std::fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= LINES_KEPT, "{lines}");
    }
}
