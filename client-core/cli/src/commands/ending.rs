//! What a client that has ended still does, and what is said when it ends in the middle of a command.

use std::time::Duration;

use restante_client::{
    ErrorKind,
    driver::{Client, Events},
    engine::Engine,
};

use super::{client::OwnClient, read, signals::Presence, sync, with_client};
use crate::{
    args::{Command, Contact, Room},
    screen::Screen,
    trouble::Trouble,
};

/// How long the relay may take to say whether this client is still one of its account.
const LOOKING: Duration = Duration::from_secs(5);

/// Whether a command only looks at what is here: then it is done for a client that has ended, too.
pub(super) fn only_reads(command: &Command) -> bool {
    match command {
        Command::Whoami
        | Command::SafetyNumber { .. }
        | Command::History { .. }
        | Command::Search { .. }
        | Command::Export(_)
        // What the relay has of a file it gives to whoever has the message.
        | Command::Save { .. }
        | Command::Client(OwnClient::List)
        | Command::Contact(Contact::List | Contact::Requests)
        | Command::Room(Room::List | Room::Picture { save: Some(_), .. })
        | Command::Presence(Presence::Show { .. }) => true,
        Command::Room(Room::Policy { change, .. }) => change.is_none(),
        _ => false,
    }
}

/// Does what a client that has ended cannot do. Where it turns out to have ended, that is the answer,
/// whatever else failed by it, and what was accepted before and never sent is told.
pub(super) async fn act(
    client: &Client,
    command: Command,
    screen: &mut Screen,
) -> Result<(), Trouble> {
    if let Some(end) = read(client, Engine::ended).await? {
        return Err(end.into());
    }
    let tells_itself = matches!(
        command,
        Command::Sync { .. } | Command::Listen | Command::Chat { .. }
    );
    // Events wait for whoever asked for them: a command that goes on must not pile them up here.
    let mut events = (!tells_itself).then(|| client.events());
    let done = with_client(client, command, screen).await;
    let Err(Trouble::Refused(error)) = &done else {
        return done;
    };
    // A removed client may see its rooms close before it has the account's record, which says why.
    if error.kind == ErrorKind::RoomClosed {
        let _ = client.sync(LOOKING).await;
    }
    let Some(end) = read(client, Engine::ended).await? else {
        return done;
    };
    while let Some(heard) = events.as_mut().and_then(Events::next_now) {
        sync::tell_failed(screen, &heard)?;
    }
    Err(end.into())
}
