//! The program as an operator meets it: what it writes, prints and refuses, and its exit status.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should say where"
)]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, ChildStderr, ChildStdout, Command, Output, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};

fn program(arguments: &[&str], data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_restante-server"));
    command.args(arguments).arg("--data").arg(data);
    command
}

fn run(arguments: &[&str], data: &Path) -> Output {
    program(arguments, data).output().unwrap()
}

fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn complained(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{}", printed(output));
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A relay as a process, killed if a test fails.
struct Serving {
    process: Child,
    output: BufReader<ChildStdout>,
    address: String,
}

impl Serving {
    fn start(data: &Path) -> Self {
        Self::start_with(data, &[])
    }

    fn start_with(data: &Path, flags: &[&str]) -> Self {
        let mut process = program(&["serve", "--listen", "127.0.0.1:0"], data)
            .args(flags)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://");
        let address = address.expect("the first line names the URL").to_owned();
        Self {
            process,
            output,
            address,
        }
    }

    fn get(&self, path: &str) -> String {
        let mut socket = TcpStream::connect(&self.address).unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        socket.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Sends a signal; gives the exit status and the rest of what was printed.
    fn end(self, signal: Signal) -> (Option<i32>, String) {
        let (status, rest, _) = self.end_with_log(signal);
        (status, rest)
    }

    /// As [`Self::end`], with what it wrote to standard error.
    fn end_with_log(mut self, signal: Signal) -> (Option<i32>, String, ChildStderr) {
        let pid = Pid::from_child(&self.process);
        kill_process(pid, signal).unwrap();
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        let log = self.process.stderr.take().unwrap();
        (self.process.wait().unwrap().code(), rest, log)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.process.kill());
    }
}

#[test]
fn init_writes_what_serve_and_doctor_accept_and_overwrites_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("relay");
    let first = run(&["init"], &data);
    assert!(first.status.success() && printed(&first).contains("next:"));
    let key = std::fs::read(data.join("opaque.key")).unwrap();
    assert!(complained(&run(&["init"], &data)).contains("left as it is"));
    assert_eq!(std::fs::read(data.join("opaque.key")).unwrap(), key);
    assert!(run(&["doctor"], &data).status.success());

    let serving = Serving::start(&data);
    assert!(serving.get("/healthz").starts_with("HTTP/1.1 200"));
    assert!(serving.get("/readyz").starts_with("HTTP/1.1 200"));
    assert!(
        run(&["doctor"], &data).status.success(),
        "beside a running relay"
    );
    let (status, rest) = serving.end(Signal::TERM);
    assert_eq!(status, Some(0));
    assert!(
        rest.starts_with("next: restante register --relay http://127.0.0.1:"),
        "{rest}"
    );
    assert!(!data.join("relay.sqlite-wal").exists());

    std::fs::remove_file(data.join("opaque.key")).unwrap();
    let doctor = run(&["doctor"], &data);
    assert!(
        printed(&doctor).contains("FAIL opaque key"),
        "{}",
        printed(&doctor)
    );
    assert_eq!(doctor.status.code(), Some(1));
    let locked_out = complained(&run(&["serve", "--listen", "127.0.0.1:0"], &data));
    assert!(locked_out.contains("backup"), "{locked_out}");
}

#[test]
fn serve_needs_nothing_but_a_directory_and_works_twice() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("relay");
    for signal in [Signal::INT, Signal::TERM, Signal::KILL, Signal::TERM] {
        let (status, _) = Serving::start(&data).end(signal);
        assert_eq!(status, (signal != Signal::KILL).then_some(0));
    }
}

#[test]
fn a_restored_database_gets_another_restore_id_while_no_relay_runs() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("relay");
    assert!(complained(&run(&["restored"], &data)).contains("put the backup there first"));
    let serving = Serving::start(&data);
    assert!(complained(&run(&["restored"], &data)).contains("another relay uses it"));
    assert_eq!(serving.end(Signal::TERM).0, Some(0));
    let restore_id = || {
        let database = rusqlite::Connection::open(data.join("relay.sqlite")).unwrap();
        let sql = "SELECT restore_id FROM relay";
        let id: Vec<u8> = database.query_row(sql, [], |row| row.get(0)).unwrap();
        id
    };
    let before = restore_id();
    assert!(run(&["restored"], &data).status.success());
    let after = restore_id();
    assert_ne!(after, before);
    assert_eq!(Serving::start(&data).end(Signal::TERM).0, Some(0));
    assert_eq!(restore_id(), after, "a start changes nothing");
}

