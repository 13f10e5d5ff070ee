//! Routes: each binds a declared operation to the handler that carries it out at its address, so that there is none
//! without a declaration. What a handler takes of a request must be what is declared, and says what a request can be
//! refused for before the operation is asked.

use super::{
    address::{Addressed, Method, OperationAddress},
    body::{Json, NoBody},
    chat_session::{SameSite, Session, Writing},
    query::{Name, NameAndPosition, Names, Params, ParamsWithFields},
    represented::DelegateCaller,
    request::{Authenticated, Shared},
    session::{FromHere, SignedIn, Visitor},
};
use crate::problem::{self, ProblemKind};
use axum::{
    Extension, Router,
    extract::{Request, State},
    handler::Handler,
    http::{HeaderMap, Uri},
    routing::{MethodFilter, on},
};
use remit_app::{
    operation::Who,
    signature::{Signature, Signed, Taken},
};

/// The routes, each with what it is bound to.
pub(crate) struct Routes {
    router: Router<Shared>,
    bound: Vec<Bound>,
}

/// An operation that is bound to an address.
pub(crate) struct Bound {
    pub(crate) signature: Signature,
    pub(crate) address: OperationAddress,
    /// What the handler takes of a request.
    pub(crate) request: Taking,
}

/// What a handler takes of a request.
#[derive(Debug, Default)]
pub(crate) struct Taking {
    /// What a request can be refused for before the operation is asked.
    pub(crate) problems: Vec<&'static ProblemKind>,
    /// Who may ask.
    pub(crate) who: Option<Who>,
    /// Whether values or a file are taken.
    pub(crate) input: bool,
}

impl Routes {
    pub(crate) fn new() -> Self {
        Self { router: Router::new(), bound: Vec::new() }
    }

    /// Carries an operation out by `handler`.
    pub(crate) fn bind<O: Addressed, H, T>(mut self, _: O, handler: H) -> Self
    where
        H: Handler<T, Shared>,
        T: HandlerParts<O> + 'static,
    {
        let method = match O::ADDRESS.method {
            Method::Get => MethodFilter::GET,
            Method::Post => MethodFilter::POST,
            Method::Put => MethodFilter::PUT,
            Method::Delete => MethodFilter::DELETE,
        };
        let mut request = Taking::default();
        T::add(&mut request);
        self.bound.push(Bound { signature: O::SIGNATURE, address: O::ADDRESS, request });
        Self { router: self.router.route(O::ADDRESS.path, on(method, handler)), ..self }
    }

    pub(crate) fn merge(mut self, other: Self) -> Self {
        self.bound.extend(other.bound);
        Self { router: self.router.merge(other.router), ..self }
    }

    pub(crate) fn bound(&self) -> &[Bound] {
        &self.bound
    }

    pub(crate) fn into_router(self) -> Router<Shared> {
        self.router
    }
}

/// What a request can be refused for that may be of a session.
pub(crate) const IN_SESSION: &[&ProblemKind] = &[problem::UNAUTHENTICATED, problem::RATE_LIMITED, problem::CROSS_SITE];

/// The same of one that may be of a session, of a token, or only signed.
const OF_TOKEN: &[&ProblemKind] = &[
    problem::UNAUTHENTICATED,
    problem::RATE_LIMITED,
    problem::CROSS_SITE,
    problem::PROVE_WHOM_YOU_ACT_FOR,
    problem::SIGNATURE_NOT_RECOGNISED,
    problem::TOO_MANY_KNOCKS,
];

/// The same of a delegate's.
const OF_DELEGATE: &[&ProblemKind] = &[
    problem::UNAUTHENTICATED,
    problem::RATE_LIMITED,
    problem::PROVE_WHOM_YOU_ACT_FOR,
    problem::SIGNATURE_NOT_RECOGNISED,
    problem::TOO_MANY_KNOCKS,
];

/// A part of a request that a handler of `O` takes.
pub(crate) trait HandlerPart<O> {
    /// What can be wrong with it.
    const PROBLEMS: &'static [&'static ProblemKind] = &[];
    /// Who it says may ask.
    const WHO: Option<Who> = None;
    /// Whether it is what is given with the operation.
    const INPUT: bool = false;
}

impl<O> HandlerPart<O> for State<Shared> {}
impl<O> HandlerPart<O> for HeaderMap {}
impl<O> HandlerPart<O> for Uri {}
impl<O> HandlerPart<O> for Visitor {}
impl<O, T> HandlerPart<O> for Extension<T> {}

impl<O> HandlerPart<O> for Authenticated {
    const PROBLEMS: &'static [&'static ProblemKind] = OF_TOKEN;
    const WHO: Option<Who> = Some(Who::Token);
}

impl<O> HandlerPart<O> for SignedIn {
    const PROBLEMS: &'static [&'static ProblemKind] = IN_SESSION;
    const WHO: Option<Who> = Some(Who::Session);
}

impl<O> HandlerPart<O> for FromHere {
    const PROBLEMS: &'static [&'static ProblemKind] = &[problem::CROSS_SITE];
}

impl<O> HandlerPart<O> for DelegateCaller {
    const PROBLEMS: &'static [&'static ProblemKind] = OF_DELEGATE;
    const WHO: Option<Who> = Some(Who::Delegate);
}

