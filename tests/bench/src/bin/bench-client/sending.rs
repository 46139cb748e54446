//! Sending: from the command to the append, one by one and in bursts. Leaves a room full of messages
//! whose other members were away.

use restante_bench::{samples::median_by, stopwatch::Stopwatch};
use restante_client::engine::io::{Command, RoomId, Time};
use restante_simulation::{Person, World, relay::Relay};
use restante_wire::MailboxAddress;

use crate::online::Online;

/// Later than anything that the making of the room was about.
pub(crate) const NOW: Time = Time(1_790_100_000_000);

/// Messages commanded before the first of them is answered, in a burst.
const BURST: u32 = 64;

/// A room in which one member wrote while all others were away.
pub(crate) struct FullRoom {
    /// A member that was away.
    pub(crate) reader: Person,
    /// The relay with what was sent.
    pub(crate) relay: Relay,
    /// The room.
    pub(crate) room: RoomId,
    /// Its mailbox.
    pub(crate) mailbox: MailboxAddress,
    /// What was measured: name, time, messages.
    pub(crate) sending: Vec<(&'static str, Stopwatch, u32)>,
}

/// Makes the room and sends `messages`, half of them one by one and half in bursts, each half in so
/// many runs.
pub(crate) fn fill_room(members: usize, messages: u32, runs: u32) -> FullRoom {
    let (mut sender, room, reader) = member_alone(members);
    let mailbox = sender.mailbox();
    let (mut single, mut whole, mut burst) = (Vec::new(), Vec::new(), Vec::new());
    let run = messages / 2 / runs;
    let mut sent = 0;
    for number in 0..2 * runs {
        let window = if number < runs { 1 } else { BURST };
        let count = if number + 1 == 2 * runs {
            messages - sent
        } else {
            run
        };
        let (commands, rest) = send(&mut sender, &room, count, window);
        if window == 1 {
            single.push((commands, count));
            whole.push((rest, count));
        } else {
            burst.push((rest, count));
        }
        sent += count;
    }
    assert!(sender.appended >= sent as usize, "everything was appended");
    let (_, relay) = sender.into_parts();
    let sending = [
        ("command to append", single),
        ("sent, one by one", whole),
        ("sent, in bursts", burst),
    ]
    .into_iter()
    .filter_map(|(name, runs)| {
        let (watch, count) = median_by(runs, |(watch, count)| -watch.per_second(*count))?;
        Some((name, watch, count))
    })
    .collect();
    FullRoom {
        reader,
        relay,
        room,
        mailbox,
        sending,
    }
}

/// The first member of a new room, connected, while all others are away; the room; the second member.
pub(crate) fn member_alone(members: usize) -> (Online, RoomId, Person) {
    let names: Vec<String> = (0..members)
        .map(|number| format!("person{number}"))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut world = World::with_people(7, &names);
    let room = match members {
        2 => world.become_contacts(0, 1),
        _ => world.group_of_all("measured"),
    };
    for person in world.people.iter_mut().skip(1) {
        person.engine = None;
    }
    let sender = world.people.first_mut().expect("a sender");
    let mailbox = sender.seats.last().expect("a watched room").mailbox;
    let engine = sender.engine.take().expect("a running client");
    let relay = std::mem::take(&mut world.relay);
    let online = Online::connect(engine, relay, mailbox, NOW);
    (online, room, world.people.remove(1))
}

/// Commands a message.
pub(crate) fn say(sender: &mut Online, room: &RoomId, text: String) {
    sender.command(Command::SendText { room: *room, text });
}

/// Time in commands, and time in all.
fn send(sender: &mut Online, room: &RoomId, count: u32, window: u32) -> (Stopwatch, Stopwatch) {
    sender.commands = Stopwatch::default();
    sender.rest = Stopwatch::default();
    for number in 0..count {
        let text = format!(
            "message {number}: about as long as what people write to each other, which is not much"
        );
        say(sender, room, text);
        if (number + 1) % window == 0 {
            sender.settle();
        }
    }
    sender.settle();
    (sender.commands, sender.commands.plus(&sender.rest))
}
