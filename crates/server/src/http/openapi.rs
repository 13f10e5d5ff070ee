//! The interface's description: OpenAPI 3.1, put together from the routes, the types that they read and write, and
//! the table of problems.

use crate::problem::{self, ProblemKind};
use remit_app::webhook::WebhookMessage;
use remit_domain::Event;
use utoipa::{
    OpenApi as _,
    openapi::{
        Components, Content, HttpMethod, Info, OpenApi, Paths, Ref, RefOr, Required, Response, ResponseBuilder, Server,
        path::{Operation, OperationBuilder, ParameterBuilder, ParameterIn, PathItem},
        request_body::RequestBodyBuilder,
        schema::{Object, ObjectBuilder, Type},
        security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
        tag::TagBuilder,
    },
};

/// Where the description is served.
pub(crate) const ADDRESS: &str = "/v1/openapi.json";
const TOKEN: &str = "token";
const CHAT: &str = "chat";

/// What the description says besides its routes.
pub(crate) fn frame() -> OpenApi {
    let mut frame = Frame::openapi();
    let mut info = Info::new("Remit", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "Decides who may and who should handle each support case, and keeps the evidence.\n\n\
         Times are RFC 3339 in UTC; amounts are whole minor units of the bundle's currency; probabilities are whole \
         basis points, 10000 being certainty. Unknown fields and parameters are refused. A body has at most 256 KiB."
            .to_owned(),
    );
    frame.info = info;
    frame.servers = Some(vec![Server::new("/")]);
    frame.security = Some(vec![SecurityRequirement::new(TOKEN, Vec::<String>::new())]);
    let tag = |(name, text): (&str, &str)| TagBuilder::new().name(name).description(Some(text)).build();
    frame.webhooks = Some(webhooks());
    frame.tags = Some(TAGS.map(tag).to_vec());
    let components = frame.components.get_or_insert_with(Components::new);
    let mut scheme = Http::new(HttpAuthScheme::Bearer);
    scheme.description = Some("Made with `remit token create`, or at `/v1/tokens`.".to_owned());
    components.add_security_scheme(TOKEN, SecurityScheme::Http(scheme));
    let cookie = "Set by `/chat/v1/session` for who has a link from `POST /v1/chats`; named by the chat, which each \
                  address names too.";
    let cookie = ApiKeyValue::with_description(super::chat::COOKIE_OF, cookie);
    components.add_security_scheme(CHAT, SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    components.schemas.insert("Problem".to_owned(), problem_schema().into());
    for kind in problem::ALL {
        components.responses.insert(name(kind.status), told(kind.status).into());
    }
    frame
}

#[derive(utoipa::OpenApi)]
#[openapi(components(schemas(WebhookMessage)))]
struct Frame;

const TAGS: [(&str, &str); 10] = [
    ("cases", "Requests of customers, from the first message to the last."),
    (
        "chat",
        "What the customer's chat page uses; each address acts for the one customer of the link, on their own case.",
    ),
    ("decisions", "Who was chosen, why, by which rule and whose, and proof that the record gives it again."),
    ("exceptions", "Work that left the standard path, each with an owner and a due time."),
    ("staff", "People: whether they are there, what is offered to them, what they have; and AI that was stopped."),
    ("events", "Everything that happens, as it is committed."),
    ("subscriptions", "Whom events are sent to by webhook, how far they are, and what was given up."),
    ("administration", "Tokens, and erasure."),
    ("ledger", "The evidence, in a form that others can verify."),
    ("operation", "Health, metrics and the meaning of problems."),
];

/// What is posted to a subscription, for every kind of event.
fn webhooks() -> Paths {
    let text = |text: &str| ObjectBuilder::new().schema_type(Type::String).description(Some(text)).build();
    let header = |name: &str, says: &str| {
        let header = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Header).required(Required::True);
        header.description(Some(says)).schema(Some(text(says))).build()
    };
    let mut webhooks = Paths::new();
    for kind in Event::KINDS {
        let message = Content::new(Some(RefOr::Ref(Ref::from_schema_name("WebhookMessage"))));
        let received = ResponseBuilder::new().description("Received; any other status means that it is sent again.");
        let operation = OperationBuilder::new()
            .operation_id(Some(format!("on_{kind}")))
            .summary(Some(format!("Sent as `remit.{kind}.v1` to those who subscribed")))
            .tag("subscriptions")
            .securities(Some([SecurityRequirement::default()]))
            .parameter(header("webhook-id", "The message's name, the same whenever it is sent again."))
            .parameter(header("webhook-timestamp", "When it was sent, in seconds since 1970."))
            .parameter(header("webhook-signature", "`v1,` and the HMAC-SHA-256 over `id.timestamp.body` in base64."))
            .request_body(Some(RequestBodyBuilder::new().content("application/json", message).build()))
            .response("2XX", received.build());
        let item = PathItem::new(HttpMethod::Post, operation);
        webhooks.paths.insert(format!("remit.{kind}.v1"), item);
    }
    webhooks
}

