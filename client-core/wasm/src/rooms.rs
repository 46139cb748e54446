//! Calls about rooms and their settings.

use js_sys::Array;
use restante_client::{
    Error, ErrorKind,
    driver::Client,
    engine::{
        io::{Command, Mute as EngineMute, Outcome, Permission},
        picture::BOUNDS,
        settings::PolicyChange,
    },
    json::room_json,
    platform::jpeg_of,
};
use serde::Deserialize;
use serde_json::json;

use crate::{
    call::{Given, done, list, read, room, want},
    files::{BlobReader, blob, jpeg},
};

/// Longest picture that is looked at: more than cameras write.
const MAX_ORIGINAL: u64 = 64 * 1024 * 1024;

/// What may be said.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Call {
    List,
    Create {
        title: String,
        members: Vec<String>,
    },
    Add {
        room: String,
        members: Vec<String>,
    },
    Remove {
        room: String,
        members: Vec<String>,
    },
    Leave {
        room: String,
    },
    Rename {
        room: String,
        title: String,
    },
    SetRole {
        room: String,
        username: String,
        admin: bool,
    },
    SetPolicy {
        room: String,
        change: Change,
    },
    /// Of the blob that comes with the call; without one there is to be none.
    SetPicture {
        room: String,
    },
    Picture {
        room: String,
    },
    Mute {
        room: String,
        mute: Mute,
    },
    Idle {
        room: String,
    },
    RemoveIdle {
        room: String,
    },
    Typing {
        room: String,
        typing: bool,
    },
}

/// What to change in a policy.
#[derive(Deserialize)]
pub(crate) struct Change {
    add: Option<Who>,
    remove: Option<Who>,
    rename: Option<Who>,
    post: Option<Who>,
}

/// Who may do something.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Who {
    Everyone,
    Admins,
}

/// How quiet a room is to be.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mute {
    Off,
    MentionsOnly,
    All,
    /// Milliseconds since 1970.
    Until(u64),
}

pub(crate) async fn carry_out(client: &Client, call: Call, blobs: &Array) -> Result<Given, Error> {
    let command = match call {
        Call::List => {
            return Ok(list(
                &read(client, |engine| engine.rooms()).await?,
                room_json,
            ));
        }
        Call::Create { title, members } => return create(client, title, members).await,
        Call::Picture { room: id } => {
            let room = room(&id)?;
            let found = read(client, move |engine| engine.picture(&room)).await?;
            return jpeg(found.as_deref());
        }
        Call::Mute { room: id, mute } => {
            let (room, mute) = (room(&id)?, mute.into());
            return done(client, Command::Mute { room, mute }).await;
        }
        Call::Idle { room: id } => {
            let room = room(&id)?;
            let found = read(client, move |engine| engine.idle_clients(&room)).await?;
            return Ok(list(
                &found,
                |idle| json!({ "username": idle.username, "days": idle.days }),
            ));
        }
        Call::Typing { room: id, typing } => {
            let room = room(&id)?;
            return done(client, Command::Typing { room, typing }).await;
        }
        Call::Add { room: id, members } => Command::AddMembers {
            room: room(&id)?,
            members,
        },
        Call::Remove { room: id, members } => Command::RemoveMembers {
            room: room(&id)?,
            members,
        },
        Call::Leave { room: id } => Command::Leave { room: room(&id)? },
        Call::Rename { room: id, title } => Command::RenameRoom {
            room: room(&id)?,
            title,
        },
        Call::SetRole {
            room: id,
            username,
            admin,
        } => Command::SetRole {
            room: room(&id)?,
            member: username,
            admin,
        },
        Call::SetPolicy { room: id, change } => Command::SetPolicy {
            room: room(&id)?,
            change: change.into(),
        },
        Call::SetPicture { room: id } => Command::SetPicture {
            room: room(&id)?,
            jpeg: make_picture(blobs).await?,
        },
        Call::RemoveIdle { room: id } => Command::RemoveIdle { room: room(&id)? },
    };
    want(client, command).await
}

/// Makes a room, and tells which it is.
async fn create(client: &Client, title: String, members: Vec<String>) -> Result<Given, Error> {
    let create = Command::CreateRoom { title, members };
    match client.command(create).await? {
        Outcome::Room { room, task } => Ok(json!({ "room": room.to_hex(), "task": task.0 }).into()),
        _ => Err(ErrorKind::Internal.into()),
    }
}

/// A room's picture of the one that came with the call.
async fn make_picture(blobs: &Array) -> Result<Option<Vec<u8>>, Error> {
    let Some(original) = blob(blobs, 0) else {
        return Ok(None);
    };
    let original = BlobReader::new(original)?;
    if original.len() > MAX_ORIGINAL {
        return Err(ErrorKind::FileTooLarge.into());
    }
    let (_, made) = jpeg_of(original, BOUNDS).await?;
    made.map(Some).ok_or_else(|| ErrorKind::NotAPicture.into())
}

impl From<Who> for Permission {
    fn from(who: Who) -> Self {
        match who {
            Who::Everyone => Self::Everyone,
            Who::Admins => Self::Admins,
        }
    }
}

impl From<Change> for PolicyChange {
    fn from(change: Change) -> Self {
        Self {
            add: change.add.map(Permission::from),
            remove: change.remove.map(Permission::from),
            rename: change.rename.map(Permission::from),
            post: change.post.map(Permission::from),
        }
    }
}

impl From<Mute> for EngineMute {
    fn from(mute: Mute) -> Self {
        match mute {
            Mute::Off => Self::Off,
            Mute::MentionsOnly => Self::MentionsOnly,
            Mute::All => Self::All,
            Mute::Until(time) => Self::Until(time),
        }
    }
}
