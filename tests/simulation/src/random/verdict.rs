//! What must hold of a world that is at rest, beside the model.

use std::collections::{BTreeMap, BTreeSet};

use restante_client::engine::io::{Message, MessageState, Room, RoomId, RoomPhase};
use restante_wire::ClientId;

use super::{
    model::{ClientIndex, Reaction, Said},
    play::{Play, Views},
    proof::Proof,
};

/// Checks everything. Gives the number of things that were looked at.
///
/// # Errors
/// The first thing that is not as it must be.
pub(super) fn of(play: &Play) -> Result<u64, String> {
    let mut checks = 0;
    let people = &play.world.people;
    for (who, person) in people.iter().enumerate() {
        let engine = person.engine.as_ref().ok_or("a client does not run")?;
        let ended = engine.ended().map_err(|error| error.to_string())?;
        let is_removed = ended.is_some();
        if is_removed != play.expelled.contains(&who) {
            return Err(format!(
                "C7: {who} knows nothing of its removal, or invents it"
            ));
        }
        if !is_removed && !engine.settled(play.world.now()).unwrap_or(false) {
            return Err(format!(
                "C4: at {who} something is pending \"{:?}\"",
                person.pending()
            ));
        }
        checks += 1;
    }
    let views = play.views();
    for room in play.model.rooms() {
        checks += RoomVerdict::new(play, &views, *room).check()?;
    }
    checks += thieves(play)?;
    Ok(checks)
}

/// One room, as all that are in it see it.
struct RoomVerdict<'a> {
    play: &'a Play,
    room: RoomId,
    joined: Vec<ClientIndex>,
    shown: BTreeMap<ClientIndex, Room>,
    histories: BTreeMap<ClientIndex, Vec<Message>>,
}

impl<'a> RoomVerdict<'a> {
    fn new(play: &'a Play, views: &Views, room: RoomId) -> Self {
        let joined = views.joined(&room);
        let mut shown = BTreeMap::new();
        let mut histories = BTreeMap::new();
        for who in (0..play.world.people.len()).filter(|who| !play.expelled.contains(who)) {
            if let Some(found) = views.room(who, &room) {
                shown.insert(who, found.clone());
            }
            histories.insert(who, play.world.history(who, &room));
        }
        Self {
            play,
            room,
            joined,
            shown,
            histories,
        }
    }

    fn check(&self) -> Result<u64, String> {
        let title = self.shown.values().next().map(|room| room.title.clone());
        let named = |what: String| format!("{what} \"{}\"", title.as_deref().unwrap_or_default());
        self.check_standing().map_err(named)?;
        self.check_agreement().map_err(named)?;
        self.check_secrets().map_err(named)?;
        let mut checks = self.joined.len() as u64;
        self.check_order()?;
        for said in self.play.model.messages(&self.room) {
            checks += self.check_message(said)?;
        }
        Ok(checks)
    }

    /// Who stays is in, in no doubt, and nothing of the relay seemed wrong.
    fn check_standing(&self) -> Result<(), String> {
        for who in 0..self.play.world.people.len() {
            let is_in = self.joined.contains(&who);
            if self.play.model.stays(&self.room, who) && !is_in {
                let phase = self.shown.get(&who).map(|room| room.phase);
                return Err(format!("C3: {who} was never taken out, and is {phase:?}"));
            }
        }
        for who in &self.joined {
            let room = &self.shown[who];
            let wrong = [
                (room.in_doubt, "is in doubt"),
                (room.log_mismatch, "believes the relay lied"),
                (room.halted.is_some(), "stands still"),
            ];
            if let Some((_, what)) = wrong.into_iter().find(|(is_wrong, _)| *is_wrong) {
                return Err(format!("C3: {who} {what} in {}", room.title));
            }
        }
        Ok(())
    }

