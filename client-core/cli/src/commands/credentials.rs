//! `reset`, and `account …`: password, recovery phrase, deletion.

use clap::{Args, Subcommand};
use restante_client::{
    driver::{Client, Homes, LoginOptions},
    engine::account::RecoveryPhrase,
};
use serde_json::json;

use super::accounts::{Place, check_name, signed_in};
use crate::{outcome::PATIENCE, screen::Screen, secrets, texts::Text, trouble::Trouble};

/// Options of `reset`.
#[derive(Debug, Args)]
pub(crate) struct Reset {
    /// URL of the relay
    #[arg(long, value_name = "URL")]
    pub(crate) relay: String,
    /// The account's username
    #[arg(long, value_name = "NAME")]
    pub(crate) username: String,
    /// Read the phrase from the first, the new password from the second line of standard input
    #[arg(long)]
    pub(crate) phrase_stdin: bool,
}

/// Commands about accounts.
#[derive(Debug, Subcommand)]
pub(crate) enum Account {
    /// List the accounts of this home
    List,
    /// Choose the account that is meant unless --account says
    Default {
        /// Its username, NAME@RELAY, or its place as `account list` shows it
        name: String,
    },
    /// Change the password
    Password {
        /// Read the old one from the first, the new one from the second line of standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Check that a written recovery phrase is that of this account
    Phrase {
        /// Read the phrase from the first line of standard input
        #[arg(long)]
        phrase_stdin: bool,
    },
    /// Leave all rooms and delete this account for good; nobody gets its username
    Delete {
        /// Read the account password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
    },
}

pub(super) async fn reset(
    homes: &Homes,
    options: Reset,
    screen: &mut Screen,
) -> Result<(), Trouble> {
    check_name(&options.relay, &options.username)?;
    let phrase = phrase(screen, options.phrase_stdin)?;
    let password = secrets::new_password(screen, options.phrase_stdin)?;
    let place = Place::find(homes, &options.relay, &options.username, screen)?;
    let login = LoginOptions {
        home: place.home.clone(),
        passphrase: place.passphrase.clone(),
        relay: options.relay,
        username: options.username,
        password: secrets::as_password(&password)?,
    };
    let client = Client::reset(login, phrase).await?;
    place.is_taken(homes)?;
    signed_in(client, screen).await
}

pub(super) async fn run(
    client: &Client,
    screen: &mut Screen,
    command: Account,
) -> Result<(), Trouble> {
    let said = match command {
        // Handled before a home was opened.
        Account::List | Account::Default { .. } => return Ok(()),
        Account::Password { password_stdin } => {
            let old = secrets::password(screen, password_stdin)?;
            let new = secrets::new_password(screen, password_stdin)?;
            let (old, new) = (secrets::as_password(&old)?, secrets::as_password(&new)?);
            client.change_password(old, new).await?;
            // The other clients are told now, or by the next command.
            let _ = client.sync(PATIENCE).await;
            Text::PasswordSet
        }
        Account::Phrase { phrase_stdin } => {
            let phrase = phrase(screen, phrase_stdin)?;
            client.check_phrase(phrase).await?;
            Text::PhraseRight
        }
        Account::Delete { password_stdin } => {
            let password = secrets::password(screen, password_stdin)?;
            let password = secrets::as_password(&password)?;
            client.delete_account(password).await?;
            Text::AccountGone
        }
    };
    screen.answer(&json!({ "state": "done" }), screen.language().say(said))?;
    Ok(())
}

fn phrase(screen: &Screen, from_stdin: bool) -> Result<RecoveryPhrase, Trouble> {
    let typed = secrets::phrase(screen, from_stdin)?;
    RecoveryPhrase::parse(&typed).map_err(|_| Trouble::BadInput(Text::NotAPhrase))
}
