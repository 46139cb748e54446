//! The OpenAPI document: made from the routes themselves, served at [`PATH`].
//!
//! Bodies are not JSON but [`restante_wire::codec`]; their schemas say which values they hold, in
//! the order in which they are encoded.

use axum::{Router, http::header, routing::get};
use restante_wire::{
    api::{ACCOUNT_STREAM, STREAM},
    inbox::{InboxAnswer, InboxRequest},
    mailbox::{Answer, Request},
    stream::{ClientFrame, ServerFrame},
};
use utoipa::ToSchema;
use utoipa::openapi::{
    ComponentsBuilder, HttpMethod, InfoBuilder, OpenApi, OpenApiBuilder, RefOr, ResponseBuilder,
    Schema,
    path::{OperationBuilder, PathItem, Paths, PathsBuilder},
    security::{Http, HttpAuthScheme, SecurityScheme},
};

use super::describe::SESSION_SCHEME;

/// Where the document is served.
pub const PATH: &str = "/v1/openapi.json";

/// What a document of these routes starts from: everything that is not an HTTP endpoint.
#[must_use]
pub fn frame() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Restante relay")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Bodies are one version byte and a value in postcard's encoding, not JSON; schemas \
             name the fields in the order in which they are encoded.",
        ));
    let session = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let mut components = ComponentsBuilder::new().security_scheme(SESSION_SCHEME, session);
    for (name, schema) in stream_schemas() {
        components = components.schema(name, schema);
    }
    OpenApiBuilder::new()
        .info(info.build())
        .paths(stream_paths())
        .components(Some(components.build()))
        .build()
}

/// Serves a finished document.
///
/// # Errors
/// If it is no JSON, which is a fault of this program.
pub fn route(document: &OpenApi) -> Result<Router, serde_json::Error> {
    let json = document.to_pretty_json()?;
    let answer = move || {
        let json = json.clone();
        async move { ([(header::CONTENT_TYPE, "application/json")], json) }
    };
    Ok(Router::new().route(PATH, get(answer)))
}

type Named = (String, RefOr<Schema>);

/// Frames of both streams, under names of their own, and all they mention.
fn stream_schemas() -> Vec<Named> {
    let mut schemas = Vec::new();
    add::<ClientFrame<Request>>(&mut schemas, "MailboxClientFrame");
    add::<ServerFrame<Answer>>(&mut schemas, "MailboxServerFrame");
    add::<ClientFrame<InboxRequest>>(&mut schemas, "InboxClientFrame");
    add::<ServerFrame<InboxAnswer>>(&mut schemas, "InboxServerFrame");
    add::<Request>(&mut schemas, &Request::name());
    add::<Answer>(&mut schemas, &Answer::name());
    add::<InboxRequest>(&mut schemas, &InboxRequest::name());
    add::<InboxAnswer>(&mut schemas, &InboxAnswer::name());
    schemas
}

fn add<T: ToSchema>(schemas: &mut Vec<Named>, name: &str) {
    T::schemas(schemas);
    schemas.push((name.to_owned(), T::schema()));
}

fn stream_paths() -> Paths {
    let stream = |summary: &str, frames: &str| {
        let upgraded = ResponseBuilder::new().description(format!(
            "A WebSocket of binary messages: {frames}ClientFrame up, {frames}ServerFrame down."
        ));
        let operation = OperationBuilder::new()
            .summary(Some(summary))
            .response("101", upgraded.build());
        PathItem::new(HttpMethod::Get, operation)
    };
    PathsBuilder::new()
        .path(
            STREAM,
            stream("Stream of mailbox requests, without account.", "Mailbox"),
        )
        .path(
            ACCOUNT_STREAM,
            stream("Stream of inbox requests of one session.", "Inbox"),
        )
        .build()
}
