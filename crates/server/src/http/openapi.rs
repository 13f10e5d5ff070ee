//! The interface's description: OpenAPI 3.1, put together from the declarations of the operations, from where they are
//! bound, and from the table of problems.

use super::{
    address::Method,
    authzen::profile_type,
    route::{Bound, Routes},
};
use crate::problem::{self, ProblemKind};
use remit_app::{
    operation::{self, Repeats, TAGS, Thing, Who, lines},
    signature::{Form, Schema, TextForm},
    webhook::WebhookMessage,
};
use remit_domain::{Event, event::FileKind};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::openapi::{
    Components, Content, HttpMethod, Info, OpenApi, Paths, Ref, RefOr, Required, Response, ResponseBuilder, Server,
    extensions::ExtensionsBuilder,
    path::{Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem},
    request_body::{RequestBody, RequestBodyBuilder},
    schema::{AdditionalProperties, KnownFormat, Object, ObjectBuilder, Schema as Described, SchemaFormat, Type},
    security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
    tag::TagBuilder,
};

const DELEGATE: &str = "delegate";
const TOKEN: &str = "token";
const CHAT: &str = "chat";
const SESSION: &str = "session";
const JSON: &str = "application/json";
/// The description of what is bound, as JSON.
pub(crate) fn of(routes: &Routes) -> String {
    let mut api = frame();
    let (mut schemas, mut taken) = (BTreeMap::new(), BTreeSet::new());
    for bound in routes.bound().iter().filter(|bound| bound.address.described) {
        let forms = [bound.signature.takes, bound.signature.gives];
        forms.into_iter().flat_map(Form::schemas).for_each(|schema| schemas.extend(schema.parts()));
        taken.extend(bound.signature.takes.schemas().flat_map(|schema| schema.parts().into_keys()));
        let method = match bound.address.method {
            Method::Get => HttpMethod::Get,
            Method::Post => HttpMethod::Post,
            Method::Put => HttpMethod::Put,
            Method::Delete => HttpMethod::Delete,
        };
        api.paths.add_path_operation(bound.address.path, vec![method], described(bound));
    }
    // What is asked in a query is told as parameters.
    let queries =
        routes.bound().iter().filter(|bound| is_query(bound)).flat_map(|bound| bound.signature.takes.schemas());
    for name in queries.filter_map(|schema| name_of(&schema)) {
        schemas.remove(&name);
    }
    schemas.extend(Schema::of::<WebhookMessage>().parts());
    let told = schemas.iter_mut().filter(|(name, _)| !taken.contains(*name));
    told.for_each(|(_, schema)| may_grow(schema));
    api.components.get_or_insert_with(Components::new).schemas.extend(schemas);
    api.to_pretty_json().unwrap_or_default()
}

/// What is told may have more members one day; of what is sent, unknown ones are refused.
fn may_grow(schema: &mut RefOr<Described>) {
    if let RefOr::T(Described::Object(object)) = schema
        && matches!(object.additional_properties.as_deref(), Some(AdditionalProperties::FreeForm(false)))
    {
        object.additional_properties = None;
    }
}

