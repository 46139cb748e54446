//! The rules as a table: commits that keep a rule or break it.

use std::collections::{BTreeMap, BTreeSet};

use restante_wire::AccountKeyHash;

use super::{
    super::{Commit, Proposed, Room, Violation, judge},
    *,
};
use crate::group::room_state::{
    ParticipantRole::{Admin, Member},
    Picture,
};

#[test]
fn an_update_keeps_the_room() {
    for person in [ADA, BEN, CEM] {
        let verdict = verdict(person, vec![]).unwrap();
        assert_eq!(verdict.state, room());
        assert!(verdict.added.is_empty() && verdict.removed.is_empty());
    }
}

#[test]
fn an_update_keeps_the_certificate() {
    let members = members();
    let room_state = room();
    let room = Room {
        state: &room_state,
        mailbox: &MAILBOX,
        members: &members,
        max_members: MAX_MEMBERS,
    };
    let mut commit = Commit {
        author: client(BEN, 1),
        proposals: vec![],
        path: Some(certificate(BEN, 2)),
    };
    let nobody = BTreeSet::new();
    assert_eq!(
        judge(&room, &commit, &nobody),
        Err(Violation::CertificateChanges)
    );
    commit.author = client(DAN, 1);
    assert_eq!(
        judge(&room, &commit, &nobody),
        Err(Violation::UnknownAuthor)
    );
}

#[test]
fn other_proposals_and_a_second_state_are_refused() {
    assert_eq!(
        refused(ADA, vec![Proposed::Other]),
        Some(Violation::ForbiddenProposal)
    );
    let rename = |title: &str| state(&room(), |after| after.title = title.into());
    assert_eq!(
        refused(ADA, vec![rename("a"), rename("b")]),
        Some(Violation::RepeatedState)
    );
}

#[test]
fn people_are_added_by_whom_the_policy_names() {
    let with_dan = |before: &RoomState, role| {
        vec![
            add(DAN, 1),
            add(DAN, 2),
            people(
                before,
                &[(ADA, Admin), (BEN, Member), (CEM, Member), (DAN, role)],
            ),
        ]
    };
    let verdict = verdict(ADA, with_dan(&room(), Member)).unwrap();
    assert_eq!(verdict.added, [client(DAN, 1), client(DAN, 2)]);
    assert!(verdict_in(&room(), ADA, with_dan(&room(), Admin), &[]).is_ok());
    assert_eq!(
        refused(BEN, with_dan(&room(), Member)),
        Some(Violation::MayNotAdd)
    );

    let open = everyone_may(|policy| &mut policy.add);
    assert!(verdict_in(&open, BEN, with_dan(&open, Member), &[]).is_ok());
    assert_eq!(
        verdict_in(&open, BEN, with_dan(&open, Admin), &[]),
        Err(Violation::MayNotChangeRoles)
    );
}

#[test]
fn clients_of_people_in_the_room_are_added_by_any_member() {
    for author in [ADA, BEN, CEM] {
        assert_eq!(
            verdict(author, vec![add(CEM, 2)]).unwrap().added,
            [client(CEM, 2)]
        );
    }
}

#[test]
fn nobody_is_added_twice() {
    assert_eq!(
        refused(ADA, vec![add(CEM, 2), add(CEM, 2)]),
        Some(Violation::AddedTwice)
    );
    assert_eq!(refused(ADA, vec![add(CEM, 1)]), Some(Violation::AddedTwice));
    // Another account that reuses a member's client id would take over its seat id.
    let thief = Proposed::Add {
        client: client(CEM, 1),
        account: account(DAN),
        certificate: certificate(DAN, 1),
    };
    assert_eq!(refused(ADA, vec![thief]), Some(Violation::AddedTwice));
}

#[test]
fn people_are_removed_by_whom_the_policy_names() {
    let without_cem = |before: &RoomState| {
        vec![
            remove(CEM, 1),
            people(before, &[(ADA, Admin), (BEN, Member)]),
        ]
    };
    assert_eq!(
        verdict(ADA, without_cem(&room())).unwrap().removed,
        [client(CEM, 1)]
    );
    assert_eq!(
        refused(BEN, without_cem(&room())),
        Some(Violation::MayNotRemove)
    );
    let open = everyone_may(|policy| &mut policy.remove);
    assert!(verdict_in(&open, BEN, without_cem(&open), &[]).is_ok());
}

