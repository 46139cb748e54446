//! The three gateways, and the settings of a relay that uses them.

use std::{collections::HashMap, fmt::Write as _};

use restante_client::platform::{Clock, SystemClock};
use restante_gateways::{
    Answer, TlsServer, accounts,
    apns::{self, ApnsGateway},
    fcm::FcmGateway,
    web_push::WebPushService,
};
use restante_wire::{
    P256Key, PushAuth,
    push::{ApnsStyle, Subscription, Target},
};
use tempfile::TempDir;
use tokio::sync::mpsc::UnboundedReceiver;

/// One of each kind.
pub(crate) struct Gateways {
    folder: TempDir,
    account: apns::Account,
    apns: ApnsGateway,
    fcm: FcmGateway,
    web_push: WebPushService,
}

impl Gateways {
    pub(crate) async fn start() -> Self {
        let now_s = SystemClock.now().0 / 1_000;
        let (key, account) = accounts::apple();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let gateways = Self {
            apns: ApnsGateway::start(account.clone(), now_s).await,
            fcm: FcmGateway::start(accounts::google(), now_s).await,
            web_push: WebPushService::start(now_s).await,
            folder,
            account,
        };
        gateways.write("apple.p8", &key);
        gateways.write("google.json", &accounts::service_account(&gateways.fcm));
        let servers = [
            &gateways.apns.server,
            &gateways.fcm.server,
            &gateways.web_push.server,
        ];
        let authorities: String = servers.map(TlsServer::authority_pem).concat();
        gateways.write("authorities.pem", &authorities);
        gateways
    }

    fn write(&self, name: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt;
        let file = self.folder.path().join(name);
        std::fs::write(&file, text).expect("a file");
        let mode = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(&file, mode).expect("its mode");
    }

    /// What a relay has to be told.
    pub(crate) fn settings(&self) -> String {
        let file = |name: &str| self.folder.path().join(name);
        let apns::Account {
            key_id,
            team_id,
            topic,
            ..
        } = &self.account;
        let mut text = format!(
            "[push]\nlaboratory = true\nauthorities = {:?}\n",
            file("authorities.pem")
        );
        let apple = format!(
            "[push.apns]\nkey = {{ file = {:?} }}\nkey_id = \"{key_id}\"\nteam_id = \"{team_id}\"\n\
             topic = \"{topic}\"\nurl = \"{}\"\n",
            file("apple.p8"),
            self.apns.server.url()
        );
        let google = format!(
            "[push.fcm]\naccount = {{ file = {:?} }}\nurl = \"{}\"\n",
            file("google.json"),
            self.fcm.server.url()
        );
        write!(text, "{apple}{google}").expect("a string grows");
        text
    }

    /// Device number so many: a third at each gateway. Its name is what the gateway tells.
    pub(crate) fn device(&self, number: usize) -> (String, Target) {
        match number % 3 {
            0 => {
                let mut token = vec![0; 24];
                token.extend(u64::try_from(number).expect("64 bits").to_be_bytes());
                let name = token.iter().fold(String::new(), |mut name, byte| {
                    write!(name, "{byte:02x}").expect("a string grows");
                    name
                });
                let style = ApnsStyle::Alert;
                (name, Target::Apns { token, style })
            }
            1 => {
                let token = format!("phone-{number}");
                (token.clone(), Target::Fcm { token })
            }
            _ => {
                let name = format!("browser-{number}");
                let target = Target::WebPush(Subscription {
                    endpoint: self.web_push.endpoint(&name),
                    p256dh: P256Key::from_slice(self.web_push.p256dh()).expect("a point"),
                    auth: PushAuth(self.web_push.auth()),
                });
                (name, target)
            }
        }
    }

    /// Whether a device is at the gateway that can be made to hang.
    pub(crate) const fn may_hang(number: usize) -> bool {
        number % 3 == 1
    }

    /// From now on one of them takes requests and never answers.
    pub(crate) fn one_hangs(&self) {
        self.fcm.plan.always(Some(Answer::Hang));
    }

    /// Tells which device each wake-up is for.
    pub(crate) fn listen(&self) -> Vec<UnboundedReceiver<String>> {
        [&self.apns.plan, &self.fcm.plan, &self.web_push.plan]
            .map(|plan| plan.listen())
            .into()
    }
}

/// Numbers of devices by their names.
pub(crate) type Names = HashMap<String, usize>;
