//! `push`: where this device is reached while it sleeps.

use clap::{Args, Subcommand, ValueEnum};
use restante_client::{
    ErrorKind,
    driver::Client,
    engine::{
        Engine,
        io::{Command, Target},
        push,
    },
};
use serde_json::json;

use super::{read, tell_state};
use crate::{
    outcome::carry_out,
    screen::Screen,
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
    #[arg(long, value_name = "B64", required_if_eq("kind", "webpush"))]
    p256dh: Option<String>,
    /// Secret of the subscription, base64url (webpush)
    #[arg(long, value_name = "B64", required_if_eq("kind", "webpush"))]
    auth: Option<String>,
    /// Token of the device: hexadecimal (apns), or as it was given (fcm)
    #[arg(long, required_if_eq_any([("kind", "apns"), ("kind", "fcm")]))]
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
    }
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
