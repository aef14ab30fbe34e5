//! The local services that the functions call: bus, queues and mail.

use std::sync::Arc;

use super::bus::Bus;
use super::mail::Mailbox;
use super::queues::Queues;

/// The bus, the queues and the mailbox.
#[derive(Debug)]
pub(crate) struct Services {
    pub(super) bus: Bus,
    pub(super) queues: Arc<Queues>,
    pub(super) mail: Mailbox,
}