#[test]
fn c7_a_member_removes_no_admin_whatever_the_policy_says() {
    let open = everyone_may(|policy| &mut policy.remove);
    let takes_over = vec![
        remove(ADA, 1),
        remove(ADA, 2),
        people(&open, &[(BEN, Admin), (CEM, Member)]),
    ];
    assert_eq!(
        verdict_in(&open, BEN, takes_over.clone(), &[]),
        Err(Violation::MayNotRemove)
    );
    assert_eq!(
        verdict_in(&open, BEN, vec![remove(ADA, 2)], &[]),
        Err(Violation::MayNotRemove)
    );
    let left = [client(ADA, 1), client(ADA, 2)];
    assert!(verdict_in(&open, BEN, takes_over, &left).is_ok());
}

#[test]
fn c7_nobody_becomes_the_heir_by_repairing_those_before() {
    let left = [client(ADA, 1), client(ADA, 2)];
    let repairs_ben = |roles| {
        vec![
            remove(ADA, 1),
            remove(ADA, 2),
            remove(BEN, 1),
            remove(BEN, 2),
            add(BEN, 1),
            add(BEN, 2),
            people(&room(), roles),
        ]
    };
    assert_eq!(
        verdict_in(
            &room(),
            CEM,
            repairs_ben(&[(BEN, Member), (CEM, Admin)]),
            &left
        ),
        Err(Violation::MayNotChangeRoles)
    );
    let heir = repairs_ben(&[(BEN, Admin), (CEM, Member)]);
    assert!(verdict_in(&room(), CEM, heir, &left).is_ok());
}

#[test]
fn own_clients_are_removed_by_any_member() {
    assert_eq!(
        verdict(BEN, vec![remove(BEN, 2)]).unwrap().removed,
        [client(BEN, 2)]
    );
    assert_eq!(
        refused(CEM, vec![remove(BEN, 2)]),
        Some(Violation::MayNotRemove)
    );
}

#[test]
fn those_who_leave_are_removed_by_any_member() {
    let proposals = vec![
        remove(CEM, 1),
        people(&room(), &[(ADA, Admin), (BEN, Member)]),
    ];
    let leaving = [client(CEM, 1)];
    assert!(verdict_in(&room(), BEN, proposals.clone(), &leaving).is_ok());
    assert_eq!(
        verdict_in(&room(), BEN, proposals, &[client(ADA, 2)]),
        Err(Violation::MayNotRemove)
    );
}

#[test]
fn nobody_removes_a_stranger_twice_or_itself() {
    for proposals in [
        vec![remove(DAN, 1)],
        vec![remove(BEN, 2), remove(BEN, 2)],
        vec![remove(ADA, 1)],
    ] {
        assert_eq!(refused(ADA, proposals), Some(Violation::CannotRemove));
    }
}

#[test]
fn any_member_repairs_a_client_whose_certificate_stays() {
    for author in [ADA, CEM] {
        let verdict = verdict(author, vec![remove(BEN, 1), add(BEN, 1)]).unwrap();
        assert_eq!(verdict.repaired, [client(BEN, 1)]);
        assert!(verdict.added.is_empty() && verdict.removed.is_empty());
    }
    let changed = Proposed::Add {
        client: client(BEN, 1),
        account: account(BEN),
        certificate: certificate(BEN, 9),
    };
    assert_eq!(
        refused(ADA, vec![remove(BEN, 1), changed]),
        Some(Violation::CertificateChanges)
    );
}

#[test]
fn c7_a_removing_commit_adds_nobody_else_and_changes_only_roles() {
    let staying = [(ADA, Admin), (BEN, Member)];
    assert_eq!(
        refused(
            ADA,
            vec![remove(CEM, 1), add(BEN, 3), people(&room(), &staying)]
        ),
        Some(Violation::RemovalAdds)
    );
    let with = |change: fn(&mut RoomState)| {
        let after = state(&room(), |after| {
            after.participants = participants(&staying);
            change(after);
        });
        refused(ADA, vec![remove(CEM, 1), after])
    };
    assert_eq!(
        with(|after| after.title = "x".into()),
        Some(Violation::RemovalChanges)
    );
    assert_eq!(
        with(|after| after.picture = Some(Picture(vec![1]))),
        Some(Violation::RemovalChanges)
    );
    assert_eq!(
        with(|after| after.policy.post = Permission::Admins),
        Some(Violation::RemovalChanges)
    );
    assert_eq!(
        with(|after| after.version = 2),
        Some(Violation::RemovalChanges)
    );
    assert_eq!(
        with(|after| after.successor = Some(successor(1))),
        Some(Violation::RemovalChanges)
    );
    let promote = people(&room(), &[(ADA, Admin), (BEN, Admin)]);
    assert!(verdict(ADA, vec![remove(CEM, 1), promote]).is_ok());
}

