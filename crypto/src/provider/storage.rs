//! openmls's storage trait over [`RowStore`].
//!
//! One store holds one group, so rows are keyed by what they hold and not by the group's id. What
//! Restante does not use (proposals by reference, pre-shared keys, signature keys in storage) is
//! refused rather than kept.

use openmls_traits::storage::{CURRENT_VERSION, StorageProvider, traits};
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

impl RowStore {
    fn put<T: Serialize + ?Sized>(&self, key: &[u8], value: &T) -> Result<(), StorageError> {
        self.write(key, &codec::encode(value)?);
        Ok(())
    }

    fn value<T: DeserializeOwned>(&self, key: &[u8]) -> Result<Option<T>, StorageError> {
        self.read(key)
            .map(|value| codec::decode(&value))
            .transpose()
    }

    fn remove(&self, key: &[u8]) -> Result<(), StorageError> {
        self.delete(key);
        Ok(())
    }
}

fn key(kind: Kind) -> Vec<u8> {
    vec![kind as u8]
}

fn key_of<T: Serialize>(kind: Kind, of: &T) -> Result<Vec<u8>, StorageError> {
    let mut bytes = key(kind);
    bytes.extend_from_slice(&codec::encode(of)?);
    Ok(bytes)
}

impl StorageProvider<CURRENT_VERSION> for RowStore {
    type Error = StorageError;

    fn write_mls_join_config<
        G: traits::GroupId<CURRENT_VERSION>,
        T: traits::MlsGroupJoinConfig<CURRENT_VERSION>,
    >(
        &self,
        _: &G,
        config: &T,
    ) -> Result<(), StorageError> {
        self.put(&key(Kind::JoinConfig), config)
    }

    fn mls_group_join_config<
        G: traits::GroupId<CURRENT_VERSION>,
        T: traits::MlsGroupJoinConfig<CURRENT_VERSION>,
    >(
        &self,
        _: &G,
    ) -> Result<Option<T>, StorageError> {
        self.value(&key(Kind::JoinConfig))
    }

    fn delete_group_config<G: traits::GroupId<CURRENT_VERSION>>(
        &self,
        _: &G,
    ) -> Result<(), StorageError> {
        self.remove(&key(Kind::JoinConfig))
    }

    fn write_tree<G: traits::GroupId<CURRENT_VERSION>, T: traits::TreeSync<CURRENT_VERSION>>(
        &self,
        _: &G,
        tree: &T,
    ) -> Result<(), StorageError> {
        self.put(&key(Kind::Tree), tree)
    }

    fn tree<G: traits::GroupId<CURRENT_VERSION>, T: traits::TreeSync<CURRENT_VERSION>>(
        &self,
        _: &G,
    ) -> Result<Option<T>, StorageError> {
        self.value(&key(Kind::Tree))
    }

    fn delete_tree<G: traits::GroupId<CURRENT_VERSION>>(&self, _: &G) -> Result<(), StorageError> {
        self.remove(&key(Kind::Tree))
    }

    fn write_interim_transcript_hash<
        G: traits::GroupId<CURRENT_VERSION>,
        T: traits::InterimTranscriptHash<CURRENT_VERSION>,
    >(
        &self,
        _: &G,
        hash: &T,
    ) -> Result<(), StorageError> {
        self.put(&key(Kind::InterimTranscriptHash), hash)
    }

    fn interim_transcript_hash<
        G: traits::GroupId<CURRENT_VERSION>,
        T: traits::InterimTranscriptHash<CURRENT_VERSION>,
    >(
        &self,
        _: &G,
    ) -> Result<Option<T>, StorageError> {
        self.value(&key(Kind::InterimTranscriptHash))
    }

    fn delete_interim_transcript_hash<G: traits::GroupId<CURRENT_VERSION>>(
        &self,
        _: &G,
    ) -> Result<(), StorageError> {
        self.remove(&key(Kind::InterimTranscriptHash))
    }

    fn write_context<
        G: traits::GroupId<CURRENT_VERSION>,
        T: traits::GroupContext<CURRENT_VERSION>,
    >(
        &self,
        _: &G,
        context: &T,
    ) -> Result<(), StorageError> {
        self.put(&key(Kind::Context), context)
    }

    fn group_context<
        G: traits::GroupId<CURRENT_VERSION>,
        T: traits::GroupContext<CURRENT_VERSION>,
    >(
        &self,
        _: &G,
    ) -> Result<Option<T>, StorageError> {
        self.value(&key(Kind::Context))
    }

