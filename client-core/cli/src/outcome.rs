//! How a command that takes time ended: done, or noted and carried out later.

use std::{future, time::Duration};

use restante_client::{
    Error, ErrorKind, Retry,
    driver::Client,
    engine::io::{Command, TaskId},
};
use serde_json::{Value, json};

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
    Queued {
        /// Names it where its end is told later.
        task: TaskId,
        /// Why it is not done yet.
        reason: ErrorKind,
    },
}

impl State {
    /// The stable name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Queued { .. } => "queued",
        }
    }

    /// The object that says so: `task` and `reason` are null of what is done.
    pub(crate) fn json(self) -> Value {
        self.json_with([])
    }

    /// The same with further fields.
    pub(crate) fn json_with<const N: usize>(self, more: [(&str, Value); N]) -> Value {
        let (task, reason) = match self {
            Self::Done => (None, None),
            Self::Queued { task, reason } => (Some(task.0), Some(reason.code())),
        };
        let own = [
            ("state", json!(self.name())),
            ("task", json!(task)),
            ("reason", json!(reason)),
        ];
        own.into_iter().chain(more).collect()
    }
}

/// Gives a command to the client, goes online, and waits for its end.
pub(crate) async fn carry_out(client: &Client, command: Command) -> Result<State, Error> {
    let outcome = client.command(command).await?;
    let Some(task) = outcome.task() else {
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
        Err(error) if is_patient(&error) => Ok(State::Queued {
            task,
            reason: error.kind,
        }),
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
    let may_pass = matches!(
        error.kind,
        ErrorKind::Offline | ErrorKind::TimedOut | ErrorKind::TlsUntrusted
    );
    may_pass || error.retry != Retry::Never
}

/// Whether the relay takes nothing from this client any more: what is in the outbox would wait for ever.
pub(crate) const fn is_for_good(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::UnknownAccount | ErrorKind::ClientRemoved | ErrorKind::AccountDeleted
    )
}
