//! What operators and auditors ask for: health, metrics, the problem pages, and the ledger's published form.

use super::{
    Authenticated, Shared,
    query::Name,
    reply::{Refused, json},
};
use crate::{metrics::ResponderLabels, problem, problem::Problem};
use axum::{
    Router,
    extract::State,
    http::header::CONTENT_TYPE,
    response::{Html, IntoResponse, Response},
    routing::get,
};
use remit_ledger::tile::{self, Address, TILE_WIDTH};
use remit_store::Store;

type Reply = Result<Response, Refused>;

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .route("/problems/{slug}", get(page))
        .route("/v1/openapi.json", get(super::openapi::serve))
        .route("/ledger/key", get(key))
        .route("/ledger/checkpoint", get(checkpoint))
        .route("/ledger/{*path}", get(tiles))
}

/// Ready when the store answers.
async fn ready(State(app): State<Shared>) -> Reply {
    let seq = app.store().last_seq().map_err(Problem::internal)?;
    json(&serde_json::json!({ "ready": true, "bundle": app.bundle().digest(), "records": seq }))
}

async fn metrics(State(app): State<Shared>, Authenticated(caller): Authenticated) -> Reply {
    app.permit(&caller, "metrics.read")?;
    for (responder, depth) in app.depths() {
        app.metrics.held.get_or_create(&ResponderLabels { responder }).set(depth);
    }
    let text = app.metrics.text().map_err(Problem::internal)?;
    Ok(([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response())
}

/// The page of a problem type.
async fn page(Name(slug): Name) -> Reply {
    let kind = problem::ALL.iter().find(|kind| kind.slug == slug);
    let kind = kind.ok_or_else(|| Problem::new(problem::NOT_FOUND, "no problem has this name"))?;
    let text = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>{0}</title><h1>{0}</h1><p>HTTP status {1}, type <code>/problems/{2}</code>.</p><p>{3}</p>",
        kind.title, kind.status, kind.slug, kind.cure
    );
    Ok(Html(text).into_response())
}

/// The verifier key under which checkpoints are signed.
async fn key(State(app): State<Shared>, Authenticated(caller): Authenticated) -> Reply {
    app.permit(&caller, "ledger.read")?;
    Ok(format!("{}\n", crate::jobs::signer(&app).verifier().to_text()).into_response())
}

async fn checkpoint(State(app): State<Shared>, Authenticated(caller): Authenticated) -> Reply {
    app.permit(&caller, "ledger.read")?;
    let newest = app.store().checkpoint().map_err(Problem::internal)?;
    let (_, note) = newest.ok_or_else(|| Problem::new(problem::NOT_FOUND, "no checkpoint has been signed yet"))?;
    Ok(note.into_response())
}

/// Tiles and entry bundles (c2sp.org/tlog-tiles).
async fn tiles(State(app): State<Shared>, Authenticated(caller): Authenticated, Name(path): Name) -> Reply {
    app.permit(&caller, "ledger.read")?;
    let none = || Problem::new(problem::NOT_FOUND, "the ledger has no such tile");
    let address = Address::parse(&path).ok_or_else(none)?;
    let width = usize::from(address.width);
    let bytes: Vec<u8> = match address.level {
        Some(level) => {
            let stored = app.store().tile(level, address.index).map_err(Problem::internal)?.ok_or_else(none)?;
            stored.get(..width).ok_or_else(none)?.iter().flat_map(|hash| hash.0).collect()
        }
        None => {
            let from = address.index.checked_mul(TILE_WIDTH as u64).ok_or_else(none)?;
            let rows = app.store().feed(from, width).map_err(Problem::internal)?;
            if rows.len() < width {
                return Err(none().into());
            }
            tile::bundle(rows.iter().map(|row| row.entry.as_slice()))
        }
    };
    Ok(([(CONTENT_TYPE, "application/octet-stream")], bytes).into_response())
}
