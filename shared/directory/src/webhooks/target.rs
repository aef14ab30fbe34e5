//! Which URLs and addresses webhooks are sent to. Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rollcall_model::WebhookTargets;
use rollcall_scim as scim;
use url::{Host, Url};

/// The longest URL, in bytes.
pub const MAX_URL: usize = 2_000;

/// Checks that webhooks may be sent to a URL, as far as its text says. A host name is checked when it is resolved.
///
/// # Errors
/// `invalidValue` with what to change.
pub fn check_target(text: &str, targets: WebhookTargets) -> Result<Url, scim::Error> {
    let refuse = |why: &str| Err(scim::Error::InvalidValue(format!("`url` {why}")));
    let Some(url) = Url::parse(text).ok().filter(|_| text.len() <= MAX_URL) else {
        return refuse("must be an absolute URL of at most 2,000 characters");
    };
    match (url.scheme(), targets) {
        ("https", _) | ("http", WebhookTargets::AlsoLoopback) => {}
        _ => return refuse("must begin with `https://`"),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("must not contain a user name or password; the signature proves the sender");
    }
    if url.fragment().is_some() {
        return refuse("must not contain a fragment (`#`)");
    }
    let address = match url.host() {
        Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
        Some(Host::Domain(_)) => None,
        None => return refuse("must name a host"),
    };
    match address {
        Some(address) if !is_allowed(address, targets) => refuse("must lead to a public address"),
        _ => Ok(url),
    }
}

/// Returns whether webhooks may be sent to an address.
pub fn is_allowed(address: IpAddr, targets: WebhookTargets) -> bool {
    let is_public = match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    };
    is_public || targets == WebhookTargets::AlsoLoopback && address.to_canonical().is_loopback()
}

/// The IPv4 blocks that are not public (IANA IPv4 Special-Purpose Address Registry), with the lengths of their prefixes.
const SPECIAL_V4: [([u8; 4], u32); 16] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 31, 196, 0], 24),
    ([192, 52, 193, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([192, 175, 48, 0], 24),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
];

fn is_public_v4(address: Ipv4Addr) -> bool {
    let bits = u32::from(address);
    let is_in = |(block, length): &([u8; 4], u32)| {
        (bits ^ u32::from_be_bytes(*block)) >> (32 - length) == 0
    };
    // Multicast, reserved and broadcast are all above.
    bits < u32::from_be_bytes([224, 0, 0, 0]) && !SPECIAL_V4.iter().any(is_in)
}

/// Only global unicast addresses (2000::/3) are public, without those that stand for IPv4 addresses, tunnels or examples.
/// So IPv4-mapped (::ffff:0:0/96), NAT64 (64:ff9b::/96 and 64:ff9b:1::/48), unique-local, link-local and multicast
/// addresses are not.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let is_global = first & 0xe000 == 0x2000;
    let is_special = match (first, second) {
        // IETF protocol assignments, among them Teredo.
        (0x2001, second) if second < 0x200 => true,
        // Documentation.
        (0x2001, 0xdb8) | (0x3fff, 0..=0x0fff) => true,
        // 6to4, which contains an IPv4 address.
        (0x2002, _) => true,
        // The other AS112 block.
        (0x2620, 0x4f) => address.segments()[2] == 0x8000,
        _ => false,
    };
    is_global && !is_special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_called() {
        for (address, expected) in [
            ("93.184.215.14", true),
            ("8.8.8.8", true),
            ("100.63.255.255", true),
            ("100.128.0.1", true),
            ("172.15.0.1", true),
            ("172.32.0.1", true),
            ("198.17.0.1", true),
            ("223.255.255.254", true),
            ("2606:4700::1111", true),
            ("2a00:1450:4001::1", true),
            ("0.0.0.0", false),
            ("0.1.2.3", false),
            ("10.1.2.3", false),
            ("100.64.0.1", false),
            ("100.127.255.255", false),
            ("127.0.0.1", false),
            ("127.255.255.254", false),
            ("169.254.169.254", false),
            ("169.254.170.2", false),
            ("172.16.0.1", false),
            ("172.31.255.255", false),
            ("192.0.0.1", false),
            ("192.0.2.1", false),
            ("192.88.99.1", false),
            ("192.168.1.1", false),
            ("198.18.0.1", false),
            ("198.19.255.255", false),
            ("198.51.100.1", false),
            ("203.0.113.1", false),
            ("224.0.0.1", false),
            ("239.1.1.1", false),
            ("240.0.0.1", false),
            ("255.255.255.255", false),
            ("::", false),
            ("::1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:10.0.0.1", false),
            ("::ffff:8.8.8.8", false),
            ("::10.0.0.1", false),
            ("64:ff9b::a00:1", false),
            ("64:ff9b:1::1", false),
            ("100::1", false),
            ("2001::1", false),
            ("2001:20::1", false),
            ("2001:db8::1", false),
            ("2002:a00:1::1", false),
            ("3fff:1::1", false),
            ("5f00::1", false),
            ("fc00::1", false),
            ("fd00:ec2::254", false),
            ("fe80::1", false),
            ("fec0::1", false),
            ("ff02::1", false),
        ] {
            let address: IpAddr = address.parse().unwrap();
            let found = is_allowed(address, WebhookTargets::Public);
            assert_eq!(found, expected, "{address}");
            let is_loopback = address.to_canonical().is_loopback();
            let locally = is_allowed(address, WebhookTargets::AlsoLoopback);
            assert_eq!(locally, expected || is_loopback, "{address}, locally");
        }
    }

    #[test]
    fn urls_say_where_and_nothing_else() {
        for (url, deployed, locally) in [
            ("https://hooks.example.com/x?y=1", true, true),
            ("https://hooks.example.com:8443/", true, true),
            ("http://hooks.example.com/", false, true),
            ("http://127.0.0.1:9/", false, true),
            ("https://127.0.0.1/", false, true),
            ("https://0x7f.1/", false, true),
            ("https://2130706433/", false, true),
            ("https://[::1]/", false, true),
            ("https://10.0.0.1/", false, false),
            ("https://012.1/", false, false),
            ("https://[::ffff:169.254.169.254]/", false, false),
            ("https://169.254.169.254/latest/meta-data", false, false),
            ("https://ada@hooks.example.com/", false, false),
            ("https://ada:secret@hooks.example.com/", false, false),
            ("https://:secret@hooks.example.com/", false, false),
            ("https://hooks.example.com/#x", false, false),
            ("ftp://hooks.example.com/", false, false),
            ("file:///etc/passwd", false, false),
            ("//hooks.example.com/", false, false),
            ("hooks.example.com", false, false),
            ("https://", false, false),
            ("", false, false),
        ] {
            let accepts = |targets| check_target(url, targets).is_ok();
            assert_eq!(accepts(WebhookTargets::Public), deployed, "{url}");
            assert_eq!(accepts(WebhookTargets::AlsoLoopback), locally, "{url}");
        }
        let long = format!("https://hooks.example.com/{}", "x".repeat(MAX_URL));
        assert!(check_target(&long, WebhookTargets::Public).is_err());
    }
}
