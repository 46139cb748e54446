//! Private halves of published key packages.

use restante_crypto::Rows;
use restante_wire::{Day, codec, key_package::Suite, limits::MAX_KEY_PACKAGES};

use super::Db;
use crate::Error;

/// A key package of this client.
#[derive(Debug, Clone)]
pub struct StoredKeyPackage {
    /// `KeyPackageRef` (RFC 9420 section 5.2): what a Welcome names.
    pub reference: Vec<u8>,
    /// Its ciphersuite.
    pub suite: Suite,
    /// Whether it may be used more than once.
    pub last_resort: bool,
    /// Last day on which others may use it.
    pub expires: Day,
    /// What the relay gives out.
    pub public: Vec<u8>,
    /// What only this client has.
    pub rows: Rows,
}

impl Db<'_> {
    pub(crate) fn add_key_package(self, package: &StoredKeyPackage) -> Result<(), Error> {
        let sql = "INSERT INTO key_packages
                   (reference, suite, last_resort, expires, uploaded, public, rows)
                   VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6)";
        let rows = codec::encode(&package.rows);
        self.run(
            sql,
            (
                &package.reference,
                package.suite.0,
                package.last_resort,
                package.expires.0,
                &package.public,
                rows,
            ),
        )?;
        Ok(())
    }

    /// Those that were not offered to the relay, as many as one upload takes. Those of the hybrid suite come
    /// first: who is given a classical one must find them there.
    pub(crate) fn key_packages_to_upload(self) -> Result<Vec<StoredKeyPackage>, Error> {
        let clause = "WHERE uploaded = 0 ORDER BY suite DESC, reference LIMIT ?1";
        self.key_packages(clause, [MAX_KEY_PACKAGES as u32])
    }

    /// Whether the relay may have them. From the first try on it may have given them to somebody: one that
    /// is offered again would be used twice, and whoever is second finds nobody who can open it.
    pub(crate) fn set_key_packages_offered(
        self,
        references: &[Vec<u8>],
        is_offered: bool,
    ) -> Result<(), Error> {
        for reference in references {
            self.run(
                "UPDATE key_packages SET uploaded = ?2 WHERE reference = ?1",
                (reference, is_offered),
            )?;
        }
        Ok(())
    }

    pub(crate) fn count_key_packages(self) -> Result<u64, Error> {
        let count = self.one("SELECT count(*) FROM key_packages", [], |row| row.get(0))?;
        Ok(count.unwrap_or_default())
    }

    pub(crate) fn key_package(self, reference: &[u8]) -> Result<Option<StoredKeyPackage>, Error> {
        Ok(self
            .key_packages("WHERE reference = ?1", [reference])?
            .pop())
    }

    /// A used single-use key package must open nothing again (C5).
    pub(crate) fn delete_key_package(self, reference: &[u8]) -> Result<(), Error> {
        self.run("DELETE FROM key_packages WHERE reference = ?1", [reference])?;
        Ok(())
    }

    /// Forgets all of them.
    pub(crate) fn delete_key_packages(self) -> Result<(), Error> {
        self.run("DELETE FROM key_packages", [])?;
        Ok(())
    }

    /// Forgets those that nobody may use any more.
    pub(crate) fn delete_key_packages_before(self, day: Day) -> Result<(), Error> {
        self.run("DELETE FROM key_packages WHERE expires < ?1", [day.0])?;
        Ok(())
    }

    fn key_packages(
        self,
        clause: &str,
        parameters: impl rusqlite::Params,
    ) -> Result<Vec<StoredKeyPackage>, Error> {
        let sql = format!(
            "SELECT reference, suite, last_resort, expires, public, rows FROM key_packages {clause}"
        );
        let rows = self.all(&sql, parameters, |row| {
            let rows: Vec<u8> = row.get(5)?;
            let package = StoredKeyPackage {
                reference: row.get(0)?,
                suite: Suite(row.get(1)?),
                last_resort: row.get(2)?,
                expires: Day(row.get(3)?),
                public: row.get(4)?,
                rows: Rows::new(),
            };
            Ok((package, rows))
        })?;
        rows.into_iter()
            .map(|(package, rows)| {
                Ok(StoredKeyPackage {
                    rows: codec::decode(&rows)?,
                    ..package
                })
            })
            .collect()
    }
}
