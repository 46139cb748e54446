//! The rules, as what breaks them.

/// Why a commit is not valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// Its author is not a member.
    #[error("author is not a member")]
    UnknownAuthor,
    /// A kind of proposal that rooms do not use.
    #[error("proposal of a kind that rooms do not use")]
    ForbiddenProposal,
    /// More than one new room state.
    #[error("more than one room state")]
    RepeatedState,
    /// A client is added twice, or is a member and not repaired.
    #[error("client is added twice")]
    AddedTwice,
    /// A client is removed that is no member, twice, or by itself.
    #[error("client cannot be removed")]
    CannotRemove,
    /// A repair or an update with another certificate.
    #[error("certificate changes")]
    CertificateChanges,
    /// The author may not add people.
    #[error("author may not add")]
    MayNotAdd,
    /// The author may not remove this client.
    #[error("author may not remove")]
    MayNotRemove,
    /// A removing commit adds somebody whom it does not repair.
    #[error("removing commit adds")]
    RemovalAdds,
    /// A removing commit changes more than roles and participants.
    #[error("removing commit changes the room")]
    RemovalChanges,
    /// Room id, seat key, kind of room, predecessor or a successor once named change, or the version
    /// falls; or a room of two names a successor.
    #[error("something fixed changes")]
    FixedChanges,
    /// Policy or version change, or a successor is named, without an admin.
    #[error("author may not change policy or version, or name a successor")]
    MayNotGovern,
    /// Roles change without an admin.
    #[error("author may not change roles")]
    MayNotChangeRoles,
    /// Title or picture change without permission.
    #[error("author may not rename")]
    MayNotRename,
    /// The room state's participants are not the accounts in the tree.
    #[error("participants are not the accounts in the tree")]
    ParticipantsMismatch,
    /// Nobody would be an admin.
    #[error("nobody would be an admin")]
    NoAdmin,
    /// More members than a group may have, or more than two people in a chat of two.
    #[error("too many members")]
    TooMany,
}

impl Violation {
    /// A stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::UnknownAuthor => "unknown_author",
            Self::ForbiddenProposal => "forbidden_proposal",
            Self::RepeatedState => "repeated_state",
            Self::AddedTwice => "added_twice",
            Self::CannotRemove => "cannot_remove",
            Self::CertificateChanges => "certificate_changes",
            Self::MayNotAdd => "may_not_add",
            Self::MayNotRemove => "may_not_remove",
            Self::RemovalAdds => "removal_adds",
            Self::RemovalChanges => "removal_changes",
            Self::FixedChanges => "fixed_changes",
            Self::MayNotGovern => "may_not_govern",
            Self::MayNotChangeRoles => "may_not_change_roles",
            Self::MayNotRename => "may_not_rename",
            Self::ParticipantsMismatch => "participants_mismatch",
            Self::NoAdmin => "no_admin",
            Self::TooMany => "too_many",
        }
    }
}
