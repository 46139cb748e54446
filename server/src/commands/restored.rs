//! `restored`: after a backup was put in the place of the database, before the relay starts again.

use clap::Args;

use super::{Failure, Flags, Place, output::say};
use crate::{app::StartError, store::sqlite::life};

/// Arguments of `restored`.
#[derive(Args)]
pub struct Restored {
    #[command(flatten)]
    place: Place,
}

impl Restored {
    pub(super) fn run(self) -> Result<(), Failure> {
        let config = self.place.load(Flags::default())?;
        let file = config.database();
        if !file.exists() {
            return Err(format!(
                "there is no database {}; put the backup there first",
                file.display()
            )
            .into());
        }
        life::begin(&file).map_err(|source| StartError::Database { file, source })?;
        say("clients will be told; start the relay");
        Ok(())
    }
}
