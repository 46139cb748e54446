//! The relay's configuration: one struct, and where its values come from.
//!
//! Later sources win: defaults, the file `restante.toml` in the data directory (or the one that
//! `--config` names), environment variables (`RESTANTE_LISTEN`, `RESTANTE_LIMITS__MAX_CONNECTIONS`),
//! flags. An unknown name is an error: a typing mistake must not silently leave a limit at its
//! default. The commented file that `init` writes is `template.toml` beside this module.

mod blobs;
mod delivery;
mod limits;
mod load;
mod push;

pub use blobs::BlobSettings;
pub use limits::{Limits, Retention};
pub use load::{CONFIG_FILE, ConfigError, load};
pub use push::{ApnsSettings, FcmSettings, PushSettings, Secret};

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use ipnet::IpNet;
use restante_wire::limits::MAX_RELAY_URL;
use serde::{Deserialize, Serialize};

/// Everything an operator can set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Address and port for clients. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Base URL under which clients reach this relay; part of every account id, so it must stay.
    /// Without it any URL is taken that a client used to register: for trials only.
    pub public_url: Option<String>,
    /// Directory of the database and its keys.
    #[serde(rename = "data")]
    pub data_dir: PathBuf,
    /// File with the OPAQUE key; `opaque.key` in the data directory if not set. Without it nobody
    /// can log in by password, and with it and the database passwords can be guessed offline: back
    /// it up once, and apart from the database.
    pub opaque_key: Option<PathBuf>,
    /// TLS on the listening address. Without it a proxy in front must do TLS.
    pub tls: Option<Tls>,
    /// Who may register.
    pub registration: Registration,
    /// Networks of proxies whose `X-Forwarded-For` and `Forwarded` headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Address and port for `/metrics` alone; on `listen` it is not served.
    pub metrics_listen: Option<SocketAddr>,
    /// How much is written to the log.
    pub log: Log,
    /// How much is taken from one address, seat or inbox, and from all together.
    pub limits: Limits,
    /// How long things are kept.
    pub retention: Retention,
    /// Where attachments lie, and how much of them.
    pub blobs: BlobSettings,
    /// How sleeping devices are woken.
    pub push: PushSettings,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_url: None,
            data_dir: PathBuf::from("restante-data"),
            opaque_key: None,
            tls: None,
            registration: Registration::default(),
            trusted_proxies: Vec::new(),
            metrics_listen: None,
            log: Log::default(),
            limits: Limits::default(),
            retention: Retention::default(),
            blobs: BlobSettings::default(),
            push: PushSettings::default(),
        }
    }
}

impl Config {
    /// The defaults with another data directory.
    #[must_use]
    pub fn in_dir(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            ..Self::default()
        }
    }

    /// Where the database lies.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.data_dir.join("relay.sqlite")
    }

    /// Where the bytes of blobs lie.
    #[must_use]
    pub fn blobs_dir(&self) -> PathBuf {
        match &self.blobs.dir {
            Some(dir) => dir.clone(),
            None => self.data_dir.join("blobs"),
        }
    }

    /// Where the OPAQUE key lies.
    #[must_use]
    pub fn opaque_key_file(&self) -> PathBuf {
        match &self.opaque_key {
            Some(file) => file.clone(),
            None => self.data_dir.join("opaque.key"),
        }
    }

    /// Checks what types cannot say.
    ///
    /// # Errors
    /// [`ConfigError::Value`], in words that say what to change.
    pub fn check(&self) -> Result<(), ConfigError> {
        if let Some(url) = &self.public_url {
            check_public_url(url)?;
        }
        self.log.check()?;
        self.limits.check()?;
        self.retention.check()?;
        self.blobs.check()?;
        self.push.check()
    }
}

/// TLS from files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// Certificate chain, PEM, the relay's own certificate first.
    pub cert: PathBuf,
    /// Private key, PEM.
    pub key: PathBuf,
}

/// Who may register.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Registration {
    /// Everybody.
    #[default]
    Open,
    /// Who has a code from `restante-server invite create`.
    Invite,
}

/// What is written to the log, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// `error`, `warn`, `info`, `debug`, `trace`, or a filter such as `info,restante_server=debug`.
    pub level: String,
    /// One JSON object a line, or text for a person.
    pub format: LogFormat,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            level: "info".into(),
            format: LogFormat::Json,
        }
    }
}

