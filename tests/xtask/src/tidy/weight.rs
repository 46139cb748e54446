//! How much a browser has to fetch.

use crate::{
    error::Failure,
    web::{self, Fetched},
};

/// Beginning of the name of the engine's file.
const ENGINE: &str = "assets/restante_wasm";

/// Most bytes of the engine in Brotli. The goal is 1,300,000, less than the crypto alone of others; until
/// it is met again nothing may be added to what is there.
const MAX_ENGINE: u64 = 1_325_000;

/// Most bytes before the first screen works, all told.
const MAX_FIRST_LOAD: u64 = 2_000_000;

/// Beginnings of the names of what is fetched later, by whom it is for: the judge of passwords by whoever
/// chooses one.
const LATER: [&str; 1] = ["assets/restante_strength"];

/// The client that was built is small enough.
pub(super) fn check() -> Result<Vec<String>, Failure> {
    Ok(too_heavy(&web::fetched()?))
}

fn too_heavy(files: &[Fetched]) -> Vec<String> {
    let sum = |counts: &dyn Fn(&str) -> bool| -> u64 {
        let counted = files.iter().filter(|file| counts(&file.name));
        counted.map(|file| file.bytes).sum()
    };
    let engine = sum(&|name| name.starts_with(ENGINE) && name.ends_with(".wasm"));
    let all = sum(&|name| !LATER.iter().any(|later| name.starts_with(later)));
    let heavy = |what: &str, bytes: u64, most: u64| {
        (bytes > most).then(|| {
            format!("{what} of the web client is {bytes} bytes: at most {most} are allowed")
        })
    };
    let engine = heavy("the engine", engine, MAX_ENGINE);
    let all = heavy("the first load", all, MAX_FIRST_LOAD);
    engine.into_iter().chain(all).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, bytes: u64) -> Fetched {
        Fetched {
            name: name.into(),
            bytes,
        }
    }

    #[test]
    fn an_engine_that_is_too_heavy_is_found() {
        let engine = |bytes| too_heavy(&[file("assets/restante_wasm_bg-x.wasm", bytes)]);
        assert!(engine(MAX_ENGINE).is_empty());
        assert_eq!(engine(MAX_ENGINE + 1).len(), 1);
    }

    #[test]
    fn everything_counts_but_what_is_fetched_later() {
        let page = file("index.html", MAX_FIRST_LOAD - 10);
        let judge = file("assets/restante_strength_bg-x.wasm", 1_000_000);
        assert!(too_heavy(&[page, judge]).is_empty());
        let page = file("index.html", MAX_FIRST_LOAD - 10);
        assert_eq!(too_heavy(&[page, file("assets/a.js", 11)]).len(), 1);
    }
}
