//! Registration, the account's record, and the contact token of its clients.

use std::sync::Arc;

use restante_wire::{
    ErrorCode, WireError,
    account::{
        AccountRecord, PublishRecord, ReadRecord, RegisterFinish, RegisterStart, RegisterStarted,
        SetContactToken,
    },
    error::Done,
    fault,
    limits::{MAX_CLIENTS, MAX_VAULT},
};
use utoipa_axum::router::OpenApiRouter;

use super::endpoint::{SMALL_BODY, anonymous, session};
use crate::{
    accounts::{publish, record},
    auth::SessionOwner,
    rate_limit::ClientAddress,
    services::Services,
    store::sqlite::{accounts, inboxes},
};

/// Longest encoded certificate: two strings of at most 255 bytes, keys and a signature.
const MAX_CERTIFICATE: usize = 1024;

/// Longest body with a record.
const RECORD_BODY: usize = SMALL_BODY + MAX_CLIENTS * MAX_CERTIFICATE;

pub(super) fn routes() -> OpenApiRouter<Arc<Services>> {
    OpenApiRouter::new()
        .routes(anonymous("Opens a registration.", SMALL_BODY, start))
        .routes(anonymous(
            "Makes an account.",
            RECORD_BODY + MAX_VAULT,
            finish,
        ))
        .routes(session(
            "Reads the account's record.",
            SMALL_BODY,
            read_record,
        ))
        .routes(session(
            "Publishes the account's next record.",
            RECORD_BODY,
            publish_record,
        ))
        .routes(session(
            "Sets the client's contact token.",
            SMALL_BODY,
            set_contact_token,
        ))
}

async fn start(
    services: Arc<Services>,
    address: ClientAddress,
    request: RegisterStart,
) -> Result<RegisterStarted, WireError> {
    services.registration_limit.check(address)?;
    services.registrations.start(request).await
}

async fn finish(
    services: Arc<Services>,
    address: ClientAddress,
    request: RegisterFinish,
) -> Result<Done, WireError> {
    services.registration_limit.check(address)?;
    services.registrations.finish(request).await
}

async fn read_record(
    services: Arc<Services>,
    owner: SessionOwner,
    _: ReadRecord,
) -> Result<AccountRecord, WireError> {
    let record = services
        .store
        .read(move |connection| accounts::record(connection, &owner.account))
        .await?;
    record.ok_or_else(|| ErrorCode::Unauthorized.into())
}

async fn publish_record(
    services: Arc<Services>,
    owner: SessionOwner,
    request: PublishRecord,
) -> Result<Done, WireError> {
    let account = owner.account;
    // A record that lists nobody ends the account, which takes the password: `DeleteAccount`.
    let ends = request.record.body.clients.is_empty();
    if request.record.body.account.key_hash != account || ends {
        return Err(ErrorCode::BadRequest.into());
    }
    record::check(&request.record, services.public_url.as_deref())?;
    // A task of its own: whoever asked may be gone before the record is stored, and the sessions of
    // who is expelled end all the same.
    let publishing = tokio::spawn(async move {
        let entropy = Arc::clone(&services.entropy);
        let left = services
            .store
            .write(move |transaction| {
                publish::publish(transaction, entropy.as_ref(), &account, &request.record)
            })
            .await?;
        services.sessions.retain(&account, |session| {
            session.client.is_none_or(|client| left.contains(&client))
                || fault::planted("expelled_client_keeps_session")
        });
        Ok(Done {})
    });
    publishing.await.map_err(|_| ErrorCode::Internal)?
}

async fn set_contact_token(
    services: Arc<Services>,
    owner: SessionOwner,
    request: SetContactToken,
) -> Result<Done, WireError> {
    let client = owner.client.ok_or(ErrorCode::Unauthorized)?;
    let today = services.store.environment().clock.day();
    services
        .store
        .write(move |transaction| {
            let row = accounts::client(transaction, &owner.account, &client)?
                .ok_or(ErrorCode::Unauthorized)?;
            inboxes::set_contact_token(transaction, &row.inbox, &request, today)
        })
        .await?;
    Ok(Done {})
}
