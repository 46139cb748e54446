//! One fault at a time, planted into a relay whose push is well kept; gateways behave like the real ones.

use std::{os::unix::fs::PermissionsExt, path::PathBuf};

use restante_gateways::{TlsServer, accounts, apns::ApnsGateway, fcm::FcmGateway};
use restante_push::{Module, module::Gateways, seal::KeySeed};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::*;
use crate::{
    clock::{ManualClock, SystemClock},
    config::{ApnsSettings, FcmSettings, Secret},
    push::gateway,
};

const TOKEN: &str = "0123456789abcdefghijklmn";

/// A relay with accounts at both vendors.
struct World {
    dir: TempDir,
    config: Config,
    clock: Arc<dyn Clock>,
    apns: ApnsGateway,
    _fcm: FcmGateway,
    // The last to go: the servers live in it.
    runtime: Runtime,
}

impl World {
    fn new() -> Self {
        Self::at(Arc::new(SystemClock))
    }

    fn at(clock: Arc<dyn Clock>) -> Self {
        let runtime = Runtime::new().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let now_s = clock.now_ms() / 1_000;
        let (key, account) = accounts::apple();
        let (apns, fcm) = runtime.block_on(async {
            (
                ApnsGateway::start(account.clone(), now_s).await,
                FcmGateway::start(accounts::google(), now_s).await,
            )
        });
        let mut config = Config::in_dir(dir.path());
        config.public_url = Some("https://relay.example".into());
        let mut world = Self {
            config,
            clock,
            _fcm: fcm,
            apns,
            runtime,
            dir,
        };
        let authorities = world.file(
            "authorities.pem",
            &(world.apns.server.authority_pem() + &world._fcm.server.authority_pem()),
        );
        let service_account = accounts::service_account(&world._fcm);
        let push = &mut world.config.push;
        push.authorities = Some(authorities);
        push.apns = Some(ApnsSettings {
            key: Secret::default(),
            key_id: account.key_id,
            team_id: account.team_id,
            topic: account.topic,
            url: Some(world.apns.server.url()),
        });
        push.fcm = Some(FcmSettings {
            account: Secret::default(),
            url: Some(world._fcm.server.url()),
        });
        world.apns().key = world.secret("apple.p8", &key);
        world.fcm().account = world.secret("google.json", &service_account);
        setup::ring(&setup::ring_file(&world.config)).unwrap();
        setup::vapid(&world.config).unwrap();
        world
    }

    fn apns(&mut self) -> &mut ApnsSettings {
        self.config.push.apns.as_mut().unwrap()
    }

    fn fcm(&mut self) -> &mut FcmSettings {
        self.config.push.fcm.as_mut().unwrap()
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let file = self.dir.path().join(name);
        std::fs::write(&file, text).unwrap();
        chmod(&file, 0o600);
        file
    }

    fn secret(&self, name: &str, text: &str) -> Secret {
        Secret {
            file: Some(self.file(name, text)),
            text: None,
        }
    }

    /// That one check fails, with these words on how to mend it, and no other.
    fn fails(&self, check: &str, how_to_mend: &str) {
        let found = examine(&self.config, &self.clock);
        for (name, finding) in &found {
            match finding {
                Fail(text) if *name == check => assert!(text.contains(how_to_mend), "{text}"),
                Fail(text) => panic!("{name}: {text}"),
                other => assert_ne!(*name, check, "{other:?}"),
            }
        }
        assert!(found.iter().any(|(name, _)| *name == check));
    }

    fn is_well(&self) {
        for (check, finding) in examine(&self.config, &self.clock) {
            assert!(!matches!(finding, Fail(_)), "{check}: {finding:?}");
        }
    }
}