/// What the description says besides its routes.
fn frame() -> OpenApi {
    let mut info = Info::new("Remit", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "Decides who may and who should handle each support case, and keeps the evidence.\n\n\
         Times are RFC 3339 in UTC; amounts are whole minor units of the bundle's currency; probabilities are whole \
         basis points, 10000 being certainty. Unknown fields and parameters are refused. A body has at most 256 KiB."
            .to_owned(),
    );
    let mut frame = OpenApi::new(info, Paths::new());
    frame.servers = Some(vec![Server::new("/")]);
    frame.security = Some([TOKEN, SESSION].map(|name| SecurityRequirement::new(name, Vec::<String>::new())).to_vec());
    let tag = |(name, text): (&str, &str)| TagBuilder::new().name(name).description(Some(text)).build();
    frame.webhooks = Some(webhooks());
    frame.tags = Some(TAGS.map(tag).to_vec());
    let components = frame.components.get_or_insert_with(Components::new);
    let mut scheme = Http::new(HttpAuthScheme::Bearer);
    scheme.description = Some("Made with `remit token create`, or at `/v1/tokens`.".to_owned());
    components.add_security_scheme(TOKEN, SecurityScheme::Http(scheme));
    let mut scheme = Http::new(HttpAuthScheme::Bearer);
    let says = "An access token of a delegate's from `/oauth/token`, sent as `Authorization: DPoP …` with a proof in \
                the header `DPoP` (RFC 9449).";
    scheme.description = Some(says.to_owned());
    components.add_security_scheme(DELEGATE, SecurityScheme::Http(scheme));
    let cookie = "Set by `/chat/v1/session` for who has a link from `POST /v1/chats`; named by the chat, which each \
                  address names too.";
    let cookie = ApiKeyValue::with_description(super::chat_session::COOKIE_OF, cookie);
    components.add_security_scheme(CHAT, SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    let cookie = "Set by `/sign-in/v1/password` for people who work here. What changes something is sent from a page \
                  of this server, with the header `X-Remit-Csrf` as `/sign-in/v1/session` tells it.";
    let cookie = ApiKeyValue::with_description(super::session::COOKIE, cookie);
    components.add_security_scheme(SESSION, SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    components.schemas.insert("Problem".to_owned(), problem_schema().into());
    frame
}

/// What is posted to a subscription, for every kind of event.
fn webhooks() -> Paths {
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
            .request_body(Some(RequestBodyBuilder::new().content(JSON, message).build()))
            .response("2XX", received.build());
        let item = PathItem::new(HttpMethod::Post, operation);
        webhooks.paths.insert(format!("remit.{kind}.v1"), item);
    }
    webhooks
}

fn text(says: &str) -> Object {
    ObjectBuilder::new().schema_type(Type::String).description(Some(says)).build()
}

fn problem_schema() -> Object {
    let slugs = problem::ALL.iter().map(|kind| format!("/problems/{}", kind.slug));
    let profiled = operation::all().flat_map(|of| problem::ALL.iter().filter_map(|kind| profile_type(of.name, kind)));
    let types = slugs.chain(profiled.collect::<BTreeSet<_>>());
    let kind = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(types));
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

/// An operation, as it is declared and where it is bound.
fn described(bound: &Bound) -> Operation {
    let (declared, address) = (bound.signature.operation, bound.address);
    let asks: Vec<String> = declared.asks.iter().map(|action| format!("`{action}`")).collect();
    let asks = match asks.as_slice() {
        [] => String::new(),
        [one] => format!("Policy is asked for {one}."),
        several => format!("Policy is asked for {}, depending on the request.", several.join(" or ")),
    };
    let says: Vec<String> = [declared.description(), asks].into_iter().filter(|text| !text.is_empty()).collect();
    let mut operation = OperationBuilder::new()
        .operation_id(Some(declared.name))
        .summary(Some(declared.summary()))
        .description(Some(says.join("\n\n")).filter(|text| !text.is_empty()))
        .tag(declared.tag)
        .request_body(body(bound));
    operation = match declared.who {
        Who::Token => operation,
        Who::Customer if declared.of.contains(&Thing::Chat) => {
            operation.security(SecurityRequirement::new(CHAT, Vec::<String>::new()))
        }
        Who::Session => operation.security(SecurityRequirement::new(SESSION, Vec::<String>::new())),
        Who::Delegate => operation.security(SecurityRequirement::new(DELEGATE, Vec::<String>::new())),
        // Who has a link sends its secret with what is asked.
        Who::Customer | Who::Everybody => operation.security(SecurityRequirement::default()),
    };
    for parameter in parameters(bound) {
        operation = operation.parameter(parameter);
    }
    for ((status, says), content) in
        address.statuses.iter().zip(bound.signature.says).zip(contents(bound.signature.gives))
    {
        let answer = content
            .into_iter()
            .fold(ResponseBuilder::new().description(*says), |answer, (kind, content)| answer.content(kind, content));
        operation = operation.response(status.to_string(), answer.build());
    }
    for (status, refusal) in refusals(bound) {
        operation = operation.response(status.to_string(), refusal);
    }
    operation.build()
}

/// Whether what is given with an operation is asked in the query.
fn is_query(bound: &Bound) -> bool {
    let takes = bound.signature.takes;
    (bound.address.method == Method::Get && matches!(takes, Form::Value(_))) || matches!(takes, Form::FileWith(_))
}

fn parameters(bound: &Bound) -> Vec<Parameter> {
    let (declared, address) = (bound.signature.operation, bound.address);
    let names = address.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let mut parameters: Vec<Parameter> = names
        .zip(declared.of)
        .map(|(name, thing)| {
            let number = ObjectBuilder::new().schema_type(Type::Integer);
            let number = number.format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64))).minimum(Some(0));
            let name = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path).required(Required::True);
            let kind = if thing.is_number() { number } else { ObjectBuilder::new().schema_type(Type::String) };
            name.description(Some(thing.says())).schema(Some(kind.build())).build()
        })
        .collect();
    if is_query(bound) {
        parameters.extend(bound.signature.takes.schemas().flat_map(|schema| query(&schema)));
    }
    let header = |name: &str, required, says: &str, schema: ObjectBuilder| {
        let header = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Header).required(required);
        header.description(Some(says)).schema(Some(schema.schema_type(Type::String).build())).build()
    };
    if matches!(bound.signature.gives, Form::Stream(_)) {
        let says = "The `id` of the last one seen, after which to go on.";
        parameters.push(header("Last-Event-ID", Required::False, says, ObjectBuilder::new()));
    }
    if matches!(declared.repeats, Repeats::ByKey | Repeats::ByKeyAlone) {
        let says = "A key of your own choice. The same request under the same key is carried out once, and answered \
                    the same for 24 hours; another request under it is refused.";
        let needed = if declared.repeats == Repeats::ByKey { Required::False } else { Required::True };
        let key = ObjectBuilder::new().min_length(Some(1)).max_length(Some(255));
        parameters.push(header("Idempotency-Key", needed, says, key));
    }
    parameters
}

