//! `register`, `whoami` and `safety-number`.

use restante_client::{
    driver::{Client, Homes, NewHome, RegisterOptions},
    json::whoami_json,
};
use serde_json::json;
use zeroize::Zeroizing;

use super::{
    accounts::{Place, check_name},
    read,
};
use crate::{
    args::Register,
    outcome::PATIENCE,
    screen::Screen,
    secrets,
    shown::hex,
    texts::{Text, fill},
    trouble::Trouble,
};

/// Words of a recovery phrase on one line.
const WORDS_A_LINE: usize = 6;

pub(super) async fn register(
    homes: &Homes,
    options: Register,
    screen: &mut Screen,
) -> Result<(), Trouble> {
    check_name(&options.relay, &options.username)?;
    let password = secrets::new_password(screen, options.password_stdin)?;
    let place = Place::find(homes, &options.relay, &options.username, screen)?;
    let new = Client::register(RegisterOptions {
        home: place.home.clone(),
        passphrase: place.passphrase.clone(),
        relay: options.relay,
        username: options.username,
        password: secrets::as_password(&password)?,
        invite: options.invite,
    })
    .await?;
    place.is_taken(homes)?;
    tell(&new, screen).await?;
    let client = new.phrase_was_shown()?;
    // Key packages go to the relay now, so that others can write at once; if it cannot be, the next
    // command does it.
    let _ = client.sync(PATIENCE).await;
    client.close().await;
    Ok(())
}

async fn tell(new: &NewHome, screen: &mut Screen) -> Result<(), Trouble> {
    let me = new.client.query(|engine| engine.whoami()).await?;
    let language = screen.language();
    let mut lines = Zeroizing::new(String::new());
    if new.resumed {
        lines.push_str(language.say(Text::Resumed));
        lines.push('\n');
    }
    lines.push_str(&fill(
        language.say(Text::Registered),
        &[&me.username, &me.relay],
    ));
    lines.push_str("\n\n");
    lines.push_str(language.say(Text::PhraseTitle));
    lines.push_str("\n\n");
    for (index, word) in new.phrase.split(' ').enumerate() {
        let start = if index % WORDS_A_LINE == 0 { "  " } else { " " };
        let end = if index % WORDS_A_LINE == WORDS_A_LINE - 1 {
            "\n"
        } else {
            ""
        };
        lines.push_str(start);
        lines.push_str(word);
        lines.push_str(end);
    }
    lines.push('\n');
    lines.push_str(language.say(Text::PhraseWhy));
    lines.push_str("\n\n");
    lines.push_str(language.say(Text::NextContact));
    let told = json!({
        "username": me.username,
        "relay": me.relay,
        "client": hex(me.client.as_bytes()),
        "recovery_phrase": new.phrase.as_str(),
        "resumed": new.resumed,
    });
    screen.answer(&told, &lines)?;
    Ok(())
}

pub(super) async fn whoami(client: &Client, screen: &mut Screen) -> Result<(), Trouble> {
    let me = client.query(|engine| engine.whoami()).await?;
    screen.answer(
        &whoami_json(&me),
        &format!("{} @ {}", me.username, me.relay),
    )?;
    Ok(())
}

pub(super) async fn safety_number(
    client: &Client,
    screen: &mut Screen,
    name: String,
) -> Result<(), Trouble> {
    let asked = name.clone();
    let number = read(client, move |engine| engine.safety_number(&asked)).await?;
    let hint = fill(screen.language().say(Text::CompareNumber), &[&name]);
    let told = json!({ "username": name, "safety_number": number });
    screen.answer(&told, &format!("{number}\n\n{hint}"))?;
    Ok(())
}
