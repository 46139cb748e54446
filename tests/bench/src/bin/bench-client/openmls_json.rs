//! The same groups by openmls alone on its default storage, which keeps JSON: what [`crate::storage`]
//! is compared with. Rows count when their bytes have changed, as ours do.

use std::collections::HashMap;

use openmls::prelude::OpenMlsProvider;
use restante_bench::bare::{self, Member};

use restante_wire::key_package::Suite;

use crate::storage::{PAYLOAD, ROUNDS, Written, mean};

/// Counts in a group of `size`.
pub(crate) fn measure(size: usize, suite: Suite) -> Written {
    let (alice, bob) = bare::group_of(size, suite, None);
    let (mut alice, mut bob) = (Counted::new(alice), Counted::new(bob));
    let (mut message, mut commit) = (0, 0);
    for round in 0..2 * ROUNDS {
        let (from, to) = if round % 2 == 0 {
            (&mut alice, &mut bob)
        } else {
            (&mut bob, &mut alice)
        };
        let bytes = from.member.encrypt(&PAYLOAD);
        message += from.written();
        to.member.process(&bytes);
        message += to.written();
        let bytes = from.member.update();
        commit += from.written();
        from.member.merge();
        commit += from.written();
        to.member.process(&bytes);
        commit += to.written();
    }
    Written {
        message: mean(message),
        commit: mean(commit),
    }
}

/// A member and what its storage held when it was last looked at.
struct Counted {
    member: Member,
    before: HashMap<Vec<u8>, Vec<u8>>,
}

impl Counted {
    fn new(member: Member) -> Self {
        let before = HashMap::new();
        let mut counted = Self { member, before };
        counted.written();
        counted
    }

    /// Bytes of keys and values that changed since the last call.
    fn written(&mut self) -> usize {
        let storage = self.member.provider.storage();
        let values = storage.values.read().expect("a lock");
        let changed = values
            .iter()
            .filter(|(key, value)| self.before.get(*key) != Some(value));
        let bytes = changed.map(|(key, value)| key.len() + value.len()).sum();
        self.before.clone_from(&values);
        bytes
    }
}
