//! What all members of a room must agree on.

use restante_client::engine::io::{MessageId, RoomId};

use super::Person;

/// What one member knows of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Participants and who is an admin.
    pub participants: Vec<(String, bool)>,
    /// Messages in their order: number, id, sender, text.
    pub messages: Vec<(Option<u64>, MessageId, String, String)>,
    /// Doubts and faults.
    pub is_well: bool,
}

impl Seen {
    /// What a person knows.
    pub async fn by(person: &Person, room: RoomId) -> Self {
        let shown = person.room(room).await;
        let messages = person.history(room).await;
        Self {
            participants: shown.participants,
            messages: messages
                .into_iter()
                .map(|message| (message.number, message.id, message.sender, message.text))
                .collect(),
            is_well: !shown.in_doubt && !shown.log_mismatch,
        }
    }
}

/// Waits until members that were there from the beginning agree on participants and messages (C3), and
/// hands back what they agree on.
///
/// # Panics
/// If they do not.
pub async fn assert_agreement(room: RoomId, members: &[&Person]) -> Seen {
    let mut numbers = Vec::new();
    for member in members {
        numbers.push(member.room(room).await.number);
    }
    let last = numbers.into_iter().max().unwrap_or_default();
    let mut seen = Vec::new();
    for member in members {
        let reads_on = move |engine: &restante_client::engine::Engine| {
            let rooms = engine.rooms().ok()?;
            rooms
                .iter()
                .any(|found| found.id == room && found.number >= last)
                .then_some(())
        };
        member.waits("the end of the log", reads_on).await;
        seen.push((member.name.clone(), Seen::by(member, room).await));
    }
    let (_, first) = seen.first().cloned().expect("at least one member");
    assert!(first.is_well, "a doubt or a fault: {first:?}");
    for (name, other) in seen {
        assert_eq!(other, first, "{name} sees something else");
    }
    first
}
