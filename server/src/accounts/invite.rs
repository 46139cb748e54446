//! Invite codes: 100 random bits in Crockford's base 32, stored as a hash only.

use restante_wire::{ErrorCode, limits::MAX_INVITE};
use sha2::{Digest, Sha256};

use crate::random;

/// Without I, L, O and U, so that a code survives being read aloud.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Characters of a code, beside the hyphens between groups.
const CODE_LEN: usize = 20;

/// Characters between hyphens.
const GROUP_LEN: usize = 5;

/// A fresh code, as it is given to a person.
#[must_use]
pub fn generate() -> String {
    let mut code = String::new();
    for (place, byte) in random::bytes::<CODE_LEN>().into_iter().enumerate() {
        if place > 0 && place % GROUP_LEN == 0 {
            code.push('-');
        }
        // 256 is a multiple of 32, so that every character is as likely as every other.
        let letter = ALPHABET.get(usize::from(byte % 32)).copied();
        code.push(char::from(letter.unwrap_or(b'0')));
    }
    code
}

/// What is stored of a code, however it was typed.
///
/// # Errors
/// `invite_invalid` if it cannot be one.
pub fn hash(typed: &str) -> Result<[u8; 32], ErrorCode> {
    if typed.len() > MAX_INVITE {
        return Err(ErrorCode::InviteInvalid);
    }
    let code: String = typed
        .chars()
        .filter(|c| !matches!(c, '-' | ' '))
        .map(|c| match c.to_ascii_uppercase() {
            'I' | 'L' => '1',
            'O' => '0',
            other => other,
        })
        .collect();
    let is_code = code.len() == CODE_LEN && code.bytes().all(|c| ALPHABET.contains(&c));
    if is_code {
        Ok(Sha256::digest(code).into())
    } else {
        Err(ErrorCode::InviteInvalid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_recognised_however_it_is_typed() {
        let code = generate();
        assert_eq!(code.len(), 23);
        let expected = hash(&code).unwrap();
        assert_eq!(hash(&code.to_lowercase()), Ok(expected));
        assert_eq!(hash(&code.replace('-', "")), Ok(expected));
        assert_eq!(
            hash(&code.replace('0', "o").replace('1', "l")),
            Ok(expected)
        );
        assert_ne!(hash(&generate()), Ok(expected));
    }

    #[test]
    fn what_cannot_be_a_code_is_refused() {
        for typed in [
            "",
            "ABCDE",
            "ABCDE-ABCDE-ABCDE-ABCD!",
            "ÄÄÄÄÄÄÄÄÄÄ",
            &"A".repeat(10_000),
        ] {
            assert_eq!(hash(typed), Err(ErrorCode::InviteInvalid));
        }
    }
}
