//! Resolves host names to addresses that webhooks may be sent to. The client connects to the very addresses that were
//! checked, so a name that resolves differently a moment later has no effect.

use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use hyper_util::client::legacy::connect::dns::Name;
use rollcall_directory::{WebhookTargets, is_allowed};
use tower_service::Service;

/// The resolver of the client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Checked(pub(crate) WebhookTargets);

/// The error for a host with an address that is not public, or without an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the host has no address to which webhooks are sent")]
pub(crate) struct NotPublic;

impl Service<Name> for Checked {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = BoxFuture<'static, io::Result<Self::Response>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let targets = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let found = checked(found.collect(), targets).map_err(io::Error::other)?;
            Ok(found.into_iter())
        })
    }
}

/// Returns the addresses of a host if all of them are allowed. A host with one that is not is refused, because it is
/// either wrong or meant to mislead.
fn checked(found: Vec<SocketAddr>, targets: WebhookTargets) -> Result<Vec<SocketAddr>, NotPublic> {
    let allowed = |address: &SocketAddr| is_allowed(address.ip(), targets);
    match !found.is_empty() && found.iter().all(allowed) {
        true => Ok(found),
        false => Err(NotPublic),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_private_address_is_one_too_many() {
        let addresses = |texts: &[&str]| -> Vec<SocketAddr> {
            texts.iter().map(|text| text.parse().unwrap()).collect()
        };
        for (found, expected) in [
            (&["8.8.8.8:0", "[2606:4700::1111]:0"][..], true),
            (&["8.8.8.8:0", "10.0.0.1:0"], false),
            (&["169.254.169.254:0"], false),
            (&["[::ffff:127.0.0.1]:0"], false),
            (&["[64:ff9b::7f00:1]:0"], false),
            (&["100.64.0.1:0"], false),
            (&[], false),
        ] {
            let found = checked(addresses(found), WebhookTargets::Public);
            assert_eq!(found.is_ok(), expected, "{found:?}");
        }
    }

    #[tokio::test]
    async fn a_name_of_this_machine_is_refused() {
        let name = || "localhost".parse::<Name>().unwrap();
        let refused = Checked(WebhookTargets::Public).call(name()).await;
        let refused = refused.map(|_| ()).unwrap_err();
        assert!(refused.get_ref().unwrap().is::<NotPublic>(), "{refused}");
        let found = Checked(WebhookTargets::AlsoLoopback).call(name()).await;
        assert!(found.unwrap().len() > 0);
    }
}
