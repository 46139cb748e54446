//! Mentions: a link to an account inside a text, `[@name](mimi://host/u/…)`.
//!
//! Whom a mention means is said by its URI alone: the name beside it is the writer's, and could be
//! anybody's. So it is shown with the name that the account's certificate says.
//!
//! **Source**: draft-ietf-mimi-content-08 section 5, mentions; the URI is that of
//! [`sender_uri`](super::super::content::sender_uri).

use restante_wire::AccountKeyHash;

/// Most mentions of one text that are looked up.
const MAX_MENTIONS: usize = 100;

/// Turns `@name` of people into links. A name stands behind no letter, and ends where it could not
/// go on.
pub(crate) fn link(text: &str, people: &[(String, String)]) -> String {
    let mut linked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        let (before, from_at) = rest.split_at(at);
        linked.push_str(before);
        let name_and_more = from_at.get(1..).unwrap_or_default();
        let is_start = linked
            .chars()
            .next_back()
            .is_none_or(|c| !c.is_alphanumeric() && c != '[');
        let named = people
            .iter()
            .filter(|(name, _)| is_start && is_name_at(name_and_more, name))
            .max_by_key(|(name, _)| name.len());
        match named {
            Some((name, uri)) => {
                linked.push_str(&format!("[@{name}]({uri})"));
                rest = name_and_more.get(name.len()..).unwrap_or_default();
            }
            None => {
                linked.push('@');
                rest = name_and_more;
            }
        }
    }
    linked.push_str(rest);
    linked
}

/// The text with mentions as `@name`, and the accounts mentioned, each once. Accounts of which
/// `name_of` knows nothing stay links.
pub(crate) fn unlink<E>(
    text: &str,
    mut name_of: impl FnMut(&AccountKeyHash) -> Result<Option<String>, E>,
) -> Result<(String, Vec<AccountKeyHash>), E> {
    let mut shown = String::with_capacity(text.len());
    let mut mentioned = Vec::new();
    let mut looked_up = 0;
    let mut rest = text;
    while let Some(start) = rest.find("[@") {
        let (before, link) = rest.split_at(start);
        shown.push_str(before);
        let found = parse(link).filter(|_| looked_up < MAX_MENTIONS);
        let name = match &found {
            Some((account, _)) => {
                looked_up += 1;
                name_of(account)?
            }
            None => None,
        };
        match (found, name) {
            (Some((account, length)), Some(name)) => {
                shown.push('@');
                shown.push_str(&name);
                if !mentioned.contains(&account) {
                    mentioned.push(account);
                }
                rest = link.get(length..).unwrap_or_default();
            }
            _ => {
                shown.push_str("[@");
                rest = link.get(2..).unwrap_or_default();
            }
        }
    }
    shown.push_str(rest);
    Ok((shown, mentioned))
}

/// Whether a text mentions an account.
pub(super) fn names_anybody(text: &str) -> bool {
    let links = text.match_indices("[@").take(MAX_MENTIONS);
    links
        .filter_map(|(at, _)| text.get(at..))
        .any(|link| parse(link).is_some())
}

/// Whether a text begins with this name, in any case, and the name ends there.
fn is_name_at(text: &str, name: &str) -> bool {
    let Some((found, rest)) = text.split_at_checked(name.len()) else {
        return false;
    };
    if name.is_empty() || !found.eq_ignore_ascii_case(name) {
        return false;
    }
    let goes_on = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let is_ascii = name.is_ascii();
    let mut next = rest.chars();
    match next.next() {
        None => true,
        Some('.') => !next.next().is_some_and(goes_on),
        Some(c) => !goes_on(c) && (is_ascii || !c.is_alphanumeric()),
    }
}

/// A link at the beginning of a text: whom it means, and its length.
fn parse(link: &str) -> Option<(AccountKeyHash, usize)> {
    let (label, rest) = link.split_once(']')?;
    let uri = rest.strip_prefix('(')?.split_once(')')?.0;
    let (_, hash) = uri.strip_prefix("mimi://")?.split_once("/u/")?;
    if hash.len() != 64 || !hash.is_ascii() {
        return None;
    }
    let mut account = [0; 32];
    for (index, byte) in account.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hash.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some((AccountKeyHash(account), label.len() + uri.len() + 3))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    fn uri(account: u8) -> String {
        format!(
            "mimi://relay.example/u/{}",
            format!("{account:02x}").repeat(32)
        )
    }

    fn people() -> Vec<(String, String)> {
        vec![
            ("bob".into(), uri(1)),
            ("bob.smith".into(), uri(2)),
            ("李明".into(), uri(3)),
        ]
    }

    fn name_of(account: &AccountKeyHash) -> Result<Option<String>, Infallible> {
        Ok(match account.0[0] {
            1 => Some("bob".into()),
            2 => Some("bob.smith".into()),
            3 => Some("李明".into()),
            _ => None,
        })
    }

    fn round_trip(text: &str) -> (String, Vec<AccountKeyHash>) {
        unlink(&link(text, &people()), name_of).unwrap()
    }

    #[test]
    fn names_become_links_and_links_names() {
        assert_eq!(
            link("hi @bob!", &people()),
            format!("hi [@bob]({})!", uri(1))
        );
        for (text, accounts) in [
            ("hi @bob!", vec![1]),
            ("@bob.smith and @bob.", vec![2, 1]),
            ("@bob你好，@李明 在吗", vec![1, 3]),
            ("@bobby, bob@bob, @nobody, @", vec![]),
            ("[@bob](elsewhere)", vec![]),
        ] {
            let (shown, mentioned) = round_trip(text);
            assert_eq!(shown, text);
            let mentioned: Vec<u8> = mentioned.iter().map(|account| account.0[0]).collect();
            assert_eq!(mentioned, accounts, "{text}");
        }
        assert_eq!(round_trip("@BOB").0, "@bob");
    }

    #[test]
    fn c6_a_mention_shows_the_certified_name_whatever_its_writer_says() {
        let text = format!("[@alice]({})", uri(1));
        assert_eq!(unlink(&text, name_of).unwrap().0, "@bob");
        let unknown = format!("[@alice]({})", uri(9));
        assert_eq!(unlink(&unknown, name_of).unwrap().0, unknown);
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in r"(\[@|\]\(|mimi://x/u/|[0-9a-f]{64}|\)|@bob|.){0,12}") {
            let _ = unlink(&text, name_of);
            let _ = link(&text, &people());
        }
    }
}
