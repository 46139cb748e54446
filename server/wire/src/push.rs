//! Where a sleeping device is reached, and how that is hidden from the relay.
//!
//! A client seals its [`Target`] to the public key of the push module, freshly for every seat; the
//! relay stores the sealed form and hands it to the module, which alone can open it. Owns: the shapes
//! of both. Never does: the sealing (`restante-crypto`) or the opening (`restante-push`).
//!
//! **Shape** of a sealed handle, always [`SEALED_HANDLE_LEN`] bytes: version byte, 8 bytes of
//! [`PushKeyId`], 32 bytes of encapsulated key, ciphertext with tag. HPKE base mode (RFC 9180) with
//! DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and ChaCha20-Poly1305; the additional data are the version
//! and the key's id.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use crate::{
    codec,
    ids::{P256Key, PushAuth, PushKey, PushKeyId},
    mailbox::Wake,
};

/// Length of every sealed handle: with the other columns of its seat it fits a page of the relay's
/// database four times, and it has room for the longest endpoints in use.
pub const SEALED_HANDLE_LEN: usize = 640;

/// Version of the sealed form.
pub const HANDLE_VERSION: u8 = 1;

/// The `info` of the HPKE context.
pub const HANDLE_INFO: &[u8] = b"restante wake-up handle v1";

/// Version byte and key id, which stand before the encapsulated key.
pub const HANDLE_HEADER_LEN: usize = 1 + PushKeyId::LEN;

/// Length of the encapsulated key.
pub const HANDLE_ENCAPSULATED_LEN: usize = 32;

/// Length of what is sealed: an encoded target and zeros.
pub const BLOCK_LEN: usize = SEALED_HANDLE_LEN - HANDLE_HEADER_LEN - HANDLE_ENCAPSULATED_LEN - 16;

/// Longest endpoint of Web Push, in bytes.
pub const MAX_ENDPOINT: usize = 480;

/// Longest device token of APNs, in bytes: Apple's documents promise no length; it was always 32.
pub const MAX_APNS_TOKEN: usize = 128;

/// Longest registration token of FCM, in bytes.
pub const MAX_FCM_TOKEN: usize = 480;

/// Where a device is reached.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    /// A push service of a browser, or a distributor of UnifiedPush.
    WebPush(Subscription),
    /// An app on a device of Apple.
    Apns {
        /// Device token.
        #[serde(with = "serde_bytes")]
        token: Vec<u8>,
        /// How it is shown.
        style: ApnsStyle,
    },
    /// An app on a device with Google's services.
    Fcm {
        /// Registration token.
        token: String,
    },
}

/// A subscription of Web Push (RFC 8030, RFC 8291).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// URL that takes messages.
    pub endpoint: String,
    /// The subscriber's public key.
    pub p256dh: P256Key,
    /// The secret that the subscriber shares with who may write to it.
    pub auth: PushAuth,
}

/// What a wake-up of APNs is to the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ApnsStyle {
    /// An alert that the app's notification extension replaces before it is shown.
    Alert,
    /// Shown to nobody: the system wakes the app when it sees fit.
    Background,
}

/// A target that cannot be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a push target that is empty, too long, or not plain text")]
pub struct BadTarget;

impl Target {
    /// Checks lengths and characters: what a gateway is told must be text without surprises.
    ///
    /// # Errors
    /// [`BadTarget`]; another token or endpoint is needed.
    pub fn check(&self) -> Result<(), BadTarget> {
        let is_plain = |text: &str, longest: usize| {
            !text.is_empty() && text.len() <= longest && text.bytes().all(|b| b.is_ascii_graphic())
        };
        let is_good = match self {
            Self::WebPush(subscription) => is_plain(&subscription.endpoint, MAX_ENDPOINT),
            Self::Apns { token, .. } => !token.is_empty() && token.len() <= MAX_APNS_TOKEN,
            Self::Fcm { token } => is_plain(token, MAX_FCM_TOKEN),
        };
        is_good.then_some(()).ok_or(BadTarget)
    }

    /// What is sealed: the same length for every target.
    ///
    /// # Errors
    /// [`BadTarget`] as of [`Self::check`].
    pub fn to_block(&self) -> Result<Zeroizing<Vec<u8>>, BadTarget> {
        self.check()?;
        let mut block = Zeroizing::new(codec::encode(self));
        if block.len() > BLOCK_LEN {
            return Err(BadTarget);
        }
        block.resize(BLOCK_LEN, 0);
        Ok(block)
    }