impl Log {
    /// A filter that the logging library takes may still be a slip: any word is a target to it, and
    /// the log would be silent.
    fn check(&self) -> Result<(), ConfigError> {
        const LEVELS: &[&str] = &["off", "error", "warn", "info", "debug", "trace"];
        let is_level = |level: &str| LEVELS.contains(&level.to_ascii_lowercase().as_str());
        let is_ours = |target: &str| target.starts_with("restante");
        let is_filter = self.level.split(',').map(str::trim).all(|part| {
            part.split_once('=')
                .map_or(is_level(part), |(target, level)| {
                    is_ours(target.trim()) && is_level(level.trim())
                })
        });
        if is_filter {
            Ok(())
        } else {
            Err(ConfigError::Value {
                name: "log.level",
                rule: "error, warn, info, debug, trace, or a filter such as info,restante_server=debug",
            })
        }
    }
}

/// Shape of a log line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// One JSON object.
    #[default]
    Json,
    /// Words.
    Text,
}

/// A base URL that clients can build on: scheme and authority, no slash at the end. Clients take
/// `http` of the machine itself only.
fn check_public_url(url: &str) -> Result<(), ConfigError> {
    let (host, is_secure) = match url.strip_prefix("https://") {
        Some(host) => (host, true),
        None => (url.strip_prefix("http://").unwrap_or_default(), false),
    };
    let is_plain = url.len() <= MAX_RELAY_URL
        && !host.is_empty()
        && !url.ends_with('/')
        && url.chars().all(|c| c.is_ascii_graphic())
        && !url.contains(['?', '#', '@']);
    if is_plain && !is_secure && !is_loopback(host) {
        return Err(ConfigError::Value {
            name: "public_url",
            rule: "https: clients refuse http, except of the machine itself (127.0.0.1, [::1], localhost)",
        });
    }
    if is_plain {
        Ok(())
    } else {
        Err(ConfigError::Value {
            name: "public_url",
            rule: "https://host or https://host:port, without a slash at the end",
        })
    }
}

/// Whether a host, with or without a port, is the machine itself.
fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost"
        || address
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// Whether a URL may stand in an account id of this relay.
#[must_use]
pub fn is_relay_url(url: &str) -> bool {
    check_public_url(url).is_ok()
}

/// The commented file that `init` writes, for this data directory.
#[must_use]
pub fn template(data_dir: &Path) -> String {
    // Debug quoting of a path is a TOML basic string for every path that is UTF-8.
    include_str!("template.toml").replace(
        "\"restante-data\"",
        &format!("{:?}", data_dir.to_string_lossy()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_the_defaults() {
        let text = template(Path::new("restante-data"));
        let parsed: Config = figment::Figment::from(
            <figment::providers::Toml as figment::providers::Format>::string(&text),
        )
        .extract()
        .unwrap();
        assert_eq!(parsed, Config::default());
    }

    #[test]
    fn the_template_names_every_setting() {
        let text = template(Path::new("restante-data"));
        let values = serde_json::to_value(Config::default()).unwrap();
        let names = |value: &serde_json::Value| {
            value
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect::<Vec<_>>()
        };
        let mut expected = names(&values);
        for table in ["log", "limits", "retention", "blobs", "push"] {
            expected.extend(names(&values[table]));
        }
        for name in expected {
            assert!(text.contains(&name), "{name} is missing in the template");
        }
    }

    #[test]
    fn a_public_url_has_a_scheme_a_host_and_no_slash_at_the_end() {
        for good in [
            "https://relay.example",
            "http://127.0.0.1:8080",
            "http://127.0.0.1",
            "http://[::1]",
            "http://[::1]:8080",
            "http://localhost:1",
            "https://[::1]:1",
        ] {
            assert!(is_relay_url(good), "{good}");
        }
        let long = format!("https://{}", "a".repeat(255));
        for bad in [
            "",
            "relay.example",
            "https://",
            "https://a/",
            "ftp://a",
            "https://a b",
            "http://relay.example",
            "http://192.0.2.1:8080",
            "http://localhost.example",
            "http://127.0.0.1.example:80",
            &long,
        ] {
            assert!(!is_relay_url(bad), "{bad}");
        }
    }
}
