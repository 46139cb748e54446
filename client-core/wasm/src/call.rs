//! What a page may say of an open home, and what it gets.
//!
//! **Shape**: JSON, `{"rooms": {"rename": {"room": "…", "title": "…"}}}`; `{"rooms": "list"}` for what takes
//! nothing. The TypeScript package beside it is the only one that writes it, and its types say what each
//! means.

use restante_client::{
    Error, ErrorKind,
    driver::Client,
    engine::{
        Engine,
        io::{Command, MessageId, Outcome, RoomId},
    },
};
use serde::Deserialize;
use serde_json::{Value, json};
use wasm_bindgen::JsValue;

use crate::{account, files, kept, messages, people, rooms};

/// A call, by what it is about.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Call {
    Account(account::Call),
    People(people::Call),
    Rooms(rooms::Call),
    Messages(messages::Call),
    Files(files::Call),
    Kept(kept::Call),
}

/// What a call gave.
pub(crate) enum Given {
    /// Something to be read as JSON.
    Json(Value),
    /// Something of the browser's, as it is.
    Object(JsValue),
}

impl From<Value> for Given {
    fn from(value: Value) -> Self {
        Self::Json(value)
    }
}

/// Reads what is committed.
pub(crate) async fn read<T: Send + 'static>(
    client: &Client,
    look: impl FnOnce(&mut Engine) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    client.query(look).await?
}

/// Wants something: `{task}`, null where it is done.
pub(crate) async fn want(client: &Client, command: Command) -> Result<Given, Error> {
    let task = client.command(command).await?.task();
    Ok(json!({ "task": task.map(|task| task.0) }).into())
}

/// Puts something into an outbox: its id, null where there was nothing to send.
pub(crate) async fn put(client: &Client, command: Command) -> Result<Given, Error> {
    let id = match client.command(command).await? {
        Outcome::Message(id) => Some(id.to_hex()),
        Outcome::Done | Outcome::Task(_) | Outcome::Room { .. } => None,
    };
    Ok(json!(id).into())
}

/// Does something that is done when it returns.
pub(crate) async fn done(client: &Client, command: Command) -> Result<Given, Error> {
    client.command(command).await?;
    Ok(Value::Null.into())
}

/// A list of what has a form in JSON.
pub(crate) fn list<T>(found: &[T], form: impl Fn(&T) -> Value) -> Given {
    Value::Array(found.iter().map(form).collect()).into()
}

pub(crate) fn room(hex: &str) -> Result<RoomId, Error> {
    RoomId::from_hex(hex).ok_or_else(|| ErrorKind::NotFound.into())
}

pub(crate) fn message(hex: &str) -> Result<MessageId, Error> {
    MessageId::from_hex(hex).ok_or_else(|| ErrorKind::NotFound.into())
}
