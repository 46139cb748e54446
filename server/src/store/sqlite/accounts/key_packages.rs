//! Rows of key packages: single-use ones and one last resort for each client and suite.

use restante_wire::{
    AccountKeyHash, ClientId, Day, fault,
    key_package::{PooledKeyPackage, Suite, SuitePool},
};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use sha2::{Digest, Sha256};

use crate::store::StoreError;

/// Whose pool.
#[derive(Debug, Clone, Copy)]
pub struct Pool {
    /// The account.
    pub account: AccountKeyHash,
    /// The client.
    pub client: ClientId,
}

impl Pool {
    /// Forgets all key packages.
    ///
    /// # Errors
    /// A [`StoreError`] of the database.
    pub fn clear(&self, transaction: &Transaction<'_>) -> Result<(), StoreError> {
        transaction
            .prepare_cached("DELETE FROM key_packages WHERE key_hash = ?1 AND client_id = ?2")?
            .execute(params![self.account.0, self.client.0])?;
        Ok(())
    }

    /// Adds a key package; one that is there already stays as it is. A last resort takes the place
    /// of another one.
    ///
    /// # Errors
    /// A [`StoreError`] of the database.
    pub fn add(
        &self,
        transaction: &Transaction<'_>,
        package: &PooledKeyPackage,
    ) -> Result<(), StoreError> {
        let hash: [u8; 32] = Sha256::digest(&package.bytes).into();
        if package.last_resort {
            transaction
                .prepare_cached(
                    "DELETE FROM key_packages WHERE key_hash = ?1 AND client_id = ?2 AND suite = ?3
                         AND last_resort = 1 AND package_hash <> ?4",
                )?
                .execute(params![
                    self.account.0,
                    self.client.0,
                    package.suite.0,
                    hash
                ])?;
        }
        transaction
            .prepare_cached(
                "INSERT INTO key_packages
                     (key_hash, client_id, suite, last_resort, package_hash, expires, package)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                 ON CONFLICT DO NOTHING",
            )?
            .execute(params![
                self.account.0,
                self.client.0,
                package.suite.0,
                package.last_resort,
                hash,
                package.expires.0,
                package.bytes
            ])?;
        Ok(())
    }

    /// What the pool holds that has not expired.
    ///
    /// # Errors
    /// A [`StoreError`] of the database.
    pub fn state(&self, connection: &Connection, today: Day) -> Result<Vec<SuitePool>, StoreError> {
        let mut statement = connection.prepare_cached(
            "SELECT suite, count(*) FILTER (WHERE last_resort = 0), max(last_resort), max(used)
             FROM key_packages WHERE key_hash = ?1 AND client_id = ?2 AND expires >= ?3
             GROUP BY suite ORDER BY suite",
        )?;
        let rows = statement.query_map(params![self.account.0, self.client.0, today.0], |row| {
            Ok(SuitePool {
                suite: Suite(row.get(0)?),
                single_use: row.get(1)?,
                has_last_resort: row.get(2)?,
                last_resort_used: row.get(3)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Takes a single-use key package, or shows the last resort and notes that it was used.
    ///
    /// # Errors
    /// A [`StoreError`] of the database.
    pub fn claim(
        &self,
        transaction: &Transaction<'_>,
        suite: Suite,
        today: Day,
    ) -> Result<Option<PooledKeyPackage>, StoreError> {
        if fault::planted("key_package_given_twice") {
            return self.show_single_use(transaction, suite, today);
        }
        match self.take_single_use(transaction, suite, today)? {
            Some(package) => Ok(Some(package)),
            None => self.use_last_resort(transaction, suite, today),
        }
    }

    /// Removes what has expired; the claim that comes too late finds nothing anyway.
    ///
    /// # Errors
    /// A [`StoreError`] of the database.
    pub fn forget_expired(
        &self,
        transaction: &Transaction<'_>,
        today: Day,
    ) -> Result<(), StoreError> {
        transaction
            .prepare_cached(
                "DELETE FROM key_packages WHERE key_hash = ?1 AND client_id = ?2 AND expires < ?3",
            )?
            .execute(params![self.account.0, self.client.0, today.0])?;
        Ok(())
    }

    fn take_single_use(
        &self,
        transaction: &Transaction<'_>,
        suite: Suite,
        today: Day,
    ) -> Result<Option<PooledKeyPackage>, StoreError> {
        self.first(
            transaction,
            "DELETE FROM key_packages
             WHERE key_hash = ?1 AND client_id = ?2 AND suite = ?3 AND last_resort = 0
                 AND package_hash = (
                     SELECT package_hash FROM key_packages
                     WHERE key_hash = ?1 AND client_id = ?2 AND suite = ?3 AND last_resort = 0
                         AND expires >= ?4
                     LIMIT 1)
             RETURNING suite, last_resort, expires, package",
            suite,
            today,
        )
    }

    fn use_last_resort(
        &self,
        transaction: &Transaction<'_>,
        suite: Suite,
        today: Day,
    ) -> Result<Option<PooledKeyPackage>, StoreError> {
        self.first(
            transaction,
            "UPDATE key_packages SET used = 1
             WHERE key_hash = ?1 AND client_id = ?2 AND suite = ?3 AND last_resort = 1
                 AND expires >= ?4
             RETURNING suite, last_resort, expires, package",
            suite,
            today,
        )
    }

    fn show_single_use(
        &self,
        transaction: &Transaction<'_>,
        suite: Suite,
        today: Day,
    ) -> Result<Option<PooledKeyPackage>, StoreError> {
        self.first(
            transaction,
            "SELECT suite, last_resort, expires, package FROM key_packages
             WHERE key_hash = ?1 AND client_id = ?2 AND suite = ?3 AND expires >= ?4
             ORDER BY last_resort LIMIT 1",
            suite,
            today,
        )
    }

    /// The one row that a statement gives, if it does.
    fn first(
        &self,
        transaction: &Transaction<'_>,
        sql: &str,
        suite: Suite,
        today: Day,
    ) -> Result<Option<PooledKeyPackage>, StoreError> {
        Ok(transaction
            .prepare_cached(sql)?
            .query_row(
                params![self.account.0, self.client.0, suite.0, today.0],
                package_row,
            )
            .optional()?)
    }
}

fn package_row(row: &Row<'_>) -> rusqlite::Result<PooledKeyPackage> {
    Ok(PooledKeyPackage {
        suite: Suite(row.get(0)?),
        last_resort: row.get(1)?,
        expires: Day(row.get(2)?),
        bytes: row.get(3)?,
    })
}