#[test]
fn what_keeps_a_relay_from_starting_is_said_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("relay");
    let serving = Serving::start(&data);
    let second = complained(&run(&["serve", "--listen", "127.0.0.1:0"], &data));
    assert!(second.contains("another relay uses it"), "{second}");
    let other = folder.path().join("other");
    let taken = complained(&run(&["serve", "--listen", &serving.address], &other));
    assert!(taken.contains("--listen"), "{taken}");
    drop(serving.end(Signal::TERM));

    std::fs::write(data.join("restante.toml"), "lisen = 1").unwrap();
    let mistake = complained(&run(&["serve"], &data));
    assert!(
        mistake.contains("lisen") && mistake.contains("restante.toml"),
        "{mistake}"
    );
    std::fs::write(data.join("restante.toml"), "").unwrap();
    std::fs::write(
        data.join("relay.sqlite"),
        "this is no database at all, I fear",
    )
    .unwrap();
    let damaged = complained(&run(&["serve", "--listen", "127.0.0.1:0"], &data));
    assert!(damaged.contains("restore a backup"), "{damaged}");
    assert_eq!(
        run(&["serve", "--no-such-flag"], &data).status.code(),
        Some(2)
    );
}

#[test]
fn an_invite_for_a_directory_without_a_relay_is_refused_and_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = folder.path().join("wrong");
    for action in ["create", "list"] {
        let refused = complained(&run(&["invite", action], &wrong));
        assert!(refused.contains("holds no relay"), "{refused}");
    }
    assert!(!wrong.exists());
    assert!(run(&["init"], &wrong).status.success());
    assert!(run(&["invite", "create"], &wrong).status.success());
}

#[test]
fn invites_are_made_listed_and_revoked_beside_a_running_relay() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("relay");
    let serving = Serving::start(&data);
    let codes = printed(&run(&["invite", "create", "--count", "3"], &data));
    let codes: Vec<_> = codes.lines().collect();
    assert_eq!(codes.len(), 3);
    let listed = || printed(&run(&["invite", "list"], &data));
    assert_eq!(listed().lines().count(), 3);
    let list = listed();
    assert!(
        codes.iter().all(|code| !list.contains(code)),
        "codes are shown once"
    );
    assert!(
        run(&["invite", "revoke", codes.first().unwrap()], &data)
            .status
            .success()
    );
    let name = listed().split_whitespace().next().unwrap().to_owned();
    assert!(run(&["invite", "revoke", &name], &data).status.success());
    assert_eq!(listed().lines().count(), 1);
    assert!(complained(&run(&["invite", "revoke", &name], &data)).contains("invite list"));
    drop(serving.end(Signal::TERM));
    assert_eq!(listed().lines().count(), 1);
}

#[test]
fn a_missing_database_where_a_relay_has_been_is_refused_until_it_is_meant() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("relay");
    assert!(run(&["init"], &data).status.success());
    assert_eq!(Serving::start(&data).end(Signal::TERM).0, Some(0));
    let database = data.join("relay.sqlite");
    let refused = || {
        for command in [
            &["serve", "--listen", "127.0.0.1:0"][..],
            &["invite", "list"],
        ] {
            let text = complained(&run(command, &data));
            assert!(text.contains("--new-database"), "{text}");
        }
        assert!(printed(&run(&["doctor"], &data)).contains("FAIL database"));
        assert!(std::fs::metadata(&database).map_or(0, |found| found.len()) == 0);
    };
    std::fs::remove_file(&database).unwrap();
    refused();
    std::fs::write(&database, []).unwrap();
    refused();
    // A disk of its own that is not mounted: only the key, which lies elsewhere, tells.
    std::fs::remove_file(data.join("relay.sqlite.lock")).unwrap();
    refused();
    std::fs::remove_file(&database).unwrap();
    std::fs::remove_file(data.join("opaque.key.used")).unwrap();
    std::fs::create_dir_all(data.join("blobs/0123")).unwrap();
    refused();
    let meant = Serving::start_with(&data, &["--new-database"]);
    assert_eq!(meant.end(Signal::TERM).0, Some(0));
    assert_eq!(Serving::start(&data).end(Signal::TERM).0, Some(0));
}

#[test]
fn in_a_directory_that_others_may_read_all_files_are_the_relays_alone() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("relay");
    std::fs::create_dir(&data).unwrap();
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o755)).unwrap();
    let serving = Serving::start(&data);
    let files: Vec<_> = std::fs::read_dir(&data)
        .unwrap()
        .map(|entry| entry.unwrap())
        .collect();
    assert!(files.len() >= 4, "database, log, lock and key");
    for file in files {
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", file.path().display());
    }
    let mut log = String::new();
    let (status, _, mut errors) = serving.end_with_log(Signal::TERM);
    errors.read_to_string(&mut log).unwrap();
    assert_eq!(status, Some(0));
    assert!(log.contains("chmod 700"), "{log}");
}
