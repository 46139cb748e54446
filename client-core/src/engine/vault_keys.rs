//! The keys of this account's vault: which this client holds, which one other clients tell, and which
//! of them open what the relay has. What is written under them: [`super::upkeep`].

use restante_crypto::{VaultKey, owner_secret};
use restante_wire::{
    MailboxAddress, OwnerSecret, OwnerTag, SeatId, account::ClientCertificate, fault::planted,
    limits::MAX_CLIENTS,
};
use serde::{Deserialize, Serialize};

use super::{
    io::{RoomPhase, Time},
    letters::{Letter, account_of},
    turn::Turn,
    upkeep::CLOSED_MS,
};
use crate::{Error, store::Value};

/// Most vault keys that are kept: an expelled client's seat may carry the tag of an earlier one.
const KEPT_KEYS: usize = 4;

/// The account's vault keys by generation, the one in force last.
#[derive(Default, Serialize, Deserialize)]
struct VaultKeys(Vec<(u32, VaultKey)>);

impl Value for VaultKeys {
    const KEY: &'static str = "vault_keys";
}

/// Keys that were told by clients which the record, as it is known here, does not list: they count
/// once it does. At most one a client, the latest last.
#[derive(Default, Serialize, Deserialize)]
struct Untrusted(Vec<(ClientCertificate, u32, VaultKey)>);

impl Value for Untrusted {
    const KEY: &'static str = "vault_keys_untrusted";
}

/// Generation of the key under which this client last saw the vault.
#[derive(Default, Serialize, Deserialize)]
struct SealedUnder(u32);

impl Value for SealedUnder {
    const KEY: &'static str = "vault_sealed_under";
}

/// When the other clients may be asked for the vault's key again.
#[derive(Serialize, Deserialize)]
struct AskAgain(Time);

impl Value for AskAgain {
    const KEY: &'static str = "vault_key_ask_again";
}