    fn delete_context<G: traits::GroupId<CURRENT_VERSION>>(
        &self,
        _: &G,
    ) -> Result<(), StorageError> {
        self.remove(&key(Kind::Context))
    }

    fn write_confirmation_tag<
        G: traits::GroupId<CURRENT_VERSION>,
        T: traits::ConfirmationTag<CURRENT_VERSION>,
    >(
        &self,
        _: &G,
        tag: &T,
    ) -> Result<(), StorageError> {
        self.put(&key(Kind::ConfirmationTag), tag)
    }

    fn confirmation_tag<
        G: traits::GroupId<CURRENT_VERSION>,
        T: traits::ConfirmationTag<CURRENT_VERSION>,
    >(
        &self,
        _: &G,
    ) -> Result<Option<T>, StorageError> {
        self.value(&key(Kind::ConfirmationTag))
    }

    fn delete_confirmation_tag<G: traits::GroupId<CURRENT_VERSION>>(
        &self,
        _: &G,
    ) -> Result<(), StorageError> {
        self.remove(&key(Kind::ConfirmationTag))
    }

    fn write_message_secrets<
        G: traits::GroupId<CURRENT_VERSION>,
        T: traits::MessageSecrets<CURRENT_VERSION>,
    >(
        &self,
        _: &G,
        secrets: &T,
    ) -> Result<(), StorageError> {
        self.put(&key(Kind::MessageSecrets), secrets)
    }

    fn message_secrets<
        G: traits::GroupId<CURRENT_VERSION>,
        T: traits::MessageSecrets<CURRENT_VERSION>,
    >(
        &self,
        _: &G,
    ) -> Result<Option<T>, StorageError> {
        self.value(&key(Kind::MessageSecrets))
    }

    fn delete_message_secrets<G: traits::GroupId<CURRENT_VERSION>>(
        &self,
        _: &G,
    ) -> Result<(), StorageError> {
        self.remove(&key(Kind::MessageSecrets))
    }

    fn write_own_leaf_index<
        G: traits::GroupId<CURRENT_VERSION>,
        T: traits::LeafNodeIndex<CURRENT_VERSION>,
    >(
        &self,
        _: &G,
        index: &T,
    ) -> Result<(), StorageError> {
        self.put(&key(Kind::OwnLeafIndex), index)
    }

    fn own_leaf_index<
        G: traits::GroupId<CURRENT_VERSION>,
        T: traits::LeafNodeIndex<CURRENT_VERSION>,
    >(
        &self,
        _: &G,
    ) -> Result<Option<T>, StorageError> {
        self.value(&key(Kind::OwnLeafIndex))
    }

    fn delete_own_leaf_index<G: traits::GroupId<CURRENT_VERSION>>(
        &self,
        _: &G,
    ) -> Result<(), StorageError> {
        self.remove(&key(Kind::OwnLeafIndex))
    }

    fn write_group_epoch_secrets<
        G: traits::GroupId<CURRENT_VERSION>,
        T: traits::GroupEpochSecrets<CURRENT_VERSION>,
    >(
        &self,
        _: &G,
        secrets: &T,
    ) -> Result<(), StorageError> {
        self.put(&key(Kind::EpochSecrets), secrets)
    }

    fn group_epoch_secrets<
        G: traits::GroupId<CURRENT_VERSION>,
        T: traits::GroupEpochSecrets<CURRENT_VERSION>,
    >(
        &self,
        _: &G,
    ) -> Result<Option<T>, StorageError> {
        self.value(&key(Kind::EpochSecrets))
    }

    fn delete_group_epoch_secrets<G: traits::GroupId<CURRENT_VERSION>>(
        &self,
        _: &G,
    ) -> Result<(), StorageError> {
        self.remove(&key(Kind::EpochSecrets))
    }

    fn write_group_state<
        T: traits::GroupState<CURRENT_VERSION>,
        G: traits::GroupId<CURRENT_VERSION>,
    >(
        &self,
        _: &G,
        state: &T,
    ) -> Result<(), StorageError> {
        self.put(&key(Kind::GroupState), state)
    }

    fn group_state<T: traits::GroupState<CURRENT_VERSION>, G: traits::GroupId<CURRENT_VERSION>>(
        &self,
        _: &G,
    ) -> Result<Option<T>, StorageError> {
        self.value(&key(Kind::GroupState))
    }

    fn delete_group_state<G: traits::GroupId<CURRENT_VERSION>>(
        &self,
        _: &G,
    ) -> Result<(), StorageError> {
        self.remove(&key(Kind::GroupState))
    }

