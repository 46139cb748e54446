//! What can be asked on the command line.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand};
use restante_client::engine::mute::MAX_MUTE_S;

use crate::commands::{
    client::{Login, OwnClient},
    credentials::{Account, Reset},
    push::Push,
    settings::{PolicyOptions, Role},
    signals::Presence,
};

/// Chat through a relay that cannot read.
///
/// Commands read what the last connection brought, and what they change waits on disk if the relay
/// cannot be reached: restante sync fetches and sends everything, restante listen stays connected.
///
/// The passphrase of the home comes from RESTANTE_PASSPHRASE, or is asked for. RESTANTE_LANG (en, zh)
/// chooses the language. Exit status: 0 done, 1 refused (with --json the stable code is in
/// {"error":{"code":…}}), 2 not understood.
#[derive(Debug, Parser)]
#[command(name = "restante", version, propagate_version = true)]
pub(crate) struct Args {
    /// Directory that holds this client
    #[arg(long, global = true, env = "RESTANTE_HOME", value_name = "DIR")]
    pub(crate) home: Option<PathBuf>,

    /// Which account of the home, where it holds several: NAME or NAME@RELAY
    #[arg(long, global = true, env = "RESTANTE_ACCOUNT", value_name = "NAME")]
    pub(crate) account: Option<String>,

    /// Print one JSON object a line
    #[arg(long, global = true)]
    pub(crate) json: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// A command.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make an account, beside those that the home may have
    Register(Register),
    /// Sign in to an account by its password, beside those that the home may have
    Login(Login),
    /// Set a new password by the recovery phrase, and sign in with it
    Reset(Reset),
    /// Password, recovery phrase and end of an account; the accounts of this home
    #[command(subcommand)]
    Account(Account),
    /// The clients of this account
    #[command(subcommand)]
    Client(OwnClient),
    /// Show who this client is
    Whoami,
    /// People you talk to
    #[command(subcommand)]
    Contact(Contact),
    /// Rooms you are in
    #[command(subcommand)]
    Room(Room),
    /// Send a text; from standard input if it is not given
    Send(Send),
    /// Fetch the files of a message and save them
    Save {
        /// Id, title, or a contact's name
        room: String,
        /// The message: its number or id
        id: String,
        /// Folder that exists; nothing in it is overwritten
        dir: PathBuf,
    },
    /// Put other words in the place of a message of yours
    Edit {
        /// Id, title, or a contact's name
        room: String,
        /// The message: its number or id
        id: String,
        /// The new text; from standard input if it is not given
        text: Option<String>,
    },
    /// Delete a message of yours for everybody
    Delete {
        /// Id, title, or a contact's name
        room: String,
        /// The message: its number or id
        id: String,
    },
    /// React to a message
    React {
        /// Id, title, or a contact's name
        room: String,
        /// The message: its number or id
        id: String,
        /// An emoji, or a few letters without a space
        emoji: String,
        /// Take the reaction back
        #[arg(long)]
        remove: bool,
    },
    /// Find messages that hold a text
    Search {
        /// Any part of a text, in any case
        text: String,
        /// Only in this room
        #[arg(long)]
        room: Option<String>,
        /// At most so many, the latest
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: u32,
    },
    /// Write the messages of a room into a file
    Export(Export),
    /// Make a room quiet for you: altogether, for a time, or but for mentions
    Mute {
        /// Id, title, or a contact's name
        room: String,
        /// Only so long
        #[arg(long = "for", value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=MAX_MUTE_S))]
        seconds: Option<u64>,
        /// Still tell of messages that mention you
        #[arg(long, conflicts_with = "seconds")]
        mentions_only: bool,
        /// Make it loud again
        #[arg(long, conflicts_with_all = ["seconds", "mentions_only"])]
        off: bool,
    },
    /// Fetch, process and send everything, then exit
    Sync {
        /// Give up after so many seconds
        #[arg(long, value_name = "SECONDS", default_value_t = 60)]
        timeout: u64,
    },
    /// Tell those connected now that you are writing; kept nowhere
    Typing {
        /// Id, title, or a contact's name
        room: String,
        /// That you have stopped
        #[arg(long)]
        stop: bool,
    },
    /// Whether contacts see that you are there; off until you choose
    #[command(subcommand)]
    Presence(Presence),
    /// Where this client is woken while it sleeps
    #[command(subcommand)]
    Push(Push),
    /// Stay connected and print what happens
    Listen,
    /// Show the messages of a room
    History {
        /// Id, title, or a contact's name
        room: String,
        /// At most so many, the latest
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: u32,
        /// Only those with a lower number: the page before
        #[arg(long, value_name = "N")]
        before: Option<u64>,
        /// With --json, also what happened to the room
        #[arg(long)]
        notices: bool,
    },
    /// Show the number to compare with somebody by another channel
    SafetyNumber {
        /// A contact's name
        name: String,
    },
    /// Talk in a room: history, receipts, new messages as they come
    Chat {
        /// Id, title, or a contact's name
        room: String,
    },
}

