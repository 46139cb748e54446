//! The same groups by openmls alone: what [`crate::storage`] is compared with. Rows count when their
//! bytes have changed, as ours do.

use restante_crypto::ciphersuite::CLASSICAL;

use crate::{
    bare::group_of,
    storage::{ROUNDS, Written, mean},
};

/// Counts in a group of `size`.
pub(crate) fn measure(size: usize) -> Written {
    let (mut alice, mut bob) = group_of(size, CLASSICAL);
    alice.written();
    bob.written();
    let (mut message, mut commit) = (0, 0);
    for round in 0..2 * ROUNDS {
        let (from, to) = if round % 2 == 0 {
            (&mut alice, &mut bob)
        } else {
            (&mut bob, &mut alice)
        };
        let bytes = from.encrypt();
        message += from.written();
        to.process(&bytes);
        message += to.written();
        let bytes = from.stage();
        commit += from.written();
        from.merge();
        commit += from.written();
        to.process(&bytes);
        commit += to.written();
    }
    Written {
        message: mean(message),
        commit: mean(commit),
    }
}
