//! Every state that a few clients at one mailbox can come to.

#![expect(
    clippy::print_stdout,
    reason = "how much was explored is worth knowing"
)]

use restante_model::{Mailboxes, Scenario, sights::Sight};
use stateright::{Checker, HasDiscoveries, Model};

/// Explores everything, and fails where a property does not hold or what a scenario is for was
/// never met.
fn explore(name: &str, scenario: Scenario, sights: &[Sight]) {
    let checker = Mailboxes::new(scenario).checker();
    let checker = checker.finish_when(HasDiscoveries::AnyFailures);
    let checker = checker.spawn_bfs().join();
    let (states, depth) = (checker.unique_state_count(), checker.max_depth());
    println!("{name}: {states} states, the longest way to one has {depth} steps");
    println!("{name}: came by{}", checker.model().sights);
    checker.assert_properties();
    for sight in sights {
        let times = checker.model().sights.of(*sight);
        assert!(times > 0, "never came by {sight:?}");
    }
}

#[test]
fn r1_r2_r3_r4_two_clients_race_at_a_relay_that_crashes() {
    let sights = [
        Sight::Stale,
        Sight::Retried,
        Sight::RetriedBehindTrimming,
        Sight::Crashed,
    ];
    explore("race", Scenario::two_who_race(), &sights);
}

#[test]
fn r3_r6_batches_are_under_way_while_secrets_and_epochs_change() {
    let sights = [
        Sight::Stale,
        Sight::Retried,
        Sight::Forgotten,
        Sight::Trimmed,
    ];
    explore("batches", Scenario::batches(), &sights);
}

#[test]
fn r6_a_newcomer_finds_everything_from_its_commit_on() {
    let sights = [Sight::Letter, Sight::Trimmed];
    explore("newcomer", Scenario::a_newcomer(), &sights);
}

#[test]
fn r5_somebody_is_removed_and_added_again() {
    let sights = [Sight::DroppedSeatRead, Sight::Refused];
    explore("added again", Scenario::removed_and_added_again(), &sights);
}

#[test]
fn r5_somebody_leaves_while_an_admin_commits() {
    let sights = [Sight::DroppedSeatRead, Sight::Stale];
    explore("leaving", Scenario::leaving(), &sights);
}

#[test]
fn r5_of_two_admins_who_remove_each_other_one_is_left() {
    let sights = [Sight::DroppedSeatRead, Sight::Stale];
    explore("two admins", Scenario::two_admins(), &sights);
}

#[test]
fn c7_a_removal_gives_fresh_secrets_to_seats_that_nobody_claimed() {
    let sights = [Sight::Refused, Sight::Letter];
    explore("fresh secrets", Scenario::fresh_secrets(), &sights);
}

#[test]
fn c7_a_rogue_seat_goes_with_who_made_it() {
    let sights = [Sight::Unrotated, Sight::Refused];
    explore("rogue seat", Scenario::a_rogue_seat(), &sights);
}

#[test]
fn c7_a_seat_that_was_handed_over_and_used_is_given_a_fresh_secret() {
    let sights = [Sight::Unrotated, Sight::Refused];
    explore(
        "seat handed over",
        Scenario::a_seat_handed_over_and_used(),
        &sights,
    );
}

#[test]
fn r6_nights_delete_only_what_is_past_its_time() {
    let sights = [Sight::Lost, Sight::SeatExpired];
    explore("retention", Scenario::retention(), &sights);
}
