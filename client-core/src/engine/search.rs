//! Search: messages that hold a text, wherever it stands in them, in any case.

use super::{
    Engine,
    io::{MessageId, RoomId, Time},
    messages::view::View,
};
use crate::{Error, ErrorKind};

/// Longest text that can be searched for, in bytes.
pub const MAX_QUERY: usize = 1024;

/// Most hits of one search.
pub const MAX_HITS: u32 = 1_000;

/// Characters shown around a hit, on each side.
const AROUND: usize = 30;

/// A message that holds what was searched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Its room.
    pub room: RoomId,
    /// Its id: with the room, where to jump.
    pub id: MessageId,
    /// Its place in the log, none while queued.
    pub number: Option<u64>,
    /// Username of the sender as certified.
    pub sender: String,
    /// Whether this account sent it.
    pub own: bool,
    /// By the sender's clock.
    pub sent_at: Time,
    /// Its words around the first place that fits.
    pub snippet: String,
}

impl Engine {
    /// Messages that hold a text, the latest first: those that are shown, with their words as last
    /// edited.
    ///
    /// # Errors
    /// `bad_input` for an empty text or one beyond [`MAX_QUERY`], `storage`.
    pub fn search(&self, text: &str, room: Option<&RoomId>, limit: u32) -> Result<Vec<Hit>, Error> {
        if text.trim().is_empty() || text.len() > MAX_QUERY {
            return Err(ErrorKind::BadInput.into());
        }
        let wanted = fold(text);
        let db = self.store.read();
        let view = View::new(db, &self.me);
        let found = db.search(&wanted, room, limit.min(MAX_HITS))?;
        let hits = found.iter().map(|stored| {
            let message = view.stored(stored)?;
            Ok(Hit {
                room: message.room,
                id: message.id,
                number: message.number,
                sender: message.sender,
                own: message.own,
                sent_at: message.sent_at,
                snippet: snippet(&message.text, &wanted),
            })
        });
        hits.collect()
    }
}

/// A text as a search compares it: every character by itself in lower case, so that what is a part
/// of a text stays a part of it.
#[must_use]
pub fn fold(text: &str) -> String {
    text.chars().flat_map(fold_char).collect()
}

fn fold_char(c: char) -> impl Iterator<Item = char> {
    // Sigma has two small forms, by place in the word.
    c.to_lowercase().map(|c| if c == 'ς' { 'σ' } else { c })
}

/// The words around the first place of `wanted`, on one line.
fn snippet(text: &str, wanted: &str) -> String {
    let folded = fold(text);
    let at = folded.find(wanted).unwrap_or(0);
    let mut passed = 0;
    let first = text
        .chars()
        .take_while(|c| {
            passed += fold_char(*c).map(char::len_utf8).sum::<usize>();
            passed <= at
        })
        .count();
    let start = first.saturating_sub(AROUND);
    let length = first - start + wanted.chars().count() + AROUND;
    let shown: String = text.chars().skip(start).take(length).collect();
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    let before = if start > 0 { "…" } else { "" };
    let is_end = text.chars().nth(start + length).is_none();
    let after = if is_end { "" } else { "…" };
    format!("{before}{shown}{after}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_snippet_shows_the_place_that_fits() {
        let text = format!(
            "{} İstanbul Straße 你好 {}",
            "x ".repeat(50),
            "y ".repeat(50)
        );
        for wanted in ["İstanbul", "STRAßE", "你好"] {
            let folded = fold(wanted);
            let shown = snippet(&text, &folded);
            assert!(fold(&shown).contains(&folded), "{shown}");
            assert!(shown.starts_with('…') && shown.chars().count() < 90);
        }
        assert_eq!(snippet("hello", "ell"), "hello");
    }

    #[test]
    fn both_small_sigmas_are_one() {
        assert_eq!(fold("ΟΔΥΣΣΕΥΣ"), fold("οδυσσευς"));
    }

    proptest! {
        #[test]
        fn a_part_of_a_text_stays_a_part(before in ".{0,9}", part in ".{1,9}", after in ".{0,9}") {
            let text = format!("{before}{part}{after}");
            prop_assert!(fold(&text).contains(&fold(&part)));
            let _ = snippet(&text, &fold(&part));
        }
    }
}
