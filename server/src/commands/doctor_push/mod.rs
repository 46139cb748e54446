//! `doctor push`: everything that wakes devices, one line a check, and how to mend it.
//!
//! Makes nothing and changes nothing. Asks gateways what costs nobody anything: a token of Google's, a
//! notification to a device of Apple's that does not exist.

mod accounts;
#[cfg(test)]
mod tests;

use std::{path::Path, sync::Arc};

use restante_push::{http::NoAnswer, remote::NoWord, seal::KeyRing};

use super::doctor::Finding::{self, Fail, Note, Ok as Fine};
use crate::{
    clock::Clock,
    config::Config,
    push::{key_file::KeyFileError, setup},
};

/// All checks, in the order in which an operator would set things right.
pub(super) fn examine(config: &Config, clock: &Arc<dyn Clock>) -> Vec<(&'static str, Finding)> {
    let settings = &config.push;
    if !settings.enabled {
        return vec![(
            "push",
            Note("switched off: nobody is woken; set push.enabled to change that".into()),
        )];
    }
    let http = match setup::http(settings) {
        Ok(http) => http,
        Err(error) => return vec![("push", Fail(error.to_string()))],
    };
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    else {
        return vec![("push", Fail("the system gives no thread; try again".into()))];
    };
    if let Some(url) = &settings.gateway {
        return vec![
            ("push", both_modes(config)),
            ("gateway", runtime.block_on(gateway(config, url))),
        ];
    }
    let mut findings = vec![
        ("push key", push_key(&setup::ring_file(config))),
        ("vapid key", vapid_key(config)),
        ("contact", contact(config)),
        ("laboratory", laboratory(config)),
    ];
    if settings.listen.is_some() {
        findings.push(("token", token(config)));
    }
    findings.push(match &settings.apns {
        None => (
            "apns",
            Note("no account: devices of Apple are not woken".into()),
        ),
        Some(apns) => (
            "apns",
            runtime.block_on(accounts::apple(apns, &http, clock)),
        ),
    });
    findings.push(match &settings.fcm {
        None => (
            "fcm",
            Note(
                "no account: devices with Google's services are not woken, unless by UnifiedPush"
                    .into(),
            ),
        ),
        Some(fcm) => ("fcm", runtime.block_on(accounts::google(fcm, &http, clock))),
    });
    findings
}

/// Keys beside a gateway elsewhere are useless, and a risk.
fn both_modes(config: &Config) -> Finding {
    let settings = &config.push;
    let has_keys = setup::ring_file(config).exists();
    if settings.apns.is_some() || settings.fcm.is_some() || has_keys {
        return Fail(
            "push.gateway is set, and keys are here as well; move push.key, vapid.key, [push.apns] and [push.fcm] to the gateway"
                .into(),
        );
    }
    Fine("the gateway elsewhere holds the keys".into())
}

async fn gateway(config: &Config, url: &str) -> Finding {
    let remote = match setup::remote(config, url) {
        Ok(remote) => remote,
        Err(error) => return Fail(error.to_string()),
    };
    match remote.service().await {
        Ok(_) => Fine("it answers, and knows the token".into()),
        Err(NoWord::Token) => Fail(
            "it knows another token; give both the same push.token, and restart both".into(),
        ),
        Err(NoWord::Silent(NoAnswer::Tls)) => Fail(
            "its certificate is not trusted; name its authority in push.authorities, and check the clock"
                .into(),
        ),
        Err(NoWord::Silent(_)) => Fail(
            "it does not answer; look whether `restante-server push-gateway` runs, at its push.listen and at push.gateway here"
                .into(),
        ),
        Err(_) => Fail(
            "what answers is no push gateway of this version; look at push.gateway, and install the same version on both"
                .into(),
        ),
    }
}

/// Of the gateway, on its own machine.
fn token(config: &Config) -> Finding {
    match setup::gateway_token(config) {
        Ok(_) => Fine("long enough; the relay must have the same".into()),
        Err(error) => Fail(error.to_string()),
    }
}

fn push_key(file: &Path) -> Finding {
    if !file.exists() {
        return Note("there is none yet; `serve` makes one".into());
    }
    let ring = match setup::ring(file) {
        Ok(seeds) => KeyRing::new(&seeds),
        Err(error) => return Fail(error.to_string()),
    };
    match ring {
        Ok(_) => Fine(format!("{} is this user's alone", file.display())),
        Err(_) => Fail(KeyFileError::Damaged(file.to_owned()).to_string()),
    }
}

fn vapid_key(config: &Config) -> Finding {
    let file = setup::vapid_file(config);
    if !file.exists() {
        return Note("there is none yet; `serve` makes one".into());
    }
    match setup::vapid(config) {
        Ok(_) => Fine(format!(
            "{}; keep a copy: without it every browser must subscribe anew",
            file.display()
        )),
        Err(error) => Fail(error.to_string()),
    }
}

fn contact(config: &Config) -> Finding {
    let is_https = |url: &String| url.starts_with("https://");
    let is_there =
        config.push.contact.is_some() || config.public_url.as_ref().is_some_and(is_https);
    if is_there {
        Fine("push services can reach you".into())
    } else {
        Fail("none, and Apple's Web Push demands one; set public_url, or push.contact to mailto:you@…".into())
    }
}

fn laboratory(config: &Config) -> Finding {
    if config.push.laboratory {
        Fail("push.laboratory is on: anybody can have this relay knock at machines of your network; switch it off where strangers register".into())
    } else {
        Fine("off".into())
    }
}
