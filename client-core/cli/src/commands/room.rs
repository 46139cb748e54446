//! `room …`.

use std::{collections::BTreeSet, path::PathBuf};

use restante_client::{
    driver::Client,
    engine::{
        Engine,
        io::{Command, RoomId},
        title::{TitleFault, title_fault},
    },
};
use serde_json::json;

use super::{find_room, read, settings, state_line, tell_state, upgrade};
use crate::{
    args::Room,
    files::saved_json,
    outcome::{State, carry_out},
    screen::Screen,
    shown,
    texts::{Text, fill},
    trouble::Trouble,
};

pub(super) async fn run(
    client: &Client,
    screen: &mut Screen,
    command: Room,
) -> Result<(), Trouble> {
    let command = match command {
        Room::List => return list(client, screen).await,
        Room::Create { title, members } => return create(client, screen, title, members).await,
        Room::Add { room, name } => Command::AddMembers {
            room: find_room(client, room).await?,
            members: vec![name],
        },
        Room::Remove { room, name } => Command::RemoveMembers {
            room: find_room(client, room).await?,
            members: vec![name],
        },
        Room::Rename { room, title } => {
            check_title(&title)?;
            Command::RenameRoom {
                room: find_room(client, room).await?,
                title,
            }
        }
        Room::Picture {
            room,
            save: Some(folder),
            ..
        } => return save_picture(client, screen, room, folder).await,
        Room::Picture { room, file, .. } => Command::SetPicture {
            room: find_room(client, room).await?,
            jpeg: match file {
                Some(file) => Some(client.make_picture(file).await?),
                None => None,
            },
        },
        Room::Upgrade { room } => return upgrade::run(client, screen, room).await,
        Room::Policy { room, change } => {
            return settings::policy(client, screen, room, change).await;
        }
        Room::Idle {
            room,
            remove: false,
        } => return settings::idle(client, screen, room).await,
        Room::Idle { room, remove: true } => Command::RemoveIdle {
            room: find_room(client, room).await?,
        },
        Room::Role { room, name, role } => Command::SetRole {
            room: find_room(client, room).await?,
            member: name,
            admin: role == settings::Role::Admin,
        },
        Room::Leave { room } => Command::Leave {
            room: find_room(client, room).await?,
        },
    };
    let done = carry_out(client, command).await;
    let state = done.map_err(|error| Trouble::from(error).of_input(Text::NotAPerson))?;
    tell_state(screen, state)
}

/// Names the rule that a title breaks.
fn check_title(title: &str) -> Result<(), Trouble> {
    let rule = match title_fault(title) {
        None => return Ok(()),
        Some(TitleFault::Empty) => Text::TitleEmpty,
        Some(TitleFault::TooLong) => Text::TitleTooLong,
        Some(TitleFault::Hidden) => Text::TitleHidden,
    };
    Err(Trouble::BadInput(rule))
}

async fn save_picture(
    client: &Client,
    screen: &mut Screen,
    room: String,
    folder: PathBuf,
) -> Result<(), Trouble> {
    let room = find_room(client, room).await?;
    let saved = client.save_picture(room, folder).await?;
    screen.answer(&saved_json(&saved), &saved.path.to_string_lossy())?;
    Ok(())
}

async fn list(client: &Client, screen: &mut Screen) -> Result<(), Trouble> {
    let rooms = read(client, Engine::rooms).await?;
    let language = screen.language();
    let rows: Vec<_> = rooms
        .iter()
        .map(|room| shown::room_columns(language, room))
        .collect();
    for (room, line) in rooms.iter().zip(shown::aligned(&rows)) {
        screen.answer(&shown::room_json(room), &line)?;
    }
    if rooms.is_empty() {
        screen.remark(language.say(Text::NoRooms))?;
    }
    Ok(())
}

async fn create(
    client: &Client,
    screen: &mut Screen,
    title: String,
    members: Vec<String>,
) -> Result<(), Trouble> {
    check_title(&title)?;
    let before = ids(client, &title).await?;
    let command = Command::CreateRoom {
        title: title.clone(),
        members,
    };
    let done = carry_out(client, command).await;
    let state = done.map_err(|error| Trouble::from(error).of_input(Text::NotAPerson))?;
    let made = ids(client, &title)
        .await?
        .difference(&before)
        .next()
        .copied();
    let said = match state {
        State::Done => fill(
            screen.language().say(Text::Created),
            &[&shown::clean_line(&title)],
        ),
        State::Queued { .. } => state_line(screen, state),
    };
    let told = state.json_with([
        ("id", json!(made.map(|room| room.to_hex()))),
        ("title", title.into()),
    ]);
    screen.answer(&told, &said)?;
    Ok(())
}

/// Rooms of this title.
async fn ids(client: &Client, title: &str) -> Result<BTreeSet<RoomId>, Trouble> {
    let rooms = read(client, Engine::rooms).await?;
    let named = rooms.into_iter().filter(|room| room.title == title);
    Ok(named.map(|room| room.id).collect())
}
