//! From settings to a module: reads keys, makes those that are this relay's own, and says in words
//! what is missing.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use restante_push::{
    Module, Ringer, apns,
    apns::{Apns, token::ProviderTokens},
    endpoint::Reach,
    fcm,
    fcm::{Fcm, oauth::AccessTokens},
    http::Http,
    jws::SigningKey,
    module::Gateways,
    remote::Remote,
    seal::{KeyRing, KeySeed, MAX_KEYS},
    web_push::{WebPush, vapid::Vapid},
};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use zeroize::Zeroizing;

use super::{
    PushClock,
    key_file::{self, KeyFileError},
};
use crate::{
    clock::Clock,
    config::{ApnsSettings, Config, FcmSettings, PushSettings, Secret},
};

const RING_LABEL: &str = "restante push key v1";
const VAPID_LABEL: &str = "restante vapid key v1";

/// Fewer characters could be guessed.
const MIN_TOKEN: usize = 24;

/// Why push cannot be set up, in words for the operator.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PushError {
    /// A file of keys.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// A secret that is needed was not given.
    #[error("the setting {0} is missing; give it a `file`, or a `text` by the environment")]
    NoSecret(&'static str),
    /// A secret is something else.
    #[error("the setting {name} is wrong: {rule}")]
    Secret {
        /// Which setting.
        name: &'static str,
        /// What it must be.
        rule: &'static str,
    },
    /// A fault of this program.
    #[error("a fault of this program: {0}")]
    Internal(&'static str),
}

/// Where the keys lie that open handles.
#[must_use]
pub fn ring_file(config: &Config) -> PathBuf {
    let file = config.push.key.clone();
    file.unwrap_or_else(|| config.data_dir.join("push.key"))
}

/// Where the key lies by which push services know this relay.
#[must_use]
pub fn vapid_file(config: &Config) -> PathBuf {
    let file = config.push.vapid_key.clone();
    file.unwrap_or_else(|| config.data_dir.join("vapid.key"))
}

/// What a relay wakes devices with; none if it is to wake nobody.
///
/// # Errors
/// [`PushError`].
pub fn ringer(config: &Config, clock: &Arc<dyn Clock>) -> Result<Option<Ringer>, PushError> {
    if !config.push.enabled {
        return Ok(None);
    }
    let Some(url) = &config.push.gateway else {
        let module = module(config, clock)?;
        return Ok(Some(Ringer::Here(Box::new(module))));
    };
    Ok(Some(Ringer::Elsewhere(remote(config, url)?)))
}

/// The gateway of its own at a base URL.
///
/// # Errors
/// [`PushError`].
pub fn remote(config: &Config, url: &str) -> Result<Remote, PushError> {
    let http = http(&config.push)?;
    let token = gateway_token(config)?;
    Remote::new(http, url, &token).map_err(|_| PushError::Secret {
        name: "push.token",
        rule: "it must be letters and digits",
    })
}

/// What a relay and its gateway know each other by.
///
/// # Errors
/// [`PushError`].
pub fn gateway_token(config: &Config) -> Result<Zeroizing<String>, PushError> {
    let token = secret(&config.push.token, "push.token")?;
    let token = Zeroizing::new(token.trim().to_owned());
    if token.len() < MIN_TOKEN {
        return Err(PushError::Secret {
            name: "push.token",
            rule: "it must have 24 characters or more, the same for relay and gateway",
        });
    }
    Ok(token)
}

/// The module itself, with the keys.
///
/// # Errors
/// [`PushError`].
pub fn module(config: &Config, clock: &Arc<dyn Clock>) -> Result<Module, PushError> {
    let settings = &config.push;
    let http = http(settings)?;
    let clock: Arc<dyn restante_push::Clock> = Arc::new(PushClock(Arc::clone(clock)));
    let keys = KeyRing::new(&ring(&ring_file(config))?)
        .map_err(|_| KeyFileError::Damaged(ring_file(config)))?;
    let vapid = vapid(config)?;
    let apns = settings.apns.as_ref();
    let fcm = settings.fcm.as_ref();
    let gateways = Gateways {
        apns: apns
            .map(|settings| apns_sender(settings, &http, &clock))
            .transpose()?,
        fcm: fcm
            .map(|settings| fcm_sender(settings, &http, &clock))
            .transpose()?,
        web_push: Some(WebPush::new(http, vapid, Arc::clone(&clock))),
    };
    Ok(Module::new(keys, gateways, clock))
}

/// The shared HTTP client.
///
/// # Errors
/// [`PushError`].
pub fn http(settings: &PushSettings) -> Result<Http, PushError> {
    let reach = if settings.laboratory {
        Reach::Laboratory
    } else {
        Reach::Public
    };
    let authorities = settings.authorities.as_deref();
    let authorities = authorities.map(authorities_of).transpose()?;
    Http::new(reach, &authorities.unwrap_or_default())
        .map_err(|_| PushError::Internal("the HTTP client cannot be set up"))
}

fn authorities_of(file: &Path) -> Result<Vec<CertificateDer<'static>>, PushError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(file).and_then(Iterator::collect);
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(PushError::Secret {
            name: "push.authorities",
            rule: "it must name a PEM file with certificates",
        }),
    }
}

