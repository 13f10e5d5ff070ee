//! The chat page itself: three small files in the binary, which load nothing from anywhere else.

use super::request::Shared;
use axum::{
    Router,
    http::{HeaderName, header},
    routing::get,
};

/// What the page may do: run its own script, ask its own server, and be shown in no other page.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                   base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(crate) fn routes() -> Router<Shared> {
    let served = |media_type: &'static str, text: &'static str| get(move || async move { (fixed(media_type), text) });
    Router::new()
        .route("/chat", served("text/html; charset=utf-8", include_str!("../../page/chat.html")))
        .route("/chat/page.css", served("text/css; charset=utf-8", include_str!("../../page/chat.css")))
        .route("/chat/page.js", served("text/javascript; charset=utf-8", include_str!("../../page/chat.js")))
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
