//! How soon a content should wake those who sleep.

use restante_wire::mailbox::Wake;

use super::{ContentKind, mention};
use crate::engine::content;

/// Words that speak of somebody wake at once, what takes something away wakes nobody, and all else
/// when the platform sees fit.
pub(in crate::engine) fn of_content(bytes: &[u8]) -> Wake {
    let content = content::decode(bytes).ok();
    match ContentKind::of(content.as_ref()) {
        Ok((ContentKind::Message, _)) => {
            let words = content.and_then(|content| content.words());
            match words.is_some_and(|words| mention::names_anybody(&words)) {
                true => Wake::Urgent,
                false => Wake::Normal,
            }
        }
        Ok((ContentKind::Deletion, _)) => Wake::None,
        _ => Wake::Normal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{
        content::{Content, Salt},
        io::{MessageId, Time},
    };

    const TARGET: MessageId = MessageId([7; 32]);

    fn of(content: &Content) -> Wake {
        of_content(&content.encode().unwrap())
    }

    fn text(text: &str) -> Content {
        Content::text(Salt([1; 16]), text, Time(0)).unwrap()
    }

    #[test]
    fn a_mention_wakes_at_once_a_deletion_nobody_and_all_else_soon() {
        let uri = format!("mimi://r.example/u/{}", "0".repeat(64));
        assert_eq!(of(&text(&format!("see, [@bob]({uri})!"))), Wake::Urgent);
        assert_eq!(of(&text("see, @bob!")), Wake::Normal, "nobody is meant");
        let mut edit = text(&format!("[@bob]({uri})"));
        edit.replaces = Some(TARGET);
        assert_eq!(of(&edit), Wake::Normal);
        let reaction = Content::reaction(Salt([1; 16]), TARGET, "👍", Time(0)).unwrap();
        assert_eq!(of(&reaction), Wake::Normal);
        let deletion = Content::deletion(Salt([1; 16]), TARGET, None, Time(0));
        assert_eq!(of(&deletion), Wake::None);
    }
}
