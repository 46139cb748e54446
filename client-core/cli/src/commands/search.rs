//! `search`.

use restante_client::driver::Client;

use super::{find_room, read};
use crate::{screen::Screen, shown, texts::Text, trouble::Trouble};

pub(super) async fn run(
    client: &Client,
    screen: &mut Screen,
    text: String,
    room: Option<String>,
    limit: u32,
) -> Result<(), Trouble> {
    let room = match room {
        Some(name) => Some(find_room(client, name).await?),
        None => None,
    };
    let (hits, rooms) = read(client, move |engine| {
        let hits = engine.search(&text, room.as_ref(), limit)?;
        Ok((hits, engine.rooms()?))
    })
    .await
    .map_err(|trouble| trouble.of_input(Text::NotAQuery))?;
    for hit in &hits {
        let room = rooms.iter().find(|room| room.id == hit.room);
        let title = room.map(|room| room.title.as_str()).unwrap_or_default();
        let line = shown::hit_line(screen.language(), hit, title);
        screen.answer(&shown::hit_json(hit, title), &line)?;
    }
    if hits.is_empty() {
        screen.remark(screen.language().say(Text::NothingFound))?;
    }
    Ok(())
}
