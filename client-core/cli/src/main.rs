//! Command line client of Restante: the reference for the client's interface, and for scripts.
//!
//! A shell: it converts and forwards, and decides nothing. Read next: `args` for what can be asked,
//! `commands` for what is done, `texts` for what is said.

mod args;
mod commands;
mod files;
mod notices;
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
    let language = Language::of_environment();
    let args = match Args::try_parse() {
        Ok(args) => args,
        // Help and version are answers; they go where clap puts them.
        Err(told) if told.exit_code() == 0 => told.exit(),
        Err(error) => {
            // What was not understood may still say in which form it wants its answer.
            let json = std::env::args_os().any(|argument| argument == "--json");
            if !json {
                error.exit();
            }
            let text = error.render().to_string();
            let text = text.strip_prefix("error: ").unwrap_or(&text).trim_end();
            return Trouble::Usage(text.to_owned()).tell(&mut Screen::new(json, language));
        }
    };
    let mut screen = Screen::new(args.json, language);
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
