//! Attachments: files added to a case and read again.

use super::{
    body::{self, IdempotencyKey},
    query::{Names, Params},
    reply::created,
    request::{Authenticated, Reply, Shared},
};
use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use remit_app::{
    access::reading,
    case::{attachment, counted::CaseAnswer},
    pipeline,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(add_attachment)).routes(routes!(get_attachment))
}

/// Who adds a file.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AddAttachment {
    /// The holder's lease, when the holder adds it; without it the requester does.
    epoch: Option<u64>,
}

/// Add a file to a case, as the requester or, with the lease's epoch, as the holder.
///
/// The body is the file: PNG, JPEG, WebP, GIF, PDF or plain text in UTF-8, up to 5 MiB, ten files and 20 MiB to a case.
/// It comes as a message without words. When the requester adds one, the case is decided anew.
#[utoipa::path(
    post, path = "/v1/cases/{id}/attachments", tag = "cases",
    request_body(
        content = Vec<u8>, content_type = "application/octet-stream", description = "The file, sent as its own type."
    ),
    params(("id" = String, Path, description = "The case."), AddAttachment, IdempotencyKey),
    responses((status = 201, description = "Added.", body = CaseAnswer))
)]
async fn add_attachment(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Names([id]): Names<1>,
    Params(asked): Params<AddAttachment>,
    request: Request,
) -> Reply {
    let (file, repeat, _room) = body::file(&app, request).await?;
    let acted = attachment::attach(&app, &caller, repeat.as_ref(), &id, asked.epoch, file);
    created(pipeline::or_earlier_answer(&app.journal, &app.vault, &caller, repeat.as_ref(), acted).await?)
}

/// Read a file of a case.
#[utoipa::path(
    get, path = "/v1/cases/{id}/attachments/{attachment}", tag = "cases",
    params(
        ("id" = String, Path, description = "The case."),
        ("attachment" = String, Path, description = "The file, as its message names it."),
    ),
    responses(
        (status = 200, description = "The file, to be saved rather than shown.", content(
            (Vec<u8> = "image/png"), (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/webp"), (Vec<u8> = "image/gif"),
            (Vec<u8> = "application/pdf"), (Vec<u8> = "text/plain"),
        )),
    )
)]
async fn get_attachment(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Names([id, name]): Names<2>,
) -> Reply {
    reading::read(&app, &caller, async move |app, caller| {
        let (media_type, bytes) = attachment::attachment(app, caller, &id, &name).await?;
        Ok(download(media_type, bytes))
    })
    .await
}

/// A file as an answer: saved and not opened, and if opened all the same, powerless.
pub(crate) fn download(media_type: &'static str, bytes: Vec<u8>) -> Response {
    let ending = media_type.rsplit('/').next().map_or("bin", |kind| if kind == "plain" { "txt" } else { kind });
    let disposition = HeaderValue::try_from(format!("attachment; filename=\"attachment.{ending}\""));
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    let fixed: [(HeaderName, &'static str); 5] = [
        (header::CONTENT_TYPE, media_type),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
        (header::CACHE_CONTROL, "private, no-store"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(disposition) = disposition {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}
