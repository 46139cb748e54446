//! Letters: what clients tell each other by their inboxes, outside any group.
//!
//! A letter is signed by its sender's client key over the addressee's inbox, then sealed to the inbox
//! key: the relay sees neither, and nobody can pass one on as their own (invariant C6).

use restante_crypto::{SymmetricKey, VaultKey, certificate, inbox};
use restante_wire::{
    AccountKeyHash, LogHash, MailboxAddress, SeatId, SeatSecret, Signature,
    account::{CertificateBody, ClientCertificate},
    codec,
    fault::planted,
};
use serde::{Deserialize, Serialize};

use super::{io::RoomId, me::Me};
use crate::{Error, ErrorKind};

/// Longest words of introduction in bytes: with the rest, a letter stays below its fixed size.
pub const MAX_WORDS: usize = 1024;

/// What a signature over a letter is for.
const LABEL: &str = "restante letter v1";

/// An invitation into a room, or back into one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Base URL of the mailbox's relay.
    pub relay: String,
    /// The room's mailbox.
    pub mailbox: MailboxAddress,
    /// The room.
    pub room: RoomId,
    /// Whether it is one-to-one.
    pub direct: bool,
    /// Its name, for the request.
    pub title: String,
    /// The client's seat in it.
    pub seat: SeatId,
    /// Secret of the new seat; none where the client has its seat still (a repair).
    pub seat_secret: Option<SeatSecret>,
    /// How many groups of the room came before this one.
    pub line: u32,
    /// Number of the commit that adds the client.
    pub commit: u64,
    /// Hash of the log before that commit, as the inviter has it.
    pub log_hash: LogHash,
    /// Opens the Welcome beside that commit.
    pub welcome_key: SymmetricKey,
    /// Words of introduction.
    pub words: String,
}

/// What a client in doubt holds of one commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Number of the commit.
    pub number: u64,
    /// Epoch authenticator in force behind it (RFC 9420 section 8.7).
    #[serde(with = "serde_bytes")]
    pub authenticator: [u8; 32],
}

/// Why a client cannot go on in a room by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Loss {
    /// The relay does not know its seat.
    Seat,
    /// The relay no longer stores what it would have to read next.
    Log,
    /// The relay was restored, and its log lacks what the sender has seen.
    Restored,
}

/// Everything a letter can say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Letter {
    /// Come in.
    Invitation(Invitation),
    /// A fresh secret for a seat that was not claimed yet.
    Seat {
        /// The room's mailbox.
        mailbox: MailboxAddress,
        /// Base URL of its relay.
        relay: String,
        /// The secret.
        secret: SeatSecret,
    },
    /// The sender is in doubt about these commits.
    Ask {
        /// The room's mailbox.
        mailbox: MailboxAddress,
        /// Base URL of its relay.
        relay: String,
        /// What it holds.
        verdicts: Vec<Verdict>,
        /// What it has lost altogether.
        lost: Option<Loss>,
    },
    /// The addressee, who asked about a seat that the relay refuses, is no member of the room.
    NotMember {
        /// The room's mailbox.
        mailbox: MailboxAddress,
        /// Base URL of its relay.
        relay: String,
    },
    /// The sender holds the same.
    Agree {
        /// The room's mailbox.
        mailbox: MailboxAddress,
        /// Base URL of its relay.
        relay: String,
        /// About what.
        verdict: Verdict,
    },
    /// The sender's account is in this room, and the sender is not: it is to be let in.
    LetMeIn {
        /// The room.
        room: RoomId,
        /// Its mailbox, as the sender knows it.
        mailbox: MailboxAddress,
        /// Base URL of its relay.
        relay: String,
    },
    /// To a client of the same account: the sender signed in with the password alone, or lacks the vault's
    /// key, and wants to be told.
    SignedIn,
    /// To a client of the same account: the vault has something new.
    VaultChanged,
    /// To a client of the same account: the vault's key from now on.
    VaultKey {
        /// Counts the keys.
        generation: u32,
        /// The key.
        key: VaultKey,
    },
    /// To a client of the same account: the sender changed the password.
    PasswordChanged,
}

/// A letter on the wire, inside the seal.
#[derive(Serialize, Deserialize)]
struct SignedLetter {
    certificate: ClientCertificate,
    letter: Letter,
    signature: Signature,
}

/// Signs and seals a letter for one client.
///
/// # Errors
/// `bad_input` if it does not fit.
pub(super) fn seal(me: &Me, to: &CertificateBody, letter: Letter) -> Result<Vec<u8>, Error> {
    let signature = me
        .client
        .keys()
        .sign(LABEL, &signing_bytes(&to.inbox, &letter));
    let signed = SignedLetter {
        certificate: me.client.certificate().clone(),
        letter,
        signature,
    };
    inbox::seal_letter(&to.inbox_key, &to.inbox, &codec::encode(&signed))
        .map_err(|error| Error::caused(ErrorKind::BadInput, error))
}

/// Opens a letter and proves its sender. `None` where anything about it is wrong: it is noise.
pub(super) fn open(me: &Me, body: &[u8]) -> Option<(ClientCertificate, Letter)> {
    let inbox = me.client.certificate().body.inbox;
    let plaintext = inbox::open_letter(me.client.keys(), &inbox, body).ok()?;
    let signed: SignedLetter = codec::decode(&plaintext).ok()?;
    let certificate = certificate::verify_certificate(&codec::encode(&signed.certificate)).ok()?;
    let signed_by = certificate::verify_client_signature(
        &certificate,
        LABEL,
        &signing_bytes(&inbox, &signed.letter),
        &signed.signature,
    );
    if signed_by.is_err() && !planted("c6_letter_signature_ignored") {
        return None;
    }
    Some((certificate, signed.letter))
}

/// The account that a certificate speaks for.
pub(super) const fn account_of(certificate: &ClientCertificate) -> AccountKeyHash {
    certificate.body.account.key_hash
}

fn signing_bytes(inbox: &MailboxAddress, letter: &Letter) -> Vec<u8> {
    let mut bytes = inbox.0.to_vec();
    bytes.extend(codec::encode(letter));
    bytes
}