fn problem_schema() -> Object {
    let text = |text: &str| ObjectBuilder::new().schema_type(Type::String).description(Some(text)).build();
    let slugs = problem::ALL.iter().map(|kind| format!("/problems/{}", kind.slug));
    let kind = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(slugs));
    ObjectBuilder::new()
        .description(Some("A refusal: RFC 9457 problem details, with what to do about it."))
        .property("type", kind.description(Some("Which kind; the address has a page on it.")).build())
        .property("title", text("The kind in a few words that never change."))
        .property("status", ObjectBuilder::new().schema_type(Type::Integer).build())
        .property("detail", text("What exactly, this time."))
        .property("cure", text("What to do about it."))
        .property("field", text("The field or parameter that is not accepted, where one is to blame."))
        .property("current_epoch", ObjectBuilder::new().schema_type(Type::Integer).build())
        .property("holder", text("Who holds the case now, where a lease was lost."))
        .required("type")
        .required("title")
        .required("status")
        .required("detail")
        .required("cure")
        .build()
}

/// Every problem of one status, told together: an operation has one entry for each status.
fn told(status: u16) -> Response {
    let kinds: Vec<&ProblemKind> = problem::ALL.iter().copied().filter(|kind| kind.status == status).collect();
    let lines: Vec<String> =
        kinds.iter().map(|kind| format!("`/problems/{}`: {}. {}", kind.slug, kind.title, kind.cure)).collect();
    let content = Content::new(Some(RefOr::Ref(Ref::from_schema_name("Problem"))));
    ResponseBuilder::new().description(lines.join("\n\n")).content("application/problem+json", content).build()
}

fn name(status: u16) -> String {
    format!("Problem{status}")
}

/// Adds to every operation the problems that its shape can meet, and writes the whole down.
pub(crate) fn finish(mut api: OpenApi) -> String {
    for item in api.paths.paths.values_mut() {
        for (method, operation) in operations(item) {
            for kind in problems(&method, operation) {
                let told = RefOr::Ref(Ref::from_response_name(name(kind.status)));
                operation.responses.responses.insert(kind.status.to_string(), told);
            }
        }
    }
    api.to_pretty_json().unwrap_or_default()
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (HttpMethod, &mut Operation)> {
    [
        (HttpMethod::Get, item.get.as_mut()),
        (HttpMethod::Post, item.post.as_mut()),
        (HttpMethod::Delete, item.delete.as_mut()),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation?)))
}

fn problems(method: &HttpMethod, operation: &Operation) -> Vec<&'static ProblemKind> {
    let mut kinds = vec![problem::INTERNAL, problem::BUSY];
    // An empty requirement says that no token is needed.
    let described = serde_json::to_value(operation).unwrap_or_default();
    if operation.security.is_none() {
        kinds.extend([problem::UNAUTHENTICATED, problem::FORBIDDEN, problem::RATE_LIMITED]);
    } else if described.pointer("/security/0/chat").is_some() {
        kinds.extend([problem::CHAT_ENDED, problem::CROSS_SITE, problem::TOO_OFTEN]);
    }
    if operation.parameters.is_some() {
        kinds.extend([problem::NOT_FOUND, problem::INVALID]);
    }
    // Files can be erased.
    if described.pointer("/responses/200/content/image~1png").is_some() {
        kinds.push(problem::ERASED);
    }
    if operation.request_body.is_some() {
        kinds.extend([problem::MALFORMED, problem::INVALID, problem::MEDIA_TYPE]);
    }
    if matches!(method, HttpMethod::Post | HttpMethod::Delete) {
        kinds.extend([problem::STORAGE_FULL]);
    }
    if operation.responses.responses.contains_key("201") {
        kinds.push(problem::LIMIT_REACHED);
    }
    if matches!(method, HttpMethod::Post) {
        kinds.extend([problem::NOT_FOUND, problem::TOO_SLOW, problem::TOO_LARGE]);
        if operation.parameters.is_some() {
            kinds.extend([problem::CONFLICT, problem::ERASED]);
        }
    }
    kinds
}
