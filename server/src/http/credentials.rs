//! Password, recovery phrase, and the end of an account.

use std::sync::Arc;

use restante_wire::{
    AccountKeyHash, ErrorCode, WireError,
    account::LoggedIn,
    credentials::{
        DeleteAccount, PasswordFinish, PasswordStart, PasswordStarted, PhraseWrap, ProveIdentity,
        ReadPhraseWrap,
    },
    error::Done,
};
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;

use super::endpoint::{SMALL_BODY, anonymous, followed_session, session};
use crate::{
    accounts::{publish, record},
    auth::SessionOwner,
    rate_limit::ClientAddress,
    services::Services,
};

pub(super) fn routes() -> OpenApiRouter<Arc<Services>> {
    OpenApiRouter::new()
        .routes(anonymous(
            "Reads what the recovery phrase opens.",
            SMALL_BODY,
            phrase_wrap,
        ))
        .routes(anonymous(
            "Signs in by the account's identity.",
            SMALL_BODY,
            prove,
        ))
        .routes(session(
            "Opens a change of the password.",
            SMALL_BODY,
            start,
        ))
        .routes(followed_session("Sets the password.", SMALL_BODY, finish))
        .routes(session("Deletes the account.", SMALL_BODY, delete))
}

async fn phrase_wrap(
    services: Arc<Services>,
    address: ClientAddress,
    request: ReadPhraseWrap,
) -> Result<PhraseWrap, WireError> {
    services.login_limit.check(address)?;
    services.logins.phrase_wrap(address, request).await
}

async fn prove(
    services: Arc<Services>,
    address: ClientAddress,
    request: ProveIdentity,
) -> Result<LoggedIn, WireError> {
    services.login_limit.check(address)?;
    services.challenges.check_identity(&request).await?;
    services.logins.by_identity(address, request.account).await
}

async fn start(
    services: Arc<Services>,
    owner: SessionOwner,
    request: PasswordStart,
) -> Result<PasswordStarted, WireError> {
    let account = without_client(&owner)?;
    services.credentials.start(account, request).await
}

async fn finish(
    services: Arc<Services>,
    owner: SessionOwner,
    ended: CancellationToken,
    request: PasswordFinish,
) -> Result<Done, WireError> {
    let account = without_client(&owner)?;
    // A task of its own: whoever asked may be gone before the password is stored, and the sessions of
    // the old one end all the same.
    let setting = tokio::spawn(async move {
        services.credentials.finish(account, ended, request).await?;
        Ok(Done {})
    });
    setting.await.map_err(|_| ErrorCode::Internal)?
}

async fn delete(
    services: Arc<Services>,
    owner: SessionOwner,
    request: DeleteAccount,
) -> Result<Done, WireError> {
    let account = without_client(&owner)?;
    if request.record.body.account.key_hash != account {
        return Err(ErrorCode::BadRequest.into());
    }
    record::check(&request.record, services.public_url.as_deref())?;
    let deleting = tokio::spawn(async move {
        let entropy = Arc::clone(&services.entropy);
        services
            .store
            .write(move |transaction| {
                publish::delete(transaction, entropy.as_ref(), &account, &request.record)
            })
            .await?;
        services.sessions.retain(&account, |_| false);
        Ok(Done {})
    });
    deleting.await.map_err(|_| ErrorCode::Internal)?
}

/// The account, if the session was opened by password or identity: a client alone has neither.
fn without_client(owner: &SessionOwner) -> Result<AccountKeyHash, ErrorCode> {
    match owner.client {
        None => Ok(owner.account),
        Some(_) => Err(ErrorCode::Unauthorized),
    }
}
