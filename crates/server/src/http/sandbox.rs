//! The pages of the sandbox back office: plain HTML that loads nothing, made of what the use cases tell. Whatever is
//! put into them is escaped by the templates.

use super::{
    address::{encoded, path},
    query::{Name, Params},
    request::{Authenticated, Reply, Shared},
    route::{HandlerPart, IN_SESSION, Routes},
};
use crate::{problem, problem::Problem, problem::ProblemKind};
use axum::{
    extract::{FromRequestParts, State},
    http::{
        HeaderName, HeaderValue,
        header::{self, AUTHORIZATION},
        request::Parts as RequestParts,
    },
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use remit_app::{
    Caller,
    environment::clock::rfc3339,
    input::ShowSandbox,
    operation::{self, Who},
    request::sandbox::{self, Cell, SandboxPage, Statement, Table},
};
use remit_domain::id::Timestamp;
use sha2::{Digest as _, Sha256};
use std::sync::{Arc, LazyLock};

pub(crate) fn routes() -> Routes {
    Routes::new().bind(operation::GetSandbox, get_sandbox).bind(operation::GetSandboxCustomer, get_sandbox_customer)
}

/// The caller whose token a browser sends as a password, or a program as it always does.
struct InBrowser(Arc<Caller>);

impl<O> HandlerPart<O> for InBrowser {
    const PROBLEMS: &'static [&'static ProblemKind] = IN_SESSION;
    const WHO: Option<Who> = Some(Who::Token);
}

impl FromRequestParts<Shared> for InBrowser {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut RequestParts, app: &Shared) -> Result<Self, Response> {
        if let Some(token) = parts.headers.get(AUTHORIZATION).and_then(password)
            && let Ok(bearer) = HeaderValue::try_from(format!("Bearer {token}"))
        {
            parts.headers.insert(AUTHORIZATION, bearer);
        }
        let Authenticated(caller) = Authenticated::from_request_parts(parts, app).await.map_err(asking)?;
        Ok(Self(caller))
    }
}

/// The password of the scheme in which browsers ask for one (RFC 7617).
fn password(header: &HeaderValue) -> Option<String> {
    let (scheme, coded) = header.to_str().ok()?.split_once(' ')?;
    let coded = scheme.eq_ignore_ascii_case("basic").then(|| coded.trim())?;
    let told = String::from_utf8(STANDARD.decode(coded).ok()?).ok()?;
    told.split_once(':').map(|(_, password)| password.to_owned())
}

/// A refusal of who calls, with which browsers ask for a password.
fn asking(problem: Problem) -> Response {
    if problem.kind != problem::UNAUTHENTICATED {
        return problem.into_response();
    }
    let mut response = problem
        .cured_by("Sign in at /sign-in and open this page again, or give a token as the password.")
        .into_response();
    let asks = HeaderValue::from_static("Basic realm=\"Remit: the token is the password\", charset=\"UTF-8\"");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, asks);
    response
}

async fn get_sandbox(State(app): State<Shared>, caller: InBrowser, Params(asked): Params<ShowSandbox>) -> Reply {
    let shown = sandbox::page(&app, &caller.0, asked).await?;
    Ok(page("Sandbox back office", &overview(&shown)))
}

async fn get_sandbox_customer(State(app): State<Shared>, caller: InBrowser, Name(id): Name) -> Reply {
    let tables = sandbox::customer(&app, &caller.0, &id).await?;
    Ok(page(&id, &of_customer(&tables)))
}

const STYLE: &str = "\
:root{color-scheme:light dark;background:Canvas;color:CanvasText}\
body{font:1rem/1.5 system-ui,sans-serif;margin:0 auto;max-width:75rem;padding:1rem}\
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}div{overflow-x:auto}table{border-collapse:collapse}\
th,td{padding:.25rem .75rem .25rem 0;text-align:left;vertical-align:top;border-bottom:1px solid #8886}\
.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}input{font:inherit;width:22rem;max-width:60%}\
button{font:inherit}";

/// What the pages may do: be laid out by their own style, and ask their own server for another one.
static CSP: LazyLock<String> = LazyLock::new(|| {
    let style = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
});

fn page(title: &str, body: &Markup) -> Response {
    let text = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { (title) }
                (body)
            }
        }
    };
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, &**CSP),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    (headers, text.into_string()).into_response()
}

fn overview(shown: &SandboxPage) -> Markup {
    html! {
        p { "A back office to try out " (shown.organisation) " with: nothing that stands here is real, and nothing is \
            changed here. Amounts are what goes to the customer; below 0 the customer pays." }
        form action="/sandbox" method="get" {
            label for="key" { "What was done under the key of a request " }
            input id="key" name="key" value=(shown.key.as_deref().unwrap_or_default()) maxlength="256";
            " "
            button { "Find" }
        }
        @match &shown.key {
            Some(key) => {
                h2 { "What was done under " (key) }
                p { a href="/sandbox" { "All that was done" } }
            }
            None => { h2 { "What was done, newest first" } }
        }
        @if shown.effects.is_empty() {
            p { "Nothing." }
        } @else {
            (effects(&shown.effects))
        }
        @if let Some(older) = &shown.older {
            p { a href={ "/sandbox?before=" (encoded(older)) } { "Older" } }
        }
        h2 { "Customers" }
        div { table {
            thead { tr { th { "customer" } th { "name" } th { "of the" } } }
            tbody {
                @for customer in &shown.customers {
                    tr {
                        td { (link(&customer.id)) }
                        td { (customer.name) }
                        td { (customer.of) }
                    }
                }
            }
        } }
        @if let Some(more) = &shown.more {
            p { a href={ "/sandbox?after=" (encoded(more)) } { "More customers" } }
        }
    }
}

fn effects(effects: &[Statement]) -> Markup {
    html! {
        div { table {
            thead { tr {
                th { "reference" } th { "when" } th { "action" } th { "amount" } th { "customer" } th { "key" }
                th { "what else is said of it" }
            } }
            tbody {
                @for effect in effects {
                    tr {
                        td { (effect.reference) }
                        td { (rfc3339(Timestamp(effect.at_ms))) }
                        td { (effect.action) }
                        td class="n" { @if let Some(amount) = &effect.amount { (amount) } }
                        td { (link(&effect.customer)) }
                        td { a href={ "/sandbox?key=" (encoded(&effect.key)) } { (effect.key) } }
                        td {
                            @for (name, value) in &effect.effect {
                                (name) ": " (value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)) br;
                            }
                        }
                    }
                }
            }
        } }
    }
}

fn of_customer(tables: &[Table]) -> Markup {
    html! {
        p { a href="/sandbox" { "All that was done" } }
        @for table in tables {
            h2 { (table.title) }
            div { table {
                thead { tr { @for column in table.columns { th { (column) } } } }
                tbody {
                    @for row in &table.rows {
                        tr { @for cell in row { (shown(cell)) } }
                    }
                }
            } }
        }
    }
}

fn shown(cell: &Cell) -> Markup {
    html! {
        @match cell {
            Cell::Text(text) => td { (text) },
            Cell::Money(amount) => td class="n" { (amount) },
            Cell::Moment(at) => td { (rfc3339(Timestamp(*at))) },
            Cell::Nothing => td {},
        }
    }
}

fn link(customer: &str) -> Markup {
    html! { a href=(path(operation::GetSandboxCustomer, &[customer])) { (customer) } }
}