    /// All members hold the same group, and the members are they.
    fn check_agreement(&self) -> Result<(), String> {
        let Some(first) = self.joined.first() else {
            return Ok(());
        };
        let people = &self.play.world.people;
        let reference = Proof::of(&people[*first], &self.room)
            .ok_or_else(|| format!("C3: {first} has no group"))?;
        for who in &self.joined[1..] {
            let proof = Proof::of(&people[*who], &self.room)
                .ok_or_else(|| format!("C3: {who} has no group"))?;
            if let Some(what) = proof.difference(&reference) {
                return Err(format!("C3: {who} and {first} differ: {what}"));
            }
            if self.shown[who].participants != self.shown[first].participants {
                return Err(format!("C3: {who} and {first} show other people"));
            }
        }
        let ids: BTreeMap<ClientId, ClientIndex> = (0..people.len())
            .map(|who| (self.play.world.client_of(who), who))
            .collect();
        for who in &self.joined {
            if !reference.members.contains(&self.play.world.client_of(*who)) {
                return Err(format!("C3: {who} is no member"));
            }
        }
        for member in &reference.members {
            let who = ids[member];
            // A member that has not come in yet waits for its person, who may be in no hurry.
            let waits = self.shown.get(&who).is_none_or(|room| {
                !matches!(
                    room.phase,
                    RoomPhase::Joined | RoomPhase::Removed | RoomPhase::Joining
                )
            });
            // A room that nobody but the lost client knew of is known to nobody who could remove it.
            let name = &people[who].name;
            let has_others = self.joined.iter().any(|other| people[*other].name == *name);
            let is_expelled = self.play.expelled.contains(&who) && has_others;
            let is_lost = self.play.expelled.contains(&who) && !has_others;
            if is_lost {
                continue;
            }
            if is_expelled || !(waits || self.joined.contains(&who)) {
                let phase = self.shown.get(&who).map(|room| room.phase);
                return Err(format!(
                    "C7: {who} is a member, and {phase:?} (expelled: {is_expelled})"
                ));
            }
        }
        Ok(())
    }

    /// Who is out keeps nothing that opens anything.
    fn check_secrets(&self) -> Result<(), String> {
        for (who, room) in &self.shown {
            let is_out = matches!(room.phase, RoomPhase::Left | RoomPhase::Removed);
            if is_out && Proof::of(&self.play.world.people[*who], &self.room).is_some() {
                return Err(format!("C7: {who} is out and keeps the group"));
            }
        }
        Ok(())
    }

    /// What two clients have, they have in one order, each once, and somebody said it.
    fn check_order(&self) -> Result<(), String> {
        let mut reference: Option<(ClientIndex, Vec<_>)> = None;
        for (who, history) in &self.histories {
            let mut seen = BTreeSet::new();
            for message in history {
                if !seen.insert(message.id) {
                    return Err(format!("C4: {who} has a message twice: {}", message.text));
                }
                let said = self.play.model.message(&message.id);
                let said = said.ok_or_else(|| {
                    format!(
                        "C6: {who} has what nobody said: {} {}",
                        message.sender, message.text
                    )
                })?;
                if said.author != message.sender {
                    let (sender, text) = (&message.sender, &message.text);
                    return Err(format!("C6: {who} has it from {sender:?}: {text}"));
                }
                if self
                    .play
                    .model
                    .must_not_read(said, &self.play.world.people[*who].name)
                {
                    return Err(format!(
                        "C7: {who} reads what is not for him: {}",
                        message.text
                    ));
                }
            }
            if !self.joined.contains(who) {
                continue;
            }
            let placed = history.iter().filter(|message| message.number.is_some());
            let order: Vec<_> = placed.map(|message| message.id).collect();
            if let Some((other, known)) = &reference {
                let common = |mine: &[_], theirs: &BTreeSet<_>| -> Vec<_> {
                    mine.iter()
                        .copied()
                        .filter(|id| theirs.contains(id))
                        .collect()
                };
                let (mine, theirs) = (
                    order.iter().copied().collect::<BTreeSet<_>>(),
                    known.iter().copied().collect::<BTreeSet<_>>(),
                );
                if common(&order, &theirs) != common(known, &mine) {
                    return Err(format!("C3: {who} and {other} have another order"));
                }
            }
            if reference
                .as_ref()
                .is_none_or(|(_, known)| known.len() < order.len())
            {
                reference = Some((*who, order));
            }
        }
        Ok(())
    }

