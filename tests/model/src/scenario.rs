//! What is explored: who does what, and what may go wrong beside the network.

use crate::names::{ALICE, BOB, CAROL, Name};

/// A step of a client's script. It is done when the log shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Say,
    Update,
    Add(Name),
    Remove(Name),
    Promote(Name),
    /// Removes and adds in one commit.
    Repair(Name),
    Leave,
    Rotate,
    Mischief(Mischief),
}

/// What an insider does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mischief {
    /// States a list of seats with itself as the only one, and an admin.
    DropOthers,
    /// Adds a seat in a commit that everybody else skips.
    AddSeat(Name),
    /// Rotates the seat that it gave a secret.
    Take,
    /// Acknowledges with that secret.
    AckWithGrant,
    /// Commits from that seat once it has taken it.
    CommitFromTaken,
}

/// People, what each of them does, and bounds.
#[derive(Debug, Clone)]
pub struct Scenario {
    pub(crate) scripts: Vec<(Name, &'static [Step])>,
    /// Whether several requests share a transaction.
    pub(crate) has_groups: bool,
    /// Nights that pass.
    pub(crate) nights: u32,
    /// Nights after which a seat goes that nobody uses.
    pub(crate) seat_days: u32,
    /// Who does not follow the protocol, or must be able to do nothing once it is removed.
    pub(crate) outsider: Option<Name>,
}

impl Scenario {
    fn of(scripts: &[(Name, &'static [Step])]) -> Self {
        Self {
            scripts: scripts.to_vec(),
            has_groups: false,
            nights: 0,
            seat_days: 90,
            outsider: None,
        }
    }

    /// Two clients talk and commit at the same time; requests share transactions that may be lost.
    #[must_use]
    pub fn two_who_race() -> Self {
        use Step::{Add, Say, Update};
        Self {
            has_groups: true,
            ..Self::of(&[(ALICE, &[Add(BOB), Say]), (BOB, &[Say, Update])])
        }
    }

    /// A batch is under way while another commits, and secrets change in between.
    #[must_use]
    pub fn batches() -> Self {
        use Step::{Add, Rotate, Say, Update};
        Self::of(&[(ALICE, &[Add(BOB), Rotate, Say, Say]), (BOB, &[Update])])
    }

    /// A newcomer comes in while others talk.
    #[must_use]
    pub fn a_newcomer() -> Self {
        use Step::{Add, Say, Update};
        Self::of(&[
            (ALICE, &[Add(BOB), Say]),
            (BOB, &[Add(CAROL)]),
            (CAROL, &[Update, Say]),
        ])
    }

    /// Somebody is removed, and is added again.
    #[must_use]
    pub fn removed_and_added_again() -> Self {
        use Step::{Add, Remove, Say};
        Self::of(&[
            (ALICE, &[Add(BOB), Remove(BOB), Add(BOB), Say]),
            (BOB, &[Say, Say]),
        ])
    }

    /// Somebody leaves while an admin commits.
    #[must_use]
    pub fn leaving() -> Self {
        use Step::{Add, Leave, Remove, Say, Update};
        Self {
            outsider: Some(BOB),
            ..Self::of(&[
                (ALICE, &[Add(BOB), Update, Remove(BOB), Say]),
                (BOB, &[Say, Leave]),
            ])
        }
    }

    /// A removal meets a newcomer that has not claimed its seat.
    #[must_use]
    pub fn fresh_secrets() -> Self {
        use Step::{Add, Remove, Say, Update};
        Self {
            outsider: Some(BOB),
            ..Self::of(&[
                (ALICE, &[Add(BOB), Remove(BOB), Say]),
                (BOB, &[Add(CAROL)]),
                (CAROL, &[Update]),
            ])
        }
    }

    /// Two admins remove each other, and one of them knows that it will be the other.
    #[must_use]
    pub fn two_admins() -> Self {
        use Step::{Add, Promote, Remove, Say};
        Self {
            outsider: Some(BOB),
            ..Self::of(&[
                (ALICE, &[Add(BOB), Promote(BOB), Remove(BOB), Say]),
                (
                    BOB,
                    &[Step::Mischief(Mischief::DropOthers), Remove(ALICE), Say],
                ),
            ])
        }
    }

    /// An insider makes a seat that belongs to nobody, and is removed.
    #[must_use]
    pub fn a_rogue_seat() -> Self {
        use Mischief::{AckWithGrant, AddSeat, CommitFromTaken, Take};
        use Step::{Add, Mischief as Does, Remove, Say};
        Self {
            outsider: Some(BOB),
            ..Self::of(&[
                (ALICE, &[Add(BOB), Remove(BOB), Say]),
                (
                    BOB,
                    &[
                        Does(AddSeat(CAROL)),
                        Does(AckWithGrant),
                        Does(Take),
                        Does(CommitFromTaken),
                    ],
                ),
            ])
        }
    }

    /// An insider uses the seat of somebody whom it invited, and is removed.
    #[must_use]
    pub fn a_seat_handed_over_and_used() -> Self {
        use Mischief::{AckWithGrant, CommitFromTaken, Take};
        use Step::{Add, Mischief as Does, Remove};
        Self {
            outsider: Some(BOB),
            ..Self::of(&[
                (ALICE, &[Add(BOB), Remove(BOB)]),
                (
                    BOB,
                    &[
                        Add(CAROL),
                        Does(AckWithGrant),
                        Does(Take),
                        Does(CommitFromTaken),
                    ],
                ),
            ])
        }
    }

    /// Nights pass: what nobody reads goes, and so do seats that nobody uses; who came too late is
    /// repaired.
    #[must_use]
    pub fn retention() -> Self {
        use Step::{Add, Repair, Say};
        Self {
            nights: 2,
            seat_days: 1,
            ..Self::of(&[(ALICE, &[Add(BOB), Say, Repair(BOB)]), (BOB, &[Say])])
        }
    }
}
