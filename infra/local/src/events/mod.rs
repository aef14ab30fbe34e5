//! Delivers what follows a change, as `infra/template.yaml` wires it: from the stream to the relay, from the relay to
//! the bus, by the bus's rules to the queues, and from the queues to the functions.
//!
//! - `stream` is the table's stream.
//! - `bus` is EventBridge's bus, with its `pattern`s. `queues` are the SQS queues. `mail` is SES. `endpoint` is the API
//!   of these three for the SDK clients of the functions.
//! - `lines` are the files that preserve all of this when the process is killed.

mod bus;
mod endpoint;
mod lines;
mod mail;
mod pattern;
mod queue;
mod queues;
mod services;
pub(crate) mod stream;

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use rollcall_directory::Directory;
use serde_json::Value;
use tokio::sync::mpsc::UnboundedReceiver;
use uuid::Uuid;

use crate::template::{EventWiring, Trigger};

use bus::Bus;
use mail::Mailbox;
use queues::Queues;
use services::Services;
use stream::{Delivered, Feed, Inserted, Inserts};

pub(crate) use endpoint::{Clients, queue_url};
pub use mail::SentMail;
pub use queues::QueueHandler;
pub use stream::StreamHandler;

/// The functions that are called after a change, by the names of their folders.
#[derive(Clone, Default)]
pub struct Followers {
    /// The functions that the table's stream calls.
    pub streams: HashMap<&'static str, StreamHandler>,
    /// The functions that a queue calls.
    pub queues: HashMap<&'static str, QueueHandler>,
}

/// Where events, messages and mail are kept.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place<'a> {
    /// In memory.
    Memory,
    /// Mail in this directory, the rest in memory.
    MailIn(&'a Path),
    /// All in files of this directory.
    Directory(&'a Path),
}

/// The stream, the bus, the queues, the schedules and the mail.
pub(crate) struct Events {
    wiring: EventWiring,
    services: Arc<Services>,
    /// What earlier runs delivered. `None` if deliveries are kept in memory.
    delivered: Option<Delivered>,
    inserts: Inserts,
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").finish_non_exhaustive()
    }
}

/// Gives access to the state of the events while they are delivered.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    services: Arc<Services>,
    inserts: Inserts,
}

impl Watch {
    pub(crate) fn pending(&self) -> usize {
        // A function writes its changes before its message is deleted. Without the lock, a change between the two
        // counts below could be missed by both.
        let _in_order = self.inserts.in_order();
        self.inserts.waiting() + self.services.queues.in_flight()
    }

    pub(crate) fn unrelayed(&self) -> usize {
        self.inserts.waiting()
    }

    pub(crate) fn dead_letters(&self) -> usize {
        self.services.queues.dead()
    }

    pub(crate) fn deliveries_after(&self, count: usize) -> Vec<Value> {
        self.services.bus.deliveries_after(count)
    }

    pub(crate) fn mail(&self) -> Vec<SentMail> {
        self.services.mail.sent()
    }
}

impl Events {
    /// Builds everything that the template wires, and reads what earlier runs left in the directory.
    ///
    /// # Errors
    ///
    /// When the files cannot be opened.
    pub(crate) fn new(wiring: EventWiring, place: Place<'_>, inserts: Inserts) -> io::Result<Self> {
        let rules = wiring.rules.clone();
        let (bus, delivered) = match place {
            Place::Directory(directory) => {
                let mut delivered = Delivered::default();
                let bus = Bus::on_disk(rules, directory, |event| delivered.note(&event))?;
                (bus, Some(delivered))
            }
            Place::Memory | Place::MailIn(_) => (Bus::in_memory(rules), None),
        };
        let files = match place {
            Place::Directory(directory) => Some(directory),
            Place::Memory | Place::MailIn(_) => None,
        };
        let mail = match place {
            Place::Memory => Mailbox::in_memory(),
            Place::MailIn(directory) | Place::Directory(directory) => {
                Mailbox::Directory(directory.join(mail::DIRECTORY))
            }
        };
        let queues = Arc::new(Queues::new(&wiring.queues, files)?);
        let services = Arc::new(Services { bus, queues, mail });
        Ok(Self {
            wiring,
            services,
            delivered,
            inserts,
        })
    }

    /// Returns SDK clients for the local bus, queues and mail.
    pub(crate) fn clients(&self) -> Clients {
        Clients::of(&self.services)
    }

    /// Returns the name of the queue that calls a function.
    pub(crate) fn queue_of(&self, function: &str) -> Option<&str> {
        let mut consumers = self.wiring.consumers.iter();
        let consumer = consumers.find(|consumer| consumer.function == function);
        consumer.map(|consumer| consumer.queue.as_str())
    }

    pub(crate) fn watch(&self) -> Watch {
        Watch {
            services: Arc::clone(&self.services),
            inserts: self.inserts.clone(),
        }
    }

    /// Returns the tasks that deliver everything. They never end.
    ///
    /// # Errors
    ///
    /// The name of a function that the template names and `followers` lacks.
    pub(crate) fn tasks(
        self,
        followers: &Followers,
        directory: Directory,
        records: UnboundedReceiver<Inserted>,
    ) -> Result<Vec<BoxFuture<'static, ()>>, String> {
        let mut tasks: Vec<BoxFuture<'static, ()>> = Vec::new();
        for consumer in self.wiring.consumers {
            let handler = followers.queues.get(consumer.function.as_str());
            let handler = handler.cloned().ok_or(consumer.function.clone())?;
            let queues = Arc::clone(&self.services.queues);
            tasks.push(Box::pin(queues.feed(consumer, handler)));
        }
        for rule in self.wiring.rules {
            if let Trigger::Every(period) = rule.trigger {
                let queues = Arc::clone(&self.services.queues);
                tasks.push(Box::pin(fire(period, rule.targets, queues)));
            }
        }
        if let Some(stream) = self.wiring.stream {
            let handler = followers.streams.get(stream.function.as_str());
            let handler = handler.cloned().ok_or(stream.function.clone())?;
            let (inserts, delivered) = (self.inserts, self.delivered);
            let started = Uuid::now_v7().to_string();
            // Counts as pending until the entries of earlier runs are on the bus.
            inserts.announce(1);
            tasks.push(Box::pin(async move {
                let mut feed = Feed::new(stream, handler, inserts.clone());
                if let Some(delivered) = delivered {
                    // These come before everything that is written from now on, which can depend on them.
                    match stream::left_behind(&directory, delivered, &started).await {
                        Ok(left) => feed.bring(left).await,
                        Err(error) => {
                            tracing::error!(%error, "the entries of earlier runs cannot be read");
                        }
                    }
                }
                inserts.done(1);
                feed.run(records).await;
            }));
        }
        Ok(tasks)
    }
}

/// Sends a scheduled rule's messages at regular intervals. Never returns.
async fn fire(period: Duration, targets: Vec<(String, Option<String>)>, queues: Arc<Queues>) {
    loop {
        tokio::time::sleep(period).await;
        for (queue, input) in &targets {
            if let Err(error) = queues.send(queue, input.as_deref().unwrap_or("{}")) {
                tracing::error!(%error, queue, "a scheduled message could not be sent");
            }
        }
    }
}
