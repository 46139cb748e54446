//! The accounts at Apple and Google: whether they are reached, tell the same time, and accept this relay.

use std::{
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use restante_push::{
    Clock as _, Outcome, Rejection, Sender, apns, fcm,
    fcm::oauth::TokenError,
    http::{self, Http, NoAnswer},
};
use restante_wire::push::{ApnsStyle, Target, Urgency};

use crate::{
    clock::Clock,
    commands::doctor::Finding::{self, Fail, Note, Ok as Fine},
    config::{ApnsSettings, FcmSettings},
    push::{PushClock, setup},
};

/// A device that no app has: what Apple says of it shows whether the credentials are right.
const NOBODY: [u8; 32] = [0; 32];

/// More than this between two clocks, and tokens are refused.
const MAX_SKEW: Duration = Duration::from_secs(5 * 60);

pub(super) async fn apple(settings: &ApnsSettings, http: &Http, clock: &Arc<dyn Clock>) -> Finding {
    let push_clock: Arc<dyn restante_push::Clock> = Arc::new(PushClock(Arc::clone(clock)));
    let sender = match setup::apns_sender(settings, http, &push_clock) {
        Ok(sender) => sender,
        Err(error) => return Fail(error.to_string()),
    };
    let url = settings.url.as_deref().unwrap_or(apns::PRODUCTION);
    if let Err(trouble) = reach(url, "push.apns.url", http, clock).await {
        return Fail(trouble);
    }
    let nobody = Target::Apns {
        token: NOBODY.to_vec(),
        style: ApnsStyle::Background,
    };
    match sender.send(&nobody, Urgency::Normal).await {
        Outcome::Rejected(Rejection::Credentials) => Fail(
            "Apple refuses the credentials; check that push.apns.key, key_id and team_id belong together and that the key was not revoked"
                .into(),
        ),
        // So it speaks of a device that is not there, when all else is right.
        Outcome::Rejected(Rejection::Foreign) | Outcome::Gone | Outcome::Delivered => {
            Fine("Apple accepts the credentials".into())
        }
        Outcome::Rejected(_) => Fail(
            "Apple refuses the request; check that push.apns.topic is the app's bundle id and that the key may be used for it"
                .into(),
        ),
        // Every run makes a token, and Apple takes a new one every twenty minutes only.
        _ => Note(
            "Apple answers, but looks at no credentials now; it does so again in twenty minutes"
                .into(),
        ),
    }
}

pub(super) async fn google(settings: &FcmSettings, http: &Http, clock: &Arc<dyn Clock>) -> Finding {
    let tokens = match setup::fcm_tokens(settings) {
        Ok(tokens) => tokens,
        Err(error) => return Fail(error.to_string()),
    };
    let url = settings.url.as_deref().unwrap_or(fcm::PRODUCTION);
    if let Err(trouble) = reach(url, "push.fcm.url", http, clock).await {
        return Fail(trouble);
    }
    let now_s = PushClock(Arc::clone(clock)).unix_s();
    match tokens.current(http, now_s).await {
        Ok(_) => Fine(format!(
            "Google accepts the account of project {}",
            tokens.project()
        )),
        Err(TokenError::Refused) => Fail(
            "Google refuses the account; check in the console that it exists and that its key was not deleted, and make another key if it was"
                .into(),
        ),
        Err(_) => Fail(
            "Google gives no token; check that this machine may connect to oauth2.googleapis.com, port 443"
                .into(),
        ),
    }
}

/// Knocks at a gateway, and compares its clock where it shows one.
async fn reach(
    url: &str,
    setting: &str,
    http: &Http,
    clock: &Arc<dyn Clock>,
) -> Result<(), String> {
    let answer = match http::send(http.post_operator(url)).await {
        Ok(answer) => answer,
        Err(NoAnswer::Tls) => {
            return Err(format!(
                "the certificate at {setting} is not trusted: something on the way may answer in the gateway's place, or the clock is wrong; for a gateway of your own name its authority in push.authorities"
            ));
        }
        Err(_) => {
            return Err(format!(
                "nobody answers at {setting}; check that this machine may connect there, port 443, by HTTP/2 and without a proxy"
            ));
        }
    };
    let shown = answer
        .headers
        .get("date")
        .and_then(|date| date.to_str().ok());
    let shown = shown.and_then(|date| httpdate::parse_http_date(date).ok());
    let Some(theirs) = shown.and_then(|date| date.duration_since(UNIX_EPOCH).ok()) else {
        return Ok(());
    };
    let skew = theirs.abs_diff(Duration::from_millis(clock.now_ms()));
    if skew <= MAX_SKEW {
        return Ok(());
    }
    Err(format!(
        "this machine's clock is {} minutes off the gateway's, which will refuse every token; set the clock by NTP",
        skew.as_secs() / 60
    ))
}
