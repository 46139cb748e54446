//! One module for each command or family of commands.

mod account;
mod accounts;
mod change;
mod chat;
pub(crate) mod client;
mod contact;
pub(crate) mod credentials;
mod ending;
mod export;
mod files;
mod history;
mod listen;
mod mute;
pub(crate) mod push;
mod room;
mod search;
mod send;
pub(crate) mod settings;
pub(crate) mod signals;
mod sync;
mod upgrade;

use restante_client::{
    ErrorKind,
    driver::{Client, Homes},
    engine::{
        Engine,
        io::{MessageId, RoomId},
        naming::Meant,
    },
    platform::default_home,
};

use self::{credentials::Account, push::Push};
use crate::{
    args::{Args, Command},
    outcome::State,
    screen::Screen,
    texts::{self, Text, fill},
    trouble::{Candidate, Trouble},
};

/// Does what was asked.
pub(crate) async fn run(args: Args, screen: &mut Screen) -> Result<(), Trouble> {
    let home = args
        .home
        .or_else(default_home)
        .ok_or_else(|| Trouble::Usage(screen.language().say(Text::NoHome).to_owned()))?;
    let homes = Homes::new(home);
    match args.command {
        Command::Register(options) => account::register(&homes, options, screen).await,
        Command::Login(options) => client::login(&homes, options, screen).await,
        Command::Reset(options) => credentials::reset(&homes, options, screen).await,
        Command::Account(Account::List) => accounts::list(&homes, screen),
        Command::Account(Account::Default { name }) => accounts::choose(&homes, &name, screen),
        Command::Push(Push::Receive { timeout }) => {
            let (home, passphrase) = accounts::meant(&homes, args.account.as_deref(), screen)?;
            push::receive(&home, &passphrase, timeout, screen).await
        }
        command => {
            let (home, passphrase) = accounts::meant(&homes, args.account.as_deref(), screen)?;
            let client = Client::open(&home, &passphrase).await?;
            run_with(client, command, screen).await
        }
    }
}

/// Does what takes an open client, and closes it.
async fn run_with(client: Client, command: Command, screen: &mut Screen) -> Result<(), Trouble> {
    let done = match ending::only_reads(&command) {
        true => with_client(&client, command, screen).await,
        false => ending::act(&client, command, screen).await,
    };
    client.close().await;
    done
}

#[expect(
    clippy::cognitive_complexity,
    reason = "one arm for each command, and nothing else"
)]
async fn with_client(
    client: &Client,
    command: Command,
    screen: &mut Screen,
) -> Result<(), Trouble> {
    match command {
        // Handled before a home was opened.
        Command::Register(_) | Command::Login(_) | Command::Reset(_) => Ok(()),
        Command::Account(command) => credentials::run(client, screen, command).await,
        Command::Client(command) => client::run(client, screen, command).await,
        Command::Whoami => account::whoami(client, screen).await,
        Command::SafetyNumber { name } => account::safety_number(client, screen, name).await,
        Command::Contact(command) => contact::run(client, screen, command).await,
        Command::Room(command) => room::run(client, screen, command).await,
        Command::Send(options) => send::run(client, screen, options).await,
        Command::Save { room, id, dir } => files::save(client, screen, room, id, dir).await,
        Command::Edit { room, id, text } => change::edit(client, screen, room, id, text).await,
        Command::Delete { room, id } => change::delete(client, screen, room, id).await,
        Command::React {
            room,
            id,
            emoji,
            remove,
        } => change::react(client, screen, room, id, emoji, remove).await,
        Command::Search { text, room, limit } => {
            search::run(client, screen, text, room, limit).await
        }
        Command::Export(options) => export::run(client, screen, options).await,
        Command::Mute {
            room,
            seconds,
            mentions_only,
            off,
        } => mute::run(client, screen, room, seconds, mentions_only, off).await,
        Command::Sync { timeout } => sync::run(client, screen, timeout).await,
        Command::Typing { room, stop } => signals::typing(client, screen, room, stop).await,
        Command::Presence(command) => signals::presence(client, screen, command).await,
        Command::Push(command) => push::run(client, screen, command).await,
        Command::Listen => listen::run(client, screen).await,
        Command::History {
            room,
            limit,
            before,
            notices,
        } => history::run(client, screen, room, before, limit, notices).await,
        Command::Chat { room } => chat::run(client, screen, room).await,
    }
}

/// The room of an id, a title or a contact's name.
async fn find_room(client: &Client, name: String) -> Result<RoomId, Trouble> {
    let (meant, rooms) = read(client, move |engine| {
        Ok((engine.room_meant(&name)?, engine.rooms()?))
    })
    .await?;
    match meant {
        Meant::Room(room) => Ok(room),
        Meant::Nothing => Err(ErrorKind::NotFound.into()),
        Meant::OneOf(meant) => {
            let rooms = rooms.into_iter().filter(|room| meant.contains(&room.id));
            let candidates = rooms.map(|room| Candidate {
                id: room.id.to_hex(),
                title: room.title,
                direct: room.direct,
            });
            Err(Trouble::Ambiguous(candidates.collect()))
        }
    }
}

/// The message of a number or an id.
async fn find_message(client: &Client, room: RoomId, name: String) -> Result<MessageId, Trouble> {
    read(client, move |engine| engine.find_message(&room, &name)).await
}

/// Reads something that may fail from the engine.
async fn read<T: Send + 'static>(
    client: &Client,
    look: impl FnOnce(&Engine) -> Result<T, restante_client::Error> + Send + 'static,
) -> Result<T, Trouble> {
    Ok(client.query(|engine| look(engine)).await??)
}

/// Says how far a command has come.
fn tell_state(screen: &mut Screen, state: State) -> Result<(), Trouble> {
    screen.answer(&state.json(), &state_line(screen, state))?;
    Ok(())
}

/// The same in words.
fn state_line(screen: &Screen, state: State) -> String {
    let language = screen.language();
    match state {
        State::Done => language.say(Text::Done).to_owned(),
        State::Queued { reason, .. } => {
            let (why, _) = texts::refusal(language, reason);
            fill(language.say(Text::Queued), &[why])
        }
    }
}
