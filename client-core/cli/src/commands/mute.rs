//! `mute`: a choice of this person alone.

use restante_client::{
    driver::Client,
    engine::io::{Command, Mute},
    platform::{Clock, SystemClock},
};

use super::{find_room, tell_state};
use crate::{outcome::State, screen::Screen, trouble::Trouble};

pub(super) async fn run(
    client: &Client,
    screen: &mut Screen,
    room: String,
    seconds: Option<u64>,
    mentions_only: bool,
    off: bool,
) -> Result<(), Trouble> {
    let room = find_room(client, room).await?;
    let mute = match (off, mentions_only, seconds) {
        (true, ..) => Mute::Off,
        (_, true, _) => Mute::MentionsOnly,
        (.., Some(seconds)) => Mute::Until(SystemClock.now().plus_ms(seconds * 1_000).0),
        _ => Mute::All,
    };
    client.command(Command::Mute { room, mute }).await?;
    tell_state(screen, State::Done)
}
