//! The address that a proof is for, in its one spelling (RFC 3986, section 6.2), so that it is compared with that of a
//! request whichever way either was written.

use fluent_uri::{Uri, normalize::Normalizer};

/// Longest address that is read, in bytes.
const ADDRESS_MAX: usize = 2_048;

/// An address of HTTP without query and fragment: scheme and host in small letters, no default port, no letter encoded
/// that need not be, no steps back, and `/` for an empty path. Nothing, where it is none, or names a user.
pub(crate) fn normal(address: &str) -> Option<String> {
    if address.len() > ADDRESS_MAX {
        return None;
    }
    let address = Normalizer::new().normalize(&Uri::parse(address).ok()?).ok()?;
    let scheme = address.scheme().as_str();
    let authority = address.authority()?;
    if !["http", "https"].contains(&scheme) || authority.host().is_empty() || authority.userinfo().is_some() {
        return None;
    }
    let path = match address.path().as_str() {
        "" => "/",
        path => path,
    };
    Some(format!("{scheme}://{}{path}", authority.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_address_has_one_spelling() {
        for (written, normal_form) in [
            ("https://server.example.com/token", "https://server.example.com/token"),
            ("HTTPS://Server.Example.COM:443/token", "https://server.example.com/token"),
            ("https://server.example.com:/token", "https://server.example.com/token"),
            ("http://server.example.com:80", "http://server.example.com/"),
            ("http://server.example.com:443/", "http://server.example.com:443/"),
            ("https://server.example.com/token?a=b#c", "https://server.example.com/token"),
            ("https://server.example.com/%74oken", "https://server.example.com/token"),
            ("https://server.example.com/a%2fb", "https://server.example.com/a%2Fb"),
            ("https://server.example.com/a/../token", "https://server.example.com/token"),
            ("https://server.example.com/Token", "https://server.example.com/Token"),
            ("https://[2001:DB8::1]:8443/", "https://[2001:db8::1]:8443/"),
        ] {
            assert_eq!(normal(written).as_deref(), Some(normal_form), "{written}");
        }
    }

    #[test]
    fn what_is_no_address_of_http_is_none() {
        let long = format!("https://a.example/{}", "x".repeat(ADDRESS_MAX));
        for address in [
            "",
            "/token",
            "//a.example/",
            "ftp://a.example/",
            "https:/token",
            "https://",
            "https://u@a.example/",
            &long,
        ] {
            assert_eq!(normal(address), None, "{address}");
        }
    }

    proptest! {
        #[test]
        fn an_address_that_has_its_one_spelling_keeps_it(address in "[hH]ttps?://[a-zA-Z0-9.:%/?#@\\[\\]-]{0,60}") {
            if let Some(once) = normal(&address) {
                prop_assert_eq!(normal(&once), Some(once.clone()));
            }
        }
    }
}
