//! What content does, and whether its sender may do that.

use super::{
    super::{
        content::{Body, Content, Disposition, Shown},
        io::MessageId,
    },
    MAX_REACTION,
};
use crate::store::StoredMessage;

/// What a content does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentKind {
    /// It is a message for people.
    Message,
    /// It reacts to one.
    Reaction,
    /// It puts other words in the place of one.
    Edit,
    /// It deletes a message, or takes a reaction back.
    Deletion,
}

const KINDS: [ContentKind; 4] = [
    ContentKind::Message,
    ContentKind::Reaction,
    ContentKind::Edit,
    ContentKind::Deletion,
];

impl ContentKind {
    /// As stored.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Message => 0,
            Self::Reaction => 1,
            Self::Edit => 2,
            Self::Deletion => 3,
        }
    }

    /// From [`Self::code`].
    #[must_use]
    pub fn of_code(code: u8) -> Self {
        let kind = KINDS.get(usize::from(code)).copied();
        kind.unwrap_or(Self::Message)
    }

    /// What a content does, and to which message; bytes that are no content at all are a message that
    /// needs an update.
    ///
    /// # Errors
    /// [`Ignored::Meaningless`] for a reaction to nothing, or without a sign.
    ///
    /// **Source**: draft-ietf-mimi-content-08 sections 4.2 and 5.
    pub fn of(content: Option<&Content>) -> Result<(Self, Option<MessageId>), Ignored> {
        let Some(content) = content else {
            return Ok((Self::Message, None));
        };
        let is_null = content.part.body == Body::Null;
        match (content.replaces, content.part.disposition) {
            (Some(target), _) if is_null => Ok((Self::Deletion, Some(target))),
            (Some(target), _) => Ok((Self::Edit, Some(target))),
            (None, Disposition::Reaction) => {
                emoji(content).ok_or(Ignored::Meaningless)?;
                let target = content.in_reply_to.ok_or(Ignored::Meaningless)?;
                Ok((Self::Reaction, Some(target)))
            }
            (None, _) => Ok((Self::Message, None)),
        }
    }
}

/// Why the words of a message are not here any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gone {
    /// Its sender deleted it for all: its place is shown as empty.
    Deleted,
    /// Its time was over: it is not shown at all.
    Expired,
}

impl Gone {
    /// As stored.
    #[must_use]
    pub const fn code(gone: Option<Self>) -> u8 {
        match gone {
            None => 0,
            Some(Self::Deleted) => 1,
            Some(Self::Expired) => 2,
        }
    }

    /// From [`Self::code`].
    #[must_use]
    pub const fn of_code(code: u8) -> Option<Self> {
        match code {
            0 => None,
            2 => Some(Self::Expired),
            _ => Some(Self::Deleted),
        }
    }
}

/// Why a content changes nothing. The room goes on; its sender is not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Ignored {
    /// It is here already.
    #[error("this content is here already")]
    Doubled,
    /// Only its sender may edit or delete a message.
    #[error("it changes a message of somebody else")]
    Forged,
    /// Edits and reactions are about messages, deletions about messages and reactions.
    #[error("it is about something of which it cannot be")]
    WrongTarget,
    /// The message was deleted, or its time is over.
    #[error("the message it is about is gone")]
    Gone,
    /// A reaction to nothing, or without a sign.
    #[error("it says nothing")]
    Meaningless,
    /// One account has reacted often enough to one message.
    #[error("too many reactions of one account")]
    TooMany,
}

/// Whether a content may do what it does to the message that it is about.
pub(super) fn judge(
    kind: ContentKind,
    sender: &restante_wire::AccountKeyHash,
    target: &StoredMessage,
) -> Result<(), Ignored> {
    let is_allowed_for_all = kind == ContentKind::Reaction;
    let is_forged = *sender != target.sender && !is_allowed_for_all;
    if is_forged && !restante_wire::fault::planted("c6_edits_of_others_taken") {
        return Err(Ignored::Forged);
    }
    match (kind, target.kind) {
        (_, ContentKind::Message) | (ContentKind::Deletion, ContentKind::Reaction) => {}
        _ => return Err(Ignored::WrongTarget),
    }
    match target.gone {
        None => Ok(()),
        Some(_) => Err(Ignored::Gone),
    }
}

/// The sign of a reaction: a short text without spaces and without anything that is not seen.
pub(super) fn emoji(content: &Content) -> Option<String> {
    let Shown::Text(text) = content.shown() else {
        return None;
    };
    let is_text = matches!(&content.part.body, Body::Single { content_type, .. }
        if content_type.to_ascii_lowercase().starts_with("text/"));
    let is_plain = |c: char| !c.is_control() && !c.is_whitespace();
    let fits = !text.is_empty() && text.len() <= MAX_REACTION && text.chars().all(is_plain);
    (is_text && fits).then_some(text)
}

