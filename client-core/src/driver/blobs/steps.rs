//! Long work in steps: a file of two gigabytes is read, sealed and opened a megabyte at a time, so that
//! whatever else runs on the thread has its turn in between. A browser has only one for all of it.

use crate::{
    Error,
    platform::{MaybeSend, blocking},
};

/// Chunks of a step, a megabyte: long beside what a turn costs, short beside what a person notices.
pub(super) const CHUNKS: u32 = 16;

/// Does something step by step, until a step says that it was the last.
///
/// # Errors
/// The first of a step.
pub(super) async fn in_steps<S: MaybeSend + 'static>(
    mut work: S,
    step: fn(&mut S) -> Result<bool, Error>,
) -> Result<S, Error> {
    loop {
        let stepping = move || {
            let is_done = step(&mut work)?;
            Ok((work, is_done))
        };
        let (stepped, is_done) = blocking(stepping).await?;
        if is_done {
            return Ok(stepped);
        }
        work = stepped;
    }
}
