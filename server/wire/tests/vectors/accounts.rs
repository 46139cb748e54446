//! Accounts, directory, key packages, inboxes and blobs.

use restante_vectors::hex;
use restante_wire::{
    AccountKeyHash, BlobId, ClientId, ContactToken, Day, EnvelopeId, ErrorCode, IdentityKey,
    InboxKey, MailboxAddress, Outcome, SecretHash, SessionToken, Signature, SignatureKey,
    WireError,
    account::{
        AccountId, AccountRecord, CertificateBody, Challenge, ChallengeRequest, ClientCertificate,
        IdentityWraps, LoggedIn, LoginFinish, LoginStart, LoginStarted, PublishRecord, ReadRecord,
        ReadVault, RecordBody, RegisterFinish, RegisterStart, RegisterStarted, Session,
        SessionRequest, SetContactToken, Vault, WriteVault, session_signing_bytes,
    },
    blob::{AppendBlob, BlobPart, BlobState, CreateBlob, ReadBlob, ReadBlobState},
    credentials::{
        DeleteAccount, PasswordFinish, PasswordStart, PasswordStarted, PhraseWrap, ProveIdentity,
        ReadPhraseWrap, identity_signing_bytes,
    },
    directory::{Found, Lookup},
    error::Done,
    inbox::{Deliver, Lane, Letter},
    key_package::{
        Claim, Claimed, KeyPackagePool, PooledKeyPackage, ReadKeyPackagePool, Suite, SuitePool,
        UploadKeyPackages,
    },
    mailbox::{Stamp, Wake},
};
use serde_json::{Value, json};

use crate::vector;

const CLIENT: ClientId = ClientId([0x05; 16]);
const ACCOUNT: AccountKeyHash = AccountKeyHash([0x01; 32]);

fn record() -> AccountRecord {
    let account = AccountId {
        relay: "https://relay.example".into(),
        key_hash: ACCOUNT,
    };
    let certificate = ClientCertificate {
        body: CertificateBody {
            account: account.clone(),
            identity_key: IdentityKey([0x02; 32]),
            username: "zoë".into(),
            client: CLIENT,
            signature_key: SignatureKey([0x06; 32]),
            inbox: MailboxAddress([0x07; 32]),
            inbox_key: InboxKey([0x08; 32]),
        },
        signature: Signature([0x09; 64]),
    };
    AccountRecord {
        body: RecordBody {
            account,
            identity_key: IdentityKey([0x02; 32]),
            username: "zoë".into(),
            sequence: 300,
            clients: vec![certificate],
        },
        signature: Signature([0x0a; 64]),
    }
}

fn wraps() -> IdentityWraps {
    IdentityWraps {
        password: vec![0x0b; 4],
        phrase: vec![0x0c; 4],
    }
}

fn vault() -> Vault {
    Vault {
        version: 129,
        day: Day(20_779),
        sealed: vec![0x0d; 5],
    }
}

fn package() -> PooledKeyPackage {
    PooledKeyPackage {
        suite: Suite::X25519_CHACHA20,
        expires: Day(20_869),
        last_resort: true,
        bytes: vec![0x0e; 6],
    }
}

pub(crate) fn vectors() -> Vec<Value> {
    [
        registration(),
        sessions(),
        credentials(),
        directory(),
        inboxes(),
        blobs(),
        parts(),
    ]
    .concat()
}

/// What requests and answers are made of.
fn parts() -> Vec<Value> {
    let record = record();
    let certificate = &record.body.clients[0];
    vec![
        vector("AccountId", &record.body.account),
        vector("CertificateBody", &certificate.body),
        vector("ClientCertificate", certificate),
        vector("RecordBody", &record.body),
        vector("AccountRecord", &record),
        vector("IdentityWraps", &wraps()),
        vector("PooledKeyPackage", &package()),
        vector("SuitePool", &pool()),
    ]
}

fn pool() -> SuitePool {
    SuitePool {
        suite: Suite::X25519_CHACHA20,
        single_use: 50,
        has_last_resort: true,
        last_resort_used: false,
    }
}

fn registration() -> Vec<Value> {
    let start = RegisterStart {
        username: "Zoë".into(),
        invite: Some("ABCDE-FGHJK-MNPQR-STVWX".into()),
        opaque: vec![1; 3],
    };
    let started = RegisterStarted {
        username: "zoë".into(),
        opaque: vec![2; 3],
    };
    let finish = RegisterFinish {
        username: "zoë".into(),
        invite: None,
        opaque: vec![3; 3],
        record: record(),
        wraps: wraps(),
        vault: vec![4; 3],
    };
    let login = LoginStart {
        username: "zoë".into(),
        opaque: vec![5; 3],
    };
    let login_started = LoginStarted {
        attempt: vec![6; 3],
        opaque: vec![7; 3],
    };
    let login_finish = LoginFinish {
        attempt: vec![6; 3],
        opaque: vec![8; 3],
    };
    let logged_in = LoggedIn {
        token: SessionToken([0x0f; 32]),
        wraps: wraps(),
        record: record(),
        vault: vault(),
    };
    vec![
        vector("RegisterStart", &start),
        vector("RegisterStarted", &started),
        vector("RegisterFinish", &finish),
        vector("LoginStart", &login),
        vector("LoginStarted", &login_started),
        vector("LoginFinish", &login_finish),
        vector("LoggedIn", &logged_in),
    ]
}

