//! A push gateway as a process of its own: the keys of push, away from the relay.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::{
    programs,
    relay::{free_address, launch},
};

/// A running gateway with a folder of its own, which goes when the value is dropped.
#[derive(Debug)]
pub struct PushGateway {
    folder: TempDir,
    address: SocketAddr,
    _process: Child,
}

impl PushGateway {
    /// Starts one with further settings of its table `push`.
    ///
    /// # Panics
    /// If it does not come up.
    pub async fn start(settings: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let address = free_address();
        let text = format!("[push]\nlisten = \"{address}\"\n{settings}");
        fs::write(folder.path().join("restante.toml"), text).expect("settings");
        let mut command = Command::new(programs::relay());
        command.args(["push-gateway", "--data"]).arg(folder.path());
        let process = launch(command, &folder.path().join("gateway.log")).await;
        Self {
            folder,
            address,
            _process: process,
        }
    }

    /// Base URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Folder of its keys.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().to_owned()
    }
}

/// Makes a new key for handles beside a relay or a gateway, which has to be started again.
///
/// # Panics
/// If that fails.
pub async fn rotate_push_key(data: &Path) {
    let mut command = Command::new(programs::relay());
    let output = command
        .args(["push-key", "--data"])
        .arg(data)
        .output()
        .await;
    let output = output.expect("the program starts");
    assert!(output.status.success(), "{output:?}");
}
