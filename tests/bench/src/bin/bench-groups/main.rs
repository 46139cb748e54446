//! What coming, going and writing cost in groups: processor time and bytes, in every suite of this
//! build, ours beside openmls alone.
//!
//! Nothing is on disk: ours hands its changed rows out as it does for a transaction, openmls keeps
//! its values as JSON in memory. All groups are made once; then, in every round and in turn, one
//! client is added, joins, reads and is removed again, so that the size stays what it is.
//!
//! A member signs every message together with the GroupContext (RFC 9420 section 6.1), and in ours
//! that holds the room state: openmls is measured without and with a context of that length.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(
    clippy::expect_used,
    reason = "a run in which anything fails is not a measurement"
)]

mod bare;
mod figures;
mod ours;
mod pair;
mod table;

use clap::Parser;
use restante_crypto::ciphersuite::{SUPPORTED, max_members};
use restante_wire::key_package::Suite;

use crate::{
    bare::Bare,
    ours::Ours,
    pair::round,
    table::{Row, print_head, print_rows},
};

/// Measures groups.
#[derive(Debug, Parser)]
struct Options {
    /// Clients of the groups.
    #[arg(long, value_delimiter = ',', default_values_t = [2, 100, 1000])]
    members: Vec<usize>,
    /// Rounds in each group; the median is reported.
    #[arg(long, default_value_t = 11)]
    runs: usize,
}

fn main() {
    let options = Options::parse();
    print_head(options.runs);
    for &suite in SUPPORTED {
        println!("ciphersuite {:#06x}", suite.0);
        for &members in &options.members {
            measure(members.max(2), suite, options.runs.max(1));
        }
    }
}

fn measure(members: usize, suite: Suite, runs: usize) {
    if members > max_members(suite) {
        return println!("{members:7}  no such room");
    }
    let mut ours = Ours::new(members, suite).expect("a group");
    let mut bare = Bare::new(members, suite, None);
    let mut alike = Bare::new(members, suite, Some(ours.context()));
    let mut row = Row::default();
    for number in 0..runs {
        // Who comes first has the colder caches: each does by turns.
        for turn in 0..3 {
            match (number + turn) % 3 {
                0 => round(&mut ours, members + number, &mut row.ours),
                1 => round(&mut bare, members + number, &mut row.bare),
                _ => round(&mut alike, members + number, &mut row.alike),
            }
        }
    }
    print_rows(members, &mut row);
}
