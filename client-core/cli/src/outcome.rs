//! How a command that takes time ended: done, or noted and carried out later.

use std::{future, time::Duration};

use restante_client::{
    Error, ErrorKind, Retry,
    driver::Client,
    engine::io::{Command, Outcome},
};

/// How long a command waits for the relay before it is left to a later run.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// How long is spent on sending what a finished task left behind.
const AFTERWARDS: Duration = Duration::from_secs(5);

/// How far a command has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Done.
    Done,
    /// On disk; carried out when the relay can be reached.
    Queued,
}

impl State {
    /// The stable name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Queued => "queued",
        }
    }
}

/// Gives a command to the client, goes online, and waits for its end.
pub(crate) async fn carry_out(client: &Client, command: Command) -> Result<State, Error> {
    let outcome = client.command(command).await?;
    let Outcome::Task(task) = outcome else {
        // Done here; others may still have to be told.
        let told = client.sync(AFTERWARDS).await;
        return match told {
            Err(error) if !is_patient(&error) => Err(error),
            _ => Ok(State::Done),
        };
    };
    client.go_online().await?;
    let ended = tokio::select! {
        ended = client.wait_task(task, PATIENCE) => ended,
        error = out_of_reach(client) => Err(error),
    };
    match ended {
        Ok(()) => {
            let _ = client.sync(AFTERWARDS).await;
            Ok(State::Done)
        }
        Err(error) if is_patient(&error) => Ok(State::Queued),
        Err(error) => Err(error),
    }
}

/// Ends only if the relay cannot be reached.
pub(crate) async fn out_of_reach(client: &Client) -> Error {
    match client.sync(PATIENCE).await {
        Err(error) if error.kind != ErrorKind::TimedOut => error,
        _ => future::pending().await,
    }
}

/// Whether waiting longer may help: the command stands.
pub(crate) fn is_patient(error: &Error) -> bool {
    matches!(error.kind, ErrorKind::Offline | ErrorKind::TimedOut) || error.retry != Retry::Never
}
