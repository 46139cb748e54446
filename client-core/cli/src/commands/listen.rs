//! `listen`.

use std::{collections::HashMap, time::Duration};

use restante_client::{
    Error, ErrorKind,
    driver::{Client, Heard},
    engine::io::{Event, RoomId},
    platform::told_to_stop,
};
use serde_json::json;

use super::signals;
use crate::{outcome::is_patient, screen::Screen, shown, texts::Text, trouble::Trouble};

/// How long the first attempt to connect may take before people are told.
const FIRST_SYNC: Duration = Duration::from_secs(20);

pub(super) async fn run(client: &Client, screen: &mut Screen) -> Result<(), Trouble> {
    let mut events = client.events();
    client.go_online().await?;
    signals::arrive(client).await?;
    let mut rooms = HashMap::new();
    let connecting = client.sync(FIRST_SYNC);
    tokio::pin!(connecting);
    let mut is_connecting = true;
    loop {
        let heard = tokio::select! {
            heard = events.next() => heard,
            connected = &mut connecting, if is_connecting => {
                is_connecting = false;
                tell_connected(screen, connected)?;
                continue;
            }
            () = told_to_stop() => None,
        };
        match heard {
            None => return signals::depart(client).await,
            Some(heard) if is_repeated(screen, &heard, &mut rooms) => {}
            Some(Heard::Event(event)) if let Event::Ended(why) = *event => return Err(why.into()),
            Some(heard) => tell(screen, &heard)?,
        }
    }
}

/// Says how the first attempt to connect ended. Later ones are made without a word.
fn tell_connected(screen: &mut Screen, connected: Result<(), Error>) -> Result<(), Trouble> {
    let text = match connected {
        Ok(()) => Text::Listening,
        // Nobody watches a listener: what a certificate lacks must not be waited for in silence.
        Err(error) if is_patient(&error) && error.kind != ErrorKind::TlsUntrusted => {
            Text::Connecting
        }
        Err(error) => return Err(error.into()),
    };
    Ok(screen.remark(screen.language().say(text))?)
}

/// Whether a room is told of in the words in which it was told of last: what changed about it is not
/// for people.
fn is_repeated(screen: &Screen, heard: &Heard, rooms: &mut HashMap<RoomId, String>) -> bool {
    let Heard::Event(event) = heard else {
        return false;
    };
    let (Event::Room(room), false) = (&**event, screen.is_json()) else {
        return false;
    };
    let line = shown::event_line(screen.language(), event).unwrap_or_default();
    rooms.insert(room.id, line.clone()) == Some(line)
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
