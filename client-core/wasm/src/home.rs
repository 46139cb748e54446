//! The home of a browser: how it begins, and its bytes.

use std::path::{Path, PathBuf};

use restante_client::{
    Error,
    driver::{Client, LoginOptions, RegisterOptions, UnseenPhrase},
    engine::account::Password,
    platform::storage,
};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::account::parse_phrase;

/// Where the home lies in its pool of files.
pub(crate) const HOME: &str = "home";

/// Its database.
const DATABASE: &str = "home/restante.db";

/// How a home begins.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Start {
    Register {
        relay: String,
        username: String,
        password: String,
        invite: Option<String>,
    },
    Login {
        relay: String,
        username: String,
        password: String,
    },
    Reset {
        relay: String,
        username: String,
        password: String,
        phrase: String,
    },
}

/// Makes the home, under this key.
pub(crate) async fn start(
    key: Zeroizing<String>,
    how: Start,
) -> Result<(Client, Option<UnseenPhrase>), Error> {
    let home = PathBuf::from(HOME);
    match how {
        Start::Register {
            relay,
            username,
            password,
            invite,
        } => {
            let password = Password::new(&password)?;
            let made = Client::register(RegisterOptions {
                home,
                passphrase: key,
                relay,
                username,
                password,
                invite,
            });
            let (client, phrase) = made.await?.split();
            Ok((client, Some(phrase)))
        }
        Start::Login {
            relay,
            username,
            password,
        } => {
            let options = login(home, key, relay, username, &password)?;
            Ok((Client::login(options).await?, None))
        }
        Start::Reset {
            relay,
            username,
            password,
            phrase,
        } => {
            let phrase = parse_phrase(&phrase)?;
            let options = login(home, key, relay, username, &password)?;
            Ok((Client::reset(options, phrase).await?, None))
        }
    }
}

fn login(
    home: PathBuf,
    passphrase: Zeroizing<String>,
    relay: String,
    username: String,
    password: &str,
) -> Result<LoginOptions, Error> {
    Ok(LoginOptions {
        home,
        passphrase,
        relay,
        username,
        password: Password::new(password)?,
    })
}

/// The bytes of the database, sealed.
pub(crate) fn export() -> Result<Vec<u8>, Error> {
    storage::export(Path::new(DATABASE))
}

/// Puts a database there.
pub(crate) fn import(bytes: &[u8]) -> Result<(), Error> {
    storage::import(Path::new(DATABASE), bytes)
}