fn sessions() -> Vec<Value> {
    let nonce = vec![0x10; 32];
    let request = SessionRequest {
        account: ACCOUNT,
        client: CLIENT,
        nonce: nonce.clone(),
        signature: Signature([0x11; 64]),
    };
    let session = Session {
        token: SessionToken([0x0f; 32]),
        valid_seconds: 86_400,
    };
    let write = WriteVault {
        expected: 129,
        sealed: vec![0x0d; 5],
    };
    let token = SetContactToken {
        token_hash: SecretHash([0x12; 32]),
        keeps_earlier: true,
    };
    let signed = session_signing_bytes("https://relay.example", &ACCOUNT, &CLIENT, &nonce);
    vec![
        vector("ChallengeRequest", &ChallengeRequest {}),
        vector("Challenge", &Challenge { nonce }),
        vector("SessionRequest", &request),
        json!({ "type": "what a SessionRequest signs", "bytes": hex(signed) }),
        vector("Session", &session),
        vector("ReadVault", &ReadVault {}),
        vector("Vault", &vault()),
        vector("WriteVault", &write),
        vector("ReadRecord", &ReadRecord {}),
        vector("PublishRecord", &PublishRecord { record: record() }),
        vector("SetContactToken", &token),
        vector("Done", &Done {}),
        vector("WireError", &WireError::new(ErrorCode::Conflict)),
        vector(
            "WireError",
            &WireError::retry(ErrorCode::RateLimited, 1_000),
        ),
    ]
}

fn credentials() -> Vec<Value> {
    let nonce = vec![0x10; 32];
    let prove = ProveIdentity {
        account: ACCOUNT,
        nonce: nonce.clone(),
        signature: Signature([0x11; 64]),
    };
    let signed = identity_signing_bytes("https://relay.example", &ACCOUNT, &nonce);
    let read = ReadPhraseWrap {
        username: "zoë".into(),
    };
    let finish = PasswordFinish {
        opaque: vec![3; 3],
        wrap: vec![0x0b; 4],
    };
    vec![
        vector("ReadPhraseWrap", &read),
        vector(
            "PhraseWrap",
            &PhraseWrap {
                wrap: vec![0x0c; 4],
            },
        ),
        vector("ProveIdentity", &prove),
        json!({ "type": "what a ProveIdentity signs", "bytes": hex(signed) }),
        vector("PasswordStart", &PasswordStart { opaque: vec![1; 3] }),
        vector("PasswordStarted", &PasswordStarted { opaque: vec![2; 3] }),
        vector("PasswordFinish", &finish),
        vector("DeleteAccount", &DeleteAccount { record: record() }),
    ]
}

fn directory() -> Vec<Value> {
    let lookup = Lookup {
        stamp: Stamp::default(),
        username: "zoë".into(),
    };
    let found = Found {
        record: record(),
        proof: None,
    };
    let upload = UploadKeyPackages {
        packages: vec![package()],
        replace_all: false,
    };
    let pool = KeyPackagePool {
        suites: vec![pool()],
    };
    let claim = Claim {
        stamp: Stamp(vec![0x13; 2]),
        account: ACCOUNT,
        suite: Suite::X25519_CHACHA20,
        clients: vec![CLIENT],
    };
    let claimed = Claimed {
        clients: vec![(CLIENT, Some(package())), (ClientId([0x14; 16]), None)],
    };
    vec![
        vector("Lookup", &lookup),
        vector("Found", &found),
        vector("UploadKeyPackages", &upload),
        vector("ReadKeyPackagePool", &ReadKeyPackagePool {}),
        vector("KeyPackagePool", &pool),
        vector("Claim", &claim),
        vector("Claimed", &claimed),
    ]
}

/// The body of a letter is 4,096 bytes on the wire; its length changes nothing about the encoding.
fn inboxes() -> Vec<Value> {
    let deliver = Deliver {
        stamp: Stamp::default(),
        inbox: MailboxAddress([0x07; 32]),
        id: EnvelopeId([0x15; 16]),
        contact_token: Some(ContactToken([0x16; 32])),
        wake: Wake::Normal,
        body: vec![0x17; 3],
    };
    let letter = Letter {
        number: 200,
        id: EnvelopeId([0x15; 16]),
        day: Day(20_779),
        lane: Lane::Contact,
        body: vec![0x17; 3],
    };
    let from_stranger = Letter {
        number: 201,
        lane: Lane::Stranger,
        ..letter.clone()
    };
    vec![
        vector("Deliver", &deliver),
        vector("Letter", &letter),
        vector("Letter", &from_stranger),
    ]
}

fn blobs() -> Vec<Value> {
    let blob = BlobId([0x18; 32]);
    let state = BlobState {
        size: 600_000,
        received: 524_288,
    };
    let create = CreateBlob {
        stamp: Stamp::default(),
        blob,
        size: 600_000,
    };
    let append = AppendBlob {
        blob,
        offset: 524_288,
        bytes: vec![0x19; 3],
    };
    let read = ReadBlob {
        blob,
        offset: 0,
        limit: 1_024,
    };
    let part = BlobPart {
        size: 600_000,
        bytes: vec![0x19; 3],
    };
    vec![
        vector("CreateBlob", &create),
        vector("ReadBlobState", &ReadBlobState { blob }),
        vector("BlobState", &state),
        vector("AppendBlob", &append),
        vector("ReadBlob", &read),
        vector("BlobPart", &part),
        vector("Outcome<u64>", &Outcome::Done(7_u64)),
    ]
}
