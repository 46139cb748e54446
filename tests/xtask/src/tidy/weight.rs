//! How much a browser has to fetch.

use crate::{error::Failure, web};

/// Most bytes of the engine in Brotli: what it weighs, so that it grows no further. It is to come down to
/// [`GOAL`]; the judge of passwords with its word lists, and the picture formats that browsers read
/// themselves, weigh most of the difference.
const MAX_ENGINE: u64 = 2_300_000;

/// What it is to weigh: less than the crypto alone of others does.
const GOAL: u64 = 1_300_000;

/// The engine of a client that was built is small enough.
pub(super) fn check() -> Result<Vec<String>, Failure> {
    let built = web::packed_modules()?;
    Ok(built.into_iter().filter_map(too_heavy).collect())
}

fn too_heavy((name, bytes): (String, u64)) -> Option<String> {
    (bytes > MAX_ENGINE).then(|| {
        format!(
            "{name} is {bytes} bytes long in Brotli: at most {MAX_ENGINE} are allowed, and {GOAL} \
             are the goal"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_that_is_too_heavy_is_found() {
        assert!(too_heavy(("engine.wasm.br".into(), MAX_ENGINE)).is_none());
        assert!(too_heavy(("engine.wasm.br".into(), MAX_ENGINE + 1)).is_some());
    }
}
