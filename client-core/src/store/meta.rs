//! Single values.

use restante_wire::codec;
use serde::{Serialize, de::DeserializeOwned};

use super::Db;
use crate::{Error, ErrorKind, engine::account::NewAccount};

/// A single value: its key and its type.
pub(crate) trait Value: Serialize + DeserializeOwned {
    /// Key in the table.
    const KEY: &'static str;
}

impl Db<'_> {
    pub(crate) fn value<V: Value>(self) -> Result<Option<V>, Error> {
        let bytes: Option<Vec<u8>> =
            self.one("SELECT value FROM meta WHERE key = ?1", [V::KEY], |row| {
                row.get(0)
            })?;
        Ok(bytes.map(|bytes| codec::decode(&bytes)).transpose()?)
    }

    pub(crate) fn set_value<V: Value>(self, value: &V) -> Result<(), Error> {
        let sql = "INSERT INTO meta (key, value) VALUES (?1, ?2)
                   ON CONFLICT (key) DO UPDATE SET value = excluded.value";
        self.run(sql, (V::KEY, codec::encode(value)))?;
        Ok(())
    }

    /// Reads a value and forgets it.
    pub(crate) fn take_value<V: Value>(self) -> Result<Option<V>, Error> {
        let value = self.value::<V>()?;
        self.run("DELETE FROM meta WHERE key = ?1", [V::KEY])?;
        Ok(value)
    }

    pub(crate) fn account(self) -> Result<NewAccount, Error> {
        let bytes: Option<Vec<u8>> =
            self.one("SELECT value FROM meta WHERE key = 'account'", [], |row| {
                row.get(0)
            })?;
        let bytes = bytes.ok_or(ErrorKind::NoAccount)?;
        Ok(codec::decode(&bytes)?)
    }

    pub(super) fn set_account(self, account: &NewAccount) -> Result<(), Error> {
        self.run(
            "INSERT INTO meta (key, value) VALUES ('account', ?1)",
            [codec::encode(account)],
        )?;
        Ok(())
    }
}
