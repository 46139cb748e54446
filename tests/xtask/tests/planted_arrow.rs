//! `cargo xtask arrows` on a copy of this workspace's manifests, as they are and with an arrow
//! planted that must not be there.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test that cannot set up its copy has to fail loudly"
)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

#[test]
fn the_workspace_as_it_is_passes() {
    let copy = tempfile::tempdir().unwrap();
    copy_manifests(copy.path());
    let output = arrows(copy.path());
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn an_arrow_from_server_to_crypto_behind_an_optional_feature_fails() {
    let copy = tempfile::tempdir().unwrap();
    copy_manifests(copy.path());
    let manifest = copy.path().join("server/Cargo.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    let planted = text.replacen(
        "[dependencies]",
        "[dependencies]\nrestante-crypto = { workspace = true, optional = true }",
        1,
    );
    assert_ne!(planted, text);
    fs::write(&manifest, planted).unwrap();

    let output = arrows(copy.path());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(
        errors.contains("restante-server must not depend on restante-crypto"),
        "{errors}"
    );
}

/// Manifests, the lock file and empty sources: all that Cargo needs to tell its graph.
fn copy_manifests(to: &Path) {
    let root: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("two folders up")
        .into();
    for name in ["Cargo.toml", "Cargo.lock"] {
        fs::copy(root.join(name), to.join(name)).unwrap();
    }
    for member in members(&fs::read_to_string(root.join("Cargo.toml")).unwrap()) {
        let folder = to.join(&member);
        fs::create_dir_all(folder.join("src")).unwrap();
        fs::copy(
            root.join(&member).join("Cargo.toml"),
            folder.join("Cargo.toml"),
        )
        .unwrap();
        fs::write(folder.join("src/lib.rs"), "").unwrap();
        fs::write(folder.join("src/main.rs"), "fn main() {}").unwrap();
    }
}

/// The list `members` of a workspace's manifest, which has one a line.
fn members(manifest: &str) -> Vec<String> {
    let (_, list) = manifest
        .split_once("members = [")
        .expect("a list of members");
    let (list, _) = list.split_once(']').expect("its end");
    list.lines()
        .map(|line| line.trim().trim_matches([',', '"']).to_owned())
        .filter(|member| !member.is_empty())
        .collect()
}

fn arrows(workspace: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_restante-xtask"))
        .args(["arrows", "--manifest-path"])
        .arg(workspace.join("Cargo.toml"))
        .output()
        .unwrap()
}
