//! Login by password and by a client's key.

use std::sync::Arc;

use restante_wire::{
    WireError,
    account::{
        Challenge, ChallengeRequest, LoggedIn, LoginFinish, LoginStart, LoginStarted, Session,
        SessionRequest,
    },
};
use utoipa_axum::router::OpenApiRouter;

use super::endpoint::{SMALL_BODY, anonymous};
use crate::{rate_limit::ClientAddress, services::Services};

pub(super) fn routes() -> OpenApiRouter<Arc<Services>> {
    OpenApiRouter::new()
        .routes(anonymous("Opens a login.", SMALL_BODY, start))
        .routes(anonymous("Closes a login.", SMALL_BODY, finish))
        .routes(anonymous(
            "Asks for something to sign.",
            SMALL_BODY,
            challenge,
        ))
        .routes(anonymous("Opens a session of a client.", SMALL_BODY, open))
}

async fn start(
    services: Arc<Services>,
    address: ClientAddress,
    request: LoginStart,
) -> Result<LoginStarted, WireError> {
    services.login_limit.check(address)?;
    services.logins.start(address, request).await
}

async fn finish(
    services: Arc<Services>,
    address: ClientAddress,
    request: LoginFinish,
) -> Result<LoggedIn, WireError> {
    services.login_limit.check(address)?;
    services.logins.finish(request).await
}

async fn challenge(
    services: Arc<Services>,
    address: ClientAddress,
    _: ChallengeRequest,
) -> Result<Challenge, WireError> {
    services.login_limit.check(address)?;
    Ok(services.challenges.issue())
}

async fn open(
    services: Arc<Services>,
    address: ClientAddress,
    request: SessionRequest,
) -> Result<Session, WireError> {
    services.login_limit.check(address)?;
    services.challenges.answer(request).await
}
