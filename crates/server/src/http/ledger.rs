//! The ledger in its published form (c2sp.org/tlog-tiles), for auditors.

use super::{
    query::Name,
    reply::octets,
    request::{Authenticated, Reply, Shared},
    route::Routes,
};
use crate::{problem, problem::Problem};
use axum::{extract::State, response::IntoResponse as _};
use remit_app::{
    Caller, Parts,
    access::{auth, reading},
    operation,
};
use remit_ledger::tile::{self, TILE_WIDTH, TileAddress};
use remit_policy::actions::Permission;
use remit_store::{Evidence as _, Journal as _};

pub(crate) fn routes() -> Routes {
    Routes::new()
        .bind(operation::GetKey, get_key)
        .bind(operation::GetCheckpoint, get_checkpoint)
        .bind(operation::GetTile, get_tile)
}

async fn get_key(State(app): State<Shared>, Authenticated(caller): Authenticated) -> Reply {
    auth::permit(&app.governance, &app.live, &app.environment, &caller, Permission::LEDGER_READ)?;
    Ok(format!("{}\n", crate::jobs::signer(&app).verifier().to_text()).into_response())
}

async fn get_checkpoint(State(app): State<Shared>, Authenticated(caller): Authenticated) -> Reply {
    auth::permit(&app.governance, &app.live, &app.environment, &caller, Permission::LEDGER_READ)?;
    let newest = app.journal.store().checkpoint().await.map_err(Problem::internal)?;
    let (_, note) = newest.ok_or_else(|| Problem::new(problem::NOT_FOUND, "no checkpoint has been signed yet"))?;
    Ok(note.into_response())
}

async fn get_tile(State(app): State<Shared>, Authenticated(caller): Authenticated, Name(path): Name) -> Reply {
    reading::read(&app, &caller, async move |app, caller| tile_at(app, caller, &path).await).await
}

async fn tile_at(app: &Parts, caller: &Caller, path: &str) -> Reply {
    auth::permit(&app.governance, &app.live, &app.environment, caller, Permission::LEDGER_READ)?;
    let none = || Problem::new(problem::NOT_FOUND, "the ledger has no such tile");
    let address = TileAddress::parse(path).ok_or_else(none)?;
    let width = usize::from(address.width);
    match address.level {
        Some(level) => {
            let stored =
                app.journal.store().tile(level, address.index).await.map_err(Problem::internal)?.ok_or_else(none)?;
            Ok(octets(stored.get(..width).ok_or_else(none)?.iter().flat_map(|hash| hash.0).collect()))
        }
        None => {
            let from = address.index.checked_mul(TILE_WIDTH as u64).ok_or_else(none)?;
            let rows = app.journal.store().feed(from, width).await.map_err(Problem::internal)?;
            if rows.len() < width {
                return Err(none());
            }
            Ok(octets(tile::bundle(rows.iter().map(|row| row.entry.as_slice()))))
        }
    }
}
