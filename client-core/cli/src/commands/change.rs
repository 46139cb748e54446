//! `edit`, `delete`, `react`: what is said about messages that are there.

use restante_client::{driver::Client, engine::io::Command};

use super::{find_message, find_room, send};
use crate::{screen::Screen, trouble::Trouble};

pub(super) async fn edit(
    client: &Client,
    screen: &mut Screen,
    room: String,
    id: String,
    text: Option<String>,
) -> Result<(), Trouble> {
    let room = find_room(client, room).await?;
    let id = find_message(client, room, id).await?;
    let text = send::given_or_stdin(screen, text)?;
    send::deliver(client, screen, room, Command::Edit { room, id, text }).await
}

pub(super) async fn delete(
    client: &Client,
    screen: &mut Screen,
    room: String,
    id: String,
) -> Result<(), Trouble> {
    let room = find_room(client, room).await?;
    let id = find_message(client, room, id).await?;
    send::deliver(client, screen, room, Command::Delete { room, id }).await
}

pub(super) async fn react(
    client: &Client,
    screen: &mut Screen,
    room: String,
    id: String,
    emoji: String,
    remove: bool,
) -> Result<(), Trouble> {
    let room = find_room(client, room).await?;
    let id = find_message(client, room, id).await?;
    let command = match remove {
        false => Command::React { room, id, emoji },
        true => Command::Unreact { room, id, emoji },
    };
    send::deliver(client, screen, room, command).await
}
