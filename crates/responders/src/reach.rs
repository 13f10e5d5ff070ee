//! Where others may have this server connect: an address that a stranger, or a program of somebody's, gave leads to
//! public addresses alone, and to the hosts of private networks that whoever runs the server has named (a guard against
//! server-side request forgery). What counts is the address that is connected to, after the name was looked up, so
//! that no name can be pointed elsewhere between a check and a connection.
//!
//! Which addresses are public: the IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890), read strictly.

use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use std::{
    collections::BTreeSet,
    error::Error as StdError,
    future::Future,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    vec,
};
use tower_service::Service;

/// Hosts that may be connected to although their addresses are private, as whoever runs the server names them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PrivateHosts(Arc<BTreeSet<String>>);

impl PrivateHosts {
    /// These hosts: names, or addresses as they stand in URLs (`10.1.2.3`, `[fd00::1]`). Case does not count.
    pub fn new(hosts: impl IntoIterator<Item = String>) -> Self {
        Self(Arc::new(hosts.into_iter().map(|host| host.to_ascii_lowercase()).collect()))
    }

    /// Whether a host is one of them.
    pub fn has(&self, host: &str) -> bool {
        self.0.contains(&host.to_ascii_lowercase())
    }

    /// Whether a host that is an address itself can be connected to. Of names that is known once they are looked up.
    pub fn allow(&self, host: &str) -> bool {
        match host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            Ok(address) => is_public(address) || self.has(host),
            Err(_) => true,
        }
    }
}

/// A host has no address that may be connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("its host is on this machine or in a private network, and is not among the private hosts of this server")]
pub struct PrivateAddress;

/// Looks names up. Of what is found, what may not be connected to is left out.
#[derive(Debug, Clone)]
pub(crate) struct Resolver {
    /// None where whoever runs the server gave the address themselves.
    within: Option<PrivateHosts>,
    system: GaiResolver,
}

impl Resolver {
    /// For addresses that whoever runs the server gave.
    pub(crate) fn anywhere() -> Self {
        Self { within: None, system: GaiResolver::new() }
    }

    /// For addresses that others gave.
    pub(crate) fn guarded(hosts: PrivateHosts) -> Self {
        Self { within: Some(hosts), system: GaiResolver::new() }
    }
}

type Found = Result<vec::IntoIter<SocketAddr>, Box<dyn StdError + Send + Sync>>;

impl Service<Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = Box<dyn StdError + Send + Sync>;
    type Future = Pin<Box<dyn Future<Output = Found> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.system.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let guarded = self.within.as_ref().is_some_and(|hosts| !hosts.has(name.as_str()));
        let looking = self.system.call(name);
        Box::pin(async move {
            let found: Vec<SocketAddr> = looking.await?.collect();
            let there_are = !found.is_empty();
            let left: Vec<SocketAddr> = found.into_iter().filter(|at| !guarded || is_public(at.ip())).collect();
            if left.is_empty() && there_are {
                return Err(PrivateAddress.into());
            }
            Ok(left.into_iter())
        })
    }
}

/// Whether an address is one of the public internet's.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !matches!(
        (a, b, c),
        // This network, private use, loopback.
        (0 | 10 | 127, ..)
            // Shared by carriers, link-local, private use.
            | (100, 64..=127, _) | (169, 254, _) | (172, 16..=31, _) | (192, 168, _)
            // Protocol assignments, documentation, the old relays of 6to4.
            | (192, 0, 0 | 2) | (192, 88, 99) | (198, 51, 100) | (203, 0, 113)
            // Benchmarks, multicast, reserved, broadcast.
            | (198, 18 | 19, _) | (224.., ..)
    )
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let last = || Ipv4Addr::from(((u32::from(g)) << 16) | u32::from(h));
    match (a, b) {
        // IPv4-mapped, and translated by the well-known prefix (RFC 6052): what counts is the address within.
        (0, 0) if (c, d, e, f) == (0, 0, 0, 0xffff) => is_public_v4(last()),
        (0x64, 0xff9b) if (c, d, e, f) == (0, 0, 0, 0) => is_public_v4(last()),
        // Protocol assignments with Teredo, documentation, 6to4.
        (0x2001, 0..=0x1ff | 0xdb8) | (0x2002, _) | (0x3fff, 0..=0xfff) => false,
        // Global unicast; whatever else there is has a purpose of its own.
        _ => a & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_addresses_are_known_from_all_others() {
        for address in [
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.17.0.1",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2a00:1450::1",
            "::ffff:8.8.8.8",
            "64:ff9b::8.8.8.8",
            "2001:200::1",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
        for address in [
            "0.0.0.0",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.9",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[tokio::test]
    async fn names_lead_to_public_addresses_alone_unless_they_were_named() {
        let local = || "localhost".parse::<Name>().unwrap();
        let refused = Resolver::guarded(PrivateHosts::default()).call(local()).await.unwrap_err();
        assert!(refused.downcast_ref::<PrivateAddress>().is_some(), "{refused}");
        let named = PrivateHosts::new(["LocalHost".to_owned()]);
        assert!(Resolver::guarded(named).call(local()).await.unwrap().all(|at| at.ip().is_loopback()));
        assert!(Resolver::anywhere().call(local()).await.unwrap().count() > 0);
    }

    #[tokio::test]
    async fn numbers_that_programs_read_as_addresses_lead_nowhere_else() {
        // `inet_aton` takes these for 127.0.0.1; some systems look them up as names, and find none.
        for number in ["2130706433", "0x7f000001", "127.1", "0177.0.0.1"] {
            let found = Resolver::guarded(PrivateHosts::default()).call(number.parse().unwrap()).await;
            assert!(found.is_err(), "{number}");
        }
    }

    #[test]
    fn a_host_that_is_an_address_is_known_before_anything_is_looked_up() {
        let hosts = PrivateHosts::new(["10.1.2.3".to_owned(), "[fd00::1]".to_owned()]);
        for allowed in ["10.1.2.3", "[fd00::1]", "[FD00::1]", "8.8.8.8", "hooks.example"] {
            assert!(hosts.allow(allowed), "{allowed}");
        }
        for refused in ["10.1.2.4", "[::1]", "127.0.0.1", "[::ffff:10.1.2.3]"] {
            assert!(!hosts.allow(refused), "{refused}");
        }
    }
}
