//! From what openmls staged to the plain data that [`super::policy`] judges.

use std::collections::BTreeMap;

use openmls::prelude::{
    LeafNode, LeafNodeIndex, Proposal, ProposalOrRefType, QueuedProposal, StagedCommit,
};
use restante_wire::{ClientId, account::ClientCertificate};

use super::{
    error::Skip,
    member::{Members, certificate_of_leaf},
    policy::{Commit, Proposed, Seat},
    read_state,
};
use crate::{
    certificate::CertificateHash, ciphersuite, key_package, verified::VerifiedCertificates,
};

/// A staged commit as plain data, and the certificates of those it adds.
pub(super) struct View {
    pub(super) commit: Commit,
    pub(super) added: BTreeMap<ClientId, ClientCertificate>,
}

impl View {
    /// Reads a staged commit by the member at `author`. Verifies the certificate and leaf of every
    /// Add and of the path.
    pub(super) fn read(
        members: &Members,
        author: LeafNodeIndex,
        staged: &StagedCommit,
        verified: &VerifiedCertificates,
    ) -> Result<Self, Skip> {
        let author = members.get(author).ok_or(Skip::Mls)?.client();
        let mut added = BTreeMap::new();
        let proposals = staged
            .queued_proposals()
            .map(|proposal| read_proposal(members, proposal, verified, &mut added))
            .collect::<Result<_, Skip>>()?;
        let path = staged
            .update_path_leaf_node()
            .map(|leaf| verify_leaf(leaf, verified).map(|(_, hash)| hash))
            .transpose()?;
        let commit = Commit {
            author,
            proposals,
            path,
        };
        Ok(Self { commit, added })
    }
}

/// Members as the policy sees them.
pub(super) fn seats(members: &Members) -> BTreeMap<ClientId, Seat> {
    members
        .with_hashes()
        .map(|(member, certificate)| {
            let seat = Seat {
                leaf_index: member.leaf_index,
                account: member.certificate.body.account.clone(),
                certificate,
            };
            (member.client(), seat)
        })
        .collect()
}

fn read_proposal(
    members: &Members,
    queued: &QueuedProposal,
    verified: &VerifiedCertificates,
    added: &mut BTreeMap<ClientId, ClientCertificate>,
) -> Result<Proposed, Skip> {
    if queued.proposal_or_ref_type() == ProposalOrRefType::Reference {
        return Ok(Proposed::Other);
    }
    Ok(match queued.proposal() {
        Proposal::Add(add) => {
            // openmls checks lifetimes against the local clock: only one that holds at any time
            // is judged alike by everybody.
            if !key_package::is_always(add.key_package().life_time()) {
                return Err(Skip::Leaf);
            }
            let (certificate, hash) = verify_leaf(add.key_package().leaf_node(), verified)?;
            let proposed = Proposed::Add {
                client: certificate.body.client,
                account: certificate.body.account.clone(),
                certificate: hash,
            };
            added.insert(certificate.body.client, certificate);
            proposed
        }
        Proposal::Remove(remove) => {
            let removed = members.get(remove.removed()).ok_or(Skip::Mls)?;
            Proposed::Remove(removed.client())
        }
        Proposal::GroupContextExtensions(context) => match read_state(context.extensions()) {
            Some(state) => Proposed::State(Box::new(state)),
            None => Proposed::Other,
        },
        _ => Proposed::Other,
    })
}

/// The verified certificate of a leaf that enters the tree, and its hash.
fn verify_leaf(
    leaf: &LeafNode,
    verified: &VerifiedCertificates,
) -> Result<(ClientCertificate, CertificateHash), Skip> {
    let found = certificate_of_leaf(leaf, verified)?;
    if ciphersuite::supports_rooms(leaf) {
        Ok(found)
    } else {
        Err(Skip::Leaf)
    }
}
