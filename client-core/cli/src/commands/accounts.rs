//! Which account of a home is meant, and `account list` and `account default`.

use std::path::PathBuf;

use restante_client::{
    ErrorKind,
    driver::{Account, Homes},
};
use serde_json::json;
use zeroize::Zeroizing;

use crate::{
    screen::Screen,
    secrets, shown,
    texts::{self, Text},
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
        Some(name) => homes.named(name, &passphrase)?.home,
        None => homes.default_home()?,
    };
    Ok((home, passphrase))
}

/// Directory of an account to be made or signed in to, and its passphrase: the first account of a home
/// chooses it.
pub(super) fn place_for(
    homes: &Homes,
    relay: &str,
    username: &str,
    screen: &Screen,
) -> Result<(PathBuf, Zeroizing<String>), Trouble> {
    let passphrase = match homes.is_empty()? {
        true => secrets::new_passphrase(screen)?,
        false => secrets::passphrase(screen)?,
    };
    let place = homes.place_for(relay, username, &passphrase)?;
    Ok((place, passphrase))
}

pub(super) fn list(homes: &Homes, screen: &mut Screen) -> Result<(), Trouble> {
    let accounts = homes.accounts(&secrets::passphrase(screen)?)?;
    let language = screen.language();
    let rows: Vec<Vec<String>> = accounts
        .iter()
        .map(|account| {
            let remark = match (account.end, account.is_default) {
                (Some(why), _) => texts::refusal(language, why).0,
                (None, true) => language.say(Text::DefaultAccount),
                (None, false) => "",
            };
            vec![
                account.username.clone(),
                account.relay.clone(),
                remark.to_owned(),
            ]
        })
        .collect();
    for (account, line) in accounts.iter().zip(shown::aligned(&rows)) {
        screen.answer(&as_json(account), &line)?;
    }
    Ok(())
}

pub(super) fn choose(homes: &Homes, name: &str, screen: &mut Screen) -> Result<(), Trouble> {
    let account = homes.named(name, &secrets::passphrase(screen)?)?;
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
    })
}
