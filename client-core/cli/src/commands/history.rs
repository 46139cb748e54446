//! `history`.

use restante_client::{
    driver::Client,
    engine::{
        io::{Command, Message, RoomId},
        notices::Notice,
    },
    json,
};

use super::{find_room, read};
use crate::{notices::notice_line, screen::Screen, shown, texts::Text, trouble::Trouble};

pub(super) async fn run(
    client: &Client,
    screen: &mut Screen,
    room: String,
    before: Option<u64>,
    limit: u32,
    with_notices: bool,
) -> Result<(), Trouble> {
    let room = find_room(client, room).await?;
    // A script that did not ask for notices may count on every line being a message.
    let with_notices = with_notices || !screen.is_json();
    let messages = show(client, screen, room, before, limit, with_notices).await?;
    if messages.is_empty() {
        screen.remark(screen.language().say(Text::NoMessages))?;
    }
    // What was shown was read; the others hear of it with the next sync.
    if let Some(number) = messages.iter().filter_map(|message| message.number).max() {
        client.command(Command::MarkRead { room, number }).await?;
    }
    Ok(())
}

/// Prints the latest messages of a room before a number, oldest first, under the days on which they
/// were written.
pub(super) async fn show(
    client: &Client,
    screen: &mut Screen,
    room: RoomId,
    before: Option<u64>,
    limit: u32,
    with_notices: bool,
) -> Result<Vec<Message>, Trouble> {
    let messages = read(client, move |engine| {
        engine.history_before(&room, before, limit)
    })
    .await?;
    // All of the room's where all its messages are shown, otherwise those among them.
    let is_all = messages.len() < usize::try_from(limit).unwrap_or(usize::MAX);
    let first = messages.iter().find_map(|message| message.number);
    let from = if is_all { 0 } else { first.unwrap_or(u64::MAX) };
    let notices = if with_notices {
        read(client, move |engine| engine.notices(&room, from, limit)).await?
    } else {
        Vec::new()
    };
    let is_of_page = |notice: &Notice| before.is_none_or(|before| notice.number < before);
    let mut notices = notices.into_iter().filter(is_of_page).peekable();
    let mut last_day = String::new();
    for message in &messages {
        let place = message.number.unwrap_or(u64::MAX);
        while let Some(notice) = notices.next_if(|notice| notice.number < place) {
            tell_notice(screen, &notice)?;
        }
        let day = shown::day(screen.language(), message.sent_at);
        if day != last_day {
            screen.remark(&format!("-- {day} --"))?;
            last_day = day;
        }
        let line = shown::message_line(screen.language(), message);
        screen.answer(&shown::message_json(message), &line)?;
    }
    for notice in notices {
        tell_notice(screen, &notice)?;
    }
    Ok(messages)
}

fn tell_notice(screen: &mut Screen, notice: &Notice) -> Result<(), Trouble> {
    let line = notice_line(screen.language(), notice);
    screen.answer(&json::notice_json(notice), &line)?;
    Ok(())
}