    /// Reads an opened block; none if it is not one.
    #[must_use]
    pub fn from_block(block: &[u8]) -> Option<Self> {
        let (&codec::VERSION, rest) = block.split_first()? else {
            return None;
        };
        let (target, zeros) = postcard::take_from_bytes::<Self>(rest).ok()?;
        let is_whole = block.len() == BLOCK_LEN && zeros.iter().all(|byte| *byte == 0);
        (is_whole && target.check().is_ok()).then_some(target)
    }

    /// The stable name of its kind.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::WebPush(_) => "webpush",
            Self::Apns { .. } => "apns",
            Self::Fcm { .. } => "fcm",
        }
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        match self {
            Self::WebPush(subscription) => subscription.endpoint.zeroize(),
            Self::Apns { token, .. } => token.zeroize(),
            Self::Fcm { token } => token.zeroize(),
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({}, ..)", self.kind())
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subscription(..)")
    }
}

impl PushKey {
    /// What sealed handles name it by: the beginning of its SHA-256.
    #[must_use]
    pub fn id(&self) -> PushKeyId {
        let mut id = [0; PushKeyId::LEN];
        for (to, from) in id.iter_mut().zip(Sha256::digest(self.0)) {
            *to = from;
        }
        PushKeyId(id)
    }
}

/// How soon a device should wake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Urgency {
    /// When the platform sees fit.
    Normal,
    /// At once: something rings.
    Urgent,
}

impl Urgency {
    /// What an append asks for; none if nobody is to be woken.
    #[must_use]
    pub const fn of(wake: Wake) -> Option<Self> {
        match wake {
            Wake::None => None,
            Wake::Normal => Some(Self::Normal),
            Wake::Urgent => Some(Self::Urgent),
        }
    }
}

/// Asks how this relay wakes devices. The answer is [`PushService`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReadPushService {}

/// How a relay wakes devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PushService {
    /// What handles are sealed to; none if this relay wakes nobody. A handle that was sealed to another
    /// key is to be sealed anew: the relay opens earlier ones for a while only.
    pub key: Option<PushKey>,
    /// The key by which push services of browsers know this relay (RFC 8292): a browser subscribes
    /// with it. None where Web Push is switched off.
    pub vapid: Option<P256Key>,
    /// Whether apps on devices of Apple can be woken.
    pub apns: bool,
    /// Whether apps on devices with Google's services can be woken.
    pub fcm: bool,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn web_push(endpoint: String) -> Target {
        Target::WebPush(Subscription {
            endpoint,
            p256dh: P256Key([4; 65]),
            auth: PushAuth([5; 16]),
        })
    }

    #[test]
    fn the_longest_target_fits_its_block() {
        let longest = [
            web_push("e".repeat(MAX_ENDPOINT)),
            Target::Apns {
                token: vec![1; MAX_APNS_TOKEN],
                style: ApnsStyle::Background,
            },
            Target::Fcm {
                token: "f".repeat(MAX_FCM_TOKEN),
            },
        ];
        for target in longest {
            let block = target.to_block().unwrap();
            assert_eq!(block.len(), BLOCK_LEN);
            assert_eq!(Target::from_block(&block), Some(target));
        }
    }

    #[test]
    fn a_target_of_control_characters_or_no_length_is_refused() {
        for bad in ["", "https://a b", "https://a\r\nHost: b", "https://ä"] {
            assert_eq!(web_push(bad.into()).to_block(), Err(BadTarget));
        }
        assert!(web_push("e".repeat(MAX_ENDPOINT + 1)).to_block().is_err());
        let empty = Target::Apns {
            token: Vec::new(),
            style: ApnsStyle::Alert,
        };
        assert!(empty.to_block().is_err());
    }

    #[test]
    fn nothing_of_a_target_is_printed() {
        let shown = format!("{:?}", web_push("https://push.example/secret".into()));
        assert_eq!(shown, "Target(webpush, ..)");
    }

    proptest! {
        #[test]
        fn noise_is_no_target(block in proptest::collection::vec(any::<u8>(), 0..BLOCK_LEN + 8)) {
            if let Some(target) = Target::from_block(&block) {
                let again = target.to_block().unwrap();
                prop_assert_eq!(Target::from_block(&again), Some(target));
            }
        }
    }
}
