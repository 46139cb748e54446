//! Calls about the account and the work of its client.

use std::{cell::RefCell, time::Duration};

use restante_client::{
    Error, ErrorKind,
    driver::{Client, UnseenPhrase},
    engine::{
        account::{Password, RecoveryPhrase},
        io::TaskId,
    },
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::call::Given;

/// What may be said.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Call {
    Sync { timeout_ms: u32 },
    Task { task: i64, timeout_ms: u32 },
    RecoveryPhrase,
    PhraseWasShown,
    CheckPhrase { phrase: String },
    ChangePassword { current: String, password: String },
    Delete { password: String },
}

pub(crate) async fn carry_out(
    client: &Client,
    unseen: &RefCell<Option<UnseenPhrase>>,
    call: Call,
) -> Result<Given, Error> {
    match call {
        Call::Sync { timeout_ms } => client.sync(milliseconds(timeout_ms)).await?,
        Call::Task { task, timeout_ms } => {
            let patience = milliseconds(timeout_ms);
            client.wait_task(TaskId(task), patience).await?;
        }
        Call::RecoveryPhrase => {
            let unseen = unseen.borrow();
            let words = unseen.as_ref().map(|unseen| unseen.words().as_str());
            return Ok(json!(words).into());
        }
        Call::PhraseWasShown => {
            if let Some(unseen) = unseen.take() {
                unseen.was_shown()?;
            }
        }
        Call::CheckPhrase { phrase } => {
            client.check_phrase(parse_phrase(&phrase)?).await?;
        }
        Call::ChangePassword { current, password } => {
            let (current, password) = (Password::new(&current)?, Password::new(&password)?);
            client.change_password(current, password).await?;
        }
        Call::Delete { password } => client.delete_account(Password::new(&password)?).await?,
    }
    Ok(Value::Null.into())
}

/// A phrase as it was typed.
pub(crate) fn parse_phrase(typed: &str) -> Result<RecoveryPhrase, Error> {
    RecoveryPhrase::parse(typed).map_err(|_| ErrorKind::WrongPhrase.into())
}

fn milliseconds(ms: u32) -> Duration {
    Duration::from_millis(ms.into())
}
