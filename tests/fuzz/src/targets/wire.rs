//! Frames and bodies. Whatever decodes must encode to bytes that decode to the same again, or the log
//! hash and signatures of two honest clients could differ.

use restante_wire::{
    Envelope, WireError,
    account::{
        AccountRecord, ChallengeRequest, ClientCertificate, LoginFinish, LoginStart, PublishRecord,
        ReadRecord, ReadVault, RegisterFinish, RegisterStart, SessionRequest, SetContactToken,
        WriteVault,
    },
    api::Endpoint,
    blob::{AppendBlob, CreateBlob, ReadBlob, ReadBlobState},
    codec,
    credentials::{DeleteAccount, PasswordFinish, PasswordStart, ProveIdentity, ReadPhraseWrap},
    directory::Lookup,
    inbox::{Deliver, InboxAnswer, InboxRequest},
    key_package::{Claim, ReadKeyPackagePool, UploadKeyPackages},
    mailbox::{
        Ack, Answer, Append, Create, Ephemeral, Fetch, Heads, Request, Rotate, SetWakeHandle,
    },
    push::{self, PushService, ReadPushService, Target},
    stream::{ClientFrame, ServerFrame},
};
use serde::{Serialize, de::DeserializeOwned};

/// Decodes, and what decodes must come back from its own encoding.
pub(super) fn is_stable<T: Serialize + DeserializeOwned>(bytes: &[u8]) {
    let Ok(value) = codec::decode::<T>(bytes) else {
        return;
    };
    let encoded = codec::encode(&value);
    let again = codec::decode::<T>(&encoded).map(|value| codec::encode(&value));
    assert_eq!(again.as_ref(), Ok(&encoded), "decoding changed a value");
}

/// Requests of the mailbox stream.
pub fn client_frame(bytes: &[u8]) {
    is_stable::<ClientFrame<Request>>(bytes);
}

/// Answers and events of the mailbox stream.
pub fn relay_frame(bytes: &[u8]) {
    is_stable::<ServerFrame<Answer>>(bytes);
}

/// Requests of the account stream.
pub fn account_client_frame(bytes: &[u8]) {
    is_stable::<ClientFrame<InboxRequest>>(bytes);
}

/// Answers and events of the account stream.
pub fn account_relay_frame(bytes: &[u8]) {
    is_stable::<ServerFrame<InboxAnswer>>(bytes);
}

/// Refusals of HTTP requests.
pub fn refusal(bytes: &[u8]) {
    is_stable::<WireError>(bytes);
}

/// Stored envelopes.
pub fn envelope(bytes: &[u8]) {
    is_stable::<Envelope>(bytes);
}

/// Client certificates.
pub fn certificate(bytes: &[u8]) {
    is_stable::<ClientCertificate>(bytes);
}

/// Account records.
pub fn record(bytes: &[u8]) {
    is_stable::<AccountRecord>(bytes);
}

/// Opened handles, and beginnings of them with the zeros that stand behind; what is one can be sealed
/// again.
pub fn push_target(bytes: &[u8]) {
    let mut padded = bytes.to_vec();
    padded.resize(push::BLOCK_LEN, 0);
    for block in [bytes, &padded] {
        if let Some(target) = Target::from_block(block) {
            let sealed_again = target.to_block().map(|again| Target::from_block(&again));
            assert_eq!(sealed_again, Ok(Some(target)), "a block changed its target");
        }
    }
}

/// How a relay wakes devices.
pub fn push_service(bytes: &[u8]) {
    is_stable::<PushService>(bytes);
}

/// Bodies of HTTP requests; the first byte chooses the endpoint.
pub fn request_body(bytes: &[u8]) {
    with_endpoint(bytes, |endpoint, body| (endpoint.request)(body));
}

/// Bodies of HTTP answers; the first byte chooses the endpoint.
pub fn answer_body(bytes: &[u8]) {
    with_endpoint(bytes, |endpoint, body| (endpoint.answer)(body));
}

/// Decoders of one endpoint.
struct Decoders {
    #[cfg(test)]
    path: &'static str,
    request: fn(&[u8]),
    answer: fn(&[u8]),
}

const fn decoders<E: Endpoint>() -> Decoders {
    Decoders {
        #[cfg(test)]
        path: E::PATH,
        request: is_stable::<E>,
        answer: is_stable::<E::Answer>,
    }
}

const ENDPOINTS: &[Decoders] = &[
    decoders::<RegisterStart>(),
    decoders::<RegisterFinish>(),
    decoders::<LoginStart>(),
    decoders::<LoginFinish>(),
    decoders::<ChallengeRequest>(),
    decoders::<SessionRequest>(),
    decoders::<ReadVault>(),
    decoders::<WriteVault>(),
    decoders::<ReadRecord>(),
    decoders::<PublishRecord>(),
    decoders::<SetContactToken>(),
    decoders::<UploadKeyPackages>(),
    decoders::<ReadKeyPackagePool>(),
    decoders::<Claim>(),
    decoders::<Lookup>(),
    decoders::<Deliver>(),
    decoders::<Create>(),
    decoders::<Append>(),
    decoders::<Fetch>(),
    decoders::<Heads>(),
    decoders::<Ack>(),
    decoders::<Rotate>(),
    decoders::<SetWakeHandle>(),
    decoders::<Ephemeral>(),
    decoders::<CreateBlob>(),
    decoders::<ReadBlobState>(),
    decoders::<AppendBlob>(),
    decoders::<ReadBlob>(),
    decoders::<ReadPhraseWrap>(),
    decoders::<ProveIdentity>(),
    decoders::<PasswordStart>(),
    decoders::<PasswordFinish>(),
    decoders::<DeleteAccount>(),
    decoders::<ReadPushService>(),
];

fn with_endpoint(bytes: &[u8], run: impl Fn(&Decoders, &[u8])) {
    if let Some((choice, body)) = bytes.split_first()
        && let Some(endpoint) = ENDPOINTS.get(usize::from(*choice) % ENDPOINTS.len())
    {
        run(endpoint, body);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_endpoint_is_fuzzed() {
        let fuzzed: Vec<&str> = ENDPOINTS.iter().map(|endpoint| endpoint.path).collect();
        let all: Vec<&str> = restante_wire::api::ENDPOINTS
            .iter()
            .map(|(path, _)| *path)
            .collect();
        assert_eq!(fuzzed, all);
    }
}