/// Reads the keys that open handles, or makes the first.
///
/// # Errors
/// [`PushError`].
pub fn ring(file: &Path) -> Result<Vec<KeySeed>, PushError> {
    match key_file::read(file, RING_LABEL) {
        Ok(keys) => keys
            .iter()
            .map(|key| match <[u8; 32]>::try_from(&key[..]) {
                Ok(seed) => Ok(KeySeed(seed)),
                Err(_) => Err(KeyFileError::Damaged(file.to_owned()).into()),
            })
            .collect(),
        Err(KeyFileError::Missing(_)) => {
            let seed = new_seed()?;
            key_file::write(file, RING_LABEL, &[&seed.0])?;
            Ok(vec![seed])
        }
        Err(error) => Err(error.into()),
    }
}

/// Puts a new key before the others, of which the oldest goes. Returns how many there are.
///
/// # Errors
/// [`PushError`].
pub fn rotate(file: &Path) -> Result<usize, PushError> {
    let mut seeds = ring(file)?;
    seeds.insert(0, new_seed()?);
    seeds.truncate(MAX_KEYS);
    let bytes: Vec<&[u8]> = seeds.iter().map(|seed| &seed.0[..]).collect();
    key_file::write(file, RING_LABEL, &bytes)?;
    Ok(seeds.len())
}

fn new_seed() -> Result<KeySeed, PushError> {
    KeySeed::generate().map_err(|_| PushError::Internal("no randomness"))
}

/// This relay's identity before push services; made at the first start.
///
/// # Errors
/// [`PushError`].
pub fn vapid(config: &Config) -> Result<Vapid, PushError> {
    let file = vapid_file(config);
    let damaged = || KeyFileError::Damaged(file.clone());
    let der = match key_file::read(&file, VAPID_LABEL) {
        Ok(keys) => keys.into_iter().next().ok_or_else(damaged)?,
        Err(KeyFileError::Missing(_)) => {
            let der = SigningKey::generate_es256().map_err(|_| PushError::Internal("no key"))?;
            key_file::write(&file, VAPID_LABEL, &[&der])?;
            der
        }
        Err(error) => return Err(error.into()),
    };
    let key = SigningKey::es256_from_pkcs8(&der).map_err(|_| damaged())?;
    let public_url = config.public_url.clone();
    let contact = config.push.contact.clone().or(public_url);
    Ok(Vapid::new(key, contact).map_err(|_| damaged())?)
}

/// The account at Apple.
///
/// # Errors
/// [`PushError`].
pub fn apns_sender(
    settings: &ApnsSettings,
    http: &Http,
    clock: &Arc<dyn restante_push::Clock>,
) -> Result<Apns, PushError> {
    let pem = secret(&settings.key, "push.apns.key")?;
    let key = SigningKey::es256_from_pem(&pem).map_err(|_| PushError::Secret {
        name: "push.apns.key",
        rule: "it must be the file AuthKey_….p8 as Apple gave it, a PEM block `PRIVATE KEY`",
    })?;
    for (name, value) in [
        ("push.apns.key_id", &settings.key_id),
        ("push.apns.team_id", &settings.team_id),
    ] {
        let is_id = value.len() == 10 && value.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !is_id {
            let rule = "it must be the ten characters that Apple shows";
            return Err(PushError::Secret { name, rule });
        }
    }
    let is_topic = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    if settings.topic.is_empty() || !settings.topic.bytes().all(is_topic) {
        return Err(PushError::Secret {
            name: "push.apns.topic",
            rule: "it must be the bundle id of the app",
        });
    }
    let tokens = ProviderTokens::new(key, settings.key_id.clone(), settings.team_id.clone());
    let url = settings.url.as_deref().unwrap_or(apns::PRODUCTION);
    Ok(Apns::new(
        http.clone(),
        url,
        settings.topic.clone(),
        tokens,
        Arc::clone(clock),
    ))
}

/// The account at Google.
///
/// # Errors
/// [`PushError`].
pub fn fcm_sender(
    settings: &FcmSettings,
    http: &Http,
    clock: &Arc<dyn restante_push::Clock>,
) -> Result<Fcm, PushError> {
    let url = settings.url.as_deref().unwrap_or(fcm::PRODUCTION);
    let tokens = fcm_tokens(settings)?;
    Ok(Fcm::new(http.clone(), url, tokens, Arc::clone(clock)))
}

/// The tokens of a service account.
///
/// # Errors
/// [`PushError`].
pub fn fcm_tokens(settings: &FcmSettings) -> Result<AccessTokens, PushError> {
    let json = secret(&settings.account, "push.fcm.account")?;
    AccessTokens::from_json(&json).map_err(|_| PushError::Secret {
        name: "push.fcm.account",
        rule: "it must be the JSON key of a service account as Google gave it",
    })
}

/// A secret from its file, which only the relay may read, or as it was given.
///
/// # Errors
/// [`PushError`].
pub fn secret(secret: &Secret, name: &'static str) -> Result<Zeroizing<String>, PushError> {
    match (&secret.text, &secret.file) {
        (Some(text), _) => Ok(Zeroizing::new(text.clone())),
        (None, Some(file)) => Ok(key_file::read_text(file)?),
        (None, None) => Err(PushError::NoSecret(name)),
    }
}
