//! What holds for whatever the policy lets through.

use std::collections::BTreeSet;

use proptest::prelude::*;
use restante_wire::AccountKeyHash;

use super::*;
use crate::group::room_state::ParticipantRole::{Admin, Member};

fn any_proposal() -> impl Strategy<Value = Proposed> {
    prop_oneof![
        (1..6_u8, 1..4_u8).prop_map(|(person, number)| add(person, number)),
        (1..6_u8, 1..4_u8).prop_map(|(person, number)| remove(person, number)),
        (
            proptest::collection::btree_map(1..6_u8, any::<bool>(), 0..5),
            0..12_u8,
        )
            .prop_map(|(roles, change)| {
                let roles: Vec<_> = roles
                    .into_iter()
                    .map(|(person, admin)| (person, if admin { Admin } else { Member }))
                    .collect();
                state(&room(), |after| {
                    after.participants = participants(&roles);
                    match change {
                        0 => after.title = "x".into(),
                        1 => after.version = 2,
                        2 => after.policy.post = Permission::Admins,
                        3 => after.room_id = [0; 32],
                        _ => {}
                    }
                })
            }),
        Just(Proposed::Other),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]
    #[test]
    fn whatever_is_valid_keeps_the_invariants_of_a_room(
        author in 1..4_u8,
        proposals in proptest::collection::vec(any_proposal(), 0..5),
        leaving in proptest::collection::btree_set((1..4_u8, 1..3_u8), 0..3),
    ) {
        let before = room();
        let members = members();
        let leaving: Vec<_> =
            leaving.into_iter().map(|(person, number)| client(person, number)).collect();
        let Ok(verdict) = verdict_in(&before, author, proposals, &leaving) else {
            return Ok(());
        };
        let after = &verdict.state;
        let is_admin = before.is_admin(&account(author).key_hash);
        // Participants are the accounts of the members after, and one of them is an admin.
        let mut accounts: BTreeSet<_> = members
            .iter()
            .filter(|(client, _)| !verdict.removed.contains(client))
            .map(|(_, seat)| seat.account.key_hash)
            .collect();
        accounts.extend(verdict.added.iter().map(|id| AccountKeyHash([id.0[0]; 32])));
        prop_assert!(after.participants.keys().eq(accounts.iter()));
        prop_assert!(after.participants.keys().any(|account| after.is_admin(account)));
        // What is fixed stays, and only an admin governs.
        prop_assert_eq!(after.room_id, before.room_id);
        prop_assert!(is_admin || after.policy == before.policy);
        prop_assert!(is_admin || after.title == before.title);
        // The author stays, and only its own clients or leavers go when it is no admin.
        prop_assert!(!verdict.removed.contains(&client(author, 1)));
        let goes_freely = |id: &ClientId| id.0[0] == author || leaving.contains(id);
        prop_assert!(is_admin || verdict.removed.iter().all(goes_freely));
        prop_assert!(is_admin || verdict.added.iter().all(|id| id.0[0] <= CEM));
        // Nobody enters in a commit that the removed can read.
        prop_assert!(verdict.removed.is_empty() || verdict.added.is_empty());
        // Without an admin's doing, at most one heir becomes an admin.
        let is_new_admin =
            |account: &&AccountKeyHash| !before.is_admin(account) && after.is_admin(account);
        let promoted = before.participants.keys().filter(is_new_admin).count();
        prop_assert!(is_admin || promoted <= 1);
    }
}
