//! A program of one's own, tried against the simulated relay: a bot that answers what it is told.
//!
//! ```sh
//! cargo run -p restante-simulation --example bot
//! ```
//!
//! What happens to the bot here in a moment would take a week and a bad network. `main` reads from
//! top to bottom; `docs/how-to/test-against-the-simulated-relay.md` says what else can be done.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "an example shows what it does, and fails where it goes wrong"
)]

use restante_client::{
    Error,
    engine::{
        Engine,
        io::{Command, Draft, Message, RoomId},
    },
};
use restante_crypto::ciphersuite::SUPPORTED;
use restante_simulation::{Crash, World};

const ALICE: usize = 0;
const BOT: usize = 1;

const WEEK_MS: u64 = 7 * 24 * 3_600_000;

/// The program under test. It knows a client and its commands, and nothing of a simulation.
///
/// What it has answered stands in the client's own store: so it matters nowhere whether its process
/// ended between hearing and answering.
struct Bot;

impl Bot {
    fn answers(&self, client: &Engine) -> Result<Vec<Command>, Error> {
        let mut commands = Vec::new();
        for room in client.rooms()? {
            let messages = client.history(&room.id, 100)?;
            let is_answered = |heard: &Message| {
                let mut quotes = messages.iter().filter_map(|said| said.reply.as_ref());
                quotes.any(|quote| quote.id == heard.id)
            };
            let open = messages
                .iter()
                .filter(|heard| !heard.own && !is_answered(heard));
            commands.extend(open.map(|heard| Command::SendDraft {
                room: room.id,
                draft: Draft {
                    text: format!("you said: {}", heard.text),
                    reply_to: Some(heard.id),
                    lifetime_s: None,
                    files: Vec::new(),
                },
            }));
        }
        Ok(commands)
    }
}

/// Lets the world come to rest and the bot answer, until nobody has anything more to say.
fn settle(world: &mut World) {
    loop {
        world.rest();
        let answers = Bot.answers(world.engine(BOT)).expect("the bot's store");
        if answers.is_empty() {
            return;
        }
        for answer in answers {
            world.command(BOT, answer).expect("the bot may write");
        }
    }
}

fn show(world: &World, room: &RoomId, when: &str) {
    println!("{when}:");
    for text in world.texts(ALICE, room) {
        println!("    {text}");
    }
}

fn main() {
    // The seed decides every delay and every order: the same seed is the same run.
    let mut world = World::on_disk(7, &[("alice", SUPPORTED), ("bot", SUPPORTED)]);
    let room = world.become_contacts(ALICE, BOT);
    world.say(ALICE, &room, "hello");
    settle(&mut world);
    show(&world, &room, "a quiet day");

    // The relay takes the message, but its answer and everything else on the way is lost.
    world.say(ALICE, &room, "are you there?");
    world.lose_answers(ALICE);
    settle(&mut world);
    show(&world, &room, "an answer was lost");

    // The bot's process ends behind its next transactions, before or after what they send has left.
    for crash in [Crash::BeforeSending, Crash::AfterSending] {
        world.crash_at(BOT, 0, crash);
        world.say(ALICE, &room, "do not fall over");
        settle(&mut world);
    }
    show(&world, &room, "the bot fell over twice");

    // A week in which the bot is off, and a restart of the relay.
    world.turn_off(BOT);
    world.say(ALICE, &room, "see you in a week");
    world.pass_ms(WEEK_MS);
    world.restart_relay();
    world.turn_on(BOT);
    settle(&mut world);
    show(&world, &room, "a week later");

    // Both see the same, every message once, in one order; nothing waits.
    world.assert_agreement(&room, &[ALICE, BOT]);
    assert_eq!(world.texts(BOT, &room).len(), 10);
}

/// The tests of the workspace run what the page shows.
#[cfg(test)]
mod tests {
    #[test]
    fn the_example_runs() {
        super::main();
    }
}
