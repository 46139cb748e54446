//! What an account must keep in order: its pool of key packages, its vault.

use restante_crypto::key_package;
use restante_wire::{
    Day, ErrorCode, WireError,
    account::{AccountId, ReadVault, Vault, WriteVault},
    codec,
    fault::planted,
    key_package::{KeyPackagePool, PooledKeyPackage, ReadKeyPackagePool, Suite, UploadKeyPackages},
};
use serde::{Deserialize, Serialize};

use super::{
    account::{VaultContact, VaultContent, VaultRoom},
    io::{Failure, Reply, RoomId, RoomPhase},
    letters::Letter,
    live::Call,
    restored::PoolIsStale,
    turn::Turn,
};
use crate::{
    Error, ErrorKind,
    store::{Db, StoredKeyPackage, TimerKind, Value},
};

/// Single-use key packages that the relay should have.
const POOL: u32 = 50;

/// The pool is filled again below this.
const POOL_LOW: u32 = 25;

/// Days for which a key package may be used.
const KEY_PACKAGE_DAYS: u32 = 90;

/// Beyond so many, packages of which it is not known whether the relay took them are offered once more.
const KEPT_PACKAGES: u64 = 1_000;

/// Private halves outlive the expiry by this: an invitation may wait thirty days for the person.
const GRACE_DAYS: u32 = 31;

/// How often the pool is looked at on a connection that lasts.
const POOL_CHECK_MS: u64 = 6 * 3_600_000;

/// Wait before upkeep that failed is tried again.
const RETRY_MS: u64 = 10_000;

/// Wait before a vault that does not open is read or written again, and its key asked for; a new key ends
/// it.
pub(super) const CLOSED_MS: u64 = 3_600_000;

/// Version of the vault that the relay has.
#[derive(Serialize, Deserialize)]
struct VaultVersion(u64);

impl Value for VaultVersion {
    const KEY: &'static str = "vault_version";
}

/// What other clients of the account wrote into the vault and this one keeps there.
#[derive(Default, Serialize, Deserialize)]
struct VaultOthers(VaultContent);

impl Value for VaultOthers {
    const KEY: &'static str = "vault_others";
}

/// Set while the relay's vault is sealed under a key that nobody has told this client.
#[derive(Default, Serialize, Deserialize)]
struct VaultClosed(bool);

impl Value for VaultClosed {
    const KEY: &'static str = "vault_closed";
}

/// Whether this client can neither read nor write the vault for want of its key.
pub(super) fn vault_is_closed(db: Db<'_>) -> Result<bool, Error> {
    Ok(db.value::<VaultClosed>()?.unwrap_or_default().0)
}

