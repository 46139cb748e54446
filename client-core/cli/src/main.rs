//! Command line client of Restante: the reference for the client's interface, and for scripts.
//!
//! A shell: it converts and forwards, and decides nothing. Read next: `args` for what can be asked,
//! `commands` for what is done, `texts` for what is said.

mod args;
mod commands;
mod outcome;
mod screen;
mod secrets;
mod shown;
mod texts;
mod trouble;

use std::process::ExitCode;

use clap::Parser;

use crate::{args::Args, screen::Screen, texts::Language, trouble::Trouble};

fn main() -> ExitCode {
    let args = Args::parse();
    let mut screen = Screen::new(args.json, Language::of_environment());
    let result = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Trouble::from)
        .and_then(|runtime| runtime.block_on(commands::run(args, &mut screen)));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => trouble.tell(&mut screen),
    }
}
