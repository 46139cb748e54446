//! `room upgrade`.

use std::collections::BTreeSet;

use restante_client::{
    ErrorKind,
    driver::{Client, Heard},
    engine::io::{Command, Event},
};

use super::{find_room, tell_state};
use crate::{outcome::carry_out, screen::Screen, trouble::Trouble};

/// Moves a room to the post-quantum suite. Where that is refused because somebody's clients lack it,
/// says whose.
pub(super) async fn run(client: &Client, screen: &mut Screen, name: String) -> Result<(), Trouble> {
    let room = find_room(client, name).await?;
    let mut events = client.events();
    match carry_out(client, Command::UpgradeRoom { room }).await {
        Ok(state) => tell_state(screen, state),
        Err(error) if error.kind == ErrorKind::SuiteNotSupported => {
            let mut people = BTreeSet::new();
            while let Some(heard) = events.next_now() {
                if let Heard::Event(event) = heard
                    && let Event::SuiteNotSupported { room: of, username } = *event
                    && of == room
                {
                    people.insert(username);
                }
            }
            Err(Trouble::Lacking(people.into_iter().collect()))
        }
        Err(error) => Err(error.into()),
    }
}
