//! `doctor`: what is wrong with this relay, and what to do about it.
//!
//! Changes nothing. One line a check: `ok`, `note` (works, but read this) or `FAIL` (will not work).

use std::{
    os::unix::fs::PermissionsExt,
    path::Path,
    process::ExitCode,
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use clap::{Args, ValueEnum};
use rusqlite::OpenFlags;

use super::{Flags, Place, doctor_push, output::say};
use crate::{
    accounts::opaque_key::{self, KeyFileError},
    clock::{Clock, DAY_MS, SystemClock},
    config::{Config, Registration},
    first_start,
    store::{migrations, sqlite::accounts::opaque_key as noted, sqlite::beside},
    tls::Identity,
};

/// Below this the relay would soon refuse everything.
const MIN_FREE_BYTES: u64 = 256 * 1024 * 1024;

/// Below this an operator should act.
const LOW_FREE_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// Files that the relay has open beside its connections.
const OTHER_FILES: u64 = 64;

/// Days before the end of a certificate from which on the doctor says so.
const CERTIFICATE_NOTICE_DAYS: i64 = 14;

/// 2026-01-01: no relay of this version ran before it.
const EARLIEST_MS: u64 = 20_454 * DAY_MS;

/// Arguments of `doctor`.
#[derive(Args)]
pub struct Doctor {
    /// What to check; the relay as a whole if nothing is named.
    #[arg(value_enum)]
    subject: Option<Subject>,
    #[command(flatten)]
    place: Place,
}

/// What can be checked apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Subject {
    /// Everything that wakes devices; asks the gateways.
    Push,
}

/// What a check found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// All is well.
    Ok(String),
    /// It works, but the operator should know.
    Note(String),
    /// It will not work; says what to do.
    Fail(String),
}

use Finding::{Fail, Note, Ok as Fine};

