//! Blob requests and answers.

use proptest::prelude::*;
use restante_wire::blob::{AppendBlob, BlobPart, BlobState, CreateBlob, ReadBlob, ReadBlobState};

use crate::{survive, values::*};

fn create() -> impl Strategy<Value = CreateBlob> {
    (stamp(), blob(), any::<u64>()).prop_map(|(stamp, blob, size)| CreateBlob { stamp, blob, size })
}

fn append() -> impl Strategy<Value = AppendBlob> {
    (blob(), any::<u64>(), bytes()).prop_map(|(blob, offset, bytes)| AppendBlob {
        blob,
        offset,
        bytes,
    })
}

fn state() -> impl Strategy<Value = BlobState> {
    any::<(u64, u64)>().prop_map(|(size, received)| BlobState { size, received })
}

fn read() -> impl Strategy<Value = ReadBlob> {
    (blob(), any::<(u64, u32)>()).prop_map(|(blob, (offset, limit))| ReadBlob {
        blob,
        offset,
        limit,
    })
}

survive! {
    creations_survive: create();
    parts_survive: append();
    questions_survive: blob().prop_map(|blob| ReadBlobState { blob });
    states_survive: state();
    ranges_survive: read();
    answers_survive: (any::<u64>(), bytes()).prop_map(|(size, bytes)| BlobPart { size, bytes });
}
