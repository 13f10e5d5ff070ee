//! From where requests come.

use axum::http::HeaderMap;
use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::Once,
};

/// From where a request came.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer {
    /// Its address, or its network.
    pub(crate) origin: IpAddr,
    /// Whether many callers stand behind it.
    pub(crate) is_proxy: bool,
}

impl Peer {
    /// The address of who sent a request, as far as it is known: what a proxy says it is, and its own otherwise. Of
    /// what is listed in `X-Forwarded-For`, the last is what the proxy saw itself; where that is no address, it stands
    /// for the proxy's own, so that nobody is counted as nobody.
    pub(crate) fn client(self, headers: &HeaderMap) -> Option<IpAddr> {
        if !self.is_proxy {
            return Some(self.origin);
        }
        let Some(told) = headers.get_all("x-forwarded-for").iter().next_back() else {
            if !self.origin.is_loopback() {
                SAYS_NOTHING.call_once(|| {
                    let proxy = self.origin;
                    tracing::warn!(%proxy, "no X-Forwarded-For comes of a proxy: sign-ins are not counted by address");
                });
            }
            return None;
        };
        let last = told.to_str().ok().and_then(|told| told.rsplit(',').next());
        Some(last.and_then(|last| address(last.trim())).map_or(self.origin, origin))
    }
}

/// That a proxy says nothing of its clients is told once.
static SAYS_NOTHING: Once = Once::new();

/// An address, which some proxies write with the port beside it, and of version 6 in brackets.
fn address(told: &str) -> Option<IpAddr> {
    let with_port = || told.parse().ok().map(|socket: SocketAddr| socket.ip());
    let bracketed = || told.strip_prefix('[')?.strip_suffix(']')?.parse().ok().map(IpAddr::V6);
    told.parse().ok().or_else(with_port).or_else(bracketed)
}

/// Whom an address stands for: itself, or of version 6 its network, since each of those has as many as it wants.
pub(crate) fn origin(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) if !address.is_loopback() => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)))
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_an_address_counts_from_a_proxy_alone_and_the_last_is_what_it_saw() {
        let at = |address: &str| origin(address.parse().unwrap());
        let headers = |told: &[&str]| -> HeaderMap {
            told.iter().map(|told| ("x-forwarded-for".parse().unwrap(), told.parse().unwrap())).collect()
        };
        let (own, proxy) = (at("192.0.2.1"), at("10.0.0.9"));
        let direct = Peer { origin: own, is_proxy: false };
        assert_eq!(direct.client(&headers(&["198.51.100.7"])), Some(own));
        let behind = Peer { origin: proxy, is_proxy: true };
        for (told, client) in [
            (&["203.0.113.5, 198.51.100.7"][..], Some(at("198.51.100.7"))),
            (&["203.0.113.5", "198.51.100.7"], Some(at("198.51.100.7"))),
            (&["2001:db8::1:2:3:4"], Some(at("2001:db8::"))),
            (&["198.51.100.7:49152"], Some(at("198.51.100.7"))),
            (&["[2001:db8::1:2:3:4]:49152"], Some(at("2001:db8::"))),
            (&["[2001:db8::1:2:3:4]"], Some(at("2001:db8::"))),
            (&["nonsense"], Some(proxy)),
            (&["198.51.100.7,"], Some(proxy)),
            (&["[198.51.100.7]"], Some(proxy)),
            (&[], None),
        ] {
            assert_eq!(behind.client(&headers(told)), client, "{told:?}");
        }
    }
}
