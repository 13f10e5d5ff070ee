//! Query parameters: strict, bounded, with a problem that names the parameter.

use crate::{problem, problem::Problem};
use axum::{
    extract::{FromRequestParts, Query, rejection::QueryRejection},
    http::{Uri, request::Parts as RequestParts},
};
use remit_app::case::query::PAGE_MAX;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// A request's query parameters.
#[derive(Debug)]
pub(crate) struct Params<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut RequestParts, _: &S) -> Result<Self, Problem> {
        Query::try_from_uri(&parts.uri).map(|query| Self(query.0)).map_err(|e| Problem::invalid("query", e.body_text()))
    }
}

/// A request's query parameters, and the values of fields that are named `field.NAME` among them.
#[derive(Debug)]
pub(crate) struct ParamsWithFields<T>(pub(crate) T, pub(crate) BTreeMap<String, String>);

/// What a parameter begins with that names a field.
const FIELD: &str = "field.";
/// Fields in one request.
const FIELDS_MAX: usize = 8;

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for ParamsWithFields<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut RequestParts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let (named, rest): (Vec<&str>, Vec<&str>) = query.split('&').partition(|one| one.starts_with(FIELD));
        if named.len() > FIELDS_MAX {
            return Err(Problem::invalid("query", format!("names more than {FIELDS_MAX} fields")));
        }
        let uri = |parameters: Vec<&str>| {
            let uri = format!("/?{}", parameters.join("&")).parse::<Uri>();
            uri.map_err(|error| Problem::invalid("query", error.to_string()))
        };
        let wrong = |error: QueryRejection| {
            let text = error.body_text();
            let fields = if text.contains("unknown field") { ", or `field.NAME` for the value of a field" } else { "" };
            Problem::invalid("query", format!("{text}{fields}"))
        };
        let rest = Query::try_from_uri(&uri(rest)?).map_err(wrong)?.0;
        let pairs: Vec<(String, String)> = Query::try_from_uri(&uri(named)?).map_err(wrong)?.0;
        let mut fields = BTreeMap::new();
        for (name, value) in pairs {
            let name = name.strip_prefix(FIELD).unwrap_or(&name).to_owned();
            if fields.insert(name, value).is_some() {
                return Err(Problem::invalid("query", "names a field twice"));
            }
        }
        Ok(Self(rest, fields))
    }
}

/// The one part of the address that varies.
#[derive(Debug)]
pub(crate) struct Name(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut RequestParts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::<String>::from_request_parts(parts, state).await;
        path.map(|path| Self(path.0))
            .map_err(|_| Problem::new(problem::NOT_FOUND, "the address holds something other than a name in UTF-8"))
    }
}

/// A name in the address, and a position in the ledger under it.
#[derive(Debug)]
pub(crate) struct NameAndPosition(pub(crate) String, pub(crate) u64);

impl<S: Send + Sync> FromRequestParts<S> for NameAndPosition {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut RequestParts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::<(String, u64)>::from_request_parts(parts, state).await;
        path.map(|path| Self(path.0.0, path.0.1)).map_err(|_| {
            Problem::new(problem::NOT_FOUND, "the address holds something other than a position in the ledger")
        })
    }
}

/// The parts of the address that vary, in order.
#[derive(Debug)]
pub(crate) struct Names<const N: usize>(pub(crate) [String; N]);

impl<S: Send + Sync, const N: usize> FromRequestParts<S> for Names<N> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut RequestParts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::<Vec<String>>::from_request_parts(parts, state).await;
        let names = path.ok().and_then(|path| path.0.try_into().ok());
        names
            .map(Self)
            .ok_or_else(|| Problem::new(problem::NOT_FOUND, "the address holds something other than names in UTF-8"))
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

/// `value`, which must be one of `allowed` when there is one.
pub(crate) fn one_of(field: &str, value: Option<String>, allowed: &[&str]) -> Result<Option<String>, Problem> {
    match value {
        Some(value) if !allowed.contains(&value.as_str()) => {
            Err(Problem::invalid(field, format!("must be one of {}", allowed.join(", "))))
        }
        value => Ok(value),
    }
}
