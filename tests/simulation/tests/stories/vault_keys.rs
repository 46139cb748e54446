//! The vault and its keys after a client was expelled: whatever comes late, all others go on with it.

use restante_client::engine::io::{Client, Command};
use restante_simulation::World;

use crate::{BOB, world};

/// Whether all these clients of a person come to know what each of them writes into the vault.
fn assert_one_vault(world: &mut World, clients: &[usize], case: &str) {
    for &writer in clients {
        let name = format!("desk of {writer}");
        let rename = Command::RenameClient {
            client: world.client_of(writer),
            name: name.clone(),
        };
        world.command(writer, rename).unwrap();
        world.rest();
        for &reader in clients {
            let listed = world.engine(reader).clients().unwrap();
            let is_named = |client: &Client| client.name.as_ref() == Some(&name);
            assert!(listed.iter().any(is_named), "{case}: {reader} of {writer}");
        }
    }
}

#[test]
fn c4_a_vault_of_before_an_expulsion_is_opened_and_sealed_anew() {
    for seed in 0..6 {
        let mut world = world(seed, 2);
        let (second, lost) = (world.log_in(BOB), world.log_in(BOB));
        world.rest();
        world.turn_off(BOB);
        let rename = Command::RenameClient {
            client: world.client_of(lost),
            name: "lost".into(),
        };
        world.command(second, rename).unwrap();
        world.rest();
        // Whoever expels has not read that version yet, and writes over another.
        world.turn_on(BOB);
        world.expel(BOB, lost);
        world.rest();
        assert_one_vault(&mut world, &[BOB, second], &format!("seed {seed}"));
    }
}

#[test]
fn c4_a_vault_key_that_comes_before_the_record_is_not_lost() {
    for seed in 0..6 {
        let mut world = world(seed, 2);
        let (second, lost) = (world.log_in(BOB), world.log_in(BOB));
        world.rest();
        // What it tells first and the key come to the others at about the same time.
        let new = world.log_in(BOB);
        world.expel(new, lost);
        world.rest();
        assert_one_vault(&mut world, &[BOB, second, new], &format!("seed {seed}"));
    }
}

#[test]
fn c4_who_signs_in_between_an_expulsion_and_the_next_vault_is_told_its_key() {
    for seed in 0..6 {
        let mut world = world(seed, 2);
        let lost = world.log_in(BOB);
        world.rest();
        world.expel(BOB, lost);
        world.turn_off(BOB);
        let new = world.log_in(BOB);
        world.rest();
        world.turn_on(BOB);
        world.rest();
        assert_one_vault(&mut world, &[BOB, new], &format!("seed {seed}"));
    }
}

#[test]
fn c4_a_vault_key_whose_letter_was_lost_is_asked_for() {
    for seed in 0..4 {
        let mut world = world(seed, 2);
        let (second, lost) = (world.log_in(BOB), world.log_in(BOB));
        world.rest();
        world.turn_off(second);
        world.relay.lose_letters_to("bob");
        world.expel(BOB, lost);
        world.rest();
        world.turn_on(second);
        world.rest();
        for _ in 0..4 {
            world.pass_ms(3_600_000);
            world.tick_all();
            world.rest();
        }
        assert_one_vault(&mut world, &[BOB, second], &format!("seed {seed}"));
    }
}

#[test]
fn c7_of_two_expelled_clients_the_first_key_is_known_to_one_and_the_next_to_none() {
    let mut world = world(0, 2);
    let (first, second) = (world.log_in(BOB), world.log_in(BOB));
    world.rest();
    // The vault is still sealed under the key of before.
    let known_to_the_second = world.expel(BOB, first);
    let in_force = world.expel(BOB, second);
    assert_ne!(in_force, known_to_the_second);
}
