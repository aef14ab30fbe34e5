//! From which addresses a token is accepted: networks of IPv4 and IPv6, as lists of CIDR blocks. Pure.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::id::shown;

/// The maximum number of networks in a list.
pub const MAX_NETWORKS: usize = 50;
/// What is added to the length of a prefix of IPv6 in the stored form.
const V6: u8 = 64;

/// The networks from which requests are accepted; empty for all addresses.
///
/// It is stored as bytes, because it is part of two items that each request writes, and DynamoDB charges a write by the
/// kilobyte: for each network, the length of its prefix (plus 64 for IPv6) and as many bytes as the prefix has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressList(Vec<IpNet>);

impl AddressList {
    /// Reads a list. An address without a prefix length is a network of its own.
    ///
    /// # Errors
    /// What is wrong with which entry, to be put behind the name of the field.
    pub fn parse(texts: &[impl AsRef<str>]) -> Result<Self, String> {
        if texts.len() > MAX_NETWORKS {
            return Err(format!("can be at most {MAX_NETWORKS}"));
        }
        let mut networks = Vec::new();
        for text in texts {
            let network = network(text.as_ref().trim())?;
            if !networks.contains(&network) {
                networks.push(network);
            }
        }
        Ok(Self(networks))
    }

    /// Reads a list that was accepted and stored. What cannot be read is left out, and if nothing is left, the list accepts
    /// only the unspecified address, which no request comes from: a list must not turn into none.
    pub(crate) fn of_stored(texts: &[String]) -> Self {
        let networks: Vec<IpNet> = texts.iter().filter_map(|text| network(text).ok()).collect();
        match networks.is_empty() && !texts.is_empty() {
            true => Self(vec![IpNet::from(IpAddr::from(Ipv4Addr::UNSPECIFIED))]),
            false => Self(networks),
        }
    }

    /// Returns the networks as CIDR blocks, such as `203.0.113.0/24`.
    pub fn to_texts(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }

    /// Returns whether all addresses are accepted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns whether a request from this address is accepted. If the address is not known, only an empty list accepts it.
    pub fn accepts(&self, address: Option<IpAddr>) -> bool {
        let within = |address: IpAddr| {
            let address = address.to_canonical();
            self.0.iter().any(|network| network.contains(&address))
        };
        self.0.is_empty() || address.is_some_and(within)
    }

    /// Returns the stored form.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for network in &self.0 {
            let (tag, octets) = match network {
                IpNet::V4(network) => (network.prefix_len(), network.addr().octets().to_vec()),
                IpNet::V6(network) => (V6 + network.prefix_len(), network.addr().octets().to_vec()),
            };
            bytes.push(tag);
            bytes.extend(octets.into_iter().take(length(network.prefix_len())));
        }
        bytes
    }

    fn from_bytes(mut bytes: &[u8]) -> Option<Self> {
        let mut networks = Vec::new();
        while let [tag, rest @ ..] = bytes {
            let (is_v6, prefix) = match tag.checked_sub(V6) {
                Some(prefix) => (true, prefix),
                None => (false, *tag),
            };
            let (octets, left) = rest.split_at_checked(length(prefix))?;
            networks.push(match is_v6 {
                true => Ipv6Net::new(Ipv6Addr::from(padded::<16>(octets)?), prefix)
                    .ok()?
                    .into(),
                false => Ipv4Net::new(Ipv4Addr::from(padded::<4>(octets)?), prefix)
                    .ok()?
                    .into(),
            });
            bytes = left;
        }
        Some(Self(networks))
    }
}

/// Returns how many bytes a prefix of this length has.
fn length(prefix: u8) -> usize {
    usize::from(prefix).div_ceil(8)
}

fn padded<const N: usize>(octets: &[u8]) -> Option<[u8; N]> {
    let mut whole = [0; N];
    whole.get_mut(..octets.len())?.copy_from_slice(octets);
    Some(whole)
}

/// Reads one network.
///
/// # Errors
/// What is wrong with it.
fn network(text: &str) -> Result<IpNet, String> {
    let named = shown(text);
    let network = match text.parse::<IpAddr>() {
        Ok(address) => IpNet::from(address.to_canonical()),
        Err(_) => text.parse::<IpNet>().map_err(|_| {
            format!("`{named}` is not a network, such as `203.0.113.0/24`, `2001:db8::/32` or `203.0.113.7`")
        })?,
    };
    if let IpNet::V6(network) = network
        && network.addr().to_ipv4_mapped().is_some()
    {
        return Err(format!(
            "`{named}` is a network of IPv4 in the form of IPv6, write it in the form of IPv4"
        ));
    }
    if network.prefix_len() == 0 {
        return Err(format!(
            "`{named}` is all addresses, leave the list empty for that"
        ));
    }
    match network.trunc() == network {
        true => Ok(network),
        false => Err(format!(
            "`{named}` is not the beginning of its network, which is `{}`",
            network.trunc()
        )),
    }
}

