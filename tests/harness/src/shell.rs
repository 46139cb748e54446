//! The command line client as a person runs it: one process a command, in a home of its own.

use std::{
    path::PathBuf,
    process::{Output, Stdio},
};

use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

use crate::{
    deadline::within,
    person::{PASSPHRASE, password},
    programs,
};

/// Somebody at a terminal.
#[derive(Debug)]
pub struct Shell {
    folder: TempDir,
}

/// A command that goes on, and the lines it prints.
#[derive(Debug)]
pub struct Running {
    /// The process.
    pub process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Shell {
    /// A terminal, with no home yet.
    ///
    /// # Panics
    /// If there is no place for temporary files.
    #[must_use]
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self { folder }
    }

    /// The home.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// Registers, and must succeed; hands back what it told, in JSON.
    ///
    /// # Panics
    /// If it is refused.
    pub async fn registers(&self, relay: &str, name: &str) -> String {
        let register = ["register", "--json", "--relay", relay, "--username", name];
        let register = [&register[..], &["--password-stdin"]].concat();
        self.does_with(&register, &format!("{}\n", password(name)))
            .await
    }

    /// Signs in to an account with this password, as a command whose end is to be looked at.
    ///
    /// # Panics
    /// If it does not end in time.
    pub async fn signs_in(&self, relay: &str, name: &str, password: &str) -> Output {
        let login = ["login", "--json", "--relay", relay, "--username", name];
        let login = [&login[..], &["--password-stdin"]].concat();
        self.types(&login, &format!("{password}\n")).await
    }

    /// Runs a command to its end, with this on its standard input.
    ///
    /// # Panics
    /// If it does not end in time.
    pub async fn types(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = self.command(arguments).spawn().expect("it starts");
        let mut stdin = child.stdin.take().expect("its input is a pipe");
        // A command that does not read its input closes it.
        let _ = stdin.write_all(input.as_bytes()).await;
        drop(stdin);
        let output = within("the end of a command", child.wait_with_output()).await;
        output.expect("a command that ends")
    }

    /// Runs a command that must succeed, and hands back what it printed.
    ///
    /// # Panics
    /// If it fails, or does not end in time.
    pub async fn does(&self, arguments: &[&str]) -> String {
        self.does_with(arguments, "").await
    }

    /// The same for a command that reads this on its standard input.
    ///
    /// # Panics
    /// If it fails, or does not end in time.
    pub async fn does_with(&self, arguments: &[&str], input: &str) -> String {
        let output = self.types(arguments, input).await;
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {told}{complaint}");
        told
    }

    /// The same in JSON.
    ///
    /// # Panics
    /// If it fails, or does not end in time.
    pub async fn tells(&self, arguments: &[&str]) -> String {
        self.does(&[arguments, &["--json"]].concat()).await
    }

    /// Runs a command that must be refused, and hands back the code.
    ///
    /// # Panics
    /// If it succeeds, names no code, or does not end in time.
    pub async fn refused(&self, arguments: &[&str]) -> String {
        let output = self.types(&[arguments, &["--json"]].concat(), "").await;
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        error_code(&output)
    }

    /// Alice and Bob, contacts of each other.
    ///
    /// # Panics
    /// If any step is refused.
    pub async fn two_contacts(relay: &str) -> (Self, Self) {
        let (alice, bob) = (Self::new(), Self::new());
        alice.registers(relay, "alice").await;
        bob.registers(relay, "bob").await;
        // Only who has been online has key packages.
        bob.does(&["sync"]).await;
        alice.does(&["contact", "add", "bob"]).await;
        bob.does(&["sync"]).await;
        bob.does(&["contact", "accept", "alice"]).await;
        alice.does(&["sync"]).await;
        (alice, bob)
    }

    /// Starts a command that goes on until it is ended.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn starts(&self, arguments: &[&str]) -> Running {
        let mut process = self.command(arguments).spawn().expect("it starts");
        let output = process.stdout.take().expect("its output is a pipe");
        Running {
            process,
            lines: BufReader::new(output).lines(),
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(programs::client());
        command
            .args(arguments)
            .env("RESTANTE_HOME", self.home())
            .env("RESTANTE_PASSPHRASE", PASSPHRASE)
            .env("RESTANTE_LANG", "en")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }
}

impl Default for Shell {
    fn default() -> Self {
        Self::new()
    }
}

impl Running {
    /// The next line that it prints; none when it has ended.
    ///
    /// # Panics
    /// If none comes in time.
    pub async fn next_line(&mut self) -> Option<String> {
        within("a line", self.lines.next_line())
            .await
            .expect("lines of text")
    }

    /// The next line in JSON about an event.
    ///
    /// # Panics
    /// If it ends before, or none comes in time.
    pub async fn hears(&mut self, event: &str) -> String {
        let wanted = format!("\"event\":\"{event}\"");
        loop {
            let line = self.next_line().await.expect("it goes on");
            if line.contains(&wanted) {
                return line;
            }
        }
    }
}

/// The text of this field on a line of JSON.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn field<'a>(line: &'a str, name: &str) -> &'a str {
    let (_, rest) = line
        .split_once(&format!("\"{name}\":\""))
        .unwrap_or_else(|| panic!("no {name} in {line}"));
    rest.split('"').next().unwrap_or_default()
}

/// The code of the error on the one line of standard output.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn error_code(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout);
    field(&text, "code").to_owned()
}