impl Turn<'_> {
    /// The vault is sealed under a key that this client does not hold: the letter with it was lost, or is
    /// on its way still. The other clients are asked for it.
    pub(super) fn ask_for_vault_key(&mut self) -> Result<(), Error> {
        let again = self.db.value::<AskAgain>()?;
        let is_early = again.is_some_and(|AskAgain(earliest)| self.now < earliest);
        if is_early || planted("c4_lost_vault_key_is_not_asked_for") {
            return Ok(());
        }
        let again = self.now.plus_ms(CLOSED_MS);
        self.db.set_value(&AskAgain(again))?;
        self.write_to_own_clients(&Letter::SignedIn)
    }

    /// A client was expelled, and whoever did it tells the vault's key from now on.
    pub(super) fn told_vault_key(
        &mut self,
        from: &ClientCertificate,
        generation: u32,
        key: VaultKey,
    ) -> Result<(), Error> {
        if self.is_own_client(from)? {
            return self.take_vault_key(generation, key);
        }
        if account_of(from) != self.me.account() {
            return Ok(());
        }
        let Untrusted(mut told) = self.db.value::<Untrusted>()?.unwrap_or_default();
        told.retain(|(other, ..)| other != from);
        told.push((from.clone(), generation, key));
        let too_many = told.len().saturating_sub(MAX_CLIENTS);
        told.drain(..too_many);
        self.db.set_value(&Untrusted(told))?;
        self.live.record_checked = false;
        Ok(())
    }

    /// The record is a new one: keys count that were told by clients which it lists.
    pub(super) fn take_told_keys(&mut self) -> Result<(), Error> {
        let Untrusted(told) = self.db.value::<Untrusted>()?.unwrap_or_default();
        if told.is_empty() {
            return Ok(());
        }
        let mut left = Vec::new();
        for (from, generation, key) in told {
            match self.is_own_client(&from)? {
                true => self.take_vault_key(generation, key)?,
                false => left.push((from, generation, key)),
            }
        }
        self.db.set_value(&Untrusted(left))
    }

    /// A client is new in the record, or asks: it may have signed in while the vault was still sealed
    /// under an earlier key, and whoever made the present one did not know it.
    pub(super) fn tell_vault_key(&mut self, to: &ClientCertificate) -> Result<(), Error> {
        match self.vault_key()? {
            (0, _) => Ok(()),
            _ if planted("c4_new_client_is_not_told_the_key") => Ok(()),
            (generation, key) => self.write_letter(&to.body, Letter::VaultKey { generation, key }),
        }
    }

    fn take_vault_key(&mut self, generation: u32, key: VaultKey) -> Result<(), Error> {
        if self.vault_generations()?.contains(&generation) {
            return Ok(());
        }
        let before = self.vault_key()?.0;
        self.vault_is_stale()?;
        self.keep_vault_key(generation, key)?;
        self.vault_may_open()?;
        match generation > before {
            true => self.tag_seats_anew(),
            // Two expelled somebody at once: the vault may be sealed under the earlier key still.
            false => Ok(()),
        }
    }

    /// A key that opens the vault which the relay has. Between the expulsion of a client and the next
    /// write it is an earlier one than is in force; it never goes back, so that a client that was
    /// expelled cannot make up a vault with the relay's help once a later key was seen in use.
    pub(super) fn vault_key_of(&self, generation: u32) -> Result<Option<VaultKey>, Error> {
        let SealedUnder(least) = self.db.value::<SealedUnder>()?.unwrap_or_default();
        let known = self.vault_key()?;
        if generation == known.0 {
            return Ok(Some(known.1));
        }
        if generation < least || planted("c4_vault_opens_with_the_last_key_only") {
            return Ok(None);
        }
        let VaultKeys(keys) = self.db.value::<VaultKeys>()?.unwrap_or_default();
        let mut keys = keys.into_iter();
        Ok(keys
            .find(|(kept, _)| *kept == generation)
            .map(|(_, key)| key))
    }

    /// The vault was opened or written under the key of a generation.
    pub(super) fn vault_sealed_under(&self, generation: u32) -> Result<(), Error> {
        self.db.set_value(&SealedUnder(generation))
    }

    /// Generations of the keys that are kept, the latest first.
    pub(super) fn vault_generations(&self) -> Result<Vec<u32>, Error> {
        let VaultKeys(keys) = self.db.value::<VaultKeys>()?.unwrap_or_default();
        if keys.is_empty() {
            return Ok(vec![self.vault_key()?.0]);
        }
        Ok(keys.iter().rev().map(|(known, _)| *known).collect())
    }

    /// The vault key in force, and its generation.
    pub(super) fn vault_key(&self) -> Result<(u32, VaultKey), Error> {
        let VaultKeys(keys) = self.db.value::<VaultKeys>()?.unwrap_or_default();
        let first = || (0, self.me.stored.vault_key.clone());
        Ok(keys.into_iter().next_back().unwrap_or_else(first))
    }

    pub(super) fn keep_vault_key(&mut self, generation: u32, key: VaultKey) -> Result<(), Error> {
        let VaultKeys(mut keys) = self.db.value::<VaultKeys>()?.unwrap_or_default();
        if keys.is_empty() && generation > 0 {
            keys.push((0, self.me.stored.vault_key.clone()));
        }
        keys.retain(|(known, _)| *known != generation);
        keys.push((generation, key));
        keys.sort_by_key(|(known, _)| *known);
        let too_many = keys.len().saturating_sub(KEPT_KEYS);
        keys.drain(..too_many);
        self.db.set_value(&VaultKeys(keys))
    }

    /// The tag that this client's seat carries.
    pub(super) fn owner_tag(
        &self,
        mailbox: &MailboxAddress,
        seat: &SeatId,
    ) -> Result<OwnerTag, Error> {
        Ok(owner_secret(&self.vault_key()?.1, mailbox).tag(seat))
    }

    /// The secret behind the tags that seats of this account got under a vault key.
    pub(super) fn owner_secret_of(
        &self,
        mailbox: &MailboxAddress,
        generation: u32,
    ) -> Result<Option<OwnerSecret>, Error> {
        let VaultKeys(mut keys) = self.db.value::<VaultKeys>()?.unwrap_or_default();
        if keys.is_empty() {
            keys.push(self.vault_key()?);
        }
        let key = keys.iter().find(|(known, _)| *known == generation);
        Ok(key.map(|(_, key)| owner_secret(key, mailbox)))
    }

    /// Every seat gets the tag of the new vault key.
    pub(super) fn tag_seats_anew(&mut self) -> Result<(), Error> {
        for mut room in self.db.rooms()? {
            if room.phase == RoomPhase::Joined && room.state.seated {
                room.state.seated = false;
                self.touched.insert(room.id);
                self.write_room(&room)?;
            }
        }
        Ok(())
    }
}