#[test]
fn fixed_parts_never_change() {
    let changes: [fn(&mut RoomState); 5] = [
        |after| after.room_id = [0; 32],
        |after| after.predecessor = Some(predecessor()),
        |after| after.direct = true,
        |after| after.seat_key = SeatKey::from_bytes([0; 32]),
        |after| after.version = 0,
    ];
    for change in changes {
        assert_eq!(
            refused(ADA, vec![state(&room(), change)]),
            Some(Violation::FixedChanges)
        );
    }
}

#[test]
fn a_successor_is_named_once_by_an_admin_and_is_another_mailbox() {
    let name = |before: &RoomState, author, byte| {
        let named = state(before, |after| after.successor = Some(successor(byte)));
        verdict_in(before, author, vec![named], &[])
    };
    let before = room();
    let named = name(&before, ADA, 1).unwrap().state;
    assert_eq!(name(&before, BEN, 1).err(), Some(Violation::MayNotGovern));
    let itself = name(&before, ADA, MAILBOX.0[0]).err();
    assert_eq!(itself, Some(Violation::FixedChanges));
    assert_eq!(name(&named, ADA, 2).err(), Some(Violation::FixedChanges));
    let taken_back = state(&named, |after| after.successor = None);
    let refused = verdict_in(&named, ADA, vec![taken_back], &[]).err();
    assert_eq!(refused, Some(Violation::FixedChanges));
    assert!(
        verdict_in(&named, CEM, Vec::new(), &[]).is_ok(),
        "keys go on changing"
    );
    let mut direct = room();
    direct.direct = true;
    direct.participants = participants(&[(ADA, Admin), (BEN, Member)]);
    assert_eq!(name(&direct, ADA, 1).err(), Some(Violation::FixedChanges));
}

fn successor(byte: u8) -> Successor {
    Successor {
        relay: "https://relay.example".into(),
        mailbox: MailboxAddress([byte; 32]),
    }
}

fn predecessor() -> Predecessor {
    Predecessor {
        mailbox: MailboxAddress([1; 32]),
        epoch: 3,
    }
}

#[test]
fn only_admins_govern_and_the_policy_says_who_renames() {
    let govern: [fn(&mut RoomState); 3] = [
        |after| after.successor = Some(successor(1)),
        |after| after.policy.add = Permission::Everyone,
        |after| after.version = 2,
    ];
    for change in govern {
        assert!(verdict(ADA, vec![state(&room(), change)]).is_ok());
        assert_eq!(
            refused(BEN, vec![state(&room(), change)]),
            Some(Violation::MayNotGovern)
        );
    }
    let rename: [fn(&mut RoomState); 2] = [
        |after| after.title = "x".into(),
        |after| after.picture = Some(Picture(vec![])),
    ];
    let open = everyone_may(|policy| &mut policy.rename);
    for change in rename {
        assert!(verdict(ADA, vec![state(&room(), change)]).is_ok());
        assert_eq!(
            refused(BEN, vec![state(&room(), change)]),
            Some(Violation::MayNotRename)
        );
        assert!(verdict_in(&open, BEN, vec![state(&open, change)], &[]).is_ok());
    }
}

#[test]
fn only_admins_change_roles_and_one_is_always_left() {
    let promote = [(ADA, Admin), (BEN, Admin), (CEM, Member)];
    assert!(verdict(ADA, vec![people(&room(), &promote)]).is_ok());
    assert_eq!(
        refused(BEN, vec![people(&room(), &promote)]),
        Some(Violation::MayNotChangeRoles)
    );
    let hand_over = [(ADA, Member), (BEN, Admin), (CEM, Member)];
    assert!(verdict(ADA, vec![people(&room(), &hand_over)]).is_ok());
    let abdicate = [(ADA, Member), (BEN, Member), (CEM, Member)];
    assert_eq!(
        refused(ADA, vec![people(&room(), &abdicate)]),
        Some(Violation::NoAdmin)
    );
}

