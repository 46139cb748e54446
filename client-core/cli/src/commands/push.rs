//! `push`: where this device is reached while it sleeps.

use std::{path::Path, time::Duration};

use clap::{Args, Subcommand, ValueEnum};
use restante_client::{
    ErrorKind,
    driver::{self, Client},
    engine::{
        Engine,
        io::{Command, Event, Target},
        push,
    },
    json::message_json,
};
use serde_json::json;

use super::{read, tell_state};
use crate::{
    outcome::carry_out,
    screen::Screen,
    shown,
    texts::{Text, fill},
    trouble::Trouble,
};

/// Commands about push.
#[derive(Debug, Subcommand)]
pub(crate) enum Push {
    /// Have this client woken there, in the place of where it was woken before
    Register(Register),
    /// Show where this client is woken, and how far its relays know
    List,
    /// Have this client woken no more
    Remove,
    /// Do what a woken client does: connect, fetch, print what is to be shown, end
    Receive {
        /// Seconds to wait
        #[arg(long, default_value_t = 20, value_name = "SECONDS")]
        timeout: u64,
    },
}

/// Options of `push register`.
#[derive(Debug, Args)]
pub(crate) struct Register {
    /// By whom
    #[arg(long, value_enum)]
    kind: Kind,
    /// URL of the subscription (webpush)
    #[arg(long, value_name = "URL", required_if_eq("kind", "webpush"))]
    endpoint: Option<String>,
    /// Public key of the subscription, base64url (webpush)
    #[arg(
        long,
        value_name = "B64",
        required_if_eq("kind", "webpush"),
        // One in 64 begins with it.
        allow_hyphen_values = true
    )]
    p256dh: Option<String>,
    /// Secret of the subscription, base64url (webpush)
    #[arg(
        long,
        value_name = "B64",
        required_if_eq("kind", "webpush"),
        // One in 64 begins with it.
        allow_hyphen_values = true
    )]
    auth: Option<String>,
    /// Token of the device: hexadecimal (apns), or as it was given (fcm)
    #[arg(
        long,
        required_if_eq_any([("kind", "apns"), ("kind", "fcm")]),
        allow_hyphen_values = true
    )]
    token: Option<String>,
    /// Wake the app without showing anything (apns)
    #[arg(long)]
    background: bool,
}

/// Who wakes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// A push service of a browser, or a distributor of UnifiedPush
    Webpush,
    /// Apple
    Apns,
    /// Google
    Fcm,
}

pub(super) async fn run(
    client: &Client,
    screen: &mut Screen,
    command: Push,
) -> Result<(), Trouble> {
    match command {
        Push::Register(options) => {
            let target = options.target()?;
            set(client, screen, Some(target)).await
        }
        Push::List => list(client, screen).await,
        Push::Remove => set(client, screen, None).await,
        // Handled before the home was opened.
        Push::Receive { .. } => Ok(()),
    }
}

/// `push receive`: what an app does when a push wakes it.
pub(super) async fn receive(
    home: &Path,
    passphrase: &str,
    timeout_seconds: u64,
    screen: &mut Screen,
) -> Result<(), Trouble> {
    let visit = driver::visit(home, passphrase, Duration::from_secs(timeout_seconds)).await?;
    let language = screen.language();
    for (title, message) in &visit.messages {
        let mut told = message_json(message);
        if let Some(fields) = told.as_object_mut() {
            fields.insert("title".into(), json!(title));
        }
        let line = format!("{title}: {}", shown::message_line(language, message));
        screen.answer(&told, &line)?;
    }
    for request in visit.requests {
        let event = Event::Request(request);
        let line = shown::event_line(language, &event).unwrap_or_default();
        screen.answer(&shown::event_json(&event), &line)?;
    }
    if visit.is_partial {
        screen.remark(language.say(Text::PushPartial))?;
    }
    Ok(())
}

async fn set(client: &Client, screen: &mut Screen, target: Option<Target>) -> Result<(), Trouble> {
    let state = carry_out(client, Command::RegisterPush(target)).await?;
    tell_state(screen, state)
}

async fn list(client: &Client, screen: &mut Screen) -> Result<(), Trouble> {
    let language = screen.language();
    match read(client, Engine::push_status).await? {
        None => screen.remark(language.say(Text::PushNone))?,
        Some(status) => {
            let told = json!({
                "kind": status.kind,
                "told": status.told,
                "waiting": status.waiting,
            });
            let numbers = [status.told.to_string(), status.waiting.to_string()];
            let [known, waiting] = &numbers;
            let line = fill(language.say(Text::PushLine), &[status.kind, known, waiting]);
            screen.answer(&told, &line)?;
        }
    }
    Ok(())
}

impl Register {
    fn target(self) -> Result<Target, restante_client::Error> {
        let given = |option: Option<String>| option.ok_or(ErrorKind::BadInput);
        match self.kind {
            Kind::Webpush => push::web_push(
                given(self.endpoint)?,
                &given(self.p256dh)?,
                &given(self.auth)?,
            ),
            Kind::Apns => push::apns(&given(self.token)?, self.background),
            Kind::Fcm => push::fcm(given(self.token)?),
        }
    }
}
