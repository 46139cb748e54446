//! Paths of the HTTP interface and the types that belong to them.
//!
//! Every endpoint is a `POST` whose request and answer bodies are one encoded value
//! ([`crate::codec`], content type [`CONTENT_TYPE`]); a refusal is an encoded
//! [`crate::WireError`] with the status of its code.

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    account, blob, credentials, directory,
    error::{Done, Outcome},
    inbox, key_package, mailbox, push,
};

/// Content type of requests and answers.
pub const CONTENT_TYPE: &str = "application/vnd.restante.v1";

/// WebSocket of mailbox requests.
pub const STREAM: &str = "/v1/stream";

/// WebSocket of inbox requests.
pub const ACCOUNT_STREAM: &str = "/v1/account/stream";

/// Who may call an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Without authentication, on a connection that carries none.
    Anonymous,
    /// With the bearer token of a session.
    Session,
}

/// One endpoint: its path and types.
pub trait Endpoint: Serialize + DeserializeOwned {
    /// Path below the relay's URL.
    const PATH: &'static str;
    /// Who may call it.
    const ACCESS: Access;
    /// What it answers.
    type Answer: Serialize + DeserializeOwned;
}

macro_rules! endpoints {
    ($($request:ty => $answer:ty, $access:ident, $path:literal;)*) => {
        $(impl Endpoint for $request {
            const PATH: &'static str = $path;
            const ACCESS: Access = Access::$access;
            type Answer = $answer;
        })*

        /// Every endpoint's path and access.
        pub const ENDPOINTS: &[(&str, Access)] = &[$(($path, Access::$access),)*];
    };
}

endpoints! {
    account::RegisterStart => account::RegisterStarted, Anonymous, "/v1/register/start";
    account::RegisterFinish => Done, Anonymous, "/v1/register/finish";
    account::LoginStart => account::LoginStarted, Anonymous, "/v1/login/start";
    account::LoginFinish => account::LoggedIn, Anonymous, "/v1/login/finish";
    account::ChallengeRequest => account::Challenge, Anonymous, "/v1/sessions/challenge";
    account::SessionRequest => account::Session, Anonymous, "/v1/sessions";
    account::ReadVault => account::Vault, Session, "/v1/account/vault/read";
    account::WriteVault => Done, Session, "/v1/account/vault/write";
    account::ReadRecord => account::AccountRecord, Session, "/v1/account/record/read";
    account::PublishRecord => Done, Session, "/v1/account/record";
    account::SetContactToken => Done, Session, "/v1/account/contact-token";
    key_package::UploadKeyPackages => Done, Session, "/v1/account/key-packages/upload";
    key_package::ReadKeyPackagePool => key_package::KeyPackagePool, Session,
        "/v1/account/key-packages/pool";
    key_package::Claim => key_package::Claimed, Anonymous, "/v1/key-packages/claim";
    directory::Lookup => directory::Found, Anonymous, "/v1/directory/lookup";
    inbox::Deliver => Done, Anonymous, "/v1/inboxes/deliver";
    mailbox::Create => Done, Anonymous, "/v1/mailboxes/create";
    mailbox::Append => mailbox::Appended, Anonymous, "/v1/mailboxes/append";
    mailbox::Fetch => mailbox::Fetched, Anonymous, "/v1/mailboxes/fetch";
    mailbox::Heads => Vec<mailbox::Head>, Anonymous, "/v1/mailboxes/heads";
    mailbox::Ack => Vec<Outcome<Done>>, Anonymous, "/v1/mailboxes/ack";
    mailbox::Rotate => Done, Anonymous, "/v1/mailboxes/rotate";
    mailbox::SetWakeHandle => Done, Anonymous, "/v1/mailboxes/wake-handle";
    mailbox::Ephemeral => Done, Anonymous, "/v1/mailboxes/ephemeral";
    blob::CreateBlob => blob::BlobState, Anonymous, "/v1/blobs/create";
    blob::ReadBlobState => blob::BlobState, Anonymous, "/v1/blobs/state";
    blob::AppendBlob => blob::BlobState, Anonymous, "/v1/blobs/append";
    blob::ReadBlob => blob::BlobPart, Anonymous, "/v1/blobs/read";
    credentials::ReadPhraseWrap => credentials::PhraseWrap, Anonymous, "/v1/recovery/wrap";
    credentials::ProveIdentity => account::LoggedIn, Anonymous, "/v1/recovery/prove";
    credentials::PasswordStart => credentials::PasswordStarted, Session,
        "/v1/account/password/start";
    credentials::PasswordFinish => Done, Session, "/v1/account/password/finish";
    credentials::DeleteAccount => Done, Session, "/v1/account/delete";
    push::ReadPushService => push::PushService, Anonymous, "/v1/push/service";
}
