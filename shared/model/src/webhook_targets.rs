//! Where webhooks may lead.

/// The addresses to which webhooks are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WebhookTargets {
    /// Public addresses, by HTTPS.
    #[default]
    Public,
    /// Also the loopback interface, and by HTTP, for the local run and the tests.
    AlsoLoopback,
}
