//! Requests, each carried out under the bundle of its moment: what it would commit once another bundle is in force is
//! refused, and the request is carried out anew under that one, before anything of it is answered.

use crate::{
    http::{self, metrics::Requests},
    peer::Peer,
    read_body::ReadBody,
};
use axum::{Router, body::Body, response::Response};
use hyper::{Method, Request, body::Incoming, service::Service as _};
use hyper_util::service::TowerToHyperService;
use remit_app::Succession;
use std::{
    convert::Infallible,
    sync::{Arc, PoisonError, RwLock},
};

/// How often a request is carried out at most, where one bundle after the other comes into force meanwhile.
const ATTEMPTS: usize = 8;

/// What answers requests under the bundle in force.
pub(crate) struct Front {
    succession: Arc<Succession>,
    /// What is counted of requests, under whatever bundle.
    requests: Arc<Requests>,
    /// The interface over the parts in force, with their term.
    routed: RwLock<(u64, Router)>,
}

impl Front {
    /// Over the parts in force.
    pub(crate) fn new(succession: Arc<Succession>) -> Self {
        let current = succession.current();
        let requests = Arc::<Requests>::default();
        let routed = (current.journal.term(), http::router(current, Arc::clone(&requests)));
        Self { succession, requests, routed: RwLock::new(routed) }
    }

    /// The interface over the parts in force.
    fn router(&self) -> Router {
        let current = self.succession.current();
        let term = current.journal.term();
        let routed = self.routed.read().unwrap_or_else(PoisonError::into_inner);
        if routed.0 >= term {
            return routed.1.clone();
        }
        drop(routed);
        let mut routed = self.routed.write().unwrap_or_else(PoisonError::into_inner);
        if routed.0 < term {
            *routed = (term, http::router(current, Arc::clone(&self.requests)));
        }
        routed.1.clone()
    }

    /// Answers a request. One that only reads commits nothing, and so is carried out once.
    pub(crate) async fn answer(&self, mut request: Request<Incoming>) -> Result<Response, Infallible> {
        request.extensions_mut().insert(Arc::clone(&self.succession));
        if matches!(*request.method(), Method::GET | Method::HEAD) {
            return TowerToHyperService::new(self.router()).call(request).await;
        }
        let read = ReadBody::default();
        request.extensions_mut().insert(read.clone());
        let peer = request.extensions().get::<Peer>().copied();
        let (method, uri, headers) = (request.method().clone(), request.uri().clone(), request.headers().clone());
        let mut answer = TowerToHyperService::new(self.router()).call(request).await?;
        for _ in 1..ATTEMPTS {
            if !http::is_superseded(&answer) {
                break;
            }
            let mut again = Request::new(read.get().map_or_else(Body::empty, |bytes| Body::from(bytes.clone())));
            (*again.method_mut(), *again.uri_mut(), *again.headers_mut()) =
                (method.clone(), uri.clone(), headers.clone());
            again.extensions_mut().insert(Arc::clone(&self.succession));
            peer.map(|peer| again.extensions_mut().insert(peer));
            answer = TowerToHyperService::new(self.router()).call(again).await?;
        }
        Ok(answer)
    }
}