    fn write_resumption_psk_store<
        G: traits::GroupId<CURRENT_VERSION>,
        T: traits::ResumptionPskStore<CURRENT_VERSION>,
    >(
        &self,
        _: &G,
        _: &T,
    ) -> Result<(), StorageError> {
        Ok(())
    }

    fn resumption_psk_store<
        G: traits::GroupId<CURRENT_VERSION>,
        T: traits::ResumptionPskStore<CURRENT_VERSION>,
    >(
        &self,
        _: &G,
    ) -> Result<Option<T>, StorageError> {
        codec::decode(&codec::encode(&NO_RESUMPTION_KEYS)?).map(Some)
    }

    fn delete_all_resumption_psk_secrets<G: traits::GroupId<CURRENT_VERSION>>(
        &self,
        _: &G,
    ) -> Result<(), StorageError> {
        Ok(())
    }

    fn write_encryption_key_pair<
        K: traits::EncryptionKey<CURRENT_VERSION>,
        T: traits::HpkeKeyPair<CURRENT_VERSION>,
    >(
        &self,
        public_key: &K,
        pair: &T,
    ) -> Result<(), StorageError> {
        self.put(&key_of(Kind::EncryptionKeyPair, public_key)?, pair)
    }

    fn encryption_key_pair<
        T: traits::HpkeKeyPair<CURRENT_VERSION>,
        K: traits::EncryptionKey<CURRENT_VERSION>,
    >(
        &self,
        public_key: &K,
    ) -> Result<Option<T>, StorageError> {
        self.value(&key_of(Kind::EncryptionKeyPair, public_key)?)
    }

    fn delete_encryption_key_pair<K: traits::EncryptionKey<CURRENT_VERSION>>(
        &self,
        public_key: &K,
    ) -> Result<(), StorageError> {
        self.remove(&key_of(Kind::EncryptionKeyPair, public_key)?)
    }

    fn write_encryption_epoch_key_pairs<
        G: traits::GroupId<CURRENT_VERSION>,
        E: traits::EpochKey<CURRENT_VERSION>,
        T: traits::HpkeKeyPair<CURRENT_VERSION>,
    >(
        &self,
        _: &G,
        epoch: &E,
        leaf_index: u32,
        pairs: &[T],
    ) -> Result<(), StorageError> {
        self.put(&key_of(Kind::EpochKeyPairs, &(epoch, leaf_index))?, pairs)
    }

    fn encryption_epoch_key_pairs<
        G: traits::GroupId<CURRENT_VERSION>,
        E: traits::EpochKey<CURRENT_VERSION>,
        T: traits::HpkeKeyPair<CURRENT_VERSION>,
    >(
        &self,
        _: &G,
        epoch: &E,
        leaf_index: u32,
    ) -> Result<Vec<T>, StorageError> {
        let pairs = self.value(&key_of(Kind::EpochKeyPairs, &(epoch, leaf_index))?)?;
        Ok(pairs.unwrap_or_default())
    }

    fn delete_encryption_epoch_key_pairs<
        G: traits::GroupId<CURRENT_VERSION>,
        E: traits::EpochKey<CURRENT_VERSION>,
    >(
        &self,
        _: &G,
        epoch: &E,
        leaf_index: u32,
    ) -> Result<(), StorageError> {
        self.remove(&key_of(Kind::EpochKeyPairs, &(epoch, leaf_index))?)
    }

    fn write_key_package<
        R: traits::HashReference<CURRENT_VERSION>,
        T: traits::KeyPackage<CURRENT_VERSION>,
    >(
        &self,
        reference: &R,
        key_package: &T,
    ) -> Result<(), StorageError> {
        self.put(&key_of(Kind::KeyPackage, reference)?, key_package)
    }

    fn key_package<
        R: traits::HashReference<CURRENT_VERSION>,
        T: traits::KeyPackage<CURRENT_VERSION>,
    >(
        &self,
        reference: &R,
    ) -> Result<Option<T>, StorageError> {
        self.value(&key_of(Kind::KeyPackage, reference)?)
    }

    fn delete_key_package<R: traits::HashReference<CURRENT_VERSION>>(
        &self,
        reference: &R,
    ) -> Result<(), StorageError> {
        self.remove(&key_of(Kind::KeyPackage, reference)?)
    }

    fn append_own_leaf_node<
        G: traits::GroupId<CURRENT_VERSION>,
        T: traits::LeafNode<CURRENT_VERSION>,
    >(
        &self,
        _: &G,
        _: &T,
    ) -> Result<(), StorageError> {
        Err(StorageError::Unused)
    }

