//! Query parameters: strict, bounded, with a problem that names the parameter.

use super::reply::Refused;
use crate::{app::query::PAGE_MAX, problem::Problem};
use axum::{extract::FromRequestParts, http::request::Parts};
use serde::de::DeserializeOwned;

/// A request's query parameters.
#[derive(Debug)]
pub(crate) struct Params<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        axum::extract::Query::try_from_uri(&parts.uri)
            .map(|query| Self(query.0))
            .map_err(|e| Problem::invalid("query", e.body_text()).into())
    }
}

/// The page size asked for: 50 unless told, 200 at most.
pub(crate) fn limit(asked: Option<usize>) -> Result<usize, Problem> {
    match asked {
        None => Ok(50),
        Some(limit) if (1..=PAGE_MAX).contains(&limit) => Ok(limit),
        Some(_) => Err(Problem::invalid("limit", format!("must be 1 to {PAGE_MAX}"))),
    }
}

/// A ledger position asked for; the beginning unless told.
pub(crate) fn position(asked: Option<&str>) -> Result<u64, Problem> {
    asked.map_or(Ok(0), |text| {
        text.parse().map_err(|_| Problem::invalid("after", "must be a position in the ledger, a whole number"))
    })
}
