//! `tests/vectors/opaque.json`: from a typed password to the identity in its wrap, by a registration
//! and a login of ours, against a relay's half with fixed keys. And `passwords.json`.

use opaque_ke::{
    ClientLogin, ClientRegistration, ClientRegistrationFinishParameters, CredentialFinalization,
    CredentialRequest, Identifiers, RegistrationRequest, RegistrationResponse, RegistrationUpload,
    ServerLogin, ServerLoginParameters, ServerRegistration, ServerSetup,
};
use restante_crypto::{
    Randomness,
    wrap::{WrapKey, unwrap},
};
use restante_vectors::{agree, hex};
use restante_wire::account::{LoginStarted, RegisterFinish, RegisterStarted};
use serde_json::{Value, json};

use super::{
    Login, Password, Registration, StrongPassword,
    opaque::{Rng, Suite, key_stretching},
};

const RELAY: &str = "https://relay.example";
const USERNAME: &str = "zoë";
/// With a u and a diaeresis of its own, and a wide space.
const TYPED: &str = "mu\u{308}hlen\u{3000}bach voltaire 9 harvest";

/// Lengths of a scalar and of a nonce.
const LEN: usize = 32;

fn password() -> Password {
    Password::new(TYPED).unwrap()
}

#[test]
fn opaque_has_its_committed_messages_and_keys() {
    let relay = Randomness::seeded([0x91; 32]);
    let setup = ServerSetup::<Suite>::new(&mut Rng(&relay));
    let (registration, finish, export_key) = a_registration(&setup);
    let upload = RegistrationUpload::deserialize(&finish.opaque).unwrap();
    let file = ServerRegistration::finish(upload);
    agree(
        "opaque.json",
        &json!({
            "username": USERNAME,
            "typed": TYPED,
            "password": hex(password().as_bytes()),
            "registration": registration,
            "login": a_login(&setup, file, &relay),
            "wrap": a_wrap(&finish, &export_key),
        }),
    );
}

/// Ours, and the same once more with the library alone, which shows what ours keeps to itself.
fn a_registration(setup: &ServerSetup<Suite>) -> (Value, RegisterFinish, Vec<u8>) {
    let randomness = || Randomness::seeded([0x92; 32]);
    let strong = StrongPassword::judged(password(), true).unwrap();
    let (ours, start) = Registration::start(RELAY, USERNAME, strong, None, &randomness()).unwrap();
    let request = RegistrationRequest::deserialize(&start.opaque).unwrap();
    let answer = ServerRegistration::start(setup, request, USERNAME.as_bytes()).unwrap();
    let response = answer.message.serialize();
    let started = RegisterStarted {
        username: USERNAME.into(),
        opaque: response.to_vec(),
    };
    let finish = ours.finish(&started).unwrap().finish;

    let (blind, export_key, upload) = by_the_library(&response, &randomness());
    assert_eq!(upload, finish.opaque);
    let vector = json!({
        "blind": hex(blind),
        "request": hex(&start.opaque),
        "response": hex(response),
        "upload": hex(&upload),
        "export_key": hex(&export_key),
    });
    (vector, finish, export_key)
}

/// The blind, the export key and the upload.
fn by_the_library(response: &[u8], randomness: &Randomness) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let mut rng = Rng(randomness);
    let password = password();
    let started = ClientRegistration::<Suite>::start(&mut rng, password.as_bytes()).unwrap();
    let blind = started.state.serialize()[..LEN].to_vec();
    let response = RegistrationResponse::deserialize(response).unwrap();
    let stretching = key_stretching();
    let parameters =
        ClientRegistrationFinishParameters::new(Identifiers::default(), Some(&stretching));
    let finished = started
        .state
        .finish(&mut rng, password.as_bytes(), response, parameters)
        .unwrap();
    let upload = finished.message.serialize().to_vec();
    (blind, finished.export_key.to_vec(), upload)
}

fn a_login(
    setup: &ServerSetup<Suite>,
    file: ServerRegistration<Suite>,
    relay: &Randomness,
) -> Value {
    let randomness = || Randomness::seeded([0x93; 32]);
    let (ours, start) = Login::start(USERNAME, password(), &randomness()).unwrap();
    let request = CredentialRequest::deserialize(&start.opaque).unwrap();
    let name = USERNAME.as_bytes();
    let parameters = ServerLoginParameters::default();
    let answer = ServerLogin::start(
        &mut Rng(relay),
        setup,
        Some(file),
        request,
        name,
        parameters,
    )
    .unwrap();
    let started = LoginStarted {
        attempt: Vec::new(),
        opaque: answer.message.serialize().to_vec(),
    };
    let (_, finish) = ours.finish(&started).unwrap();
    let proof = CredentialFinalization::deserialize(&finish.opaque).unwrap();
    let parameters = ServerLoginParameters::default();
    let session = answer.state.finish(proof, parameters).unwrap();

    let twin = ClientLogin::<Suite>::start(&mut Rng(&randomness()), password().as_bytes()).unwrap();
    assert_eq!(twin.message.serialize().to_vec(), start.opaque);
    let state = twin.state.serialize();
    let (secrets, nonce) = state.split_at(state.len() - LEN);
    json!({
        "blind": hex(&secrets[..LEN]),
        "client_private_keyshare": hex(&secrets[secrets.len() - LEN..]),
        "client_nonce": hex(nonce),
        "ke1": hex(&start.opaque),
        "ke2": hex(&started.opaque),
        "ke3": hex(&finish.opaque),
        "session_key": hex(session.session_key),
    })
}

/// What the registration stored, opened with the export key.
fn a_wrap(finish: &RegisterFinish, export_key: &[u8]) -> Value {
    let sealed = &finish.wraps.password;
    let (identity, vault_key) = unwrap(&WrapKey::from_export_key(export_key), sealed).unwrap();
    json!({
        "sealed": hex(sealed),
        "identity_seed": hex(identity.seed()),
        "vault_key": hex(vault_key.as_bytes()),
    })
}

/// What `OpaqueString` makes of passwords, or null where it refuses them.
#[test]
fn passwords_have_their_committed_form() {
    let long = "x".repeat(1_025);
    let typed = [
        TYPED,
        "plain words",
        " spaces  stay ",
        "a\u{a0}b\u{2003}c",
        "Ａｂｃ stays wide",
        "CASE stays",
        "e\u{301} and é",
        "\u{1f511} ключ 鍵",
        "",
        "tab\t",
        "bell\u{7}",
        "\u{e000}",
        long.as_str(),
    ];
    let vectors = typed.map(|typed| {
        let password = Password::new(typed).ok();
        json!({ "typed": typed, "password": password.map(|password| hex(password.as_bytes())) })
    });
    agree("passwords.json", &vectors.to_vec().into());
}
