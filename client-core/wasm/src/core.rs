//! The one thing that the worker holds: a pool of files, and the client of the home in it.

use std::{cell::RefCell, panic, path::Path};

use js_sys::{Array, Function};
use restante_client::{
    Error, ErrorKind,
    driver::{Client, Connection, Events, Heard, UnseenPhrase},
    json,
    platform::{storage, strength},
};
use serde_json::{Value, json};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use web_sys::{AbortSignal, console};

use crate::{
    account,
    call::{Call, Given},
    fault::to_js,
    files,
    home::{self, HOME, Start},
    kept, key, messages, people, rooms,
};

/// Most events that are handed over at once.
const BATCH: usize = 256;

/// The client of this origin, in the worker that owns it.
#[wasm_bindgen]
#[derive(Default)]
pub struct Core {
    client: RefCell<Option<Client>>,
    phrase: RefCell<Option<UnseenPhrase>>,
}

#[wasm_bindgen]
impl Core {
    /// Opens the pool of files in a folder of the origin private file system. `judge` takes a password and
    /// a username, and promises what `restante_strength::is_strong` says of them.
    ///
    /// # Errors
    /// `home_in_use`, `no_storage`, `storage`.
    pub async fn open(folder: String, judge: Function) -> Result<Core, JsValue> {
        panic::set_hook(Box::new(tell_place));
        strength::judge_by(judge);
        storage::open(&folder)
            .await
            .map_err(|error| to_js(&error))?;
        Ok(Self::default())
    }

    /// Opens the home with its storage key, and goes online. Gives `{me, phrase_unseen}`.
    ///
    /// # Errors
    /// `no_account` with an empty home, `wrong_passphrase`, `damaged_home`, `newer_version`, `storage`.
    pub async fn enter(&self, key: Vec<u8>) -> Result<String, JsValue> {
        let entered = async {
            let key = key::as_passphrase(&key)?;
            let client = Client::open(Path::new(HOME), &key).await?;
            let phrase = UnseenPhrase::find(Path::new(HOME), &key)?;
            self.take(client, phrase).await
        };
        entered.await.map_err(|error| to_js(&error))
    }

    /// Registers, signs in, or resets the password and signs in, with the storage key of the new home.
    /// Gives `{me, phrase_unseen, resumed}`.
    ///
    /// # Errors
    /// Those of each.
    pub async fn start(&self, key: Vec<u8>, how: String) -> Result<String, JsValue> {
        let started = async {
            let key = key::as_passphrase(&key)?;
            let (client, phrase) = home::start(key, parse::<Start>(&how)?).await?;
            self.take(client, phrase).await
        };
        started.await.map_err(|error| to_js(&error))
    }

    /// Whether a registration or sign-in was begun here and not finished.
    #[must_use]
    pub fn unfinished(&self) -> bool {
        Client::is_begun(Path::new(HOME))
    }

    /// A strong password to propose.
    #[must_use]
    pub fn propose_password(&self) -> String {
        restante_client::driver::propose_password().to_string()
    }

    /// Carries out a call, in JSON, with the blobs that it speaks of. What it gives is JSON in a string,
    /// or a blob. A download ends when the signal says so.
    ///
    /// # Errors
    /// `locked` as long as no home is open; those of the call.
    pub async fn call(
        &self,
        call: String,
        blobs: Array,
        signal: AbortSignal,
    ) -> Result<JsValue, JsValue> {
        let given = self.carry_out(&call, &blobs, &signal).await;
        match given.map_err(|error| to_js(&error))? {
            Given::Json(value) => Ok(JsValue::from_str(&value.to_string())),
            Given::Object(object) => Ok(object),
        }
    }

    /// The network may be back: connections are tried now. Without an open home there are none.
    pub async fn hurry(&self) {
        if let Ok(client) = self.client() {
            // One that has ended connects no more.
            let _ = client.hurry().await;
        }
    }

    /// What happens from now on.
    ///
    /// # Errors
    /// `locked` as long as no home is open.
    pub fn listen(&self) -> Result<Listener, JsValue> {
        let client = self.client().map_err(|error| to_js(&error))?;
        Ok(Listener {
            events: client.events(),
            connection: client.connection(),
        })
    }

    /// Says goodbye to the relay and closes the home.
    pub async fn leave(&self) {
        let client = self.client.take();
        self.phrase.take();
        if let Some(client) = client {
            client.close().await;
        }
    }