#[test]
fn when_the_last_admin_leaves_the_lowest_leaf_becomes_admin() {
    let leaving = [client(ADA, 1), client(ADA, 2)];
    let removal = |after: &[(u8, ParticipantRole)]| {
        let proposals = vec![remove(ADA, 1), remove(ADA, 2), people(&room(), after)];
        verdict_in(&room(), CEM, proposals, &leaving)
    };
    assert!(removal(&[(BEN, Admin), (CEM, Member)]).is_ok());
    assert_eq!(
        removal(&[(BEN, Member), (CEM, Admin)]),
        Err(Violation::MayNotChangeRoles)
    );
    assert_eq!(
        removal(&[(BEN, Member), (CEM, Member)]),
        Err(Violation::NoAdmin)
    );
}

#[test]
fn participants_are_the_accounts_in_the_tree() {
    let mismatches = [
        vec![remove(CEM, 1)],
        vec![add(DAN, 1)],
        vec![
            add(DAN, 1),
            people(
                &room(),
                &[(ADA, Admin), (BEN, Member), (CEM, Member), (EVE, Member)],
            ),
        ],
        vec![people(&room(), &[(ADA, Admin), (BEN, Member)])],
        vec![people(
            &room(),
            &[(ADA, Admin), (BEN, Member), (CEM, Member), (DAN, Member)],
        )],
    ];
    for proposals in mismatches {
        assert_eq!(
            refused(ADA, proposals),
            Some(Violation::ParticipantsMismatch)
        );
    }
    let moved = state(&room(), |after| {
        let ben = after.participants.get_mut(&account(BEN).key_hash).unwrap();
        ben.account.relay = "https://elsewhere.example".into();
    });
    assert_eq!(
        refused(ADA, vec![moved]),
        Some(Violation::ParticipantsMismatch)
    );
    let swapped = state(&room(), |after| {
        let ben = after.participants.remove(&account(BEN).key_hash).unwrap();
        after.participants.insert(AccountKeyHash([0; 32]), ben);
    });
    assert_eq!(
        refused(ADA, vec![swapped]),
        Some(Violation::ParticipantsMismatch)
    );
}

#[test]
fn a_chat_of_two_stays_one_of_two() {
    let mut direct = room();
    direct.direct = true;
    direct.participants = participants(&[(ADA, Admin), (BEN, Admin)]);
    let members: BTreeMap<_, _> = members()
        .into_iter()
        .filter(|(_, seat)| seat.account != account(CEM))
        .collect();
    let room = Room {
        state: &direct,
        mailbox: &MAILBOX,
        members: &members,
        max_members: MAX_MEMBERS,
    };
    let third = [(ADA, Admin), (BEN, Admin), (CEM, Member)];
    let commit = Commit {
        author: client(ADA, 1),
        proposals: vec![add(CEM, 1), people(&direct, &third)],
        path: None,
    };
    assert_eq!(
        judge(&room, &commit, &BTreeSet::new()),
        Err(Violation::TooMany)
    );
    let own = Commit {
        proposals: vec![add(BEN, 3)],
        ..commit
    };
    assert!(judge(&room, &own, &BTreeSet::new()).is_ok());
}

#[test]
fn a_suite_bounds_its_groups() {
    let (state, members) = (room(), members());
    let commit = Commit {
        author: client(ADA, 1),
        proposals: vec![add(BEN, 3)],
        path: None,
    };
    let judged = |max_members| {
        let room = Room {
            state: &state,
            mailbox: &MAILBOX,
            members: &members,
            max_members,
        };
        judge(&room, &commit, &BTreeSet::new()).map(|_| ())
    };
    assert_eq!(judged(members.len()), Err(Violation::TooMany));
    assert_eq!(judged(members.len() + 1), Ok(()));
}

#[test]
fn codes_are_distinct() {
    let codes = [
        Violation::UnknownAuthor,
        Violation::ForbiddenProposal,
        Violation::RepeatedState,
        Violation::AddedTwice,
        Violation::CannotRemove,
        Violation::CertificateChanges,
        Violation::MayNotAdd,
        Violation::MayNotRemove,
        Violation::RemovalAdds,
        Violation::RemovalChanges,
        Violation::FixedChanges,
        Violation::MayNotGovern,
        Violation::MayNotChangeRoles,
        Violation::MayNotRename,
        Violation::ParticipantsMismatch,
        Violation::NoAdmin,
        Violation::TooMany,
    ]
    .map(Violation::code);
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len());
}
