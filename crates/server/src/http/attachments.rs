//! Attachments: files added to a case and read again.

use super::{
    body,
    query::{Names, Params},
    reply::created,
    request::{Authenticated, Reply, Shared},
    route::Routes,
};
use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use remit_app::{access::reading, case::attachment, input::AddAttachment, operation, pipeline};
use remit_domain::event::FileKind;

pub(crate) fn routes() -> Routes {
    Routes::new().bind(operation::AddAttachment, add_attachment).bind(operation::GetAttachment, get_attachment)
}

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

async fn get_attachment(
    State(app): State<Shared>,
    Authenticated(caller): Authenticated,
    Names([id, name]): Names<2>,
) -> Reply {
    reading::read(&app, &caller, async move |app, caller| {
        let (kind, bytes) = attachment::attachment(app, caller, &id, &name).await?;
        Ok(download(kind, bytes))
    })
    .await
}

/// A file as an answer: saved and not opened, and if opened all the same, powerless.
pub(crate) fn download(kind: FileKind, bytes: Vec<u8>) -> Response {
    let media_type = kind.media_type();
    let ending = media_type.rsplit('/').next().filter(|_| kind != FileKind::Text).unwrap_or("txt");
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
