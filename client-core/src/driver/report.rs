//! What the network side tells the worker.

use restante_wire::account::SessionRequest;
use tokio::sync::oneshot;

use crate::engine::{
    attachments::Transfer,
    io::{Failure, Input, Stream},
};

/// Names a link: base URL of the relay, and which stream.
pub(super) type LinkKey = (String, Stream);

/// One report. Reports of one link arrive in the order in which they were made.
#[derive(Debug)]
pub(super) enum Report {
    /// From a link.
    Link {
        /// In which life of all links: reports of an earlier one are void.
        epoch: u64,
        /// Which link.
        key: LinkKey,
        /// What happened.
        news: LinkNews,
    },
    /// A post ended.
    Posted {
        /// In which life of all links.
        epoch: u64,
        /// For the engine.
        input: Input,
    },
    /// A file has come further.
    Progress(Transfer),
    /// A session is being opened: the client must sign this.
    Sign {
        /// From the relay.
        nonce: Vec<u8>,
        /// Takes the signed request.
        signed: oneshot::Sender<SessionRequest>,
    },
}

/// What happened to a link.
#[derive(Debug)]
pub(super) enum LinkNews {
    /// Something the engine must hear.
    Input(Input),
    /// It could not be brought up.
    Failed {
        /// So many times in a row.
        failures: u32,
        /// Why, the last time.
        failure: Failure,
    },
    /// It was told to end, and has.
    Ended,
}