    /// Closes the home and removes everything in it.
    ///
    /// # Errors
    /// `storage`.
    pub async fn forget(&self) -> Result<(), JsValue> {
        self.leave().await;
        storage::clear().map_err(|error| to_js(&error))
    }

    /// The bytes of the home's database, sealed as they lie there, while no home is open.
    ///
    /// # Errors
    /// `not_found`, `home_in_use`, `storage`.
    pub fn export(&self) -> Result<Vec<u8>, JsValue> {
        home::export().map_err(|error| to_js(&error))
    }

    /// Puts a database in the place of a home, where there is none.
    ///
    /// # Errors
    /// `file_exists`, `disk_full`, `storage`.
    pub fn import(&self, bytes: &[u8]) -> Result<(), JsValue> {
        home::import(bytes).map_err(|error| to_js(&error))
    }
}

/// The key that a passphrase and a salt give, to wrap a storage key with.
///
/// # Errors
/// `bad_input`.
#[wasm_bindgen]
#[expect(unreachable_pub, reason = "reached from JavaScript")]
pub fn key_of_passphrase(passphrase: &str, salt: &[u8]) -> Result<Vec<u8>, JsValue> {
    let key = key::of_passphrase(passphrase, salt).map_err(|error| to_js(&error))?;
    Ok(key.to_vec())
}

/// What happens, from the moment of asking.
#[wasm_bindgen]
pub struct Listener {
    events: Events,
    connection: tokio::sync::watch::Receiver<Connection>,
}

#[wasm_bindgen]
impl Listener {
    /// The next events, as a JSON array; none once the client has ended.
    pub async fn next(&mut self) -> Option<String> {
        let first = tokio::select! {
            heard = self.events.next() => heard_json(&heard?),
            changed = self.connection.changed() => {
                changed.ok()?;
                connection_json(*self.connection.borrow_and_update())
            }
        };
        let mut batch = vec![first];
        while batch.len() < BATCH
            && let Some(heard) = self.events.next_now()
        {
            batch.push(heard_json(&heard));
        }
        Some(Value::Array(batch).to_string())
    }
}

impl Core {
    async fn take(&self, client: Client, phrase: Option<UnseenPhrase>) -> Result<String, Error> {
        let me = client.query(|engine| engine.whoami()).await?;
        let resumed = phrase.as_ref().is_some_and(UnseenPhrase::is_resumed);
        let told = json!({
            "me": json::whoami_json(&me),
            "phrase_unseen": phrase.is_some(),
            "resumed": resumed,
        });
        client.go_online().await?;
        self.phrase.replace(phrase);
        self.client.replace(Some(client));
        Ok(told.to_string())
    }

    fn client(&self) -> Result<Client, Error> {
        self.client
            .borrow()
            .clone()
            .ok_or_else(|| ErrorKind::NoAccount.into())
    }

    async fn carry_out(
        &self,
        call: &str,
        blobs: &Array,
        signal: &AbortSignal,
    ) -> Result<Given, Error> {
        let client = self.client()?;
        match parse::<Call>(call)? {
            Call::Account(call) => account::carry_out(&client, &self.phrase, call).await,
            Call::People(call) => people::carry_out(&client, call).await,
            Call::Rooms(call) => rooms::carry_out(&client, call, blobs).await,
            Call::Messages(call) => messages::carry_out(&client, call, blobs).await,
            Call::Files(call) => files::carry_out(&client, call, signal).await,
            Call::Kept(call) => kept::carry_out(&client, call).await,
        }
    }
}

/// Where this program has a fault, and nothing of what it was working on.
fn tell_place(fault: &panic::PanicHookInfo<'_>) {
    let place = fault.location().map(ToString::to_string);
    console::error_1(&place.unwrap_or_default().into());
}

fn parse<'a, T: serde::Deserialize<'a>>(json: &'a str) -> Result<T, Error> {
    serde_json::from_str(json).map_err(|_| ErrorKind::BadInput.into())
}

fn heard_json(heard: &Heard) -> Value {
    match heard {
        Heard::Event(event) => json::event_json(event),
        Heard::Missed => json!({ "event": "missed" }),
    }
}

fn connection_json(connection: Connection) -> Value {
    json!({ "event": "connection", "connection": connection.name() })
}
