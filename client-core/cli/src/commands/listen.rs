//! `listen`.

use restante_client::{
    driver::{Client, Heard},
    platform::told_to_stop,
};
use serde_json::json;

use crate::{screen::Screen, shown, texts::Text, trouble::Trouble};

pub(super) async fn run(client: &Client, screen: &mut Screen) -> Result<(), Trouble> {
    let mut events = client.events();
    client.go_online().await?;
    screen.remark(screen.language().say(Text::Listening))?;
    loop {
        let heard = tokio::select! {
            heard = events.next() => heard,
            () = told_to_stop() => None,
        };
        match heard {
            None => return Ok(()),
            Some(heard) => tell(screen, &heard)?,
        }
    }
}

/// Prints what happened.
pub(super) fn tell(screen: &mut Screen, heard: &Heard) -> Result<(), Trouble> {
    let language = screen.language();
    match heard {
        Heard::Missed => {
            screen.answer(&json!({ "event": "missed" }), language.say(Text::Missed))?;
        }
        Heard::Event(event) => {
            let line = shown::event_line(language, event);
            if screen.is_json() || line.is_some() {
                screen.answer(&shown::event_json(event), &line.unwrap_or_default())?;
            }
        }
    }
    Ok(())
}