impl Turn<'_> {
    /// Everything of the account that can be done now.
    pub(super) fn pump_account(&mut self) -> Result<(), Error> {
        self.pump_receipts()?;
        if !self.live.is_online() {
            return Ok(());
        }
        self.pump_letters()?;
        self.pump_record();
        if !self.live.account_up {
            return Ok(());
        }
        self.pump_inbox()?;
        self.pump_pool()?;
        self.pump_vault();
        self.pump_contact_token()
    }

    fn pump_pool(&mut self) -> Result<(), Error> {
        if self.live.pool_busy || self.live.pool_checked {
            return Ok(());
        }
        self.live.pool_busy = true;
        let replace_all = self.pool_is_stale()?;
        let mut waiting = self.db.key_packages_to_upload()?;
        if waiting.is_empty() && replace_all {
            self.fill_pool(&KeyPackagePool { suites: Vec::new() })?;
            waiting = self.db.key_packages_to_upload()?;
        }
        if waiting.is_empty() {
            self.post_home(Call::ReadPool, &ReadKeyPackagePool {});
            return Ok(());
        }
        let references: Vec<_> = waiting
            .iter()
            .map(|package| package.reference.clone())
            .collect();
        if self.db.count_key_packages()? <= KEPT_PACKAGES
            && !planted("c4_key_packages_offered_twice")
        {
            self.db.set_key_packages_offered(&references, true)?;
        }
        let packages = waiting
            .into_iter()
            .map(|package| PooledKeyPackage {
                suite: package.suite,
                expires: package.expires,
                last_resort: package.last_resort,
                bytes: package.public,
            })
            .collect();
        let upload = UploadKeyPackages {
            packages,
            replace_all,
        };
        let call = Call::UploadKeyPackages(references, replace_all);
        self.post_home(call, &upload);
        Ok(())
    }

    fn pool_is_stale(&self) -> Result<bool, Error> {
        let stale = self.db.value::<PoolIsStale>()?.unwrap_or_default();
        Ok(stale.0 && !planted("c4_stale_key_packages_stay"))
    }

    /// The relay told the state of the pool: what is missing is made, kept, then uploaded (C1).
    pub(super) fn pool_read(&mut self, result: Result<Reply, Failure>) -> Result<(), Error> {
        self.live.pool_busy = false;
        let Ok(Reply::Http(body)) = result else {
            return self.pool_later(RETRY_MS);
        };
        let pool: KeyPackagePool = match codec::decode(&body) {
            Ok(pool) => pool,
            Err(_) => return self.pool_later(RETRY_MS),
        };
        let oldest = Day(self.live.relay_day.saturating_sub(GRACE_DAYS));
        self.db.delete_key_packages_before(oldest)?;
        if self.fill_pool(&pool)? == 0 {
            return self.pool_later(POOL_CHECK_MS);
        }
        self.pump_pool()
    }

    /// Makes what a pool lacks. Returns how many were made.
    fn fill_pool(&mut self, pool: &KeyPackagePool) -> Result<u32, Error> {
        let mut made = 0;
        for &suite in self.me.client.suites() {
            let state = pool.suites.iter().find(|state| state.suite == suite);
            let single_use = state.map_or(0, |state| state.single_use);
            let lacks_last_resort =
                state.is_none_or(|state| !state.has_last_resort || state.last_resort_used);
            if single_use < POOL_LOW {
                for _ in single_use..POOL {
                    self.make_key_package(suite, false)?;
                    made += 1;
                }
            }
            if lacks_last_resort {
                self.make_key_package(suite, true)?;
                made += 1;
            }
        }
        Ok(made)
    }

    pub(super) fn key_packages_uploaded(
        &mut self,
        references: &[Vec<u8>],
        replaced_all: bool,
        result: &Result<Reply, Failure>,
    ) -> Result<(), Error> {
        self.live.pool_busy = false;
        match result {
            Ok(_) => {
                self.db.set_key_packages_offered(references, true)?;
                if replaced_all {
                    // They may have been a few that waited: the relay tells what is missing.
                    return self.db.set_value(&PoolIsStale(false));
                }
                match self.db.key_packages_to_upload()?.is_empty() {
                    true => self.pool_later(POOL_CHECK_MS),
                    false => self.pump_pool(),
                }
            }
            Err(Failure::Refused(WireError {
                retry_after_ms: None,
                ..
            })) => {
                // What the relay will not take must not be offered for ever.
                for reference in references {
                    self.db.delete_key_package(reference)?;
                }
                self.pool_later(RETRY_MS)
            }
            Err(Failure::Refused(_)) => {
                self.db.set_key_packages_offered(references, false)?;
                self.pool_later(RETRY_MS)
            }
            // They may have arrived: the relay tells what is missing.
            Err(_) => self.pool_later(RETRY_MS),
        }
    }

    fn pool_later(&mut self, wait: u64) -> Result<(), Error> {
        self.live.pool_checked = true;
        self.db
            .set_timer(TimerKind::KeyPackages, None, self.now.plus_ms(wait))
    }

    fn make_key_package(&mut self, suite: Suite, last_resort: bool) -> Result<(), Error> {
        let made = key_package::generate(&self.me.client, suite, last_resort)
            .map_err(|error| Error::caused(ErrorKind::Internal, error))?;
        self.db.add_key_package(&StoredKeyPackage {
            reference: made.reference,
            suite,
            last_resort,
            expires: Day(self.live.relay_day + KEY_PACKAGE_DAYS),
            public: made.public,
            rows: made.rows,
        })
    }

    /// Writes the vault over the version that this client knows.
    pub(super) fn write_vault(&mut self) -> Result<(), Error> {
        if !self.live.account_up {
            return self.vault_changed();
        }
        if self.live.vault_busy {
            self.live.vault_dirty = true;
            return self.write_vault_later();
        }
        self.live.vault_busy = true;
        self.live.vault_dirty = false;
        self.write_vault_later()?;
        let expected = match self.db.value::<VaultVersion>()? {
            Some(VaultVersion(version)) => version,
            None => self.me.stored.vault_version,
        };
        let others = self.db.value::<VaultOthers>()?.unwrap_or_default().0;
        let mut content = self.vault_content()?.merge(others);
        let ended = self.db.rooms()?;
        let ended = ended.iter().filter(|room| room.phase >= RoomPhase::Left);
        let ended: Vec<RoomId> = ended.map(|room| room.id).collect();
        content.rooms.retain(|room| !ended.contains(&room.room));
        let key = self.vault_key()?;
        let sealed = content.seal(&key, expected + 1, self.randomness);
        let call = Call::WriteVault(expected, key.0);
        self.post_home(call, &WriteVault { expected, sealed });
        Ok(())
    }

    pub(super) fn vault_written(
        &mut self,
        expected: u64,
        generation: u32,
        result: &Result<Reply, Failure>,
    ) -> Result<(), Error> {
        self.live.vault_busy = false;
        match result {
            Ok(_) => {
                self.db.set_value(&VaultVersion(expected + 1))?;
                self.vault_sealed_under(generation)?;
                self.db.clear_timer(TimerKind::WriteVault, None)?;
                if self.live.vault_dirty {
                    self.vault_changed()?;
                }
                self.write_to_own_clients(&Letter::VaultChanged)
            }
            Err(Failure::Refused(WireError {
                code: ErrorCode::Conflict,
                ..
            })) => {
                self.live.vault_busy = true;
                self.post_home(Call::ReadVault { writes: true }, &ReadVault {});
                Ok(())
            }
            Err(_) => self.write_vault_later(),
        }
    }

    /// Until the relay has said that it has the vault, the timer stays: over a crash, too.
    fn write_vault_later(&self) -> Result<(), Error> {
        let due = self.now.plus_ms(RETRY_MS + self.jitter(RETRY_MS));
        self.db.set_timer(TimerKind::WriteVault, None, due)
    }

    /// Another client of the account wrote the vault: it is read, and read again until it was. The
    /// timer stays until then, for the letter that told of it does not come again.
    pub(super) fn vault_is_stale(&mut self) -> Result<(), Error> {
        self.live.vault_stale = true;
        if planted("c4_vault_read_once") {
            return Ok(());
        }
        let due = self.now.plus_ms(RETRY_MS + self.jitter(RETRY_MS));
        self.db.set_timer(TimerKind::ReadVault, None, due)
    }

    fn pump_vault(&mut self) {
        if self.live.vault_stale && !self.live.vault_busy {
            self.live.vault_stale = false;
            self.live.vault_busy = true;
            self.post_home(Call::ReadVault { writes: false }, &ReadVault {});
        }
    }

    /// Another client was first, or an answer was lost: takes in what is there, and writes again.
    pub(super) fn vault_read(
        &mut self,
        result: Result<Reply, Failure>,
        writes: bool,
    ) -> Result<(), Error> {
        self.live.vault_busy = false;
        let found = match result {
            Ok(Reply::Http(body)) => codec::decode::<Vault>(&body).ok(),
            _ => None,
        };
        if found.is_some() && !self.live.vault_stale {
            // One that does not open is read again with the key that another client tells.
            self.db.clear_timer(TimerKind::ReadVault, None)?;
        }
        let opened = match &found {
            Some(found) => self.open_vault(found)?,
            None => None,
        };
        let is_closed = found.is_some() && opened.is_none();
        self.db.set_value(&VaultClosed(is_closed))?;
        let due = match opened {
            None if is_closed => {
                // Sealed under a key that another client has to tell.
                self.ask_for_vault_key()?;
                let due = self.now.plus_ms(CLOSED_MS);
                self.db.set_timer(TimerKind::ReadVault, None, due)?;
                due
            }
            Some((version, content)) => {
                self.take_vault(&content, false)?;
                self.db.set_value(&VaultOthers(content))?;
                self.db.set_value(&VaultVersion(version))?;
                self.now
            }
            None => self.now.plus_ms(RETRY_MS + self.jitter(RETRY_MS)),
        };
        match writes {
            true => self.db.set_timer(TimerKind::WriteVault, None, due),
            false if self.live.vault_dirty => self.vault_changed(),
            false => Ok(()),
        }
    }

    /// This client holds a new key: what could not be read or written is tried with it.
    pub(super) fn vault_may_open(&mut self) -> Result<(), Error> {
        self.db.set_value(&VaultClosed(false))?;
        match self.db.timer(TimerKind::WriteVault, None)? {
            Some(_) => self.db.set_timer(TimerKind::WriteVault, None, self.now),
            None => Ok(()),
        }
    }

    /// What is in the vault, if a key that this client holds opens it.
    fn open_vault(&self, found: &Vault) -> Result<Option<(u64, VaultContent)>, Error> {
        let mut key = Ok(None);
        let key_of = |generation| {
            key = self.vault_key_of(generation);
            key.as_ref().ok().cloned().flatten()
        };
        let opened = VaultContent::open(&found.sealed, found.version, key_of);
        key?;
        let Ok((generation, content)) = opened else {
            return Ok(None);
        };
        self.vault_sealed_under(generation)?;
        Ok(Some((found.version, content)))
    }

    /// What a new client of this account could not do without.
    fn vault_content(&self) -> Result<VaultContent, Error> {
        let contacts = self.db.contacts()?.into_iter().filter_map(|person| {
            Some(VaultContact {
                phase: person.phase?.into(),
                room: person.room,
                renewed: person.renewed,
                identity_key: person.identity_key,
                account: person.account,
                username: person.username,
            })
        });
        let mut rooms = Vec::new();
        let mut settings = self.settings()?;
        for room in self.db.rooms()? {
            settings
                .values
                .extend(room.state.mute.map(|mute| mute.setting(&room.id)));
            if room.phase != RoomPhase::Joined || room.is_beside() {
                continue;
            }
            let mut people: Vec<(AccountId, String)> = Vec::new();
            for (account, username, _) in &room.state.participants {
                if *account == self.me.account() {
                    people.push((self.me.account_id().clone(), username.clone()));
                } else if let Some(person) = self.db.person(account)? {
                    people.push((person.account, username.clone()));
                }
            }
            rooms.push(VaultRoom {
                room: room.id,
                title: room.state.title,
                direct: room.state.direct,
                relay: room.relay,
                mailbox: room.mailbox,
                line: room.state.line,
                people,
            });
        }
        Ok(VaultContent {
            contacts: contacts.collect(),
            rooms,
            settings,
        })
    }
}
