//! openmls's storage trait over [`RowStore`].
//!
//! One store holds one group, so rows are keyed by what they hold and not by the group's id. What
//! Restante does not use (proposals by reference, pre-shared keys, signature keys in storage) is
//! refused rather than kept.
//!
//! The trait has three methods for each of a dozen kinds of values: `group_rows!` and `keyed_rows!`
//! write them from a table.

use openmls_traits::storage::{CURRENT_VERSION as V, StorageProvider, traits};
use serde::{Serialize, de::DeserializeOwned};

use super::{codec, rows::RowStore};

/// Why stored state cannot be read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StorageError {
    /// A value could not be encoded.
    #[error("value does not encode")]
    Encode,
    /// A row is damaged.
    #[error("row does not decode")]
    Decode,
    /// A row is of a version that this build does not know.
    #[error("row of version {got}")]
    Version {
        /// Version found.
        got: u8,
    },
    /// A part of MLS that Restante does not use.
    #[error("not stored by Restante")]
    Unused,
}

/// First byte of a row's key: what the row holds.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Kind {
    JoinConfig = 1,
    Tree = 2,
    InterimTranscriptHash = 3,
    Context = 4,
    ConfirmationTag = 5,
    GroupState = 6,
    MessageSecrets = 7,
    OwnLeafIndex = 8,
    EpochSecrets = 9,
    EpochKeyPairs = 10,
    EncryptionKeyPair = 11,
    KeyPackage = 12,
    #[cfg(test)]
    PreSharedKey = 13,
}

/// Resumption pre-shared keys of past epochs are not kept (invariant C5): whatever openmls would
/// store, an empty store of size zero is what it reads back. Shape: maximum, entries, cursor.
const NO_RESUMPTION_KEYS: (usize, [u8; 0], usize) = (0, [], 0);

type Result<T> = std::result::Result<T, StorageError>;

impl RowStore {
    fn put<T: Serialize + ?Sized>(&self, key: &[u8], value: &T) -> Result<()> {
        self.write(key, &codec::encode(value)?);
        Ok(())
    }

    fn value<T: DeserializeOwned>(&self, key: &[u8]) -> Result<Option<T>> {
        self.read(key)
            .map(|value| codec::decode(&value))
            .transpose()
    }

    fn remove(&self, key: &[u8]) -> Result<()> {
        self.delete(key);
        Ok(())
    }
}

fn key(kind: Kind) -> Vec<u8> {
    vec![kind as u8]
}

fn key_of<T: Serialize>(kind: Kind, of: &T) -> Result<Vec<u8>> {
    let mut bytes = key(kind);
    bytes.extend_from_slice(&codec::encode(of)?);
    Ok(bytes)
}

/// Values of which a group has one: kind, type, and the names of the trait's methods.
macro_rules! group_rows {
    ($($kind:ident: $type:ident = $write:ident, $read:ident, $delete:ident;)*) => {$(
        fn $write<G: traits::GroupId<V>, T: traits::$type<V>>(&self, _: &G, value: &T) -> Result<()> {
            self.put(&key(Kind::$kind), value)
        }

        fn $read<G: traits::GroupId<V>, T: traits::$type<V>>(&self, _: &G) -> Result<Option<T>> {
            self.value(&key(Kind::$kind))
        }

        fn $delete<G: traits::GroupId<V>>(&self, _: &G) -> Result<()> {
            self.remove(&key(Kind::$kind))
        }
    )*};
}

/// Values with a key of their own: kind, types of key and value, and the names of the methods.
macro_rules! keyed_rows {
    ($($kind:ident: $key:ident => $type:ident = $write:ident, $delete:ident;)*) => {$(
        fn $write<K: traits::$key<V>, T: traits::$type<V>>(&self, of: &K, value: &T) -> Result<()> {
            self.put(&key_of(Kind::$kind, of)?, value)
        }

        fn $delete<K: traits::$key<V>>(&self, of: &K) -> Result<()> {
            self.remove(&key_of(Kind::$kind, of)?)
        }
    )*};
}

