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
const FOREIGN: &[&str] = &["home", "passphrase", "lang", "fault", "config"];

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
    let mut sources = Figment::from(Serialized::defaults(Config::default()));
    if let Some(file) = config_file(file, data_dir)? {
        sources = sources.merge(Toml::file_exact(file));
    }
    sources = environment(sources).merge(Serialized::defaults(flags));
    if let Some(data_dir) = data_dir {
        sources = sources.merge(("data", data_dir));
    }
    let config: Config = extract(&sources)?;
    config.check()?;
    Ok(config)
}

/// The file to read: the one that was named, or the one in the data directory if it is there.
fn config_file(
    named: Option<&Path>,
    data_dir: Option<&Path>,
) -> Result<Option<PathBuf>, ConfigError> {
    if let Some(named) = named {
        return if named.exists() {
            Ok(Some(named.to_owned()))
        } else {
            Err(ConfigError::NoFile(named.to_owned()))
        };
    }
    let data_dir = match data_dir {
        Some(data_dir) => data_dir.to_owned(),
        // As far as it is known before the file is read.
        None => environment(Figment::from(Serialized::defaults(Config::default())))
            .extract_inner("data")
            .map_err(|error| ConfigError::Source(error.to_string()))?,
    };
    let file = data_dir.join(CONFIG_FILE);
    Ok(file.exists().then_some(file))
}

fn environment(sources: Figment) -> Figment {
    sources.merge(Env::prefixed(ENV_PREFIX).ignore(FOREIGN).split("__"))
}

fn extract(sources: &Figment) -> Result<Config, ConfigError> {
    sources
        .extract()
        .map_err(|error| ConfigError::Source(error.to_string()))
}

#[cfg(test)]
#[expect(
    clippy::result_large_err,
    reason = "the jail's closure returns figment's error"
)]
mod tests {
    use figment::Jail;
    use serde_json::json;

    use super::*;

    fn listen(jail_config: Result<Config, ConfigError>) -> String {
        jail_config.unwrap().listen.to_string()
    }

    #[test]
    fn later_sources_win() {
        Jail::expect_with(|jail| {
            let dir = jail.directory().to_owned();
            let load = |flags: serde_json::Value| load(None, Some(&dir), flags);
            assert_eq!(listen(load(json!({}))), "127.0.0.1:8080");
            jail.create_file(
                CONFIG_FILE,
                "listen = \"127.0.0.1:1\"\n[limits]\nwrite_batch = 7\nmax_connections = 8\n",
            )?;
            assert_eq!(listen(load(json!({}))), "127.0.0.1:1");
            jail.set_env("RESTANTE_LISTEN", "127.0.0.1:2");
            jail.set_env("RESTANTE_LIMITS__MAX_CONNECTIONS", "9");
            assert_eq!(listen(load(json!({}))), "127.0.0.1:2");
            let config = load(json!({ "listen": "127.0.0.1:3" })).unwrap();
            assert_eq!(config.listen.to_string(), "127.0.0.1:3");
            assert_eq!(
                (config.limits.write_batch, config.limits.max_connections),
                (7, 9)
            );
            assert_eq!(config.data_dir, dir);
            Ok(())
        });
    }

    #[test]
    fn the_data_directory_of_the_environment_holds_the_file() {
        Jail::expect_with(|jail| {
            jail.create_dir("relay")?;
            jail.create_file("relay/restante.toml", "registration = \"invite\"")?;
            jail.set_env("RESTANTE_DATA", jail.directory().join("relay").display());
            let config = load(None, None, json!({})).unwrap();
            assert_eq!(config.registration, crate::config::Registration::Invite);
            Ok(())
        });
    }

    #[test]
    fn a_mistake_is_named() {
        for (text, name) in [
            ("lisen = \"127.0.0.1:1\"", "lisen"),
            ("listen = \"localhost\"", "listen"),
            ("[limits]\nwrite_batch = 0", "limits.write_batch"),
            ("[limits]\nreceive_large_mib = 5", "receive_large_mib"),
            ("[limits]\nlogins = { burst = 0, per_minute = 1 }", "logins"),
            ("public_url = \"https://relay.example/\"", "public_url"),
            (
                "public_url = \"http://relay.example\"",
                "clients refuse http",
            ),
            ("[log]\nlevel = \"loud\"", "log.level"),
            ("[log]\nlevel = \"info,restante_server=loud\"", "log.level"),
            ("[log]\nlevel = \"info,hyper=debug\"", "log.level"),
            ("[log]\nlevel = \"\"", "log.level"),
            ("[retention]\nenvelope_days = 0", "retention"),
            ("registration = \"closed\"", "registration"),
            ("trusted_proxies = [\"10.0.0.0/99\"]", "trusted_proxies"),
            ("listen = ", "restante.toml"),
        ] {
            Jail::expect_with(|jail| {
                jail.create_file(CONFIG_FILE, text)?;
                let error = load(None, Some(jail.directory()), json!({})).unwrap_err();
                assert!(error.to_string().contains(name), "{name}: {error}");
                Ok(())
            });
        }
    }

    #[test]
    fn a_file_that_was_named_must_be_there() {
        Jail::expect_with(|jail| {
            let named = jail.directory().join("elsewhere.toml");
            let missing = load(Some(&named), None, json!({}));
            assert!(matches!(missing, Err(ConfigError::NoFile(_))));
            jail.create_file("elsewhere.toml", "listen = \"127.0.0.1:4\"")?;
            assert_eq!(listen(load(Some(&named), None, json!({}))), "127.0.0.1:4");
            Ok(())
        });
    }
}
