//! Calls about the small things that a user interface keeps.

use restante_client::{Error, driver::Client};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::call::{Given, read};

/// What may be said. Values are JSON, as the page wrote it.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Call {
    Get { key: String },
    Set { key: String, value: Option<String> },
    List { prefix: String },
}

pub(crate) async fn carry_out(client: &Client, call: Call) -> Result<Given, Error> {
    match call {
        Call::Get { key } => {
            let value = read(client, move |engine| engine.kept(&key)).await?;
            Ok(json!(value).into())
        }
        Call::Set { key, value } => {
            read(client, move |engine| engine.keep(&key, value.as_deref())).await?;
            Ok(Value::Null.into())
        }
        Call::List { prefix } => {
            let found = read(client, move |engine| engine.all_kept(&prefix)).await?;
            Ok(json!(
                found
                    .into_iter()
                    .collect::<std::collections::BTreeMap<_, _>>()
            )
            .into())
        }
    }
}
