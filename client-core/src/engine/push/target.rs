//! Push targets as platforms give them: base64url from browsers, hexadecimal from Apple.

use base64::{
    Engine as _,
    engine::{
        DecodePaddingMode,
        general_purpose::{GeneralPurpose, GeneralPurposeConfig},
    },
};
use restante_wire::{
    P256Key, PushAuth,
    push::{ApnsStyle, Subscription, Target},
};

use crate::{Error, ErrorKind};

/// What browsers write, and what others write who pad.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A subscription of a browser or of UnifiedPush; key and secret in base64url.
///
/// # Errors
/// `bad_input`.
pub fn web_push(endpoint: String, p256dh: &str, auth: &str) -> Result<Target, Error> {
    let decode = |text: &str| BASE64.decode(text).ok();
    let p256dh = decode(p256dh).and_then(|bytes| P256Key::from_slice(&bytes));
    let auth = decode(auth).and_then(|bytes| PushAuth::from_slice(&bytes));
    match p256dh.zip(auth) {
        Some((p256dh, auth)) => checked(Target::WebPush(Subscription {
            endpoint,
            p256dh,
            auth,
        })),
        None => Err(ErrorKind::BadInput.into()),
    }
}

/// A device of Apple; its token in hexadecimal.
///
/// # Errors
/// `bad_input`.
pub fn apns(token: &str, background: bool) -> Result<Target, Error> {
    let style = if background {
        ApnsStyle::Background
    } else {
        ApnsStyle::Alert
    };
    let token = hexadecimal(token).ok_or(ErrorKind::BadInput)?;
    checked(Target::Apns { token, style })
}

/// A device with Google's services; its token as it was given.
///
/// # Errors
/// `bad_input`.
pub fn fcm(token: String) -> Result<Target, Error> {
    checked(Target::Fcm { token })
}

fn checked(target: Target) -> Result<Target, Error> {
    target.check().map_err(|_| ErrorKind::BadInput)?;
    Ok(target)
}

fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let bytes = text.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(digit(*high)? << 4 | digit(*low)?).ok(),
        _ => None,
    });
    bytes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_read_as_they_are_given() {
        assert_eq!(hexadecimal("00fF"), Some(vec![0, 255]));
        for bad in ["0", "0g", "00f", "+1"] {
            assert_eq!(hexadecimal(bad), None, "{bad}");
        }
        for text in ["-_8", "-_8="] {
            assert_eq!(BASE64.decode(text).unwrap(), [0xfb, 0xff]);
        }
        assert!(apns("", false).is_err());
        assert!(web_push("https://p.example".into(), "AAAA", "AAAA").is_err());
    }
}
