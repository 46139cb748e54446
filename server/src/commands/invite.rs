//! `invite`: codes for people who may register.

use clap::{Args, Subcommand};
use rusqlite::Connection;

use super::{Failure, Flags, Place, output::say};
use crate::{
    accounts::invite,
    clock::{Clock, SystemClock},
    first_start,
    store::sqlite::{accounts::invites, beside},
};

/// Bytes of a code's hash that name it in the list.
const NAME_LEN: usize = 6;

/// Arguments of `invite`.
#[derive(Args)]
pub struct Invite {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Makes a code and prints it; it is stored as a hash and shown only now.
    Create {
        #[command(flatten)]
        place: Place,
        /// How many codes.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1000))]
        count: u16,
    },
    /// Lists codes that were not used, by the name that `revoke` takes.
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Revokes a code that was not used.
    Revoke {
        #[command(flatten)]
        place: Place,
        /// The code, or its name from `list`.
        code: String,
    },
}

impl Invite {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self.action {
            Action::Create { place, count } => create(&open(&place)?, count),
            Action::List { place } => list(&open(&place)?),
            Action::Revoke { place, code } => revoke(&open(&place)?, &code),
        }
    }
}

fn open(place: &Place) -> Result<Connection, Failure> {
    let config = place.load(Flags::default())?;
    let file = config.database();
    // A slip in the directory must not make a second relay that nobody runs.
    let belongs_to_relay =
        file.exists() || config.opaque_key_file().exists() && config.data_dir.is_dir();
    if !belongs_to_relay {
        return Err(format!(
            "{} holds no relay; name its directory with --data, or run restante-server init first",
            config.data_dir.display()
        )
        .into());
    }
    first_start::check(&config)?;
    beside::open(&file).map_err(|source| crate::app::StartError::Database { file, source }.into())
}

fn create(connection: &Connection, count: u16) -> Result<(), Failure> {
    let today = SystemClock.day();
    for _ in 0..count {
        let code = invite::generate();
        let hash = invite::hash(&code).map_err(|_| "a fault of this program: no code")?;
        invites::insert(connection, &hash, today)?;
        say(&code);
    }
    Ok(())
}

fn list(connection: &Connection) -> Result<(), Failure> {
    let today = SystemClock.day();
    for row in invites::list(connection)? {
        let age = today.0.saturating_sub(row.made_day.0);
        say(&format!("{}  made {age} days ago", name(&row.code_hash)));
    }
    Ok(())
}

fn revoke(connection: &Connection, code: &str) -> Result<(), Failure> {
    let named = |row: &invites::InviteRow| name(&row.code_hash) == code.to_ascii_lowercase();
    let hash = match invite::hash(code) {
        Ok(hash) => Some(hash),
        Err(_) => invites::list(connection)?
            .iter()
            .find(|row| named(row))
            .map(|row| row.code_hash),
    };
    match hash {
        Some(hash) if invites::remove(connection, &hash)? => {
            say("revoked");
            Ok(())
        }
        _ => Err("no such code, or it was used; see `restante-server invite list`".into()),
    }
}

/// The first bytes of the hash, in hexadecimal.
fn name(code_hash: &[u8; 32]) -> String {
    let bytes = code_hash.iter().take(NAME_LEN);
    bytes.map(|byte| format!("{byte:02x}")).collect()
}
