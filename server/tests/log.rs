//! R7: what a relay writes to its log at the loudest level names nobody and repeats nothing.
//!
//! A program of its own, because a process has one log.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should say where"
)]

#[path = "accounts/support.rs"]
#[expect(
    dead_code,
    unused_imports,
    reason = "shared with the tests of accounts, which use more of it"
)]
mod support;

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use restante_server::telemetry;
use restante_wire::{
    SecretHash,
    account::{PublishRecord, ReadVault, SetContactToken, WriteVault},
    directory::Lookup,
    mailbox::Stamp,
};
use tracing_subscriber::{Layer, fmt::MakeWriter, layer::SubscriberExt, util::SubscriberInitExt};

use crate::support::{Client, PASSWORD, Person, Relay, login};

const CANARY_NAME: &str = "kanarienvogel";
const CANARY_VAULT: &[u8] = b"sealed canary content";

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Lines {
    fn hold(&self, secret: &[u8]) -> bool {
        let text = self.0.lock().unwrap().clone();
        let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        let list = format!("{secret:?}");
        let list = list.trim_matches(['[', ']']);
        [
            secret.to_vec(),
            hex.to_uppercase().into_bytes(),
            hex.into_bytes(),
            list.as_bytes().to_vec(),
            STANDARD.encode(secret).trim_end_matches('=').into(),
            URL_SAFE_NO_PAD.encode(secret).into(),
        ]
        .iter()
        .any(|form| {
            text.windows(form.len())
                .any(|window| window == form.as_slice())
        })
    }
}

#[tokio::test]
async fn r7_a_log_at_trace_names_nobody_and_repeats_nothing() {
    let lines = Lines::default();
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(lines.clone())
        .with_filter(telemetry::without_strangers());
    tracing_subscriber::registry().with(layer).init();

    let mut relay = Relay::start().await;
    let person = Person::registered(&relay, CANARY_NAME).await;
    let token = story(&relay, &person).await;
    relay.restart().await;
    drop(login(&relay, CANARY_NAME, "wrong canary password").await);
    std::fs::remove_file(relay.dir.path().join("relay.sqlite")).unwrap();
    // Internal faults are logged, too.
    let write = WriteVault {
        expected: 1,
        sealed: CANARY_VAULT.to_vec(),
    };
    relay.ask_as(Some(&token), &write).await.unwrap_err();

    let secrets: [&[u8]; 9] = [
        CANARY_NAME.as_bytes(),
        PASSWORD.as_bytes(),
        b"canary password",
        CANARY_VAULT,
        &token.0,
        &person.client.id.0,
        &person.client.inbox.0,
        &person.account().key_hash.0,
        b"127.0.0.1",
    ];
    for secret in secrets {
        assert!(!lines.hold(secret), "{}", String::from_utf8_lossy(secret));
    }
    // The search would have found them.
    for secret in secrets {
        tracing::trace!(target: "restante_server", "{secret:?}");
        assert!(lines.hold(secret));
    }
}

/// What people do, once, with whatever can go wrong.
async fn story(relay: &Relay, person: &Person) -> restante_wire::SessionToken {
    let token = person.session(relay).await;
    let vault = WriteVault {
        expected: 1,
        sealed: CANARY_VAULT.to_vec(),
    };
    relay.ask_as(Some(&token), &vault).await.unwrap();
    let contact = SetContactToken {
        token_hash: SecretHash([3; 32]),
        keeps_earlier: true,
    };
    relay.ask_as(Some(&token), &contact).await.unwrap();
    let record = person.record(2, &[&person.client, &Client::new()]);
    let publish = PublishRecord { record };
    relay.ask_as(Some(&token), &publish).await.unwrap();
    let lookup = Lookup {
        stamp: Stamp::default(),
        username: CANARY_NAME.into(),
    };
    relay.ask(&lookup).await.unwrap();
    login(relay, CANARY_NAME, PASSWORD).await.unwrap();
    for _ in 0..8 {
        drop(login(relay, CANARY_NAME, "wrong canary password").await);
    }
    relay.ask(&ReadVault {}).await.unwrap_err();
    relay
        .post("/v1/kanarienvogel", vec![1], Some("Bearer kanarienvogel"))
        .await;
    token
}
