//! What must hold in every state, said from the history alone.

use std::collections::BTreeSet;

use restante_wire::{Kind, Role};
use stateright::{Model, Property};

use crate::{
    client::Standing,
    history::Breach,
    model::{Action, Mailboxes, State},
    names::Name,
};

pub(crate) fn all() -> Vec<Property<Mailboxes>> {
    vec![
        Property::always("R1: what was answered is stored", |_, state: &State| {
            is_without(state, Breach::Answer)
        }),
        Property::always(
            "R2: the log has no gap and one content",
            |_, state: &State| is_without(state, Breach::Number) && stores_the_log(state),
        ),
        Property::always("R3: an envelope id is appended once", |_, state: &State| {
            let ids = state.history.log.iter().map(|entry| entry.envelope.id);
            ids.collect::<BTreeSet<_>>().len() == state.history.log.len()
        }),
        Property::always("R4: one commit follows a commit", |_, state: &State| {
            follows(state)
        }),
        Property::always("R5: a dropped seat is out", |_, state: &State| {
            is_without(state, Breach::Dropped) && seats_are_those_of_the_history(state)
        }),
        Property::always("R6: nothing goes too early", |_, state: &State| {
            is_without(state, Breach::Trimmed)
        }),
        Property::always(
            "a seat acts by a secret of its own choice",
            |_, state: &State| is_without(state, Breach::Unrotated),
        ),
        Property::always(
            "only admins state the list, and roles are as stated",
            |_, state: &State| {
                is_without(state, Breach::Role) && roles_are_those_of_the_history(state)
            },
        ),
        Property::always("seats change as they were asked to", |_, state: &State| {
            is_without(state, Breach::Seats)
        }),
        Property::always(
            "C3: what is stored is of the epoch in force",
            |_, state: &State| is_without(state, Breach::Epoch),
        ),
        Property::always("C7: who was removed holds no seat", |model, state| {
            holds_no_seat(model, state)
        }),
        Property::always("who can go no further is done", |model, state| {
            is_done(model, state) || can_go_on(model, state)
        }),
    ]
}

fn is_without(state: &State, breach: Breach) -> bool {
    !state.history.breaches.contains(&breach)
}

/// The disk holds the end of the log, byte for byte.
fn stores_the_log(state: &State) -> bool {
    let (first, disk) = (state.disk.first(), &state.disk);
    let expected = (1..).zip(&state.history.log);
    let expected = expected.filter(|(number, _)| *number >= first);
    disk.envelopes()
        .eq(expected.map(|(number, entry)| (number, &entry.encoded)))
        && disk.last() == state.history.last()
}

/// Every envelope names the last commit before it: so no two commits have one predecessor.
fn follows(state: &State) -> bool {
    let mut last_commit = 0;
    state.history.log.iter().all(|entry| {
        let envelope = &entry.envelope;
        let follows = envelope.after_commit == last_commit;
        if envelope.kind == Kind::Commit {
            last_commit = envelope.number;
        }
        follows
    })
}

fn seats_are_those_of_the_history(state: &State) -> bool {
    let live = state.disk.live_seats();
    let live = live.map(|(name, seat)| (name, seat.cursor));
    live.eq(state
        .history
        .live
        .iter()
        .map(|(name, cursor)| (*name, *cursor)))
}

fn roles_are_those_of_the_history(state: &State) -> bool {
    let mut live = state.disk.live_seats();
    live.all(|(name, seat)| (seat.role == Role::Admin) == state.history.admins.has(name))
}

fn holds_no_seat(model: &Mailboxes, state: &State) -> bool {
    let Some(outsider) = model.scenario.outsider else {
        return true;
    };
    let opens = |(_, seat): (Name, &restante_server::delivery::mailbox::Seat)| {
        let mut secrets = [Some(seat.secret), seat.next_secret].into_iter().flatten();
        secrets.any(|hash| model.known_outside.contains(&hash))
    };
    !state.history.removes(outsider) || !state.disk.live_seats().any(opens)
}

/// Whether anything changes but a group that may be lost again: what it does, it does alone, too.
fn can_go_on(model: &Mailboxes, state: &State) -> bool {
    let mut actions = Vec::new();
    model.actions(state, &mut actions);
    actions.retain(|action| !matches!(action, Action::Decide(_)));
    if !state.group.is_empty() {
        return true;
    }
    let mut next = actions
        .into_iter()
        .map(|action| model.next_state(state, action));
    next.any(|next| next.is_some())
}

/// Everybody who takes part has read everything, and everything that was meant has happened.
fn is_done(model: &Mailboxes, state: &State) -> bool {
    let seat_of = |name: Name| {
        let mut live = state.disk.live_seats();
        live.find(|(of, _)| *of == name).map(|(_, seat)| seat)
    };
    state.clients.values().all(|client| {
        let is_seated = client.standing == Standing::Seated;
        if !is_seated && !matches!(client.standing, Standing::Joining(_)) {
            return true;
        }
        // Letters tell who has no seat.
        let Some(seat) = seat_of(client.name) else {
            return true;
        };
        let secret = client.secret.bytes().hash();
        if secret != seat.secret && Some(secret) != seat.next_secret {
            // Its letter is lost: any member can repair it.
            return !seat.has_committed;
        }
        let has_read = client.cursor == state.history.last();
        is_seated && has_read && client.has_done(model.script(client.name))
    })
}
