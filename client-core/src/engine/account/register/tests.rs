//! Registration and sign-in against the relay's half of OPAQUE.

use opaque_ke::{
    CredentialFinalization, CredentialRequest, RegistrationRequest, RegistrationUpload,
    ServerLogin, ServerLoginParameters, ServerRegistration, ServerSetup,
};
use restante_crypto::{certificate, wrap::unwrap};
use restante_wire::{
    Day, ErrorCode, SessionToken,
    account::{LoggedIn, LoginStarted, Vault},
    codec,
};

use super::*;
use crate::engine::account::{
    Login, Password,
    opaque::{Rng, Suite},
};

const RELAY: &str = "https://relay.example";
const PASSWORD: &str = "an unlikely heron walks sideways";

/// The relay's half, with what it keeps of one account.
struct Relay {
    setup: ServerSetup<Suite>,
    account: Option<(ServerRegistration<Suite>, RegisterFinish)>,
}

impl Relay {
    fn new() -> Self {
        Self {
            setup: ServerSetup::new(&mut Rng(&Randomness::os())),
            account: None,
        }
    }

    fn register_start(&self, request: &RegisterStart) -> RegisterStarted {
        let opaque = RegistrationRequest::deserialize(&request.opaque).unwrap();
        let username = request.username.to_lowercase();
        let started = ServerRegistration::start(&self.setup, opaque, username.as_bytes()).unwrap();
        RegisterStarted {
            username,
            opaque: started.message.serialize().to_vec(),
        }
    }

    fn register_finish(&mut self, finish: RegisterFinish) {
        let upload = RegistrationUpload::<Suite>::deserialize(&finish.opaque).unwrap();
        self.account = Some((ServerRegistration::finish(upload), finish));
    }

    fn log_in(&self, typed: &str) -> Result<LoggedIn, Error> {
        let randomness = Randomness::os();
        let (login, request) =
            Login::start("alice", Password::new(typed).unwrap(), &randomness).unwrap();
        let (file, finish) = self.account.as_ref().unwrap();
        let started = ServerLogin::start(
            &mut Rng(&randomness),
            &self.setup,
            Some(file.clone()),
            CredentialRequest::deserialize(&request.opaque).unwrap(),
            b"alice",
            ServerLoginParameters::default(),
        )
        .unwrap();
        let answer = LoginStarted {
            attempt: vec![1],
            opaque: started.message.serialize().to_vec(),
        };
        let (proved, request) = login.finish(&answer)?;
        let proof = CredentialFinalization::deserialize(&request.opaque).unwrap();
        started
            .state
            .finish(proof, ServerLoginParameters::default())
            .unwrap();
        let answer = LoggedIn {
            token: SessionToken([1; 32]),
            wraps: finish.wraps.clone(),
            record: finish.record.clone(),
            vault: Vault {
                version: FIRST_VAULT,
                day: Day(20_000),
                sealed: finish.vault.clone(),
            },
        };
        proved.open(answer.clone())?;
        Ok(answer)
    }
}

fn strong() -> StrongPassword {
    StrongPassword::judged(Password::new(PASSWORD).unwrap(), true).unwrap()
}

fn register(relay: &mut Relay) -> Registered {
    let (registration, start) =
        Registration::start(RELAY, "Alice", strong(), None, &Randomness::os()).unwrap();
    let registered = registration.finish(&relay.register_start(&start)).unwrap();
    relay.register_finish(registered.finish.clone());
    registered
}

#[test]
fn a_new_account_is_certified_and_opens_by_password_and_by_phrase() {
    let mut relay = Relay::new();
    let registered = register(&mut relay);
    assert_eq!(registered.account.username, "alice");
    certificate::verify_record(&registered.finish.record).unwrap();
    assert_eq!(registered.finish.record.body.clients.len(), 1);

    let by_phrase = WrapKey::from_phrase(&registered.phrase);
    let (identity, vault_key) = unwrap(&by_phrase, &registered.finish.wraps.phrase).unwrap();
    assert_eq!(identity.key(), registered.finish.record.body.identity_key);
    assert_eq!(vault_key, registered.account.vault_key);

    relay.log_in(PASSWORD).unwrap();
    let refused = relay
        .log_in("an unlikely heron walks straight")
        .unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Relay(ErrorCode::BadCredentials));
}

#[test]
fn c6_a_relay_that_serves_somebody_elses_record_is_not_trusted() {
    let mut relay = Relay::new();
    register(&mut relay);
    let mut other = Relay::new();
    let foreign = register(&mut other).finish.record;
    relay.account.as_mut().unwrap().1.record = foreign;
    assert_eq!(
        relay.log_in(PASSWORD).unwrap_err().kind,
        ErrorKind::NotTrusted
    );
}

#[test]
fn a_new_account_survives_storage() {
    let account = register(&mut Relay::new()).account;
    let bytes = codec::encode(&account);
    let again: NewAccount = codec::decode(&bytes).unwrap();
    assert_eq!(again.client.certificate(), account.client.certificate());
    assert_eq!(again.vault_key, account.vault_key);
    assert_eq!(again.contact_token, account.contact_token);
    assert_eq!(codec::encode(&again), bytes);
}

#[test]
fn everything_fits_the_limits_of_the_wire() {
    let finish = register(&mut Relay::new()).finish;
    assert!(finish.opaque.len() <= limits::MAX_OPAQUE);
    assert!(finish.wraps.password.len() <= limits::MAX_WRAP);
    assert!(finish.wraps.phrase.len() <= limits::MAX_WRAP);
    assert!(finish.vault.len() <= limits::MAX_VAULT);
}

#[test]
fn bad_input_and_weak_passwords_never_reach_the_relay() {
    let weak = StrongPassword::judged(Password::new(PASSWORD).unwrap(), false);
    assert_eq!(weak.unwrap_err().kind, ErrorKind::WeakPassword);
    let start = |relay: &str, username: &str| {
        Registration::start(relay, username, strong(), None, &Randomness::os())
            .map(|_| ())
            .unwrap_err()
            .kind
    };
    assert_eq!(start(RELAY, ""), ErrorKind::BadInput);
    assert_eq!(start(RELAY, &"a".repeat(65)), ErrorKind::BadInput);
    assert_eq!(start("", "alice"), ErrorKind::BadInput);
}

#[test]
fn a_garbled_answer_is_the_relays_fault() {
    let (registration, _) =
        Registration::start(RELAY, "alice", strong(), None, &Randomness::os()).unwrap();
    let answer = RegisterStarted {
        username: "alice".into(),
        opaque: vec![0xff; 64],
    };
    assert_eq!(
        registration.finish(&answer).unwrap_err().kind,
        ErrorKind::RelayFault
    );
}
