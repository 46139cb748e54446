//! Which account of a home is meant, where a new one lies, and `account list` and `account default`.

use std::path::PathBuf;

use restante_client::{
    ErrorKind,
    driver::{Account, Client, Homes, Unreadable, normalise_relay},
    engine::account::normalise_username,
};
use serde_json::json;
use zeroize::Zeroizing;

use crate::{
    outcome::PATIENCE,
    screen::Screen,
    secrets, shown,
    texts::{self, Language, Text, fill},
    trouble::Trouble,
};

/// Directory of the account that is meant, and its passphrase.
pub(super) fn meant(
    homes: &Homes,
    name: Option<&str>,
    screen: &Screen,
) -> Result<(PathBuf, Zeroizing<String>), Trouble> {
    let passphrase = secrets::passphrase(screen)?;
    let home = match name {
        Some(name) => named(homes, name, &passphrase)?.home,
        None => homes.default_home()?,
    };
    Ok((home, passphrase))
}

fn named(homes: &Homes, name: &str, passphrase: &str) -> Result<Account, Trouble> {
    let named = homes.named(name, passphrase);
    named.map_err(|error| Trouble::from(error).of_input(Text::NotAnAccount))
}

/// Names the rule that the name of an account to be made or signed in to breaks: what cannot be is said
/// before anybody is asked for a password.
pub(super) fn check_name(relay: &str, username: &str) -> Result<(), Trouble> {
    normalise_relay(relay).map_err(|_| Trouble::BadInput(Text::NotARelay))?;
    normalise_username(username).map_err(|_| Trouble::BadInput(Text::NotAUsername))?;
    Ok(())
}

/// Where an account is to be made or signed in to.
pub(super) struct Place {
    /// Directory of its client.
    pub(super) home: PathBuf,
    /// The passphrase of the home: its first account chooses it.
    pub(super) passphrase: Zeroizing<String>,
}

impl Place {
    pub(super) fn find(
        homes: &Homes,
        relay: &str,
        username: &str,
        screen: &Screen,
    ) -> Result<Self, Trouble> {
        let passphrase = match homes.is_empty()? {
            true => secrets::new_passphrase(screen)?,
            false => secrets::passphrase(screen)?,
        };
        let home = homes.place_for(relay, username, &passphrase)?;
        Ok(Self { home, passphrase })
    }

    /// The account is there: from now on it is meant, where the one before has ended.
    pub(super) fn is_taken(&self, homes: &Homes) -> Result<(), Trouble> {
        Ok(homes.follow_ended(&self.home, &self.passphrase)?)
    }
}

/// Tells of a client that signed in, and closes it.
pub(super) async fn signed_in(client: Client, screen: &mut Screen) -> Result<(), Trouble> {
    // Rooms follow and the other clients are told now; what cannot be is done by the next command.
    let _ = client.sync(PATIENCE).await;
    let me = client.query(|engine| engine.whoami()).await?;
    let told = json!({
        "username": me.username,
        "relay": me.relay,
        "client": shown::hex(me.client.as_bytes()),
    });
    let said = screen.language().say(Text::SignedIn);
    screen.answer(&told, &fill(said, &[&me.username, &me.relay]))?;
    client.close().await;
    Ok(())
}

pub(super) fn list(homes: &Homes, screen: &mut Screen) -> Result<(), Trouble> {
    let accounts = homes.accounts(&secrets::passphrase(screen)?)?;
    let language = screen.language();
    let found = accounts.found.iter().map(|account| {
        let end = account.end.map(|why| texts::refusal(language, why).0);
        (
            vec![
                account.number.to_string(),
                account.username.clone(),
                account.relay.clone(),
                remark(language, end, account.is_default),
            ],
            as_json(account),
        )
    });
    let unreadable = accounts.unreadable.iter().map(|account| {
        let (why, _) = texts::refusal(language, account.error.kind);
        (
            vec![
                account.number.to_string(),
                String::new(),
                shown::clean_line(&account.home.to_string_lossy()),
                remark(language, Some(why), account.is_default),
            ],
            unreadable_json(account),
        )
    });
    let (rows, told): (Vec<_>, Vec<_>) = found.chain(unreadable).unzip();
    for (told, line) in told.iter().zip(shown::aligned(&rows)) {
        screen.answer(told, &line)?;
    }
    Ok(())
}

/// What is to be said of an account beside its name.
fn remark(language: Language, trouble: Option<&str>, is_default: bool) -> String {
    let default = is_default.then(|| language.say(Text::DefaultAccount));
    let said: Vec<&str> = default.into_iter().chain(trouble).collect();
    said.join("; ")
}

pub(super) fn choose(homes: &Homes, name: &str, screen: &mut Screen) -> Result<(), Trouble> {
    let account = named(homes, name, &secrets::passphrase(screen)?)?;
    homes.choose(&account)?;
    let said = screen.language().say(Text::Done);
    screen.answer(&json!({ "state": "done" }), said)?;
    Ok(())
}

fn as_json(account: &Account) -> serde_json::Value {
    json!({
        "username": account.username,
        "relay": account.relay,
        "default": account.is_default,
        "ended": account.end.map(ErrorKind::code),
        "place": account.number,
        "home": account.home.to_string_lossy(),
        "error": null,
    })
}

fn unreadable_json(account: &Unreadable) -> serde_json::Value {
    json!({
        "username": null,
        "relay": null,
        "default": account.is_default,
        "ended": null,
        "place": account.number,
        "home": account.home.to_string_lossy(),
        "error": account.error.code(),
    })
}
