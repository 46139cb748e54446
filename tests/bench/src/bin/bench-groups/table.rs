//! The table that is printed.

use crate::figures::{Figures, Step};

/// Processor time that is aimed at, in that of openmls alone.
const CPU_GOAL: f64 = 1.3;

/// The figures of one group by each.
#[derive(Default)]
pub(crate) struct Row {
    /// Ours.
    pub(crate) ours: Figures,
    /// openmls with an empty GroupContext.
    pub(crate) bare: Figures,
    /// openmls with a GroupContext as long as ours.
    pub(crate) alike: Figures,
}

/// Names the columns.
pub(crate) fn print_head(runs: usize) {
    println!(
        "median of {runs} rounds; `alike` is openmls with a GroupContext as long as that of our rooms"
    );
    println!(
        "{:7}  {:<18}{:>9}{:>9}{:>7}{:>9}{:>7}   {:<7}{:>9}{:>9}{:>9}",
        "clients",
        "CPU us",
        "ours",
        "openmls",
        "ratio",
        "alike",
        "ratio",
        "bytes",
        "ours",
        "openmls",
        "alike"
    );
}

/// Prints what every step costs.
pub(crate) fn print_rows(members: usize, row: &mut Row) {
    for step in Step::ALL {
        let (what, mut our_us) = (step.compared(), row.ours.cpu_us(step));
        if step == Step::Certificates {
            our_us = row.ours.cpu_us(what) - our_us;
        }
        let (bare_us, alike_us) = (row.bare.cpu_us(what), row.alike.cpu_us(what));
        let ratio = our_us / bare_us;
        println!(
            "{members:7}  {:<18}{our_us:>9.0}{bare_us:>9.0}{ratio:>7.2}{alike_us:>9.0}{:>7.2}   {:<7}{:>9}{:>9}{:>9}",
            step.name(),
            our_us / alike_us,
            if ratio <= CPU_GOAL { "" } else { "> 1.3" },
            row.ours.bytes(what),
            row.bare.bytes(what),
            row.alike.bytes(what),
        );
    }
}
