//! Addresses on the web that Remit is told, read as RFC 3986 writes them and held to what can be reached and may be
//! shown.

use fluent_uri::{Uri, component::Host};
use std::net::IpAddr;

/// Longest address, in bytes.
pub const ADDRESS_MAX: usize = 2_048;
/// Longest host, and longest part of one between dots, in bytes: RFC 1035.
const HOST_MAX: usize = 253;
const LABEL_MAX: usize = 63;
/// What to do about an address of a bundle to which words or names would be sent in the clear.
pub(crate) const IN_THE_CLEAR: &str =
    "write https://…, or say `in_the_clear = true` beside it where nobody else is on that network";

/// An address on the web: `http` or `https`, a host that can be looked up, and a port that there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    https: bool,
    host: String,
    /// None where it is the scheme's own.
    port: Option<u16>,
    /// Nothing but where the server is.
    bare: bool,
}

/// Why a text is no address that Remit takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not of the form that addresses have.
    #[error("must be an address such as https://example.org/remit, of at most {ADDRESS_MAX} bytes in plain ASCII")]
    Form,
    /// Another scheme.
    #[error("must begin with https:// or http://")]
    Scheme,
    /// A user or a password, which would be shown wherever the address is.
    #[error("must hold no user and no password")]
    User,
    /// A part that is sent to no server.
    #[error("must have no `#`: what is behind it is sent to no server")]
    Fragment,
    /// A host that cannot be looked up, or is read as different things by different programs.
    #[error(
        "must name its host by letters, digits, `-`, `_` and single dots (names in other scripts as `xn--…`), or by an \
         IP address, as 192.0.2.1 or [2001:db8::1]"
    )]
    Host,
    /// A port that there is not.
    #[error("must have a port from 1 to 65535, or none")]
    Port,
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// When it is none, or has what no address that Remit takes may have.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        if text.len() > ADDRESS_MAX {
            return Err(AddressError::Form);
        }
        let uri = Uri::parse(text).map_err(|_| AddressError::Form)?;
        let https = match uri.scheme().as_str().to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err(AddressError::Scheme),
        };
        let authority = uri.authority().ok_or(AddressError::Form)?;
        if authority.has_userinfo() {
            return Err(AddressError::User);
        }
        if uri.has_fragment() {
            return Err(AddressError::Fragment);
        }
        let host = match authority.host_parsed() {
            Host::Ipv4(_) | Host::Ipv6(_) => true,
            Host::RegName(name) => is_name(name.as_str()),
            _ => false,
        };
        if !host {
            return Err(AddressError::Host);
        }
        let port = match authority.port() {
            None => None,
            Some(_) => {
                Some(authority.port_to_u16().ok().flatten().filter(|port| *port != 0).ok_or(AddressError::Port)?)
            }
        };
        Ok(Self {
            https,
            host: authority.host().to_ascii_lowercase(),
            port: port.filter(|port| *port != if https { 443 } else { 80 }),
            bare: matches!(uri.path().as_str(), "" | "/") && uri.query().is_none(),
        })
    }

    /// Whether what is sent there is encrypted.
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// Whether what is sent there is encrypted, or never leaves this machine.
    pub fn is_private(&self) -> bool {
        self.is_https() || self.is_loopback()
    }

    /// Whether it names a server and nothing on it.
    pub fn is_bare(&self) -> bool {
        self.bare
    }

    /// Whether it is on this machine.
    pub fn is_loopback(&self) -> bool {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// Where the server is, as browsers write it in `Origin`: without a port that is the scheme's own.
    pub fn origin(&self) -> String {
        let (scheme, host) = (if self.https { "https" } else { "http" }, &self.host);
        self.port.map_or_else(|| format!("{scheme}://{host}"), |port| format!("{scheme}://{host}:{port}"))
    }
}

/// Whether it is a name that can be looked up. One that ends in a number is none: some programs read `127.1` or `0x7f`
/// as an IP address, and others do not.
fn is_name(name: &str) -> bool {
    let label = |label: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        !label.is_empty() && label.len() <= LABEL_MAX && label.chars().all(plain)
    };
    let last = name.rsplit('.').next().unwrap_or_default();
    let number =
        last.chars().all(|c| c.is_ascii_digit()) || last.get(..2).is_some_and(|x| x.eq_ignore_ascii_case("0x"));
    name.len() <= HOST_MAX && name.split('.').all(label) && !number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_address_is_refused_by_what_is_wrong() {
        use AddressError::*;
        let long = format!("https://{}.example/", "x".repeat(64));
        for (text, why) in [
            ("", Form),
            ("example.org", Form),
            ("/remit", Form),
            ("https:", Form),
            ("https:example.org", Form),
            ("https://ex ample.org/", Form),
            ("https://example.org/\n", Form),
            ("https://example.org/{id}", Form),
            ("https://example.org/é", Form),
            ("https://example.org:80a/", Form),
            ("https://[::1/", Form),
            ("ftp://example.org/", Scheme),
            ("file:///etc/passwd", Scheme),
            ("javascript:alert(1)", Scheme),
            ("https://me@example.org/", User),
            ("https://me:secret@example.org/", User),
            ("https://@example.org/", User),
            ("https://example.org/#here", Fragment),
            ("https://example.org/#", Fragment),
            ("https://", Host),
            ("https://:443/", Host),
            ("https:///remit", Host),
            ("https://./", Host),
            ("https://example..org/", Host),
            ("https://example.org./", Host),
            ("https://ex%41mple.org/", Host),
            ("https://a,b/", Host),
            ("https://127.1/", Host),
            ("https://2130706433/", Host),
            ("https://0x7f000001/", Host),
            ("https://127.0.0.010/", Host),
            ("https://999.0.0.1/", Host),
            ("https://[v1.fe80::a]/", Host),
            (&long, Host),
            ("https://example.org:99999/", Port),
            ("https://example.org:65536/", Port),
            ("https://example.org:0/", Port),
            ("https://example.org:/", Port),
            ("http://127.0.0.1:18446744073709551696/", Port),
        ] {
            assert_eq!(Address::parse(text), Err(why), "{text}");
        }
        assert_eq!(Address::parse(&format!("https://example.org/{}", "x".repeat(ADDRESS_MAX))), Err(Form));
    }

    #[test]
    fn an_address_is_what_browsers_take_it_for() {
        for (text, origin, loopback, bare) in [
            ("https://Support.Example", "https://support.example", false, true),
            ("HTTPS://support.example:443/", "https://support.example", false, true),
            ("https://support.example:8443/chat", "https://support.example:8443", false, false),
            ("http://support.example:443/?a=b", "http://support.example:443", false, false),
            ("http://LOCALHOST:80", "http://localhost", true, true),
            ("http://127.8.9.1:7171/", "http://127.8.9.1:7171", true, true),
            ("http://[::1]:65535/", "http://[::1]:65535", true, true),
            ("https://xn--bcher-kva.example/", "https://xn--bcher-kva.example", false, true),
            ("http://crm_1.internal/a%20b?key=%2f&x", "http://crm_1.internal", false, false),
            ("https://10.0.0.9.example", "https://10.0.0.9.example", false, true),
        ] {
            let address = Address::parse(text).unwrap();
            let told = (address.origin(), address.is_loopback(), address.is_bare(), address.is_https());
            assert_eq!(told, (origin.to_owned(), loopback, bare, origin.starts_with("https")), "{text}");
        }
    }
}
