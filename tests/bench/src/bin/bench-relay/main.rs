//! Messages a second through the released relay: senders and online receivers over real WebSockets,
//! each append durable before its answer.
//!
//! Each sender has a mailbox of its own with one receiver. Receivers watch and acknowledge; senders
//! acknowledge what they sent, as clients do, so that the relay can trim all of it. Processor time
//! counts from the first message until the last envelope is trimmed.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod load;
mod peers;

use std::path::PathBuf;

use clap::Parser;
use restante_bench::samples::median_by;
use restante_harness::relay::{Relay, Settings};

use crate::load::{Figures, Load};

/// Measures the relay.
#[derive(Debug, Parser)]
struct Options {
    /// The relay's program; `cargo xtask bench relay` builds and names it.
    #[arg(long)]
    program: PathBuf,
    /// Senders, each with a receiver.
    #[arg(long, default_value_t = 50)]
    senders: usize,
    /// Bytes of a body.
    #[arg(long, default_value_t = 1024)]
    body: usize,
    /// Appends that a sender has under way at once; a run for each.
    #[arg(long, value_delimiter = ',', default_values_t = [10, 1])]
    windows: Vec<usize>,
    /// Seconds of sending in each run.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Runs for each window; the median by messages a second is reported.
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Further lines for the relay's configuration.
    #[arg(long, default_value = "")]
    settings: String,
}

#[tokio::main]
async fn main() {
    let options = Options::parse();
    println!(
        "{} senders, {} receivers, {} bytes, {} s a run, median of {}",
        options.senders, options.senders, options.body, options.seconds, options.runs
    );
    println!("{}", Figures::HEADING);
    for &window in &options.windows {
        let load = Load {
            senders: options.senders,
            body: options.body,
            window,
            seconds: options.seconds,
        };
        let mut runs = Vec::new();
        for run in 1..=options.runs {
            let relay = Relay::start_with(Settings {
                program: Some(options.program.clone()),
                log_level: "warn".into(),
                extra: options.settings.clone(),
                ..Settings::default()
            })
            .await;
            let figures = load::run(&relay, load).await;
            println!("{}", figures.row(&format!("window {window}, run {run}")));
            runs.push(figures);
        }
        if let Some(median) = median_by(runs, Figures::messages_per_second) {
            println!("{}", median.row(&format!("window {window}, median")));
        }
    }
}
