//! How an endpoint appears in the OpenAPI document: its types, its limit, its refusals.

use std::borrow::Cow;

use axum::routing::MethodRouter;
use restante_wire::{
    WireError,
    api::{Access, CONTENT_TYPE, Endpoint},
};
use utoipa::{
    ToSchema,
    openapi::{
        ContentBuilder, HttpMethod, PathsBuilder, Ref, RefOr, Required, Response, ResponseBuilder,
        Schema,
        path::{OperationBuilder, PathItem},
        request_body::RequestBodyBuilder,
        security::SecurityRequirement,
    },
};
use utoipa_axum::router::UtoipaMethodRouter;

/// Name of the bearer scheme in the OpenAPI document.
pub(super) const SESSION_SCHEME: &str = "session";

/// A route with its description.
pub(super) fn describe<E, S>(
    summary: &'static str,
    max_body: usize,
    route: MethodRouter<S>,
) -> UtoipaMethodRouter<S>
where
    E: Endpoint + ToSchema,
    E::Answer: ToSchema,
    S: Clone + Send + Sync + 'static,
{
    let mut schemas = Vec::new();
    let request = reference::<E>(&mut schemas);
    let answer = reference::<E::Answer>(&mut schemas);
    let refusal = reference::<WireError>(&mut schemas);
    let mut operation = OperationBuilder::new()
        .operation_id(Some(operation_id(E::PATH)))
        .summary(Some(summary))
        .description(Some(format!("Body of at most {max_body} bytes.")))
        .request_body(Some(
            RequestBodyBuilder::new()
                .content(
                    CONTENT_TYPE,
                    ContentBuilder::new().schema(Some(request)).build(),
                )
                .required(Some(Required::True))
                .build(),
        ))
        .response("200", body("The answer.", answer))
        .response(
            "default",
            body("A refusal, with the status of its code.", refusal),
        );
    if E::ACCESS == Access::Session {
        operation = operation.security(SecurityRequirement::new(
            SESSION_SCHEME,
            Vec::<String>::new(),
        ));
    }
    let paths = PathsBuilder::new()
        .path(E::PATH, PathItem::new(HttpMethod::Post, operation))
        .build();
    (schemas, paths, route)
}

/// `/v1/mailboxes/append` becomes `mailboxes_append`.
fn operation_id(path: &str) -> String {
    path.trim_start_matches("/v1/").replace(['/', '-'], "_")
}

fn body(description: &str, schema: RefOr<Schema>) -> Response {
    ResponseBuilder::new()
        .description(description)
        .content(
            CONTENT_TYPE,
            ContentBuilder::new().schema(Some(schema)).build(),
        )
        .build()
}

/// Adds a type and all it mentions to the schemas; lists have no name and stand where they are.
fn reference<T: ToSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) -> RefOr<Schema> {
    T::schemas(schemas);
    let name = T::name();
    if name == "Vec" {
        return T::schema();
    }
    let reference = RefOr::Ref(Ref::from_schema_name(Cow::clone(&name)));
    schemas.push((name.into_owned(), T::schema()));
    reference
}