impl StorageProvider<V> for RowStore {
    type Error = StorageError;

    group_rows! {
        JoinConfig: MlsGroupJoinConfig
            = write_mls_join_config, mls_group_join_config, delete_group_config;
        Tree: TreeSync = write_tree, tree, delete_tree;
        InterimTranscriptHash: InterimTranscriptHash
            = write_interim_transcript_hash, interim_transcript_hash, delete_interim_transcript_hash;
        Context: GroupContext = write_context, group_context, delete_context;
        ConfirmationTag: ConfirmationTag
            = write_confirmation_tag, confirmation_tag, delete_confirmation_tag;
        MessageSecrets: MessageSecrets
            = write_message_secrets, message_secrets, delete_message_secrets;
        OwnLeafIndex: LeafNodeIndex = write_own_leaf_index, own_leaf_index, delete_own_leaf_index;
        EpochSecrets: GroupEpochSecrets
            = write_group_epoch_secrets, group_epoch_secrets, delete_group_epoch_secrets;
    }

    keyed_rows! {
        EncryptionKeyPair: EncryptionKey => HpkeKeyPair
            = write_encryption_key_pair, delete_encryption_key_pair;
        KeyPackage: HashReference => KeyPackage = write_key_package, delete_key_package;
    }

    fn write_group_state<T: traits::GroupState<V>, G: traits::GroupId<V>>(
        &self,
        _: &G,
        state: &T,
    ) -> Result<()> {
        self.put(&key(Kind::GroupState), state)
    }

    fn group_state<T: traits::GroupState<V>, G: traits::GroupId<V>>(
        &self,
        _: &G,
    ) -> Result<Option<T>> {
        self.value(&key(Kind::GroupState))
    }

    fn delete_group_state<G: traits::GroupId<V>>(&self, _: &G) -> Result<()> {
        self.remove(&key(Kind::GroupState))
    }

    fn encryption_key_pair<T: traits::HpkeKeyPair<V>, K: traits::EncryptionKey<V>>(
        &self,
        of: &K,
    ) -> Result<Option<T>> {
        self.value(&key_of(Kind::EncryptionKeyPair, of)?)
    }

    fn key_package<K: traits::HashReference<V>, T: traits::KeyPackage<V>>(
        &self,
        of: &K,
    ) -> Result<Option<T>> {
        self.value(&key_of(Kind::KeyPackage, of)?)
    }

    fn write_encryption_epoch_key_pairs<
        G: traits::GroupId<V>,
        E: traits::EpochKey<V>,
        T: traits::HpkeKeyPair<V>,
    >(
        &self,
        _: &G,
        epoch: &E,
        leaf_index: u32,
        pairs: &[T],
    ) -> Result<()> {
        self.put(&key_of(Kind::EpochKeyPairs, &(epoch, leaf_index))?, pairs)
    }

    fn encryption_epoch_key_pairs<
        G: traits::GroupId<V>,
        E: traits::EpochKey<V>,
        T: traits::HpkeKeyPair<V>,
    >(
        &self,
        _: &G,
        epoch: &E,
        leaf_index: u32,
    ) -> Result<Vec<T>> {
        let pairs = self.value(&key_of(Kind::EpochKeyPairs, &(epoch, leaf_index))?)?;
        Ok(pairs.unwrap_or_default())
    }

    fn delete_encryption_epoch_key_pairs<G: traits::GroupId<V>, E: traits::EpochKey<V>>(
        &self,
        _: &G,
        epoch: &E,
        leaf_index: u32,
    ) -> Result<()> {
        self.remove(&key_of(Kind::EpochKeyPairs, &(epoch, leaf_index))?)
    }

    fn write_resumption_psk_store<G: traits::GroupId<V>, T: traits::ResumptionPskStore<V>>(
        &self,
        _: &G,
        _: &T,
    ) -> Result<()> {
        Ok(())
    }