fn chmod(file: &Path, mode: u32) {
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn what_is_well_kept_passes() {
    let world = World::new();
    world.is_well();
    let mut without_accounts = World::new();
    without_accounts.config.push.apns = None;
    without_accounts.config.push.fcm = None;
    without_accounts.is_well();
}

#[test]
fn keys_that_others_may_read_are_damaged_or_of_another_kind_are_found() {
    let world = World::new();
    let (ring, vapid) = (
        setup::ring_file(&world.config),
        setup::vapid_file(&world.config),
    );
    chmod(&ring, 0o644);
    world.fails("push key", "chmod 600");
    chmod(&ring, 0o600);
    let kept = std::fs::read(&ring).unwrap();
    std::fs::write(&ring, &kept[..kept.len() - 9]).unwrap();
    world.fails("push key", "put the right file back");
    std::fs::write(&ring, &kept).unwrap();
    // The one in the place of the other.
    std::fs::write(&vapid, &kept).unwrap();
    world.fails("vapid key", "put the right file back");
}

#[test]
fn a_missing_contact_is_found() {
    let mut world = World::new();
    world.config.public_url = None;
    world.fails("contact", "mailto:");
}

#[test]
fn the_setting_of_laboratories_is_found() {
    let mut world = World::new();
    world.config.push.laboratory = true;
    world.fails("laboratory", "switch it off");
}

#[test]
fn a_key_of_another_curve_or_file_is_found() {
    let mut world = World::new();
    for text in [accounts::key_on_another_curve(), "no key".into()] {
        world.apns().key = world.secret("apple.p8", &text);
        world.fails("apns", "AuthKey_");
    }
    world.apns().key = Secret::default();
    world.fails("apns", "push.apns.key is missing");
}

#[test]
fn ids_and_topics_that_are_wrong_or_another_ones_are_found() {
    let mut world = World::new();
    world.apns().key_id = "ABCDE1234".into();
    world.fails("apns", "ten characters");
    world.apns().key_id = "ABCDE12346".into();
    world.fails("apns", "belong together");
    let mut world = World::new();
    world.apns().team_id = "FGHIJ67891".into();
    world.fails("apns", "belong together");
    let mut world = World::new();
    world.apns().topic = "example.other.app".into();
    world.fails("apns", "bundle id");
}

#[test]
fn a_clock_that_is_wrong_is_found() {
    let off = SystemClock.now_ms() - 3_600_000;
    let mut world = World::at(Arc::new(ManualClock::at_ms(off)));
    world.config.push.fcm = None;
    world.fails("apns", "NTP");
    let mut world = World::at(Arc::new(ManualClock::at_ms(off)));
    world.config.push.apns = None;
    world.fails("fcm", "NTP");
}

#[test]
fn a_gateway_that_cannot_be_reached_is_found() {
    let mut world = World::new();
    world.apns().url = Some("https://localhost:9".into());
    world.fails("apns", "port 443");
}

#[test]
fn a_certificate_that_is_not_trusted_is_found() {
    let mut world = World::new();
    world.config.push.fcm = None;
    world.config.push.authorities = None;
    world.fails("apns", "push.authorities");
}

#[test]
fn a_file_of_authorities_that_is_none_is_found() {
    let mut world = World::new();
    world.config.push.authorities = Some(world.file("authorities.pem", "nothing"));
    world.fails("push", "PEM file");
}

#[test]
fn a_service_account_that_is_none_or_was_deleted_is_found() {
    let mut world = World::new();
    world.fcm().account = world.secret("google.json", "{}");
    world.fails("fcm", "JSON key");
    let mut account = accounts::service_account(&world._fcm);
    account = account.replace("\"k1\"", "\"k2\"");
    world.fcm().account = world.secret("google.json", &account);
    world.fails("fcm", "was not deleted");
}

/// A push gateway of its own, in this process, that knows [`TOKEN`].
async fn push_gateway(clock: Arc<dyn Clock>) -> TlsServer {
    let keys = KeyRing::new(&[KeySeed([1; 32])]).unwrap();
    let clock = Arc::new(crate::push::PushClock(clock));
    let module = Module::new(keys, Gateways::default(), clock);
    TlsServer::start(gateway::router(module, TOKEN)).await
}

/// A relay without keys, whose gateway is elsewhere.
fn apart() -> (World, TlsServer) {
    let mut world = World::new();
    let server = world
        .runtime
        .block_on(push_gateway(Arc::clone(&world.clock)));
    std::fs::remove_file(setup::ring_file(&world.config)).unwrap();
    let authority = world.file("authorities.pem", &server.authority_pem());
    let push = &mut world.config.push;
    (push.apns, push.fcm) = (None, None);
    push.authorities = Some(authority);
    push.gateway = Some(server.url());
    push.token.text = Some(TOKEN.into());
    (world, server)
}

#[test]
fn a_gateway_elsewhere_without_its_token_or_with_another_is_found() {
    let (mut world, _server) = apart();
    world.is_well();
    for (token, how_to_mend) in [
        (None, "push.token is missing"),
        (Some("short"), "24 characters"),
        (Some("another-0123456789-another"), "give both the same"),
    ] {
        world.config.push.token.text = token.map(Into::into);
        world.fails("gateway", how_to_mend);
    }
}

#[test]
fn a_gateway_elsewhere_that_is_off_or_something_else_is_found() {
    let (mut world, _server) = apart();
    world.config.push.gateway = Some("https://localhost:9".into());
    world.fails("gateway", "push.listen");
    let (mut world, _server) = apart();
    world.config.push.authorities = None;
    world.fails("gateway", "push.authorities");
    let (mut world, _server) = apart();
    let pem = world.apns.server.authority_pem();
    world.config.push.authorities = Some(world.file("authorities.pem", &pem));
    world.config.push.gateway = Some(world.apns.server.url());
    world.fails("gateway", "same version");
}

#[test]
fn keys_beside_a_gateway_elsewhere_are_found() {
    let (world, _server) = apart();
    setup::ring(&setup::ring_file(&world.config)).unwrap();
    world.fails("push", "move");
}

#[test]
fn a_gateway_without_its_token_is_found_on_its_own_machine() {
    let mut world = World::new();
    world.config.push.listen = Some("127.0.0.1:0".parse().unwrap());
    world.fails("token", "push.token is missing");
    world.config.push.token.text = Some(TOKEN.into());
    world.is_well();
}
