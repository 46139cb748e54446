//! The picture of a room: a small JPEG in the room state, so that whoever is let in has it at once and
//! no member ever asks the relay for it (docs/protocol/rooms.md, "Settings").
//!
//! Owns: what counts as a picture, and keeping the bytes beside the room's row, which is written with
//! nearly every envelope. Never makes a commit invalid: bytes that are no picture are passed over.
//! Read next: [`super::settings`] for how a setting becomes a commit, `attachments/thumbnail.rs` for
//! how pictures are made and read.

use restante_crypto::{MAX_PICTURE, Picture};
use restante_wire::fault::planted;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    Engine,
    attachments::thumbnail::{Bounds, Thumbnail},
    intent::Change,
    io::{Outcome, RoomId},
    plans::Plan,
    turn::Turn,
};
use crate::{Error, ErrorKind, store::RoomRow};

/// What a room's picture may be: sharp at 64 points on a dense screen, and a small part of a Welcome.
pub const BOUNDS: Bounds = Bounds {
    edge: 128,
    len: MAX_PICTURE,
};

/// A room's picture, as far as lists need it; [`Engine::picture`] has the JPEG.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomPicture {
    /// SHA-256 of the JPEG: another picture has another one.
    pub hash: [u8; 32],
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
}

impl RoomPicture {
    /// What the bytes of a room state are; `None` for what is no small JPEG.
    fn of(jpeg: &[u8]) -> Option<Self> {
        let (width, height) = match Thumbnail::parse(jpeg, BOUNDS) {
            Some(small) => (small.width, small.height),
            None if planted("picture_not_checked") => (0, 0),
            None => return None,
        };
        Some(Self {
            hash: Sha256::digest(jpeg).into(),
            width,
            height,
        })
    }
}

impl Engine {
    /// The JPEG of a room's picture, if it has one.
    ///
    /// # Errors
    /// `not_found` if there is no such room, `storage`.
    pub fn picture(&self, room: &RoomId) -> Result<Option<Vec<u8>>, Error> {
        let db = self.store.read();
        let room = db.room(room)?.ok_or(ErrorKind::NotFound)?;
        match room.state.picture {
            Some(_) => db.picture(&room.id),
            None => Ok(None),
        }
    }
}

impl Turn<'_> {
    /// Gives a room another picture, or none.
    pub(super) fn set_picture(
        &mut self,
        id: RoomId,
        jpeg: Option<Vec<u8>>,
    ) -> Result<Outcome, Error> {
        let room = self.group_room(&id)?;
        self.check_permission(&room, |policy| policy.rename)?;
        if jpeg
            .as_deref()
            .is_some_and(|jpeg| RoomPicture::of(jpeg).is_none())
        {
            return Err(ErrorKind::NotAPicture.into());
        }
        self.want_setting(id, Change::SetPicture { jpeg })
    }

    /// The room state with another picture; `None` where it has that one already.
    pub(super) fn plan_picture(
        &mut self,
        room: &RoomRow,
        jpeg: Option<&[u8]>,
    ) -> Result<Option<Plan>, Error> {
        self.plan_state(room, |state| {
            state.picture = jpeg.map(|jpeg| Picture(jpeg.to_vec()));
        })
    }

    /// Takes the picture of the group's room state, and tells what it is.
    pub(super) fn take_picture(&mut self, room: &RoomRow) -> Result<Option<RoomPicture>, Error> {
        let group = self.groups.of(self.db, &self.me.client, room)?;
        let shared = group.room_state().picture.as_ref();
        let found = shared.and_then(|shared| Some((RoomPicture::of(&shared.0)?, &shared.0)));
        let picture = found.map(|(picture, _)| picture);
        if picture != room.state.picture {
            self.db
                .set_picture(&room.id, found.map(|(_, jpeg)| jpeg.as_slice()))?;
        }
        Ok(picture)
    }
}
