//! What a room may be called.

use restante_crypto::group::room_state::MAX_TITLE;

use crate::{Error, ErrorKind};

/// Which rule of titles was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TitleFault {
    /// Nothing can be seen of it.
    Empty,
    /// More than 256 bytes.
    TooLong,
    /// More than one line, or with characters that are not seen: control characters, and marks of
    /// text direction.
    Hidden,
}

/// What is wrong with a title. A title is one line of what can be seen: what drives a terminal, or turns
/// a line around, would deceive everybody in the room.
#[must_use]
pub fn title_fault(title: &str) -> Option<TitleFault> {
    let is_hidden =
        |c: char| c.is_control() || is_bidi_control(c) || matches!(c, '\u{2028}' | '\u{2029}');
    if title.trim().is_empty() {
        Some(TitleFault::Empty)
    } else if title.len() > MAX_TITLE {
        Some(TitleFault::TooLong)
    } else if title.chars().any(is_hidden) {
        Some(TitleFault::Hidden)
    } else {
        None
    }
}

pub(super) fn check_title(title: &str) -> Result<(), Error> {
    match title_fault(title) {
        Some(_) => Err(ErrorKind::BadInput.into()),
        None => Ok(()),
    }
}

/// Marks that change the direction of the text behind them (Unicode UAX #9).
#[must_use]
pub const fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_the_rule_that_was_broken() {
        let cases = [
            ("", Some(TitleFault::Empty)),
            (" \t", Some(TitleFault::Empty)),
            (&"字".repeat(86)[..], Some(TitleFault::TooLong)),
            ("two\nlines", Some(TitleFault::Hidden)),
            ("\u{202e}nedrag", Some(TitleFault::Hidden)),
            (&"字".repeat(85)[..], None),
            ("garden", None),
        ];
        for (title, fault) in cases {
            assert_eq!(title_fault(title), fault, "{title:?}");
        }
    }
}
