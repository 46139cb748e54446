//! What strangers and operators type: usernames and configuration files.

use std::{fs, path::PathBuf};

use restante_server::{accounts::username::Username, config};

/// Usernames: what was normalised once must stay as it is.
pub fn username(bytes: &[u8]) {
    if let Ok(typed) = std::str::from_utf8(bytes)
        && let Ok(name) = Username::parse(typed)
    {
        let again = Username::parse(name.as_str()).map(|again| again.as_str().to_owned());
        assert_eq!(
            again,
            Ok(name.as_str().to_owned()),
            "a second normalisation changed a name"
        );
    }
}

/// The configuration file.
pub fn configuration(bytes: &[u8]) {
    thread_local! {
        static FILE: PathBuf = std::env::temp_dir()
            .join(format!("restante-fuzz-{}.toml", std::process::id()));
    }
    FILE.with(|file| {
        if fs::write(file, bytes).is_ok() {
            let _ = config::load(Some(file), None, ());
            let _ = fs::remove_file(file);
        }
    });
}
