//! Thin handlers: extract, call one domain function, convert. Read next: [`endpoint`].

pub mod endpoint;
pub mod openapi;
pub mod web;

mod accounts;
mod blobs;
mod body;
mod budget;
mod credentials;
mod describe;
mod directory;
mod health;
mod inboxes;
mod key_packages;
mod login;
mod mailboxes;
mod pace;
mod push;
mod stream;
mod vault;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;

use crate::services::Services;

/// Every route, with its description.
pub(crate) fn routes() -> OpenApiRouter<Arc<Services>> {
    OpenApiRouter::with_openapi(openapi::frame())
        .merge(accounts::routes())
        .merge(login::routes())
        .merge(credentials::routes())
        .merge(vault::routes())
        .merge(directory::routes())
        .merge(key_packages::routes())
        .merge(mailboxes::routes())
        .merge(inboxes::routes())
        .merge(blobs::routes())
        .merge(push::routes())
        .merge(stream::routes())
        .merge(health::routes())
}
