//! Invitations that come late, twice, for a room that was left, or lead nowhere.

use restante_client::engine::io::{Command, RoomPhase};

use crate::{ALICE, BOB, CAROL, add, remove, world};

#[test]
fn c4_an_invitation_that_comes_late_leads_into_the_room_of_then() {
    let mut world = world(50, 3);
    let room = world.group_of_all("garden");
    assert_eq!(world.carry_out(ALICE, remove(room, "carol")), Ok(()));
    world.turn_off(CAROL);
    assert_eq!(world.carry_out(ALICE, add(room, "carol")), Ok(()));
    for round in 0..5 {
        world.say(BOB, &room, &format!("message {round}"));
        world.rest();
    }
    world.turn_on(CAROL);
    world.rest();
    assert_eq!(world.texts(CAROL, &room).len(), 5, "all since the commit");
    world.say(CAROL, &room, "I read it all");
    world.rest();
    world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
}

#[test]
fn an_invitation_that_is_delivered_twice_changes_nothing() {
    let mut world = world(51, 3);
    let room = world.group_of_all("garden");
    world.relay.replay_letters_to("carol");
    world.rest();
    world.say(CAROL, &room, "once is enough");
    world.rest();
    world.assert_agreement(&room, &[ALICE, BOB, CAROL]);
}

#[test]
fn c7_a_replayed_invitation_does_not_lead_back_into_a_room_that_was_left() {
    let mut world = world(52, 3);
    let room = world.group_of_all("garden");
    assert_eq!(world.carry_out(CAROL, Command::Leave { room }), Ok(()));
    world.rest();
    world.relay.replay_letters_to("carol");
    world.rest();
    world.say(BOB, &room, "without carol");
    world.rest();
    assert!(world.room(CAROL, &room).phase >= RoomPhase::Left);
    assert!(world.texts(CAROL, &room).is_empty());
    world.assert_agreement(&room, &[ALICE, BOB]);
}

#[test]
fn c2_a_join_that_fails_does_not_burn_the_key_package() {
    let mut world = world(53, 3);
    let room = world.group_of_all("garden");
    assert_eq!(world.carry_out(ALICE, remove(room, "carol")), Ok(()));
    let before = crate::secrets::key_packages(&world, CAROL);
    // The Welcome reaches carol garbled.
    world.lie = Some(Box::new(|who, mut envelopes| {
        for envelope in &mut envelopes {
            if let (CAROL, Some(welcome)) = (who, &mut envelope.welcome) {
                let middle = welcome.len() / 2;
                welcome[middle] ^= 1;
            }
        }
        envelopes
    }));
    assert_eq!(world.carry_out(ALICE, add(room, "carol")), Ok(()));
    world.rest();
    assert_ne!(world.room(CAROL, &room).phase, RoomPhase::Joined);
    let after = crate::secrets::key_packages(&world, CAROL);
    assert!(before.is_subset(&after), "a failed join took a key package");
}
