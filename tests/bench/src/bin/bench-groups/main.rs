//! What coming, going and writing cost in groups: processor time and bytes, in every suite of this
//! build, ours beside openmls alone.
//!
//! Nothing is on disk: ours hands its changed rows out as it does for a transaction, openmls keeps
//! its values as JSON in memory. Both groups are made once; then, in every round and in turn, one
//! client is added, joins, reads and is removed again, so that the size stays what it is.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(
    clippy::expect_used,
    reason = "a run in which anything fails is not a measurement"
)]

mod bare;
mod figures;
mod ours;
mod pair;

use clap::Parser;
use restante_crypto::ciphersuite::SUPPORTED;
use restante_wire::key_package::Suite;

use crate::{
    figures::{Figures, Step},
    ours::Ours,
    pair::round,
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

/// Processor time that is aimed at, in that of openmls alone.
const CPU_GOAL: f64 = 1.3;

fn main() {
    let options = Options::parse();
    println!(
        "median of {} rounds              CPU us: ours    openmls   ratio          goal   bytes: ours    openmls",
        options.runs
    );
    for &suite in SUPPORTED {
        println!("ciphersuite {:#06x}", suite.0);
        for &members in &options.members {
            measure(members.max(2), suite, options.runs.max(1));
        }
    }
}

fn measure(members: usize, suite: Suite, runs: usize) {
    let mut ours = match Ours::new(members, suite) {
        Ok(ours) => ours,
        Err(refused) => return println!("{members:5} clients: no such room ({refused})"),
    };
    let mut bare = bare::Bare::new(members, suite);
    let (mut our_figures, mut bare_figures) = (Figures::default(), Figures::default());
    for number in 0..runs {
        // Who comes first has the colder caches: each does by turns.
        if number % 2 == 0 {
            round(&mut ours, members + number, &mut our_figures);
            round(&mut bare, members + number, &mut bare_figures);
        } else {
            round(&mut bare, members + number, &mut bare_figures);
            round(&mut ours, members + number, &mut our_figures);
        }
    }
    for step in Step::ALL {
        print_row(members, step, &mut our_figures, &mut bare_figures);
    }
}

fn print_row(members: usize, step: Step, ours: &mut Figures, bare: &mut Figures) {
    let (our_us, bare_us) = match step {
        Step::Certificates => (
            ours.cpu_us(Step::Join) - ours.cpu_us(step),
            bare.cpu_us(Step::Join),
        ),
        _ => (ours.cpu_us(step), bare.cpu_us(step)),
    };
    let ratio = our_us / bare_us;
    let verdict = if ratio <= CPU_GOAL { "<=" } else { "MISSED" };
    println!(
        "{members:5} clients, {:<17} {our_us:10.0} {bare_us:10.0} {ratio:7.2}    {verdict:>6} {CPU_GOAL:.1} {:12} {:10}",
        step.name(),
        ours.bytes(step),
        bare.bytes(step),
    );
}
