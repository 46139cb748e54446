//! Calls about contacts, presence and the account's own clients.

use restante_client::{
    Error, ErrorKind,
    driver::Client,
    engine::{
        Engine,
        account::Password,
        io::{Client as Listed, Command},
    },
    json::{client_json, contact_json, hex, presence_json, request_json},
    platform::{Clock, SystemClock},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::call::{Given, done, list, read, room, want};

/// What may be said.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Call {
    Contacts,
    Requests,
    Add { username: String, words: String },
    Accept { room: String },
    Decline { room: String },
    Block { username: String },
    SafetyNumber { username: String },
    Presence,
    PresenceShared,
    SharePresence { share: bool },
    Here { here: bool },
    Clients,
    RenameClient { client: String, name: String },
    RemoveClient { client: String, password: String },
}

pub(crate) async fn carry_out(client: &Client, call: Call) -> Result<Given, Error> {
    match call {
        Call::Contacts => Ok(list(
            &read(client, |engine| engine.contacts()).await?,
            contact_json,
        )),
        Call::Requests => Ok(list(
            &read(client, |engine| engine.requests()).await?,
            request_json,
        )),
        Call::Add { username, words } => {
            want(client, Command::AddContact { username, words }).await
        }
        Call::Accept { room: id } => want(client, Command::Accept { room: room(&id)? }).await,
        Call::Decline { room: id } => want(client, Command::Decline { room: room(&id)? }).await,
        Call::Block { username } => want(client, Command::Block { username }).await,
        Call::SafetyNumber { username } => {
            let number = read(client, move |engine| engine.safety_number(&username)).await?;
            Ok(json!(number).into())
        }
        Call::Presence => {
            let now = SystemClock.now();
            let found = read(client, move |engine| engine.presence(now)).await?;
            Ok(list(&found, |(name, presence)| {
                presence_json(name, *presence)
            }))
        }
        Call::PresenceShared => {
            let shared = read(client, |engine| engine.shares_presence()).await?;
            Ok(json!(shared).into())
        }
        Call::SharePresence { share } => done(client, Command::SharePresence { share }).await,
        Call::Here { here } => done(client, Command::Here { here }).await,
        Call::Clients => Ok(list(
            &read(client, |engine| engine.clients()).await?,
            client_json,
        )),
        Call::RenameClient { client: id, name } => {
            let id = own_client(client, &id).await?.id;
            want(client, Command::RenameClient { client: id, name }).await
        }
        Call::RemoveClient {
            client: id,
            password,
        } => {
            let id = own_client(client, &id).await?.id;
            client.expel(id, Password::new(&password)?).await?;
            Ok(Value::Null.into())
        }
    }
}

async fn own_client(client: &Client, id: &str) -> Result<Listed, Error> {
    let clients = read(client, |engine: &mut Engine| engine.clients()).await?;
    let found = clients
        .into_iter()
        .find(|known| hex(known.id.as_bytes()) == id);
    found.ok_or_else(|| ErrorKind::NotFound.into())
}