impl Serialize for AddressList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.to_bytes())
    }
}

impl<'de> Deserialize<'de> for AddressList {
    /// Fails for what is no list: whoever cannot read it must not accept every address instead.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = AddressList;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of networks")
            }

            fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<AddressList, E> {
                AddressList::from_bytes(bytes).ok_or_else(|| E::custom("not a list of networks"))
            }

            fn visit_byte_buf<E: serde::de::Error>(self, bytes: Vec<u8>) -> Result<AddressList, E> {
                self.visit_bytes(&bytes)
            }
        }
        deserializer.deserialize_byte_buf(Bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(texts: &[&str]) -> AddressList {
        AddressList::parse(texts).unwrap()
    }

    #[test]
    fn a_list_accepts_the_addresses_of_its_networks() {
        let networks = list(&[
            "203.0.113.0/24",
            "198.51.100.7",
            "2001:db8::/32",
            "2001:db9::7",
        ]);
        for (address, expected) in [
            ("203.0.113.0", true),
            ("203.0.113.255", true),
            ("203.0.114.0", false),
            ("198.51.100.7", true),
            ("198.51.100.8", false),
            ("::ffff:203.0.113.9", true),
            ("2001:db8:ffff::1", true),
            ("2001:db9::7", true),
            ("2001:db9::8", false),
            ("::1", false),
        ] {
            let address: IpAddr = address.parse().unwrap();
            assert_eq!(networks.accepts(Some(address)), expected, "{address}");
            assert!(AddressList::default().accepts(Some(address)));
        }
        // Nobody gets past a list because their address is not known.
        assert!(!networks.accepts(None));
        assert!(AddressList::default().accepts(None));
    }

    #[test]
    fn what_is_no_network_is_refused_with_what_to_do() {
        for (text, word) in [
            ("", "is not a network"),
            ("example.com", "is not a network"),
            ("203.0.113.0/33", "is not a network"),
            ("203.0.113/24", "is not a network"),
            ("203.0.113.0/24/1", "is not a network"),
            ("10.1.2.3/8", "which is `10.0.0.0/8`"),
            ("2001:db8::1/32", "which is `2001:db8::/32`"),
            ("0.0.0.0/0", "leave the list empty"),
            ("::/0", "leave the list empty"),
            ("::ffff:203.0.113.0/120", "the form of IPv4"),
        ] {
            let error = AddressList::parse(&[text]).expect_err(text);
            assert!(error.contains(word), "{text}: {error}");
        }
        let many: Vec<String> = (0..=MAX_NETWORKS)
            .map(|n| format!("10.0.{n}.0/24"))
            .collect();
        assert!(AddressList::parse(&many).is_err());
        assert!(AddressList::parse(&many[1..]).is_ok());
    }

    #[test]
    fn a_stored_list_that_cannot_be_read_accepts_nothing() {
        let stored = |texts: &[&str]| {
            let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
            AddressList::of_stored(&texts)
        };
        let address: IpAddr = "203.0.113.7".parse().unwrap();
        for (texts, expected) in [
            (&[][..], true),
            (&["203.0.113.0/24", "all of the office"], true),
            (&["all of the office"], false),
        ] {
            assert_eq!(stored(texts).accepts(Some(address)), expected, "{texts:?}");
        }
    }

    #[test]
    fn what_is_stored_reads_back_and_is_small() {
        let texts = [
            "203.0.113.0/24",
            "10.0.0.0/9",
            "198.51.100.7/32",
            "128.0.0.0/1",
            "2001:db8::/32",
            "2001:db8::7/128",
            "8000::/1",
        ];
        let networks = list(&texts);
        assert_eq!(networks.to_texts(), texts);
        assert_eq!(
            AddressList::from_bytes(&networks.to_bytes()),
            Some(networks)
        );
        let longest: Vec<String> = (0..MAX_NETWORKS)
            .map(|n| format!("2001:db8::{n:x}"))
            .collect();
        let longest = AddressList::parse(&longest).unwrap();
        assert_eq!(longest.to_bytes().len(), 850);
        assert_eq!(
            list(&["10.0.0.1", "10.0.0.1/32"]).to_texts(),
            ["10.0.0.1/32"]
        );
        for broken in [
            &[24][..],
            &[33, 1, 2, 3, 4, 5],
            &[24, 1, 2],
            &[255, 1],
            &[24, 1, 2, 3, 9],
        ] {
            assert_eq!(AddressList::from_bytes(broken), None, "{broken:?}");
        }
    }
}
