//! Strategies for the parts that many types share.

use proptest::{collection::vec, option, prelude::*, sample::select};
use restante_wire::{
    AccountKeyHash, BlobId, ClientId, ContactToken, Day, Envelope, EnvelopeId, ErrorCode,
    IdentityKey, InboxKey, Kind, MailboxAddress, Outcome, OwnerSecret, OwnerTag, Role, SeatId,
    SeatOutcome, SeatSecret, SecretHash, SessionToken, Signature, SignatureKey, WireError,
    mailbox::{SealedHandle, SeatAccess, Stamp, Wake},
};

macro_rules! fixed {
    ($($name:ident: $id:ident;)*) => {
        $(pub(crate) fn $name() -> impl Strategy<Value = $id> + Clone {
            any::<[u8; $id::LEN]>().prop_map($id)
        })*
    };
}

fixed! {
    mailbox: MailboxAddress;
    blob: BlobId;
    seat: SeatId;
    secret_hash: SecretHash;
    owner_tag: OwnerTag;
    envelope_id: EnvelopeId;
    client: ClientId;
    account: AccountKeyHash;
    identity_key: IdentityKey;
    signature_key: SignatureKey;
    inbox_key: InboxKey;
    seat_secret: SeatSecret;
    owner_secret: OwnerSecret;
    contact_token: ContactToken;
    session_token: SessionToken;
}

pub(crate) fn signature() -> impl Strategy<Value = Signature> + Clone {
    vec(any::<u8>(), Signature::LEN)
        .prop_filter_map("64 bytes", |bytes| Signature::from_slice(&bytes))
}

pub(crate) fn bytes() -> impl Strategy<Value = Vec<u8>> + Clone {
    vec(any::<u8>(), 0..300)
}

pub(crate) fn text() -> impl Strategy<Value = String> + Clone {
    "\\PC{0,24}"
}

pub(crate) fn day() -> impl Strategy<Value = Day> + Clone {
    any::<u32>().prop_map(Day)
}

pub(crate) fn stamp() -> impl Strategy<Value = Stamp> + Clone {
    bytes().prop_map(Stamp)
}

pub(crate) fn handle() -> impl Strategy<Value = Option<SealedHandle>> + Clone {
    option::of(bytes().prop_map(SealedHandle))
}

pub(crate) fn kind() -> impl Strategy<Value = Kind> + Clone {
    select(vec![Kind::Message, Kind::Commit])
}

pub(crate) fn role() -> impl Strategy<Value = Role> + Clone {
    select(vec![Role::Member, Role::Admin])
}

pub(crate) fn wake() -> impl Strategy<Value = Wake> + Clone {
    select(vec![Wake::None, Wake::Normal, Wake::Urgent])
}

pub(crate) fn access() -> impl Strategy<Value = SeatAccess> + Clone {
    (mailbox(), seat(), seat_secret()).prop_map(|(mailbox, seat, secret)| SeatAccess {
        mailbox,
        seat,
        secret,
    })
}

pub(crate) fn wire_error() -> impl Strategy<Value = WireError> + Clone {
    (select(ErrorCode::ALL), option::of(any::<u64>())).prop_map(|(code, retry_after_ms)| {
        WireError {
            code,
            retry_after_ms,
        }
    })
}

pub(crate) fn outcome<T: std::fmt::Debug + Clone + 'static>(
    done: impl Strategy<Value = T> + Clone + 'static,
) -> impl Strategy<Value = Outcome<T>> + Clone {
    prop_oneof![
        done.prop_map(Outcome::Done),
        wire_error().prop_map(Outcome::Refused)
    ]
}

pub(crate) fn seat_outcome() -> impl Strategy<Value = SeatOutcome> + Clone {
    let seats = || vec(seat(), 0..4);
    (seats(), seats(), seats(), vec((seat(), role()), 0..4)).prop_map(
        |(added, refreshed, dropped, roles)| SeatOutcome {
            added,
            refreshed,
            dropped,
            roles,
        },
    )
}

pub(crate) fn envelope() -> impl Strategy<Value = Envelope> + Clone {
    let place = (any::<u64>(), envelope_id(), kind(), any::<u64>(), day());
    let rest = (
        option::of(seat()),
        seat_outcome(),
        option::of(bytes()),
        bytes(),
    );
    (place, rest).prop_map(
        |((number, id, kind, after_commit, day), (author, seats, welcome, body))| Envelope {
            number,
            id,
            kind,
            after_commit,
            day,
            author,
            seats,
            welcome,
            body,
        },
    )
}
