//! Whether a request was sent by a page of this server's own, and the cookies that it has.

use crate::{problem, problem::Problem};
use axum::http::{
    HeaderMap,
    header::{COOKIE, HOST, ORIGIN},
};
use remit_app::Parts;

/// A request's cookies, by name and value.
pub(crate) fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let all = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='))
}

/// Refuses what a browser sends for another site's page. The cookie does not travel with it either, nor do other pages
/// get leave to send JSON or an idempotency key here: this is one of three locks. What the browser itself says counts
/// first; a browser that says only which page asks is held to where this server is known to be, and where that was not
/// said, to the `Host` that came, which a proxy may have changed.
pub(crate) fn same_site(app: &Parts, headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let public = app.environment.public_origins();
    let own = match (text("sec-fetch-site"), text(ORIGIN.as_str())) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) if !public.is_empty() => public.iter().any(|known| known == origin),
        (None, Some(origin)) => origin.split_once("://").map(|(_, authority)| authority) == text(HOST.as_str()),
        (None, None) => true,
    };
    if own {
        return Ok(());
    }
    let why = if public.is_empty() {
        "the request says that it comes from another site; behind a proxy, `remit serve --public-url` says where this \
         one is"
            .to_owned()
    } else {
        format!("the request says that it comes from another site than {}", public.join(", "))
    };
    Err(Problem::new(problem::CROSS_SITE, why))
}