impl Doctor {
    pub(super) fn run(self) -> ExitCode {
        let findings = match self.place.load(Flags::default()) {
            Ok(config) => match self.subject {
                None => examine(&config, &SystemClock),
                Some(Subject::Push) => {
                    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
                    doctor_push::examine(&config, &clock)
                }
            },
            Err(error) => vec![("configuration", Fail(error.to_string()))],
        };
        let mut is_well = true;
        for (check, finding) in findings {
            let (mark, text) = match finding {
                Fine(text) => ("ok  ", text),
                Note(text) => ("note", text),
                Fail(text) => {
                    is_well = false;
                    ("FAIL", text)
                }
            };
            say(&format!("{mark} {check}: {text}"));
        }
        if is_well {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}

/// All checks, in the order in which an operator would set things right.
fn examine(config: &Config, clock: &dyn Clock) -> Vec<(&'static str, Finding)> {
    vec![
        ("configuration", configuration(config)),
        ("data directory", data_dir(&config.data_dir)),
        ("database", database(config)),
        ("opaque key", opaque_key(config)),
        ("disk space", disk_space(&config.data_dir)),
        ("tls", tls(config, clock)),
        ("clock", system_clock(config, clock)),
        ("open files", open_files(config)),
    ]
}

fn configuration(config: &Config) -> Finding {
    if config.public_url.is_none() {
        return Note(
            "public_url is not set; set it before people register, it is part of every account id"
                .into(),
        );
    }
    match config.registration {
        Registration::Open => Note("fine; everybody who reaches this relay may register".into()),
        Registration::Invite => Fine("fine; registration by invite".into()),
    }
}

fn data_dir(dir: &Path) -> Finding {
    let shown = dir.display();
    let Ok(metadata) = std::fs::metadata(dir) else {
        return Fail(format!(
            "{shown} is not there or not readable; run `restante-server init --data {shown}` as the relay's user"
        ));
    };
    if !metadata.is_dir() {
        return Fail(format!(
            "{shown} is not a directory; choose another with --data"
        ));
    }
    if metadata.permissions().mode() & 0o077 != 0 {
        return Fail(format!("others may read {shown}; run `chmod 700 {shown}`"));
    }
    let may_write = rustix::fs::Access::READ_OK | rustix::fs::Access::WRITE_OK;
    match rustix::fs::access(dir, may_write | rustix::fs::Access::EXEC_OK) {
        Ok(()) => Fine(format!("{shown} is this user's alone")),
        Err(_) => Fail(format!(
            "this user may not write {shown}; run the doctor as the relay's user, or give it the directory with `chown`"
        )),
    }
}

fn database(config: &Config) -> Finding {
    let known = migrations::newest(migrations::SQLITE);
    match beside::format(&config.database()) {
        Ok(None) => match first_start::check(config) {
            Ok(()) => Note("there is none yet; `serve` makes one".into()),
            Err(error) => Fail(error.to_string()),
        },
        Ok(Some(format)) if format == known => match beside::check_pages(&config.database()) {
            Ok(()) => Fine(format!(
                "format {format}, and its structure is sound; what the rows hold is not checked"
            )),
            Err(_) => Fail(format!(
                "{} is damaged; stop the relay, keep the file, and restore a backup",
                config.database().display()
            )),
        },
        Ok(Some(format)) if format < known => Note(format!(
            "format {format}; `serve` copies it and brings it to {known}"
        )),
        Ok(Some(format)) => Fail(format!(
            "format {format} is newer than {known}; install the newer version, or restore a backup"
        )),
        Err(error) => Fail(format!(
            "{} cannot be used ({error}); restore a backup, or choose another --data",
            config.database().display()
        )),
    }
}

fn opaque_key(config: &Config) -> Finding {
    let file = config.opaque_key_file();
    let expected = expected_fingerprint(&config.database());
    match (opaque_key::read(&file), expected) {
        (Ok(key), Some(expected)) if key.fingerprint() != expected => Fail(format!(
            "{} is not the key that this database was made with; put the right one back from its backup",
            file.display()
        )),
        (Ok(_), _) => Fine(format!(
            "{}; keep a copy apart from the database",
            file.display()
        )),
        (Err(KeyFileError::Missing(_)), None) => {
            Note("there is none yet; `init` or `serve` makes one".into())
        }
        (Err(error), _) => Fail(error.to_string()),
    }
}

/// The fingerprint noted in the database, if there is one to read.
fn expected_fingerprint(database: &Path) -> Option<[u8; 32]> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = rusqlite::Connection::open_with_flags(database, flags).ok()?;
    noted::fingerprint(&connection).ok().flatten()
}

fn disk_space(dir: &Path) -> Finding {
    let Ok(space) = rustix::fs::statvfs(dir) else {
        return Fail(format!(
            "{} does not say how much is free; check that the disk is mounted",
            dir.display()
        ));
    };
    let free = space.f_bavail.saturating_mul(space.f_frsize);
    let free_mib = free / (1024 * 1024);
    if free < MIN_FREE_BYTES {
        Fail(format!(
            "only {free_mib} MiB are free; make room, or the relay will refuse everything"
        ))
    } else if free < LOW_FREE_BYTES {
        Note(format!("{free_mib} MiB are free; make room soon"))
    } else {
        Fine(format!("{free_mib} MiB are free"))
    }
}

fn tls(config: &Config, clock: &dyn Clock) -> Finding {
    let Some(files) = &config.tls else {
        return if config.listen.ip().is_loopback() {
            Fine("none, and only this machine can connect; a proxy in front must do TLS".into())
        } else {
            Note("none, and other machines can connect; set [tls], or put a proxy in front".into())
        };
    };
    let identity = match Identity::read(files) {
        Ok(identity) => identity,
        Err(error) => return Fail(error.to_string()),
    };
    let Some(ends_at) = identity.ends_at() else {
        return Note("the files belong together; the certificate's end cannot be read".into());
    };
    let now = i64::try_from(clock.now_ms() / 1000).unwrap_or(i64::MAX);
    match (ends_at - now).div_euclid(24 * 3600) {
        ..0 => Fail("the certificate has expired; renew it".into()),
        days @ 0..CERTIFICATE_NOTICE_DAYS => {
            Note(format!("the certificate ends in {days} days; renew it"))
        }
        days => Fine(format!(
            "certificate and key belong together, {days} days left"
        )),
    }
}

/// A clock that is wrong makes retention forget too early or never.
fn system_clock(config: &Config, clock: &dyn Clock) -> Finding {
    let now = Duration::from_millis(clock.now_ms());
    let last_write = std::fs::metadata(config.database())
        .and_then(|metadata| metadata.modified())
        .ok()
        .and_then(|written| written.duration_since(UNIX_EPOCH).ok())
        .unwrap_or_default();
    let is_behind = now + Duration::from_millis(DAY_MS) < last_write;
    if clock.now_ms() < EARLIEST_MS || is_behind {
        Fail(
            "it is behind; set it (for instance with `timedatectl set-ntp true`) before serving"
                .into(),
        )
    } else {
        Fine("plausible".into())
    }
}

fn open_files(config: &Config) -> Finding {
    let needed = u64::from(config.limits.max_connections) + OTHER_FILES;
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    // `serve` takes all that it may.
    match limit.maximum {
        Some(allowed) if allowed < needed => Fail(format!(
            "{allowed} are allowed, {needed} needed for limits.max_connections; raise LimitNOFILE or `ulimit -n`, or lower the setting"
        )),
        _ => Fine(format!("enough for {needed}")),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use tempfile::TempDir;

    use super::*;
    use crate::{
        accounts::opaque_key::create,
        clock::ManualClock,
        config::Tls,
        store::{Store, sqlite::Options},
    };

    static NOW: ManualClock = ManualClock::at_ms(20_779 * DAY_MS);

    /// A relay's directory with everything in it.
    fn relay() -> (TempDir, Config) {
        let dir = tempfile::tempdir().unwrap();
        chmod(dir.path(), 0o700);
        let config = Config::in_dir(dir.path());
        drop(Store::open(&config.database(), &Options::default()).unwrap());
        let key = create(&config.opaque_key_file()).unwrap();
        note(&config, &key.fingerprint());
        (dir, config)
    }

    fn note(config: &Config, fingerprint: &[u8; 32]) {
        let mut connection = beside::open(&config.database()).unwrap();
        let transaction = connection.transaction().unwrap();
        noted::note(&transaction, fingerprint).unwrap();
        transaction.commit().unwrap();
    }

    fn chmod(path: &Path, mode: u32) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    fn finding(config: &Config, check: &str) -> Finding {
        let found = examine(config, &NOW);
        found
            .into_iter()
            .find(|(name, _)| *name == check)
            .unwrap()
            .1
    }

    fn fails(config: &Config, check: &str, what_to_do: &str) {
        match finding(config, check) {
            Fail(text) => assert!(text.contains(what_to_do), "{text}"),
            other => panic!("{check}: {other:?}"),
        }
    }

    #[test]
    fn a_well_kept_relay_passes() {
        let (_dir, config) = relay();
        for (check, finding) in examine(&config, &NOW) {
            assert!(!matches!(finding, Fail(_)), "{check}: {finding:?}");
        }
    }

    #[test]
    fn a_directory_that_is_missing_or_open_is_found() {
        let (dir, mut config) = relay();
        chmod(dir.path(), 0o755);
        fails(&config, "data directory", "chmod 700");
        config.data_dir = dir.path().join("nowhere");
        fails(&config, "data directory", "init");
        config.data_dir = dir.path().join("opaque.key");
        fails(&config, "data directory", "--data");
    }

    #[test]
    fn a_key_that_is_missing_open_or_foreign_is_found() {
        let (_dir, config) = relay();
        let file = config.opaque_key_file();
        chmod(&file, 0o644);
        fails(&config, "opaque key", "chmod 600");
        std::fs::remove_file(&file).unwrap();
        fails(&config, "opaque key", "backup");
        create(&file).unwrap();
        fails(&config, "opaque key", "put the right one back");
    }

    /// Overwrites everything behind the first page, which has the table of contents.
    fn damage(database: &Path) {
        let mut bytes = std::fs::read(database).unwrap();
        bytes.iter_mut().skip(4096).for_each(|byte| *byte = 0x55);
        std::fs::write(database, bytes).unwrap();
    }

    #[test]
    fn a_database_that_is_newer_foreign_or_damaged_is_found() {
        let (_dir, config) = relay();
        damage(&config.database());
        fails(&config, "database", "damaged");
        let (_dir, config) = relay();
        let file = config.database();
        let change = |sql: &str| {
            let connection = rusqlite::Connection::open(&file).unwrap();
            connection.execute_batch(sql).unwrap();
        };
        change("PRAGMA user_version = 9999");
        fails(&config, "database", "newer");
        change("PRAGMA application_id = 1");
        fails(&config, "database", "restore a backup");
        std::fs::write(&file, b"this is no database, whatever its name says").unwrap();
        fails(&config, "database", "restore a backup");
    }

    fn tls_files(dir: &TempDir, name: &str, until_year: i32) -> Tls {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut parameters = rcgen::CertificateParams::new(vec!["relay.test".into()]).unwrap();
        parameters.not_before = rcgen::date_time_ymd(2020, 1, 1);
        parameters.not_after = rcgen::date_time_ymd(until_year, 12, 1);
        let cert = parameters.self_signed(&key).unwrap();
        let file = |end: &str, text: String| -> PathBuf {
            let file = dir.path().join(format!("{name}.{end}"));
            std::fs::write(&file, text).unwrap();
            file
        };
        Tls {
            cert: file("cert", cert.pem()),
            key: file("key", key.serialize_pem()),
        }
    }

    #[test]
    fn tls_files_that_expired_do_not_match_or_are_missing_are_found() {
        let (dir, mut config) = relay();
        let long = tls_files(&dir, "long", 2036);
        let other = tls_files(&dir, "other", 2036);
        config.tls = Some(long.clone());
        assert!(matches!(finding(&config, "tls"), Fine(_)));
        // 2026-12-01 is nine days after the clock's day.
        config.tls = Some(tls_files(&dir, "soon", 2026));
        assert!(matches!(finding(&config, "tls"), Note(_)));
        config.tls = Some(tls_files(&dir, "old", 2025));
        fails(&config, "tls", "renew");
        config.tls = Some(Tls {
            key: other.key,
            ..long.clone()
        });
        fails(&config, "tls", "issued together");
        config.tls = Some(Tls {
            key: dir.path().join("none"),
            ..long.clone()
        });
        fails(&config, "tls", "tls.key");
        config.tls = Some(Tls {
            cert: long.key.clone(),
            ..long
        });
        fails(&config, "tls", "tls.cert");
    }

    #[test]
    fn a_clock_in_the_past_and_too_few_files_are_found() {
        let (_dir, mut config) = relay();
        let past = system_clock(&config, &ManualClock::at_ms(DAY_MS));
        assert!(matches!(past, Fail(_)));
        config.limits.max_connections = u32::MAX;
        if rustix::process::getrlimit(rustix::process::Resource::Nofile)
            .maximum
            .is_some()
        {
            fails(&config, "open files", "LimitNOFILE");
        }
    }
}
