//! `login` and `client …`.

use clap::{Args, Subcommand};
use restante_client::{
    ErrorKind,
    driver::{Client, Homes, LoginOptions},
    engine::{
        Engine,
        io::{Client as Listed, Command},
    },
    json::{self, client_json},
};
use serde_json::json;

use super::{
    accounts::{Place, check_name, signed_in},
    read, tell_state,
};
use crate::{
    outcome::{PATIENCE, carry_out},
    screen::Screen,
    secrets, shown,
    texts::{Language, Text, fill},
    trouble::Trouble,
};

/// Shortest beginning of a client's id that may stand for it.
const MIN_PREFIX: usize = 4;

/// Options of `login`.
#[derive(Debug, Args)]
pub(crate) struct Login {
    /// URL of the relay
    #[arg(long, value_name = "URL")]
    pub(crate) relay: String,
    /// The account's username
    #[arg(long, value_name = "NAME")]
    pub(crate) username: String,
    /// Read the account password from the first line of standard input
    #[arg(long)]
    pub(crate) password_stdin: bool,
}

/// Commands about the clients of this account.
#[derive(Debug, Subcommand)]
pub(crate) enum OwnClient {
    /// List them
    List,
    /// Give one a name
    Rename {
        /// Its id, or at least four digits of its beginning
        id: String,
        /// What to call it
        name: String,
    },
    /// Remove one that is lost: it is shut out of every room
    Remove {
        /// Its id, or at least four digits of its beginning
        id: String,
        /// Read the account password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
    },
}

pub(super) async fn login(
    homes: &Homes,
    options: Login,
    screen: &mut Screen,
) -> Result<(), Trouble> {
    check_name(&options.relay, &options.username)?;
    let password = secrets::password(screen, options.password_stdin)?;
    let place = Place::find(homes, &options.relay, &options.username, screen)?;
    let client = Client::login(LoginOptions {
        home: place.home.clone(),
        passphrase: place.passphrase.clone(),
        relay: options.relay,
        username: options.username,
        password: secrets::as_password(&password)?,
    })
    .await?;
    place.is_taken(homes)?;
    signed_in(client, screen).await
}

pub(super) async fn run(
    client: &Client,
    screen: &mut Screen,
    command: OwnClient,
) -> Result<(), Trouble> {
    match command {
        OwnClient::List => list(client, screen).await,
        OwnClient::Rename { id, name } => {
            let id = find(client, &id).await?.id;
            let rename = Command::RenameClient { client: id, name };
            let done = carry_out(client, rename).await;
            let state =
                done.map_err(|error| Trouble::from(error).of_input(Text::NotAClientName))?;
            tell_state(screen, state)
        }
        OwnClient::Remove { id, password_stdin } => {
            let Listed { id, is_this, .. } = find(client, &id).await?;
            if is_this {
                return Err(Trouble::BadInput(Text::NotThisClient));
            }
            let password = secrets::password(screen, password_stdin)?;
            client.expel(id, secrets::as_password(&password)?).await?;
            // The rooms are told now, or by the next command.
            let _ = client.sync(PATIENCE).await;
            let said = screen.language().say(Text::ClientGone);
            screen.answer(&json!({ "state": "done" }), said)?;
            Ok(())
        }
    }
}

async fn list(client: &Client, screen: &mut Screen) -> Result<(), Trouble> {
    let clients = read(client, Engine::clients).await?;
    let language = screen.language();
    let rows: Vec<_> = clients
        .iter()
        .map(|listed| {
            let remark = match (listed.is_this, listed.is_half_removed) {
                (true, _) => language.say(Text::ThisClient),
                (_, true) => language.say(Text::HalfRemoved),
                _ => "",
            };
            let text = |text: &Option<String>| text.as_deref().map(shown::clean_line);
            vec![
                shown::hex(listed.id.as_bytes()).chars().take(8).collect(),
                text(&listed.name).unwrap_or_default(),
                text(&listed.platform).unwrap_or_default(),
                heard(listed, language),
                remark.to_owned(),
            ]
        })
        .collect();
    for (listed, line) in clients.iter().zip(shown::aligned(&rows)) {
        screen.answer(&client_json(listed), &line)?;
    }
    Ok(())
}

/// When a client was last heard of, in words; nothing where that is not known.
fn heard(listed: &Listed, language: Language) -> String {
    let day = listed.last_heard.map(|day| json::day(day.0));
    day.map_or_else(String::new, |day| {
        fill(language.say(Text::LastHeard), &[&day])
    })
}

async fn find(client: &Client, id: &str) -> Result<Listed, Trouble> {
    if id.len() < MIN_PREFIX {
        return Err(ErrorKind::NotFound.into());
    }
    let clients = read(client, Engine::clients).await?;
    let id = id.to_ascii_lowercase();
    let is_meant = |listed: &&Listed| shown::hex(listed.id.as_bytes()).starts_with(&id);
    let found: Vec<&Listed> = clients.iter().filter(is_meant).collect();
    match found[..] {
        [listed] => Ok(listed.clone()),
        [] => Err(ErrorKind::NotFound.into()),
        _ => Err(ErrorKind::Ambiguous.into()),
    }
}
