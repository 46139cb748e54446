//! `cargo xtask serve`: a relay for this machine, from nothing to a URL.

use std::{
    env, fs,
    os::unix::{fs::DirBuilderExt, process::CommandExt},
    path::PathBuf,
    process::Command,
};

use crate::{error::Failure, setup, shell, web};

/// Options of `serve`.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: String,
    /// Folder for the database; by default the relay's folder among the user's data.
    #[arg(long)]
    data: Option<PathBuf>,
}

/// Builds the web client and the relay that embeds it, alone, so that it carries no other code of the
/// client, and becomes it.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    setup::run()?;
    match web::can_build() {
        Ok(()) => web::run()?,
        Err(missing) => println!("serve: without the web client. {missing}"),
    }
    println!("serve: building the relay (release)");
    shell::run(&mut shell::cargo([
        "build",
        "--release",
        "--package",
        "restante-server",
    ]))?;

    let data = options.data.clone().map_or_else(default_data_folder, Ok)?;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&data)
        .map_err(|source| Failure::File {
            path: data.clone(),
            source,
        })?;
    println!("serve: database in {}", data.display());
    println!("{}", next_steps(&options.listen));

    let binary = shell::target_folder()?.join("release/restante-server");
    // Becoming the relay, rather than watching it, hands it Ctrl-C and its exit status directly.
    let source = Command::new(&binary)
        .arg("serve")
        .arg("--data")
        .arg(&data)
        .args(["--listen", &options.listen])
        .exec();
    Err(Failure::Spawn {
        program: binary.display().to_string(),
        source,
    })
}

fn default_data_folder() -> Result<PathBuf, Failure> {
    let base = env::var_os("XDG_DATA_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share")));
    let base = base.ok_or_else(|| Failure::Advice("HOME is not set: give --data FOLDER".into()))?;
    Ok(base.join("restante/relay"))
}

fn next_steps(listen: &str) -> String {
    format!(
        "\n\
The relay is about to listen on http://{listen} (Ctrl-C ends it; its data stay).
Open http://{listen} in two browsers (or a window and a private window): two people can meet there.
So they can in two other terminals:

  cargo build --release --package restante-cli && PATH=\"{target}:$PATH\"
  export RESTANTE_HOME=~/.restante-alice            # ~/.restante-bob in the other terminal
  restante register --relay http://{listen} --username alice          # bob in the other
  restante contact add bob --message \"Hello, it is Alice\"             # alice
  restante sync && restante contact accept alice                      # bob
  restante chat bob                                                   # and: restante chat alice
",
        target = shell::target_folder().map_or_else(
            |_| "target/release".into(),
            |path| path.join("release").display().to_string()
        ),
    )
}