    fn resumption_psk_store<G: traits::GroupId<V>, T: traits::ResumptionPskStore<V>>(
        &self,
        _: &G,
    ) -> Result<Option<T>> {
        codec::decode(&codec::encode(&NO_RESUMPTION_KEYS)?).map(Some)
    }

    fn delete_all_resumption_psk_secrets<G: traits::GroupId<V>>(&self, _: &G) -> Result<()> {
        Ok(())
    }

    fn append_own_leaf_node<G: traits::GroupId<V>, T: traits::LeafNode<V>>(
        &self,
        _: &G,
        _: &T,
    ) -> Result<()> {
        Err(StorageError::Unused)
    }

    fn own_leaf_nodes<G: traits::GroupId<V>, T: traits::LeafNode<V>>(
        &self,
        _: &G,
    ) -> Result<Vec<T>> {
        Ok(Vec::new())
    }

    fn delete_own_leaf_nodes<G: traits::GroupId<V>>(&self, _: &G) -> Result<()> {
        Ok(())
    }

    fn queue_proposal<
        G: traits::GroupId<V>,
        R: traits::ProposalRef<V>,
        P: traits::QueuedProposal<V>,
    >(
        &self,
        _: &G,
        _: &R,
        _: &P,
    ) -> Result<()> {
        Err(StorageError::Unused)
    }

    fn queued_proposal_refs<G: traits::GroupId<V>, R: traits::ProposalRef<V>>(
        &self,
        _: &G,
    ) -> Result<Vec<R>> {
        Ok(Vec::new())
    }

    fn queued_proposals<
        G: traits::GroupId<V>,
        R: traits::ProposalRef<V>,
        P: traits::QueuedProposal<V>,
    >(
        &self,
        _: &G,
    ) -> Result<Vec<(R, P)>> {
        Ok(Vec::new())
    }

    fn remove_proposal<G: traits::GroupId<V>, R: traits::ProposalRef<V>>(
        &self,
        _: &G,
        _: &R,
    ) -> Result<()> {
        Ok(())
    }

    fn clear_proposal_queue<G: traits::GroupId<V>, R: traits::ProposalRef<V>>(
        &self,
        _: &G,
    ) -> Result<()> {
        Ok(())
    }

    fn write_signature_key_pair<
        K: traits::SignaturePublicKey<V>,
        T: traits::SignatureKeyPair<V>,
    >(
        &self,
        _: &K,
        _: &T,
    ) -> Result<()> {
        Err(StorageError::Unused)
    }

    fn signature_key_pair<K: traits::SignaturePublicKey<V>, T: traits::SignatureKeyPair<V>>(
        &self,
        _: &K,
    ) -> Result<Option<T>> {
        Ok(None)
    }

    fn delete_signature_key_pair<K: traits::SignaturePublicKey<V>>(&self, _: &K) -> Result<()> {
        Ok(())
    }

    #[cfg(not(test))]
    fn write_psk<K: traits::PskId<V>, T: traits::PskBundle<V>>(&self, _: &K, _: &T) -> Result<()> {
        Err(StorageError::Unused)
    }

    #[cfg(not(test))]
    fn psk<T: traits::PskBundle<V>, K: traits::PskId<V>>(&self, _: &K) -> Result<Option<T>> {
        Ok(None)
    }

    /// The vectors of RFC 9420 need pre-shared keys; rooms never have any.
    #[cfg(test)]
    fn write_psk<K: traits::PskId<V>, T: traits::PskBundle<V>>(
        &self,
        id: &K,
        key: &T,
    ) -> Result<()> {
        self.put(&key_of(Kind::PreSharedKey, id)?, key)
    }

    #[cfg(test)]
    fn psk<T: traits::PskBundle<V>, K: traits::PskId<V>>(&self, id: &K) -> Result<Option<T>> {
        self.value(&key_of(Kind::PreSharedKey, id)?)
    }

    fn delete_psk<K: traits::PskId<V>>(&self, _: &K) -> Result<()> {
        Ok(())
    }
}
