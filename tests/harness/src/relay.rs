//! The relay as a process: started, killed and started again on the same port and data.

use std::{
    fmt::Write as _,
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Stdio,
    sync::atomic::{AtomicU32, Ordering},
};

use rustix::process::{Pid, Signal};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, Command},
    sync::oneshot,
};

use crate::{deadline::within, programs};

/// What the relay prints once it takes connections, followed by its URL.
const READY: &str = "listening on ";

/// Settings that make the relay fit for one machine that plays everybody.
const UNLIMITED: &str = "{ burst = 100000000, per_minute = 100000000 }";

/// What a test may choose before it starts a relay.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The program; the one that Cargo builds if none.
    pub program: Option<PathBuf>,
    /// Level of the log.
    pub log_level: String,
    /// Whether the rates of seats and addresses are lifted.
    pub is_unlimited: bool,
    /// Further lines of the configuration file, before its tables.
    pub extra: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            program: None,
            log_level: "info".into(),
            is_unlimited: true,
            extra: String::new(),
        }
    }
}

/// A running relay with a folder of its own, which goes when the value is dropped.
#[derive(Debug)]
pub struct Relay {
    folder: TempDir,
    settings: Settings,
    address: SocketAddr,
    process: Option<Child>,
}

impl Relay {
    /// Starts a relay whose rate limits are lifted.
    ///
    /// # Panics
    /// If it does not come up.
    pub async fn start() -> Self {
        Self::start_with(Settings::default()).await
    }

    /// Starts a relay.
    ///
    /// # Panics
    /// If it does not come up.
    pub async fn start_with(settings: Settings) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(folder.path().join("data")).expect("a folder for the database");
        let configuration = configuration(&settings);
        fs::write(folder.path().join("data/restante.toml"), configuration).expect("settings");
        let mut relay = Self {
            folder,
            settings,
            address: free_address(),
            process: None,
        };
        relay.spawn().await;
        relay
    }

    /// Kills the relay in the middle of whatever it does (SIGKILL).
    ///
    /// # Panics
    /// If it was not running.
    pub async fn kill9(&mut self) {
        let mut process = self.process.take().expect("the relay runs");
        process.start_kill().expect("SIGKILL is sent");
        within("the end of a killed relay", process.wait())
            .await
            .expect("the relay is reaped");
    }

    /// Asks the relay to end (SIGTERM) and waits until it did; whether it ended without an error.
    ///
    /// # Panics
    /// If it was not running.
    pub async fn stop(&mut self) -> bool {
        let mut process = self.process.take().expect("the relay runs");
        let id = process.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        rustix::process::kill_process(id.expect("a process id"), Signal::TERM).expect("SIGTERM");
        within("the end of the relay", process.wait())
            .await
            .expect("the relay is reaped")
            .success()
    }

    /// Starts the relay again: same port, same data.
    ///
    /// # Panics
    /// If it does not come up.
    pub async fn restart(&mut self) {
        assert!(self.process.is_none(), "stop or kill the relay first");
        self.spawn().await;
    }

    /// Base URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Process id.
    ///
    /// # Panics
    /// If it is not running.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process
            .as_ref()
            .and_then(Child::id)
            .expect("the relay runs")
    }

    /// Folder of everything that the relay left on disk, its log included.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Folder of the database and its keys.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// File with everything that all lives of this relay printed.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.folder.path().join("relay.log")
    }

    async fn spawn(&mut self) {
        let program = self
            .settings
            .program
            .clone()
            .unwrap_or_else(programs::relay);
        let mut command = Command::new(program);
        command
            .arg("serve")
            .arg("--data")
            .arg(self.data())
            .args(["--listen", &self.address.to_string()]);
        self.process = Some(launch(command, &self.log()).await);
    }
}

/// Starts a program of the relay's, and waits until it takes connections.
pub(crate) async fn launch(mut command: Command, log: &Path) -> Child {
    let mut process = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(open_log(log))
        .kill_on_drop(true)
        .spawn()
        .expect("the program starts");
    let output = process.stdout.take().expect("its output is a pipe");
    let (ready, is_ready) = oneshot::channel();
    tokio::spawn(keep_output(output, log.to_owned(), ready));
    let url = within("the start of the program", is_ready).await;
    assert!(url.is_ok(), "it ended at once: {}", read_log(log));
    process
}

/// Copies what the relay prints into its log, and tells when it takes connections.
async fn keep_output(
    output: impl tokio::io::AsyncRead + Unpin,
    log: PathBuf,
    ready: oneshot::Sender<()>,
) {
    let mut log = tokio::fs::File::from_std(open_log(&log));
    let mut lines = BufReader::new(output).lines();
    let mut ready = Some(ready);
    while let Ok(Some(line)) = lines.next_line().await {
        log.write_all(format!("{line}\n").as_bytes())
            .await
            .expect("the log is written");
        if line.contains(READY) {
            ready.take().map(|ready| ready.send(()));
        }
    }
}

fn open_log(path: &Path) -> fs::File {
    fs::File::options()
        .create(true)
        .append(true)
        .open(path)
        .expect("the log opens")
}

fn read_log(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// A port that is free now, on a loopback address that no other test uses: on a shared one, an outgoing
/// connection could take the port before the relay does, or between two of its lives.
pub(crate) fn free_address() -> SocketAddr {
    static RELAYS: AtomicU32 = AtomicU32::new(1);
    let [.., high, low] = std::process::id().to_be_bytes();
    let relay = RELAYS.fetch_add(1, Ordering::Relaxed).to_le_bytes()[0];
    TcpListener::bind((Ipv4Addr::new(127, high | 0x80, low, relay.max(1)), 0))
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
}

fn configuration(settings: &Settings) -> String {
    let mut text = format!(
        "{}\n[log]\nlevel = \"{}\"\n",
        settings.extra, settings.log_level
    );
    if settings.is_unlimited {
        text.push_str("[limits]\n");
        for rate in [
            "stamps",
            "registrations",
            "logins",
            "envelopes",
            "member_commits",
            "admin_commits",
        ] {
            writeln!(text, "{rate} = {UNLIMITED}").expect("a string grows");
        }
    }
    text
}
