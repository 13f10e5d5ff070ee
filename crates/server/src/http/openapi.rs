//! The OpenAPI 3.1 document, from the types that the interface reads and writes.

use super::v1;
use crate::app::{case, decision, exception, query, token, view};
use axum::response::IntoResponse;
use utoipa::OpenApi;

/// The document.
#[derive(Debug, OpenApi)]
#[openapi(
    info(
        title = "Remit",
        description = "Decides who may and who should handle each support case, and keeps the evidence."
    ),
    components(schemas(
        case::OpenCase,
        case::PostMessage,
        case::PostSignals,
        case::RequestHandoff,
        case::HandoffReason,
        case::MakeOverride,
        case::ResolveCase,
        case::ReopenCase,
        case::CaseAnswer,
        exception::RaiseException,
        exception::ResolveException,
        decision::DecisionAnswer,
        decision::ReplayAnswer,
        query::MessageView,
        query::TimelineItem,
        query::FeedItem,
        token::NewToken,
        token::TokenView,
        token::MadeToken,
        view::CaseView,
        view::ExceptionView,
        v1::EraseCustomer,
        v1::Erased,
    ))
)]
pub struct Document;

pub(crate) async fn serve() -> impl IntoResponse {
    ([(axum::http::header::CONTENT_TYPE, "application/json")], Document::openapi().to_json().unwrap_or_default())
}
