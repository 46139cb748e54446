//! Settings of push: where the module runs, its keys, and the accounts at gateways.

use std::{fmt, path::PathBuf};

use serde::{Deserialize, Serialize};

use super::ConfigError;

/// How sleeping devices are woken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PushSettings {
    /// Whether anybody is woken at all.
    pub enabled: bool,
    /// Base URL of a `restante-server push-gateway` that does it instead; then this relay holds none
    /// of the keys below.
    pub gateway: Option<String>,
    /// What that gateway and this relay know each other by.
    pub token: Secret,
    /// Address and port on which `restante-server push-gateway` listens.
    pub listen: Option<std::net::SocketAddr>,
    /// File of the keys that open handles; `push.key` in the data directory if not set.
    pub key: Option<PathBuf>,
    /// File of the key by which push services of browsers know this relay; `vapid.key` in the data
    /// directory if not set.
    pub vapid_key: Option<PathBuf>,
    /// Where push services reach the operator: `mailto:` or `https:`; `public_url` if not set.
    pub contact: Option<String>,
    /// Seconds between two wake-ups of one device in one room.
    pub interval_seconds: u32,
    /// Lifts the rules on endpoints (https only, public addresses only). For laboratories.
    pub laboratory: bool,
    /// PEM file with authorities that gateways' certificates may come from, beside the usual ones.
    pub authorities: Option<PathBuf>,
    /// Devices of Apple.
    pub apns: Option<ApnsSettings>,
    /// Devices with Google's services.
    pub fcm: Option<FcmSettings>,
}

impl Default for PushSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            gateway: None,
            token: Secret::default(),
            listen: None,
            key: None,
            vapid_key: None,
            contact: None,
            interval_seconds: 5,
            laboratory: false,
            authorities: None,
            apns: None,
            fcm: None,
        }
    }
}

/// An account at Apple.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApnsSettings {
    /// The key (`AuthKey_….p8`).
    pub key: Secret,
    /// Its id.
    pub key_id: String,
    /// Id of the team.
    pub team_id: String,
    /// Bundle id of the app.
    pub topic: String,
    /// Another base URL than Apple's own.
    pub url: Option<String>,
}

/// An account at Google.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FcmSettings {
    /// The JSON key of a service account.
    pub account: Secret,
    /// Another base URL than Google's own.
    pub url: Option<String>,
}

/// A secret: the path of a file, or the secret itself, as an environment variable gives it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Secret {
    /// File that holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// The secret.
    #[serde(skip_serializing)]
    pub text: Option<String>,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl PushSettings {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let is_url = |url: &String| url.starts_with("https://") || url.starts_with("http://");
        if !self.gateway.as_ref().is_none_or(is_url) {
            return Err(ConfigError::Value {
                name: "push.gateway",
                rule: "a URL",
            });
        }
        let is_contact =
            |contact: &String| contact.starts_with("mailto:") || contact.starts_with("https://");
        if !self.contact.as_ref().is_none_or(is_contact) {
            return Err(ConfigError::Value {
                name: "push.contact",
                rule: "mailto:… or https://…",
            });
        }
        if self.interval_seconds > MAX_INTERVAL_S {
            return Err(ConfigError::Value {
                name: "push.interval_seconds",
                rule: "at most 3600",
            });
        }
        Ok(())
    }
}

/// More would be no push.
const MAX_INTERVAL_S: u32 = 3600;