    fn own_leaf_nodes<G: traits::GroupId<CURRENT_VERSION>, T: traits::LeafNode<CURRENT_VERSION>>(
        &self,
        _: &G,
    ) -> Result<Vec<T>, StorageError> {
        Ok(Vec::new())
    }

    fn delete_own_leaf_nodes<G: traits::GroupId<CURRENT_VERSION>>(
        &self,
        _: &G,
    ) -> Result<(), StorageError> {
        Ok(())
    }

    fn queue_proposal<
        G: traits::GroupId<CURRENT_VERSION>,
        R: traits::ProposalRef<CURRENT_VERSION>,
        P: traits::QueuedProposal<CURRENT_VERSION>,
    >(
        &self,
        _: &G,
        _: &R,
        _: &P,
    ) -> Result<(), StorageError> {
        Err(StorageError::Unused)
    }

    fn queued_proposal_refs<
        G: traits::GroupId<CURRENT_VERSION>,
        R: traits::ProposalRef<CURRENT_VERSION>,
    >(
        &self,
        _: &G,
    ) -> Result<Vec<R>, StorageError> {
        Ok(Vec::new())
    }

    fn queued_proposals<
        G: traits::GroupId<CURRENT_VERSION>,
        R: traits::ProposalRef<CURRENT_VERSION>,
        P: traits::QueuedProposal<CURRENT_VERSION>,
    >(
        &self,
        _: &G,
    ) -> Result<Vec<(R, P)>, StorageError> {
        Ok(Vec::new())
    }

    fn remove_proposal<
        G: traits::GroupId<CURRENT_VERSION>,
        R: traits::ProposalRef<CURRENT_VERSION>,
    >(
        &self,
        _: &G,
        _: &R,
    ) -> Result<(), StorageError> {
        Ok(())
    }

    fn clear_proposal_queue<
        G: traits::GroupId<CURRENT_VERSION>,
        R: traits::ProposalRef<CURRENT_VERSION>,
    >(
        &self,
        _: &G,
    ) -> Result<(), StorageError> {
        Ok(())
    }

    fn write_signature_key_pair<
        K: traits::SignaturePublicKey<CURRENT_VERSION>,
        T: traits::SignatureKeyPair<CURRENT_VERSION>,
    >(
        &self,
        _: &K,
        _: &T,
    ) -> Result<(), StorageError> {
        Err(StorageError::Unused)
    }

    fn signature_key_pair<
        K: traits::SignaturePublicKey<CURRENT_VERSION>,
        T: traits::SignatureKeyPair<CURRENT_VERSION>,
    >(
        &self,
        _: &K,
    ) -> Result<Option<T>, StorageError> {
        Ok(None)
    }

    fn delete_signature_key_pair<K: traits::SignaturePublicKey<CURRENT_VERSION>>(
        &self,
        _: &K,
    ) -> Result<(), StorageError> {
        Ok(())
    }

    #[cfg(not(test))]
    fn write_psk<K: traits::PskId<CURRENT_VERSION>, T: traits::PskBundle<CURRENT_VERSION>>(
        &self,
        _: &K,
        _: &T,
    ) -> Result<(), StorageError> {
        Err(StorageError::Unused)
    }

    #[cfg(not(test))]
    fn psk<T: traits::PskBundle<CURRENT_VERSION>, K: traits::PskId<CURRENT_VERSION>>(
        &self,
        _: &K,
    ) -> Result<Option<T>, StorageError> {
        Ok(None)
    }

    /// The vectors of RFC 9420 need pre-shared keys; rooms never have any.
    #[cfg(test)]
    fn write_psk<K: traits::PskId<CURRENT_VERSION>, T: traits::PskBundle<CURRENT_VERSION>>(
        &self,
        id: &K,
        key: &T,
    ) -> Result<(), StorageError> {
        self.put(&key_of(Kind::PreSharedKey, id)?, key)
    }

    #[cfg(test)]
    fn psk<T: traits::PskBundle<CURRENT_VERSION>, K: traits::PskId<CURRENT_VERSION>>(
        &self,
        id: &K,
    ) -> Result<Option<T>, StorageError> {
        self.value(&key_of(Kind::PreSharedKey, id)?)
    }

    fn delete_psk<K: traits::PskId<CURRENT_VERSION>>(&self, _: &K) -> Result<(), StorageError> {
        Ok(())
    }
}