#[cfg(test)]
mod tests {
    use restante_wire::AccountKeyHash;

    use super::*;
    use crate::engine::{
        content::{NestedPart, Salt},
        io::{MessageState, RoomId, Time},
    };

    const TARGET: MessageId = MessageId([1; 32]);

    fn stored(kind: ContentKind, sender: u8, gone: Option<Gone>) -> StoredMessage {
        StoredMessage {
            room: RoomId([1; 32]),
            number: Some(1),
            id: TARGET,
            sender: AccountKeyHash([sender; 32]),
            own: false,
            sent_at: Time(0),
            state: MessageState::Received,
            kind,
            target: None,
            gone,
            lifetime_s: None,
            expires: None,
            content: Vec::new(),
            folded: None,
        }
    }

    fn reaction(text: &str) -> Content {
        Content::reaction(Salt([1; 16]), TARGET, text, Time(0)).unwrap()
    }

    #[test]
    fn each_kind_is_known_by_what_it_replaces_and_what_it_holds() {
        let text = Content::text(Salt([1; 16]), "hi", Time(0)).unwrap();
        assert_eq!(
            ContentKind::of(Some(&text)),
            Ok((ContentKind::Message, None))
        );
        assert_eq!(ContentKind::of(None), Ok((ContentKind::Message, None)));
        let mut edit = text.clone();
        edit.replaces = Some(TARGET);
        assert_eq!(
            ContentKind::of(Some(&edit)),
            Ok((ContentKind::Edit, Some(TARGET)))
        );
        let deletion = Content::deletion(Salt([1; 16]), TARGET, None, Time(0));
        assert_eq!(
            ContentKind::of(Some(&deletion)),
            Ok((ContentKind::Deletion, Some(TARGET)))
        );
        assert_eq!(
            ContentKind::of(Some(&reaction("👍"))),
            Ok((ContentKind::Reaction, Some(TARGET)))
        );
    }

    #[test]
    fn a_reaction_says_one_short_thing_about_something() {
        for text in ["👍🏽", "👨‍👩‍👧‍👦", "+1", "赞"] {
            assert!(ContentKind::of(Some(&reaction(text))).is_ok(), "{text}");
        }
        let long = "x".repeat(MAX_REACTION + 1);
        for text in ["", "two words", "a\u{7}", &long] {
            assert_eq!(
                ContentKind::of(Some(&reaction(text))),
                Err(Ignored::Meaningless),
                "{text}"
            );
        }
        let mut to_nothing = reaction("👍");
        to_nothing.in_reply_to = None;
        assert_eq!(
            ContentKind::of(Some(&to_nothing)),
            Err(Ignored::Meaningless)
        );
        let mut picture = reaction("👍");
        picture.part = NestedPart::single(Disposition::Reaction, "image/png", b"x".to_vec());
        assert_eq!(ContentKind::of(Some(&picture)), Err(Ignored::Meaningless));
    }

    #[test]
    fn c6_only_its_sender_changes_a_message() {
        let (sender, other) = (AccountKeyHash([1; 32]), AccountKeyHash([2; 32]));
        let message = stored(ContentKind::Message, 1, None);
        for kind in [ContentKind::Edit, ContentKind::Deletion] {
            assert_eq!(judge(kind, &sender, &message), Ok(()));
            assert_eq!(judge(kind, &other, &message), Err(Ignored::Forged));
        }
        assert_eq!(judge(ContentKind::Reaction, &other, &message), Ok(()));
    }

    #[test]
    fn only_messages_are_edited_and_nothing_that_is_gone() {
        let sender = AccountKeyHash([1; 32]);
        let reaction = stored(ContentKind::Reaction, 1, None);
        assert_eq!(judge(ContentKind::Deletion, &sender, &reaction), Ok(()));
        for (kind, target) in [
            (ContentKind::Edit, ContentKind::Reaction),
            (ContentKind::Reaction, ContentKind::Reaction),
            (ContentKind::Edit, ContentKind::Edit),
            (ContentKind::Deletion, ContentKind::Edit),
            (ContentKind::Deletion, ContentKind::Deletion),
        ] {
            let target = stored(target, 1, None);
            assert_eq!(judge(kind, &sender, &target), Err(Ignored::WrongTarget));
        }
        for gone in [Gone::Deleted, Gone::Expired] {
            let target = stored(ContentKind::Message, 1, Some(gone));
            assert_eq!(
                judge(ContentKind::Edit, &sender, &target),
                Err(Ignored::Gone)
            );
            assert_eq!(Gone::of_code(Gone::code(Some(gone))), Some(gone));
        }
    }

    #[test]
    fn kind_codes_are_stable_and_round_trip() {
        for (index, kind) in KINDS.into_iter().enumerate() {
            assert_eq!(usize::from(kind.code()), index);
            assert_eq!(ContentKind::of_code(kind.code()), kind);
        }
    }
}
