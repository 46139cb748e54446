//! Account, directory and key-package requests and answers.

use proptest::{collection::vec, option, prelude::*};
use restante_wire::{
    account::{
        AccountId, AccountRecord, CertificateBody, Challenge, ClientCertificate, IdentityWraps,
        LoggedIn, LoginFinish, LoginStart, LoginStarted, PublishRecord, RecordBody, RegisterFinish,
        RegisterStart, RegisterStarted, Session, SessionRequest, SetContactToken, Vault,
        WriteVault,
    },
    credentials::{
        DeleteAccount, PasswordFinish, PasswordStart, PasswordStarted, PhraseWrap, ProveIdentity,
        ReadPhraseWrap,
    },
    directory::{Found, Lookup},
    key_package::{
        Claim, Claimed, KeyPackagePool, PooledKeyPackage, Suite, SuitePool, UploadKeyPackages,
    },
};

use crate::{survive, values::*};

fn account_id() -> impl Strategy<Value = AccountId> + Clone {
    (text(), account()).prop_map(|(relay, key_hash)| AccountId { relay, key_hash })
}

fn certificate() -> impl Strategy<Value = ClientCertificate> + Clone {
    let person = (account_id(), identity_key(), text());
    let keys = (client(), signature_key(), mailbox(), inbox_key());
    (person, keys, signature()).prop_map(
        |(
            (account, identity_key, username),
            (client, signature_key, inbox, inbox_key),
            signature,
        )| {
            let body = CertificateBody {
                account,
                identity_key,
                username,
                client,
                signature_key,
                inbox,
                inbox_key,
            };
            ClientCertificate { body, signature }
        },
    )
}

fn record() -> impl Strategy<Value = AccountRecord> + Clone {
    let person = (account_id(), identity_key(), text());
    (person, any::<u64>(), vec(certificate(), 0..3), signature()).prop_map(
        |((account, identity_key, username), sequence, clients, signature)| {
            let body = RecordBody {
                account,
                identity_key,
                username,
                sequence,
                clients,
            };
            AccountRecord { body, signature }
        },
    )
}

fn wraps() -> impl Strategy<Value = IdentityWraps> + Clone {
    (bytes(), bytes()).prop_map(|(password, phrase)| IdentityWraps { password, phrase })
}

fn vault() -> impl Strategy<Value = Vault> + Clone {
    (any::<u64>(), day(), bytes()).prop_map(|(version, day, sealed)| Vault {
        version,
        day,
        sealed,
    })
}

fn suite() -> impl Strategy<Value = Suite> + Clone {
    any::<u16>().prop_map(Suite)
}

fn package() -> impl Strategy<Value = PooledKeyPackage> + Clone {
    (suite(), day(), any::<bool>(), bytes()).prop_map(|(suite, expires, last_resort, bytes)| {
        PooledKeyPackage {
            suite,
            expires,
            last_resort,
            bytes,
        }
    })
}

fn register_finish() -> impl Strategy<Value = RegisterFinish> {
    (
        text(),
        option::of(text()),
        bytes(),
        record(),
        wraps(),
        bytes(),
    )
        .prop_map(
            |(username, invite, opaque, record, wraps, vault)| RegisterFinish {
                username,
                invite,
                opaque,
                record,
                wraps,
                vault,
            },
        )
}

fn session_request() -> impl Strategy<Value = SessionRequest> {
    (account(), client(), bytes(), signature()).prop_map(|(account, client, nonce, signature)| {
        SessionRequest {
            account,
            client,
            nonce,
            signature,
        }
    })
}

fn pool() -> impl Strategy<Value = KeyPackagePool> {
    let entry = (suite(), any::<u32>(), any::<bool>(), any::<bool>()).prop_map(
        |(suite, single_use, has_last_resort, last_resort_used)| SuitePool {
            suite,
            single_use,
            has_last_resort,
            last_resort_used,
        },
    );
    vec(entry, 0..4).prop_map(|suites| KeyPackagePool { suites })
}

survive! {
    certificates_survive: certificate();
    records_survive: record();
    register_start_survives: (text(), option::of(text()), bytes())
        .prop_map(|(username, invite, opaque)| RegisterStart { username, invite, opaque });
    register_started_survives: (text(), bytes())
        .prop_map(|(username, opaque)| RegisterStarted { username, opaque });
    register_finish_survives: register_finish();
    login_start_survives: (text(), bytes())
        .prop_map(|(username, opaque)| LoginStart { username, opaque });
    login_started_survives: (bytes(), bytes())
        .prop_map(|(attempt, opaque)| LoginStarted { attempt, opaque });
    login_finish_survives: (bytes(), bytes())
        .prop_map(|(attempt, opaque)| LoginFinish { attempt, opaque });
    logged_in_survives: (session_token(), wraps(), record(), vault())
        .prop_map(|(token, wraps, record, vault)| LoggedIn { token, wraps, record, vault });
    password_start_survives: bytes().prop_map(|opaque| PasswordStart { opaque });
    password_started_survives: bytes().prop_map(|opaque| PasswordStarted { opaque });
    password_finish_survives: (bytes(), bytes())
        .prop_map(|(opaque, wrap)| PasswordFinish { opaque, wrap });
    read_phrase_wrap_survives: text().prop_map(|username| ReadPhraseWrap { username });
    phrase_wraps_survive: bytes().prop_map(|wrap| PhraseWrap { wrap });
    prove_identity_survives: (account(), bytes(), signature())
        .prop_map(|(account, nonce, signature)| ProveIdentity { account, nonce, signature });
    delete_account_survives: record().prop_map(|record| DeleteAccount { record });
    challenges_survive: bytes().prop_map(|nonce| Challenge { nonce });
    session_requests_survive: session_request();
    sessions_survive: (session_token(), any::<u32>())
        .prop_map(|(token, valid_seconds)| Session { token, valid_seconds });
    vaults_survive: vault();
    vault_writes_survive: (any::<u64>(), bytes())
        .prop_map(|(expected, sealed)| WriteVault { expected, sealed });
    publications_survive: record().prop_map(|record| PublishRecord { record });
    contact_tokens_survive: (secret_hash(), any::<bool>())
        .prop_map(|(token_hash, keeps_earlier)| SetContactToken { token_hash, keeps_earlier });
    lookups_survive: (stamp(), text())
        .prop_map(|(stamp, username)| Lookup { stamp, username });
    found_records_survive: (record(), option::of(bytes()))
        .prop_map(|(record, proof)| Found { record, proof });
    uploads_survive: (vec(package(), 0..4), any::<bool>())
        .prop_map(|(packages, replace_all)| UploadKeyPackages { packages, replace_all });
    pools_survive: pool();
    claims_survive: (stamp(), account(), suite(), vec(client(), 0..4))
        .prop_map(|(stamp, account, suite, clients)| Claim { stamp, account, suite, clients });
    claimed_packages_survive: vec((client(), option::of(package())), 0..4)
        .prop_map(|clients| Claimed { clients });
}
