//! `room policy`, `room idle`, and the options of `room role`.

use clap::{Args as ClapArgs, ValueEnum};
use restante_client::{
    driver::Client,
    engine::{
        Engine,
        io::{Command, Permission},
        settings::PolicyChange,
    },
    json::policy_json,
};
use serde_json::json;

use super::{find_room, read};
use crate::{
    notices::policy_lines,
    outcome::{PATIENCE, State, carry_out},
    screen::Screen,
    shown::clean_line,
    texts::{Text, fill},
    trouble::Trouble,
};

/// Options of `room policy`.
#[derive(Debug, Clone, Copy, ClapArgs)]
pub(crate) struct PolicyOptions {
    /// Who may add people
    #[arg(long, value_name = "WHO")]
    add: Option<Who>,
    /// Who may remove people
    #[arg(long, value_name = "WHO")]
    remove: Option<Who>,
    /// Who may change the name
    #[arg(long, value_name = "WHO")]
    rename: Option<Who>,
    /// Who may send messages
    #[arg(long, value_name = "WHO")]
    post: Option<Who>,
}

impl PolicyOptions {
    /// Whether nothing is to be changed.
    pub(crate) fn is_none(self) -> bool {
        self.change() == PolicyChange::default()
    }

    fn change(self) -> PolicyChange {
        PolicyChange {
            add: self.add.map(Permission::from),
            remove: self.remove.map(Permission::from),
            rename: self.rename.map(Permission::from),
            post: self.post.map(Permission::from),
        }
    }
}

/// Who may do something.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Who {
    /// Everybody in the room
    Everyone,
    /// Its admins
    Admins,
}

/// What somebody is in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// May do all that the policy has to give, and change it
    Admin,
    /// May do what the policy gives to everyone
    Member,
}

impl From<Who> for Permission {
    fn from(who: Who) -> Self {
        match who {
            Who::Everyone => Self::Everyone,
            Who::Admins => Self::Admins,
        }
    }
}

/// Changes a room's policy, or shows it where nothing is to be changed.
pub(super) async fn policy(
    client: &Client,
    screen: &mut Screen,
    name: String,
    options: PolicyOptions,
) -> Result<(), Trouble> {
    let room = find_room(client, name).await?;
    let state = match options.is_none() {
        true => State::Done,
        false => {
            let change = options.change();
            carry_out(client, Command::SetPolicy { room, change }).await?
        }
    };
    let rooms = read(client, Engine::rooms).await?;
    let found = rooms.into_iter().find(|found| found.id == room);
    let policy = found.map(|room| room.policy).unwrap_or_default();
    let lines = policy_lines(screen.language(), &policy).join("\n");
    let told = state.json_with([("policy", policy_json(&policy))]);
    screen.answer(&told, &lines)?;
    Ok(())
}

/// Shows the clients of a room that were not heard of for long.
pub(super) async fn idle(
    client: &Client,
    screen: &mut Screen,
    name: String,
) -> Result<(), Trouble> {
    let room = find_room(client, name).await?;
    // The relay tells the day.
    client.sync(PATIENCE).await?;
    let idle = read(client, move |engine| engine.idle_clients(&room)).await?;
    let language = screen.language();
    for found in &idle {
        let (username, days) = (clean_line(&found.username), found.days.to_string());
        let line = fill(language.say(Text::IdleFor), &[&username, &days]);
        let told = json!({ "username": found.username, "days": found.days });
        screen.answer(&told, &line)?;
    }
    if idle.is_empty() {
        screen.remark(language.say(Text::NobodyIdle))?;
    }
    Ok(())
}
