//! Where configuration values come from, and what is said when one is wrong.

use std::path::{Path, PathBuf};

use figment::{
    Figment,
    providers::{Env, Format, Serialized, Toml},
};
use serde::Serialize;

use super::Config;

/// Name of the configuration file in a data directory.
pub const CONFIG_FILE: &str = "restante.toml";

/// Prefix of environment variables; `__` separates tables from their settings.
const ENV_PREFIX: &str = "RESTANTE_";

/// Variables of other programs of this project with the same prefix.
const FOREIGN: &[&str] = &["home", "passphrase", "fault", "config"];

/// What is wrong with the configuration, for the operator.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A source that cannot be read, an unknown name or a value of the wrong type. The text is
    /// figment's own, which names the source and the setting.
    #[error("the configuration is wrong: {0}")]
    Source(String),
    /// The file named on the command line is not there.
    #[error("the configuration file {} does not exist; `restante-server init` writes one", .0.display())]
    NoFile(PathBuf),
    /// A value that breaks a rule.
    #[error("the setting {name} is wrong: it must be {rule}")]
    Value {
        /// Which setting.
        name: &'static str,
        /// What it must be.
        rule: &'static str,
    },
}

/// Loads the configuration: defaults, file, environment, flags.
///
/// `file` is the one named on the command line, which must exist; otherwise the one in the data
/// directory is read if there is one. `flags` serialises to a table that holds what was given only.
///
/// # Errors
/// A [`ConfigError`] that names the setting; the operator must change it.
pub fn load(
    file: Option<&Path>,
    data_dir: Option<&Path>,
    flags: impl Serialize,
) -> Result<Config, ConfigError> {
    let file = match file {
        Some(file) if !file.exists() => return Err(ConfigError::NoFile(file.to_owned())),
        Some(file) => file.to_owned(),
        None => default_dir(data_dir)?.join(CONFIG_FILE),
    };
    let mut sources = environment(
        Figment::from(Serialized::defaults(Config::default())).merge(Toml::file_exact(file)),
    )
    .merge(Serialized::defaults(flags));
    if let Some(data_dir) = data_dir {
        sources = sources.merge(("data", data_dir));
    }
    let config: Config = extract(&sources)?;
    config.check()?;
    Ok(config)
}

/// The data directory as far as it is known before the file is read.
fn default_dir(data_dir: Option<&Path>) -> Result<PathBuf, ConfigError> {
    match data_dir {
        Some(data_dir) => Ok(data_dir.to_owned()),
        None => environment(Figment::from(Serialized::defaults(Config::default())))
            .extract_inner("data")
            .map_err(|error| ConfigError::Source(error.to_string())),
    }
}

fn environment(sources: Figment) -> Figment {
    sources.merge(Env::prefixed(ENV_PREFIX).ignore(FOREIGN).split("__"))
}

fn extract(sources: &Figment) -> Result<Config, ConfigError> {
    sources
        .extract()
        .map_err(|error| ConfigError::Source(error.to_string()))
}
