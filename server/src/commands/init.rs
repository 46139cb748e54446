//! `init`: a commented configuration and the relay's keys.

use std::{
    fs::OpenOptions,
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use clap::Args;

use super::{Failure, output::say};
use crate::{
    accounts::opaque_key,
    app,
    config::{self, CONFIG_FILE, Config},
};

/// Arguments of `init`.
#[derive(Args)]
pub struct Init {
    /// Directory of the database and its keys.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl Init {
    pub(super) fn run(self) -> Result<(), Failure> {
        let dir = self.data.unwrap_or_else(|| Config::default().data_dir);
        app::make_data_dir(&dir)?;
        let dir = std::path::absolute(dir)?;
        let config = Config::in_dir(&dir);
        write_config(&dir.join(CONFIG_FILE), &config::template(&dir))?;
        opaque_key::create(&config.opaque_key_file())?;
        say(&format!("wrote {}", dir.join(CONFIG_FILE).display()));
        say(&format!(
            "wrote {}: back it up once, apart from the database",
            config.opaque_key_file().display()
        ));
        say(&format!(
            "next: set public_url there, then run restante-server serve --data {}",
            dir.display()
        ));
        Ok(())
    }
}

fn write_config(file: &Path, text: &str) -> Result<(), Failure> {
    let created = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file);
    match created {
        Ok(mut created) => Ok(created.write_all(text.as_bytes())?),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Err(format!("{} exists already and is left as it is", file.display()).into())
        }
        Err(error) => Err(format!("cannot write {}: {}", file.display(), error.kind()).into()),
    }
}
