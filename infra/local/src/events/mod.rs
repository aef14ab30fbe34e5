//! What happens after a change, as `infra/template.yaml` wires it: the stream feeds the relay, the relay the bus, its
//! rules the queues, and these the functions.
//!
//! - `stream` is the table's stream, `bus` EventBridge's bus with its `pattern`s, `queues` are those of SQS, `mail` is
//!   SES; `endpoint` is the API of the latter three, as the functions' SDK clients see it.
//! - `lines` are the files by which nothing of it is lost when the process is killed.

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

/// The functions that follow up events, by the name of their folders.
#[derive(Clone, Default)]
pub struct Followers {
    /// Those fed from the table's stream.
    pub streams: HashMap<&'static str, StreamHandler>,
    /// Those fed from a queue.
    pub queues: HashMap<&'static str, QueueHandler>,
}

/// Where what must outlive the process is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place<'a> {
    /// Nowhere.
    Memory,
    /// Mail in this directory, the rest nowhere.
    MailIn(&'a Path),
    /// All of it in this directory.
    Directory(&'a Path),
}

/// Everything that follows a change.
pub(crate) struct Events {
    wiring: EventWiring,
    services: Arc<Services>,
    /// What earlier runs delivered, where there may have been some.
    delivered: Option<Delivered>,
    inserts: Inserts,
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").finish_non_exhaustive()
    }
}

/// What can be asked while it runs.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    services: Arc<Services>,
    inserts: Inserts,
}

impl Watch {
    pub(crate) fn pending(&self) -> usize {
        // a message is deleted after what it leads to is written: counted in between, that would be in neither
        let _in_order = self.inserts.in_order();
        self.inserts.waiting() + self.services.queues.in_flight()
    }

    pub(crate) fn unrelayed(&self) -> usize {
        self.inserts.waiting()
    }

    pub(crate) fn dead_letters(&self) -> usize {
        self.services.queues.dead()
    }

    pub(crate) fn deliveries(&self) -> Vec<Value> {
        self.services.bus.deliveries()
    }

    pub(crate) fn mail(&self) -> Vec<SentMail> {
        self.services.mail.sent()
    }
}

impl Events {
    /// What the template wires, with what earlier runs left in the directory.
    pub(crate) fn new(wiring: EventWiring, place: Place<'_>, inserts: Inserts) -> io::Result<Self> {
        let rules = wiring.rules.clone();
        let (bus, delivered) = match place {
            Place::Directory(directory) => {
                let (bus, earlier) = Bus::on_disk(rules, directory)?;
                (bus, Some(Delivered::of(&earlier)))
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

    /// The SDK's clients for what runs here.
    pub(crate) fn clients(&self) -> Clients {
        Clients::of(&self.services)
    }

    /// The queue from which a function is fed.
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

    /// The tasks that keep it all going, each for ever.
    ///
    /// # Errors
    ///
    /// The name of a function that the template feeds and nobody knows.
    pub(crate) fn tasks(
        self,
        followers: &Followers,
        directory: Directory,
        records: UnboundedReceiver<Inserted>,
        others_write: bool,
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
            // not idle before an earlier run's rest is on the bus
            inserts.announce(1);
            if others_write {
                tasks.push(Box::pin(stream::look_for_others(
                    directory.clone(),
                    inserts.clone(),
                )));
            }
            tasks.push(Box::pin(async move {
                let mut feed = Feed::new(stream, handler, inserts.clone());
                if let Some(delivered) = delivered {
                    // before anything that is written from now on: it may build on it
                    match stream::left_behind(&directory, delivered, &started).await {
                        Ok(left) => feed.bring(left).await,
                        Err(error) => {
                            tracing::error!(%error, "what an earlier run left is not relayed");
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

/// Fires a scheduled rule again and again.
async fn fire(period: Duration, targets: Vec<(String, Option<String>)>, queues: Arc<Queues>) {
    loop {
        tokio::time::sleep(period).await;
        for (queue, input) in &targets {
            if let Err(error) = queues.send(queue, input.as_deref().unwrap_or("{}")) {
                tracing::error!(%error, queue, "a schedule could not be kept");
            }
        }
    }
}
