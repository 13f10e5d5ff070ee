//! The pages themselves, the chat and those of links: small files in the binary, which load nothing from anywhere else.

use super::route::Routes;
use axum::http::{HeaderName, header};
use remit_app::operation;

/// What a page may do: run its own script, ask its own server, and be shown in no other page.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                   base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(crate) fn routes() -> Routes {
    let served = |media_type: &'static str, text: &'static str| move || async move { (fixed(media_type), text) };
    let [html, css, script] = ["text/html; charset=utf-8", "text/css; charset=utf-8", "text/javascript; charset=utf-8"];
    Routes::new()
        .bind(operation::GetChatPage, served(html, include_str!("../../page/chat.html")))
        .bind(operation::GetChatStyle, served(css, include_str!("../../page/chat.css")))
        .bind(operation::GetChatScript, served(script, include_str!("../../page/chat.js")))
        .bind(operation::GetConfirmPage, served(html, include_str!("../../page/confirm.html")))
        .bind(operation::GetConfirmStyle, served(css, include_str!("../../page/confirm.css")))
        .bind(operation::GetConsentPage, served(html, include_str!("../../page/consent.html")))
        .bind(operation::GetConsentScript, served(script, include_str!("../../page/consent.js")))
        .bind(operation::GetDelegationsPage, served(html, include_str!("../../page/delegations.html")))
        .bind(operation::GetDelegationsScript, served(script, include_str!("../../page/delegations.js")))
        .bind(operation::GetConfirmScript, served(script, include_str!("../../page/confirm.js")))
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