/// Options of `send`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Send {
    /// Id, title, or a contact's name
    pub(crate) room: String,
    /// The text, Markdown; @name of somebody in the room mentions them; with files it may be missing
    pub(crate) text: Option<String>,
    /// The message that it answers: its number or id
    #[arg(long, value_name = "ID")]
    pub(crate) reply_to: Option<String>,
    /// Vanishes everywhere so many seconds after it was read
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) expires: Option<u32>,
    #[command(flatten)]
    pub(crate) files: Files,
}

/// Options of `register`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Register {
    /// URL of the relay
    #[arg(long, value_name = "URL")]
    pub(crate) relay: String,
    /// The name others find you by
    #[arg(long, value_name = "NAME")]
    pub(crate) username: String,
    /// Invite code, where the relay wants one
    #[arg(long, value_name = "CODE")]
    pub(crate) invite: Option<String>,
    /// Read the account password from the first line of standard input
    #[arg(long)]
    pub(crate) password_stdin: bool,
}

/// Options of `export`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Export {
    /// Id, title, or a contact's name
    pub(crate) room: String,
    /// Where to; readable by you alone
    pub(crate) file: PathBuf,
    /// For people, or an object a line
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Overwrite a file that is there
    #[arg(long)]
    pub(crate) force: bool,
}

/// How messages are written into a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Lines for people
    Text,
    /// JSON lines, as `history --json` prints them
    Json,
}

/// Files to send.
#[derive(Debug, Default, ClapArgs)]
pub(crate) struct Files {
    /// Send a file as it is, metadata included; may be given several times
    #[arg(long = "file", value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Send a photo: its pixels, without place, time and camera; may be given several times
    #[arg(long = "photo", value_name = "PATH")]
    pub(crate) photos: Vec<PathBuf>,
    /// Send a recording as a voice message
    #[arg(long, value_name = "PATH")]
    pub(crate) voice: Option<PathBuf>,
    /// Shape of the recording: levels from 0 to 255, from whoever recorded it (made here for WAV)
    #[arg(
        long,
        value_name = "LEVEL,…",
        value_delimiter = ',',
        requires = "voice"
    )]
    pub(crate) waveform: Vec<u8>,
    /// Length of the recording, with --waveform
    #[arg(long, value_name = "MS", default_value_t = 0, requires = "waveform")]
    pub(crate) duration_ms: u32,
}

impl Files {
    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.paths.is_empty() && self.photos.is_empty() && self.voice.is_none()
    }
}

/// Commands about contacts.
#[derive(Debug, Subcommand)]
pub(crate) enum Contact {
    /// Ask somebody to be a contact
    Add {
        /// Exact username
        name: String,
        /// A few words of introduction
        #[arg(long, value_name = "TEXT", default_value = "")]
        message: String,
    },
    /// List contacts
    List,
    /// List who asks, and invitations
    Requests,
    /// Accept a request or an invitation
    Accept {
        /// Who asks, or the title or id of the room
        name: String,
    },
    /// Decline it; the other side is not told
    Decline {
        /// Who asks, or the title or id of the room
        name: String,
    },
    /// Take nothing from somebody any more
    Block {
        /// A contact, or who asks
        name: String,
    },
}