fn name_of(schema: &Schema) -> Option<String> {
    match schema.itself() {
        RefOr::Ref(to) => to.ref_location.rsplit('/').next().map(str::to_owned),
        RefOr::T(_) => None,
    }
}

/// The members of a schema as parameters of a query, in which nothing is null.
fn query(schema: &Schema) -> Vec<Parameter> {
    let named = name_of(schema).and_then(|name| schema.parts().remove(&name));
    let Some(RefOr::T(Described::Object(object))) = named else { return Vec::new() };
    let parameter = |(name, member): (&String, &RefOr<Described>)| {
        let mut member = json!(member);
        let says = member.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
        if let Some(member) = member.as_object_mut() {
            member.remove("description");
            let kinds = member.get("type").and_then(Value::as_array);
            if let Some(kind) = kinds.and_then(|kinds| kinds.iter().find(|kind| *kind != "null")).cloned() {
                member.insert("type".to_owned(), kind);
            }
        }
        let needed = if object.required.contains(name) { Required::True } else { Required::False };
        let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Query).required(needed);
        let member: Option<RefOr<Described>> = serde_json::from_value(member).ok();
        parameter.description(Some(says)).schema(member).build()
    };
    object.properties.iter().map(parameter).collect()
}

fn bytes() -> Content {
    let format = SchemaFormat::KnownFormat(KnownFormat::Binary);
    let bytes = ObjectBuilder::new().schema_type(Type::String).format(Some(format));
    Content::new(Some(RefOr::T(Described::from(bytes))))
}

fn body(bound: &Bound) -> Option<RequestBody> {
    let body = RequestBodyBuilder::new().required(Some(Required::True));
    match bound.signature.takes {
        _ if bound.address.method == Method::Get => None,
        Form::Value(schema) => Some(body.content(JSON, Content::new(Some(schema.itself()))).build()),
        Form::File | Form::FileWith(_) => {
            let body = body.description(Some("The file, sent as its own type."));
            Some(body.content("application/octet-stream", bytes()).build())
        }
        _ => None,
    }
}

/// What is in each answer, by media type.
fn contents(form: Form) -> Vec<Vec<(&'static str, Content)>> {
    let value = |schema: Schema| Content::new(Some(schema.itself()));
    let text = || {
        let text = ObjectBuilder::new().schema_type(Type::String);
        Content::new(Some(RefOr::T(Described::from(text))))
    };
    match form {
        Form::Nothing => vec![Vec::new()],
        Form::Value(schema) => vec![vec![(JSON, value(schema))]],
        Form::Either(one, other) => vec![vec![(JSON, value(one))], vec![(JSON, value(other))]],
        Form::File | Form::FileWith(_) => vec![FileKind::ALL.map(|kind| (kind.media_type(), bytes())).to_vec()],
        Form::Text(form) => vec![vec![(media_type(form), text())]],
        Form::Bytes => vec![vec![("application/octet-stream", bytes())]],
        Form::Stream(schema) => vec![vec![("text/event-stream", value(schema))]],
    }
}

/// The media type of a text.
fn media_type(form: TextForm) -> &'static str {
    match form {
        TextForm::Plain => "text/plain",
        TextForm::Html => "text/html",
        TextForm::Css => "text/css",
        TextForm::Script => "text/javascript",
        TextForm::Json => JSON,
        TextForm::OpenMetrics => "application/openmetrics-text",
        TextForm::Csv => "text/csv",
    }
}

/// The refusals of an operation, and of a request for it, by status: each names the types of problems that it can be.
fn refusals(bound: &Bound) -> BTreeMap<u16, Response> {
    let mut kinds: BTreeMap<u16, BTreeMap<&str, (&ProblemKind, String)>> = BTreeMap::new();
    let declared = bound.signature.operation.refusals.iter().map(|refusal| (refusal.kind.into(), lines(refusal.when)));
    let of_request = bound.request.problems.iter().map(|kind| (*kind, String::new()));
    for (kind, when) in declared.chain(of_request) {
        let of_status: &mut BTreeMap<_, _> = kinds.entry(kind.status).or_default();
        of_status.entry(kind.slug).or_insert((kind, when));
    }
    let name = bound.signature.operation.name;
    let named = |kind: &ProblemKind| profile_type(name, kind).unwrap_or_else(|| format!("/problems/{}", kind.slug));
    let told = |kinds: BTreeMap<&str, (&ProblemKind, String)>| {
        let said = |(kind, when): &(&ProblemKind, String)| {
            let title = format!("{}.", kind.title);
            format!("`{}`: {}", named(kind), if when.is_empty() { &title } else { when })
        };
        let says: Vec<String> = kinds.values().map(said).collect();
        let types: Vec<String> = kinds.values().map(|(kind, _)| named(kind)).collect();
        let content = Content::new(Some(RefOr::Ref(Ref::from_schema_name("Problem"))));
        let types = ExtensionsBuilder::new().add("x-problem-types", json!(types)).build();
        let response = ResponseBuilder::new().description(says.join("\n\n")).extensions(Some(types));
        response.content("application/problem+json", content).build()
    };
    kinds.into_iter().map(|(status, kinds)| (status, told(kinds))).collect()
}
