//! The pages themselves, the chat and those of links: small files in the binary, which load nothing from anywhere else.

use super::route::Routes;
use axum::http::{HeaderName, header};
use remit_app::operation;
use std::future::{Ready, ready};

/// What a page may do: run its own script, ask its own server, and be shown in no other page.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                   base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Media types of what a page consists of.
pub(crate) const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
pub(crate) const SCRIPT: &str = "text/javascript; charset=utf-8";

/// A handler that answers with a part of a page.
pub(crate) fn served(
    media_type: &'static str,
    text: &'static str,
) -> impl Fn() -> Ready<Page> + Clone + Send + Sync + 'static {
    move || ready((fixed(media_type), text))
}

/// A part of a page, with what it may do.
pub(crate) type Page = ([(HeaderName, &'static str); 7], &'static str);

pub(crate) fn routes() -> Routes {
    Routes::new()
        .bind(operation::GetChatPage, served(HTML, include_str!("../../page/chat.html")))
        .bind(operation::GetChatStyle, served(CSS, include_str!("../../page/chat.css")))
        .bind(operation::GetChatScript, served(SCRIPT, include_str!("../../page/chat.js")))
        .bind(operation::GetConfirmPage, served(HTML, include_str!("../../page/confirm.html")))
        .bind(operation::GetConfirmStyle, served(CSS, include_str!("../../page/confirm.css")))
        .bind(operation::GetConsentPage, served(HTML, include_str!("../../page/consent.html")))
        .bind(operation::GetConsentScript, served(SCRIPT, include_str!("../../page/consent.js")))
        .bind(operation::GetDelegationsPage, served(HTML, include_str!("../../page/delegations.html")))
        .bind(operation::GetDelegationsScript, served(SCRIPT, include_str!("../../page/delegations.js")))
        .bind(operation::GetConfirmScript, served(SCRIPT, include_str!("../../page/confirm.js")))
}

fn fixed(media_type: &'static str) -> [(HeaderName, &'static str); 7] {
    [
        (header::CONTENT_TYPE, media_type),
        (header::CONTENT_SECURITY_POLICY, CSP),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()"),
    ]
}