/// Commands about rooms.
#[derive(Debug, Subcommand)]
pub(crate) enum Room {
    /// Make a group room
    Create {
        /// Its name
        title: String,
        /// Who is in it; may be given several times
        #[arg(long = "member", value_name = "NAME")]
        members: Vec<String>,
    },
    /// List rooms
    List,
    /// Add somebody
    Add {
        /// Id or title
        room: String,
        /// Exact username
        name: String,
    },
    /// Remove somebody
    Remove {
        /// Id or title
        room: String,
        /// Username as the room shows it
        name: String,
    },
    /// Give a room another name
    Rename {
        /// Id or title
        room: String,
        /// Its name
        title: String,
    },
    /// Give a room another picture, take it away, or save it
    #[command(group = clap::ArgGroup::new("what").required(true))]
    Picture {
        /// Id or title
        room: String,
        /// A picture; a small copy of it, without its metadata, is what the room has
        #[arg(group = "what")]
        file: Option<PathBuf>,
        /// No picture
        #[arg(long, group = "what")]
        none: bool,
        /// Save it in this folder; nothing in it is overwritten
        #[arg(long, value_name = "DIR", group = "what")]
        save: Option<PathBuf>,
    },
    /// Show or change who may do what
    Policy {
        /// Id or title
        room: String,
        #[command(flatten)]
        change: PolicyOptions,
    },
    /// Make somebody an admin, or a member again
    Role {
        /// Id or title
        room: String,
        /// Username as the room shows it
        name: String,
        /// Which of the two
        role: Role,
    },
    /// Show clients not heard of for ninety days, or remove them
    Idle {
        /// Id or title
        room: String,
        /// Remove them
        #[arg(long)]
        remove: bool,
    },
    /// Move a room to the post-quantum encryption, which all clients in it must offer
    Upgrade {
        /// Id, title, or a contact's name
        room: String,
    },
    /// Leave a room
    Leave {
        /// Id, title, or a contact's name
        room: String,
    },
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, error::ErrorKind};

    use super::*;

    fn parse(line: &str) -> Result<Args, clap::Error> {
        Args::try_parse_from(line.split(' '))
    }

    #[test]
    fn the_definition_is_sound() {
        Args::command().debug_assert();
    }

    /// Every command, with every option once.
    const REFERENCE: &[&str] = &[
        "restante register --relay https://r.example --username alice --invite C",
        "restante register --relay r --username a --password-stdin --home /tmp/h --json",
        "restante login --relay https://r.example --username alice --password-stdin",
        "restante client list",
        "restante client rename 0a1b desk",
        "restante client remove 0a1b --password-stdin",
        "restante account list",
        "restante account default alice@https://r.example",
        "restante account password --password-stdin",
        "restante account phrase --phrase-stdin",
        "restante account delete --password-stdin --account alice",
        "restante reset --relay r --username a --phrase-stdin",
        "restante whoami --account alice",
        "restante whoami",
        "restante contact add bob --message hello",
        "restante contact list",
        "restante contact requests",
        "restante contact accept bob",
        "restante contact decline bob",
        "restante contact block bob",
        "restante room create team --member bob --member carol",
        "restante room list",
        "restante room add team dave",
        "restante room remove team dave",
        "restante room rename team crew",
        "restante room picture team cat.png",
        "restante room picture team --none",
        "restante room picture team --save .",
        "restante room policy team",
        "restante room policy team --add everyone --remove admins --rename admins --post everyone",
        "restante room idle team",
        "restante room idle team --remove",
        "restante room role team bob admin",
        "restante room role team bob member",
        "restante room leave team",
        "restante send team hi",
        "restante send team",
        "restante typing team",
        "restante typing team --stop",
        "restante presence on",
        "restante presence off",
        "restante presence show",
        "restante presence show bob",
        "restante send team hi --reply-to 42 --expires 60",
        "restante edit team 42 hello",
        "restante edit team 01abcdef",
        "restante delete team #42",
        "restante react team 42 👍",
        "restante react team 42 👍 --remove",
        "restante search 你好 --room team --limit 5",
        "restante export team file.txt",
        "restante export team file.json --format json --force",
        "restante mute team",
        "restante mute team --for 3600",
        "restante mute team --mentions-only",
        "restante mute team --off",
        "restante push register --kind webpush --endpoint https://p.example/x --p256dh B --auth -B",
        "restante push register --kind apns --token 00ff --background",
        "restante push register --kind fcm --token T",
        "restante push list",
        "restante push receive --timeout 5",
        "restante push remove",
        "restante history team --limit 5 --before 42",
        "restante send team look --file a.png --file b.pdf",
        "restante send team look --photo a.jpg --photo b.png",
        "restante send team --voice v.ogg --waveform 0,7,255 --duration-ms 1500",
        "restante save team 0123abcd .",
        "restante sync",
        "restante --json listen",
        "restante history team --limit 5",
        "restante safety-number bob",
        "restante chat bob",
    ];

    #[test]
    fn every_command_of_the_reference_parses() {
        for line in REFERENCE {
            assert!(parse(line).is_ok(), "{line}");
        }
    }

    /// The lines of the reference that speak of a command: `restante` itself, or `room add`.
    fn reference_of(path: &str) -> String {
        let reference = include_str!("../../../docs/command-line.md");
        let rows = reference.lines().filter(|line| line.starts_with('|'));
        let first_cells = rows.filter_map(|row| Some((row, row.get(1..)?.split(" | ").next()?)));
        let of_command = first_cells.filter(|(_, cell)| {
            let mut spans = cell.split('`').skip(1).step_by(2);
            spans.any(|span| span == path || span.starts_with(&format!("{path} ")))
        });
        of_command.map(|(row, _)| format!("{row}\n")).collect()
    }

    fn missing_in_the_reference(command: &clap::Command, path: &str, missing: &mut Vec<String>) {
        for child in command.get_subcommands() {
            let name = child.get_name();
            let path = if path.is_empty() {
                name.to_owned()
            } else {
                format!("{path} {name}")
            };
            missing_in_the_reference(child, &path, missing);
            if child.has_subcommands() {
                continue;
            }
            let told = reference_of(&path);
            if told.is_empty() {
                missing.push(path.clone());
            }
            for long in child
                .get_arguments()
                .filter_map(|argument| argument.get_long())
            {
                if !told.contains(&format!("--{long}")) {
                    missing.push(format!("{path} --{long}"));
                }
            }
        }
    }

    #[test]
    fn every_command_and_option_stands_in_the_reference() {
        let command = Args::command();
        let mut missing = Vec::new();
        missing_in_the_reference(&command, "", &mut missing);
        for long in command
            .get_arguments()
            .filter_map(|argument| argument.get_long())
        {
            if reference_of(&format!("--{long}")).is_empty() {
                missing.push(format!("--{long}"));
            }
        }
        assert_eq!(missing, Vec::<String>::new());
    }

    #[test]
    fn home_and_json_may_stand_anywhere() {
        let args = parse("restante history team --json --home /tmp/h").unwrap();
        assert!(args.json);
        assert_eq!(args.home, Some(PathBuf::from("/tmp/h")));
    }

    #[test]
    fn what_is_missing_or_unknown_is_not_understood() {
        for (line, kind) in [
            (
                "restante register --relay r",
                ErrorKind::MissingRequiredArgument,
            ),
            ("restante send", ErrorKind::MissingRequiredArgument),
            (
                "restante room picture team",
                ErrorKind::MissingRequiredArgument,
            ),
            (
                "restante room picture team a.png --none",
                ErrorKind::ArgumentConflict,
            ),
            (
                "restante send team hi --expires 0",
                ErrorKind::ValueValidation,
            ),
            (
                "restante mute team --off --for 5",
                ErrorKind::ArgumentConflict,
            ),
            (
                "restante send team --waveform 1",
                ErrorKind::MissingRequiredArgument,
            ),
            ("restante fly", ErrorKind::InvalidSubcommand),
            (
                "restante history team --limit -1",
                ErrorKind::UnknownArgument,
            ),
        ] {
            let error = parse(line).unwrap_err();
            assert_eq!(error.kind(), kind, "{line}");
            assert_eq!(error.exit_code(), 2);
        }
    }
}
