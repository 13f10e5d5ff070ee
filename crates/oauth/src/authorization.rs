//! What a browser brings back to a client that had a customer asked (RFC 6749, section 4.1.2), and where to.

use crate::error::OAuthError;
use form_urlencoded::Serializer;

/// Addresses of one's own machine, on which a client listens at whatever port is free (RFC 8252, section 7.3).
const HERE: [&str; 2] = ["http://127.0.0.1", "http://[::1]"];

/// Whether an address is one of those that a client registered: the very same, or on one's own machine the same but for
/// the port.
pub fn is_registered(address: &str, registered: &[String]) -> bool {
    let same_here = |known: &String| match (without_port(known), without_port(address)) {
        (Some(known), Some(address)) => known == address,
        _ => false,
    };
    registered.iter().any(|known| known == address || same_here(known))
}

/// An address of one's own machine as host and path.
fn without_port(address: &str) -> Option<(&str, &str)> {
    HERE.into_iter().find_map(|host| {
        let rest = address.strip_prefix(host)?;
        let path = rest.find(['/', '?']).map_or("", |at| rest.get(at..).unwrap_or_default());
        let port = rest.strip_suffix(path)?;
        let is_port = port.strip_prefix(':').is_none_or(|port| port.bytes().all(|digit| digit.is_ascii_digit()));
        (is_port && (port.is_empty() || port.starts_with(':'))).then_some((host, path))
    })
}

/// The address that brings a code back. `iss` says whose it is (RFC 9207), so that nobody takes it to another server.
pub fn with_code(address: &str, code: &str, state: Option<&str>, issuer: &str) -> String {
    answer(address, &[("code", code)], state, issuer)
}

/// The address that brings an error back.
pub fn with_error(address: &str, error: &OAuthError, state: Option<&str>, issuer: &str) -> String {
    let members = [("error", error.code().as_str()), ("error_description", error.description())];
    answer(address, &members, state, issuer)
}

fn answer(address: &str, members: &[(&str, &str)], state: Option<&str>, issuer: &str) -> String {
    let mut query = Serializer::new(String::new());
    query.extend_pairs(members);
    query.extend_pairs(state.map(|state| ("state", state)));
    below(address, &query.append_pair("iss", issuer).finish())
}

/// An address with what a client sends a browser there with.
pub fn with_query(address: &str, members: &[(&str, &str)]) -> String {
    below(address, &Serializer::new(String::new()).extend_pairs(members).finish())
}

fn below(address: &str, query: &str) -> String {
    let between = if address.contains('?') { '&' } else { '?' };
    format!("{address}{between}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorCode;

    #[test]
    fn addresses_are_compared_letter_by_letter_but_for_the_port_of_ones_own_machine() {
        let registered =
            ["https://muse.example/back?a=1", "http://127.0.0.1/back", "http://[::1]:80/"].map(String::from);
        for (address, is) in [
            ("https://muse.example/back?a=1", true),
            ("https://muse.example/back", false),
            ("https://muse.example/back?a=1&b=2", false),
            ("https://muse.example:443/back?a=1", false),
            ("https://MUSE.example/back?a=1", false),
            ("https://muse.example.evil.example/back?a=1", false),
            ("http://127.0.0.1/back", true),
            ("http://127.0.0.1:51004/back", true),
            ("http://127.0.0.1:51004/back/", false),
            ("http://127.0.0.1:51004@evil.example/back", false),
            ("http://127.0.0.1.evil.example/back", false),
            ("http://127.0.0.2:51004/back", false),
            ("https://127.0.0.1:51004/back", false),
            ("http://[::1]:9/", true),
            ("http://localhost:9/", false),
        ] {
            assert_eq!(is_registered(address, &registered), is, "{address}");
        }
    }

    #[test]
    fn what_is_brought_back_says_whose_it_is() {
        let issuer = "https://support.example";
        assert_eq!(
            with_code("https://muse.example/back", "a_b", Some("x&y=z"), issuer),
            "https://muse.example/back?code=a_b&state=x%26y%3Dz&iss=https%3A%2F%2Fsupport.example"
        );
        let error = OAuthError::new(ErrorCode::AccessDenied, "the customer said no");
        assert_eq!(
            with_error("https://muse.example/back?a=1", &error, None, issuer),
            "https://muse.example/back?a=1&error=access_denied&error_description=the+customer+said+no\
             &iss=https%3A%2F%2Fsupport.example"
        );
    }
}