impl<O> HandlerPart<O> for Session {
    const PROBLEMS: &'static [&'static ProblemKind] = &[problem::CHAT_ENDED];
    const WHO: Option<Who> = Some(Who::Customer);
}

impl<O> HandlerPart<O> for Writing {
    const PROBLEMS: &'static [&'static ProblemKind] = &[problem::CHAT_ENDED, problem::CROSS_SITE];
    const WHO: Option<Who> = Some(Who::Customer);
}

impl<O> HandlerPart<O> for SameSite {
    const PROBLEMS: &'static [&'static ProblemKind] = &[problem::CROSS_SITE];
    const WHO: Option<Who> = Some(Who::Customer);
}

impl<O> HandlerPart<O> for Name {
    const PROBLEMS: &'static [&'static ProblemKind] = &[problem::NOT_FOUND];
}

impl<O> HandlerPart<O> for NameAndPosition {
    const PROBLEMS: &'static [&'static ProblemKind] = &[problem::NOT_FOUND];
}

impl<O, const N: usize> HandlerPart<O> for Names<N> {
    const PROBLEMS: &'static [&'static ProblemKind] = &[problem::NOT_FOUND];
}

impl<O: Signed, T> HandlerPart<O> for Params<T>
where
    O::Takes: Taken<Value = T>,
{
    const PROBLEMS: &'static [&'static ProblemKind] = &[problem::INVALID];
    const INPUT: bool = true;
}

impl<O: Signed, T> HandlerPart<O> for ParamsWithFields<T>
where
    O::Takes: Taken<Value = T>,
{
    const PROBLEMS: &'static [&'static ProblemKind] = &[problem::INVALID];
    const INPUT: bool = true;
}

impl<O: Signed, T> HandlerPart<O> for Json<T>
where
    O::Takes: Taken<Value = T>,
{
    const PROBLEMS: &'static [&'static ProblemKind] =
        &[problem::MALFORMED, problem::INVALID, problem::MEDIA_TYPE, problem::TOO_LARGE, problem::TOO_SLOW];
    const INPUT: bool = true;
}

impl<O> HandlerPart<O> for NoBody {
    const PROBLEMS: &'static [&'static ProblemKind] =
        &[problem::MALFORMED, problem::INVALID, problem::TOO_LARGE, problem::TOO_SLOW];
}

/// A request whose body is a file.
impl<O> HandlerPart<O> for Request {
    const PROBLEMS: &'static [&'static ProblemKind] =
        &[problem::MALFORMED, problem::INVALID, problem::TOO_LARGE, problem::TOO_SLOW, problem::BUSY];
    const INPUT: bool = true;
}

/// All that a handler of `O` takes.
pub(crate) trait HandlerParts<O> {
    /// Adds it.
    fn add(request: &mut Taking);
}

impl Taking {
    fn add<O, P: HandlerPart<O>>(&mut self) {
        self.problems.extend(P::PROBLEMS);
        self.who = self.who.or(P::WHO);
        self.input |= P::INPUT;
    }
}

impl<O> HandlerParts<O> for ((),) {
    fn add(_: &mut Taking) {}
}

macro_rules! parts {
    ($($part:ident),+) => {
        impl<O, Marker, $($part: HandlerPart<O>),+> HandlerParts<O> for (Marker, $($part,)+) {
            fn add(request: &mut Taking) {
                $(request.add::<O, $part>();)+
            }
        }
    };
}

parts!(A);
parts!(A, B);
parts!(A, B, C);
parts!(A, B, C, D);
parts!(A, B, C, D, E);

#[cfg(test)]
mod tests {
    use super::{super::routes, *};
    use remit_app::{operation, signature::Form};
    use remit_policy::actions::Permission;
    use std::collections::BTreeSet;

    #[test]
    fn every_declared_operation_is_bound_once() {
        let routes = routes();
        let mut bound: Vec<&str> = routes.bound().iter().map(|bound| bound.signature.operation.name).collect();
        let mut declared: Vec<&str> = operation::all().map(|operation| operation.name).collect();
        bound.sort_unstable();
        declared.sort_unstable();
        assert_eq!(bound, declared, "bind each in the `routes()` of its file in `http`");
        declared.dedup();
        assert_eq!(declared.len(), bound.len(), "two operations have one name");
    }

    #[test]
    fn handlers_take_what_is_declared() {
        for Bound { signature, address, request } in routes().bound() {
            let operation = signature.operation;
            let who = request.who.unwrap_or(Who::Everybody);
            assert_eq!(who, operation.who, "who may ask for {}", operation.name);
            let input = !matches!(signature.takes, Form::Nothing);
            assert_eq!(request.input, input, "what {} takes", operation.name);
            assert_eq!(signature.says.len(), address.statuses.len(), "what {} gives", operation.name);
        }
    }

    #[test]
    fn policy_knows_the_actions_that_operations_ask_for_and_no_others() {
        let declared = operation::all().flat_map(|operation| operation.asks).copied();
        let asked: BTreeSet<Permission> = declared.chain(operation::OAUTH_ASKS).collect();
        assert_eq!(asked, BTreeSet::from(Permission::ALL));
    }
}
