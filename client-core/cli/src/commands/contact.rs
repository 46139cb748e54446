//! `contact …`.

use std::time::Duration;

use restante_client::{
    ErrorKind,
    driver::Client,
    engine::{
        Engine,
        io::{Command, ContactRequest, RoomId},
        letters::MAX_WORDS,
    },
};

use super::{read, tell_state};
use crate::{
    args::Contact,
    outcome::{carry_out, is_patient},
    screen::Screen,
    shown,
    texts::{Text, fill},
    trouble::{Candidate, Trouble},
};

/// How long a request that is not here is looked for at the relay.
const LOOKING: Duration = Duration::from_secs(10);

/// Shortest beginning of a room's id that may stand for it.
const MIN_PREFIX: usize = 4;

pub(super) async fn run(
    client: &Client,
    screen: &mut Screen,
    command: Contact,
) -> Result<(), Trouble> {
    let command = match command {
        Contact::List => return list(client, screen).await,
        Contact::Requests => return requests(client, screen).await,
        Contact::Add { message, .. } if message.len() > MAX_WORDS => {
            return Err(Trouble::BadInput(Text::WordsTooLong));
        }
        Contact::Add { name, message } => Command::AddContact {
            username: name,
            words: message,
        },
        Contact::Accept { name } => Command::Accept {
            room: request_of(client, name).await?,
        },
        Contact::Decline { name } => Command::Decline {
            room: request_of(client, name).await?,
        },
        Contact::Block { name } => Command::Block { username: name },
    };
    let done = carry_out(client, command).await;
    let state = done.map_err(|error| Trouble::from(error).of_input(Text::NotAPerson))?;
    tell_state(screen, state)
}

async fn list(client: &Client, screen: &mut Screen) -> Result<(), Trouble> {
    let contacts = read(client, Engine::contacts).await?;
    let language = screen.language();
    let rows: Vec<_> = contacts
        .iter()
        .map(|contact| shown::contact_columns(language, contact))
        .collect();
    for (contact, line) in contacts.iter().zip(shown::aligned(&rows)) {
        screen.answer(&shown::contact_json(contact), &line)?;
    }
    if contacts.is_empty() {
        screen.remark(language.say(Text::NobodyYet))?;
    }
    Ok(())
}

async fn requests(client: &Client, screen: &mut Screen) -> Result<(), Trouble> {
    let requests = read(client, Engine::requests).await?;
    let language = screen.language();
    for request in &requests {
        let line = shown::request_line(language, request);
        screen.answer(&shown::request_json(request), &line)?;
    }
    match requests.first() {
        None => screen.remark(language.say(Text::NoRequests))?,
        Some(request) => {
            let from = shown::clean_line(&request.from);
            screen.remark(&fill(language.say(Text::HowToAccept), &[&from]))?;
        }
    }
    Ok(())
}

/// The request that a name means; one that is not here yet is looked for at the relay.
async fn request_of(client: &Client, name: String) -> Result<RoomId, Trouble> {
    match choose(&read(client, Engine::requests).await?, &name) {
        Err(Trouble::Refused(error)) if error.kind == ErrorKind::NotFound => {}
        chosen => return chosen,
    }
    client
        .sync(LOOKING)
        .await
        .or_else(|error| match is_patient(&error) {
            // What is not known without the relay is not found.
            true => Ok(()),
            false => Err(error),
        })?;
    choose(&read(client, Engine::requests).await?, &name)
}

fn candidate(request: &&ContactRequest) -> Candidate {
    let title = request.title.as_ref().unwrap_or(&request.from);
    Candidate {
        id: request.room.to_hex(),
        title: title.clone(),
        direct: request.title.is_none(),
    }
}

/// The request that a name means: the contact request of that person, an invitation to a room of that
/// title or id, or the only invitation by that person.
fn choose(requests: &[ContactRequest], name: &str) -> Result<RoomId, Trouble> {
    let is_contact = |request: &&ContactRequest| request.title.is_none() && request.from == name;
    if let Some(request) = requests.iter().find(is_contact) {
        return Ok(request.room);
    }
    let is_room = |request: &&ContactRequest| {
        let is_prefix = name.len() >= MIN_PREFIX && request.room.to_hex().starts_with(name);
        is_prefix || request.title.as_deref() == Some(name)
    };
    let rooms: Vec<_> = requests.iter().filter(is_room).collect();
    let from: Vec<_> = requests
        .iter()
        .filter(|request| request.from == name)
        .collect();
    match (&rooms[..], &from[..]) {
        ([request], _) | ([], [request]) => Ok(request.room),
        ([], []) => Err(ErrorKind::NotFound.into()),
        _ => {
            let meant = if rooms.is_empty() { &from } else { &rooms };
            Err(Trouble::Ambiguous(meant.iter().map(candidate).collect()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(room: u8, from: &str, title: Option<&str>) -> ContactRequest {
        ContactRequest {
            room: RoomId([room; 32]),
            from: from.into(),
            words: String::new(),
            title: title.map(Into::into),
        }
    }

    #[test]
    fn a_name_means_the_contact_request_before_invitations() {
        let requests = [
            request(1, "bob", Some("team")),
            request(2, "bob", None),
            request(3, "carol", Some("team")),
            request(4, "dave", Some("club")),
        ];
        let chosen = |name| choose(&requests, name).ok();
        assert_eq!(chosen("bob"), Some(RoomId([2; 32])));
        assert_eq!(chosen("carol"), Some(RoomId([3; 32])));
        assert_eq!(chosen("club"), Some(RoomId([4; 32])));
        assert_eq!(chosen("0404"), Some(RoomId([4; 32])));
        let Err(Trouble::Ambiguous(candidates)) = choose(&requests, "team") else {
            panic!("two invitations have this title");
        };
        assert_eq!(candidates.len(), 2);
        assert!(matches!(
            choose(&requests, "erin"),
            Err(Trouble::Refused(error)) if error.kind == ErrorKind::NotFound
        ));
    }
}
