//! What makes an account record acceptable: signatures, and that it fits the one before.
//!
//! Clients check all of this again; the relay does so that nobody can fill its directory with what
//! no client would believe.

use std::collections::BTreeSet;

use ed25519_dalek::VerifyingKey;
use restante_wire::{
    ErrorCode, IdentityKey, Signature,
    account::{AccountRecord, ClientCertificate, RecordBody},
    fault,
    limits::{MAX_CLIENTS, MAX_USERNAME},
};

use crate::{config, store::sqlite::accounts::ClientRow};

/// What a new record changes about an account's clients.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ClientChanges {
    /// Clients that are new.
    pub added: Vec<ClientRow>,
    /// Clients that are gone.
    pub removed: Vec<ClientRow>,
}

/// Checks a record by itself.
///
/// `public_url` is the relay's own, if it is set: accounts then live nowhere else.
///
/// # Errors
/// `bad_request` for one that contradicts itself or is another relay's, `too_many` clients,
/// `bad_signature`.
pub fn check(record: &AccountRecord, public_url: Option<&str>) -> Result<(), ErrorCode> {
    let body = &record.body;
    if body.clients.len() > MAX_CLIENTS {
        return Err(ErrorCode::TooMany);
    }
    let relay = &body.account.relay;
    let is_ours = public_url.map_or_else(|| config::is_relay_url(relay), |url| url == relay);
    let is_coherent = is_ours
        && body.account.key_hash == body.identity_key.account()
        && body.sequence >= 1
        && body.username.len() <= MAX_USERNAME
        && body
            .clients
            .iter()
            .all(|certificate| belongs(certificate, body))
        && are_distinct(&body.clients);
    if !is_coherent {
        return Err(ErrorCode::BadRequest);
    }
    if fault::planted("forged_record_accepted") {
        return Ok(());
    }
    let key = verifying_key(&body.identity_key)?;
    verify(&key, &body.signing_bytes(), &record.signature)?;
    body.clients.iter().try_for_each(|certificate| {
        verify(
            &key,
            &certificate.body.signing_bytes(),
            &certificate.signature,
        )
    })
}

/// Checks that a record follows another one of the same account, and what it changes.
///
/// # Errors
/// `conflict` if its sequence is not the next, `bad_request` if it renames the account or gives a
/// client another key or inbox.
pub fn follow(
    current: &AccountRecord,
    stored: &[ClientRow],
    next: &AccountRecord,
) -> Result<ClientChanges, ErrorCode> {
    let (before, after) = (&current.body, &next.body);
    if Some(after.sequence) != before.sequence.checked_add(1) {
        return Err(ErrorCode::Conflict);
    }
    if after.account != before.account || after.username != before.username {
        return Err(ErrorCode::BadRequest);
    }
    let mut changes = ClientChanges::default();
    let listed: Vec<ClientRow> = after.clients.iter().map(row).collect();
    for client in &listed {
        match stored.iter().find(|known| known.client == client.client) {
            None => changes.added.push(*client),
            Some(known) if known == client => {}
            Some(_) => return Err(ErrorCode::BadRequest),
        }
    }
    let is_gone = |known: &&ClientRow| listed.iter().all(|client| client.client != known.client);
    changes.removed = stored.iter().filter(is_gone).copied().collect();
    Ok(changes)
}

/// What the relay keeps of a certificate.
#[must_use]
pub const fn row(certificate: &ClientCertificate) -> ClientRow {
    ClientRow {
        client: certificate.body.client,
        signature_key: certificate.body.signature_key,
        inbox: certificate.body.inbox,
    }
}

/// Checks an Ed25519 signature, strictly: no small-order keys, one signature for a message.
///
/// # Errors
/// `bad_signature`.
pub fn verify(key: &VerifyingKey, message: &[u8], signature: &Signature) -> Result<(), ErrorCode> {
    key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(&signature.0))
        .map_err(|_| ErrorCode::BadSignature)
}

fn verifying_key(key: &IdentityKey) -> Result<VerifyingKey, ErrorCode> {
    VerifyingKey::from_bytes(&key.0).map_err(|_| ErrorCode::BadSignature)
}

fn belongs(certificate: &ClientCertificate, record: &RecordBody) -> bool {
    certificate.body.account == record.account
        && certificate.body.identity_key == record.identity_key
        && certificate.body.username == record.username
}

/// By client id, as the record states them, and no inbox or key twice.
fn are_distinct(clients: &[ClientCertificate]) -> bool {
    let inboxes: BTreeSet<_> = clients.iter().map(|client| client.body.inbox).collect();
    let keys: BTreeSet<_> = clients
        .iter()
        .map(|client| client.body.signature_key)
        .collect();
    clients.is_sorted_by(|a, b| a.body.client < b.body.client)
        && inboxes.len() == clients.len()
        && keys.len() == clients.len()
}