    /// Everybody that must have a message has it, as it was meant.
    fn check_message(&self, said: &Said) -> Result<u64, String> {
        let words = &said.versions[0];
        let author = self.histories.get(&said.client);
        let own = author.and_then(|history| history.iter().find(|found| found.id == said.id));
        let state = own.map(|message| message.state);
        let is_sent =
            state.is_some_and(|state| (MessageState::Sent..MessageState::Failed).contains(&state));
        let is_withdrawn = said.is_deleted && state.is_none();
        if author.is_some() && !(is_sent || said.may_fail || is_withdrawn) {
            return Err(format!("C4: {} shows {words:?} as {state:?}", said.client));
        }
        let readers: Vec<ClientIndex> = self.play.model.readers(said).collect();
        let mut copies = Vec::new();
        for reader in &readers {
            let history = self.histories.get(reader);
            let copy = history.and_then(|history| history.iter().find(|found| found.id == said.id));
            copies.push((*reader, copy));
        }
        let placed = copies.iter().filter_map(|(reader, copy)| {
            copy.filter(|message| message.number.is_some())
                .map(|copy| (*reader, copy))
        });
        let placed: Vec<_> = placed.collect();
        let is_due = is_sent || !placed.is_empty();
        if is_due
            && let Some((reader, _)) = copies
                .iter()
                .find(|(_, copy)| copy.is_none_or(|message| message.number.is_none()))
        {
            return Err(format!("C4: {reader} lacks {words:?} of {}", said.author));
        }
        for (reader, copy) in &placed {
            check_words(said, copy).map_err(|what| format!("C4: at {reader} {words:?} {what}"))?;
        }
        if let Some(((first, one), others)) = placed.split_first() {
            for (reader, other) in others {
                let differs = one.text != other.text
                    || one.deleted != other.deleted
                    || one.edited != other.edited
                    || reactions(one) != reactions(other);
                if differs {
                    return Err(format!(
                        "C3: {first} and {reader} show {words:?} differently"
                    ));
                }
            }
        }
        Ok(readers.len() as u64)
    }
}

/// A copy is as its author left it.
fn check_words(said: &Said, copy: &Message) -> Result<(), String> {
    let last = said.versions.last();
    if said.is_disputed {
        let is_known = copy.deleted || said.versions.contains(&copy.text);
        return is_known
            .then_some(())
            .ok_or(format!("says {:?}", copy.text));
    }
    if said.may_fail {
        return Ok(());
    }
    if copy.deleted != said.is_deleted {
        return Err(format!("is deleted: {}", copy.deleted));
    }
    if !copy.deleted && Some(&copy.text) != last {
        return Err(format!("says {:?}", copy.text));
    }
    if copy.deleted {
        return Ok(());
    }
    let shown = reactions(copy);
    for (key, reaction) in &said.reactions {
        if *reaction == Reaction::Said && !shown.contains(key) {
            return Err(format!("lacks {} of {}", key.1, key.0));
        }
    }
    match shown.iter().find(|key| !said.reactions.contains_key(*key)) {
        Some((person, emoji)) => Err(format!("has {emoji} that {person} never said")),
        None => Ok(()),
    }
}

fn reactions(message: &Message) -> BTreeSet<(String, String)> {
    let each = message.reactions.iter().flat_map(|reaction| {
        let people = reaction.people.iter();
        people.map(|person| (person.clone(), reaction.emoji.clone()))
    });
    each.collect()
}

/// Whoever has the disk of a client that is out reads nothing of what is said where it is out.
fn thieves(play: &Play) -> Result<u64, String> {
    let mut checks = 0;
    for stolen in &play.stolen {
        if !play.expelled.contains(&stolen.from) {
            continue;
        }
        let words: BTreeSet<String> = play.read_by_thief(stolen).into_iter().collect();
        for said in play.model.said_without(stolen.from) {
            checks += 1;
            if said.versions.iter().any(|text| words.contains(text)) {
                return Err(format!("C7: a thief reads {:?}", said.versions[0]));
            }
        }
    }
    Ok(checks)
}
