//! Test programs and binaries with the switch compiled in.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::{error::Failure, faults::matrix::Row, shell};

/// A compiled test program.
#[derive(Debug)]
pub(super) struct TestProgram {
    package: String,
    /// What to run.
    pub(super) executable: PathBuf,
    /// Where Cargo would run it.
    pub(super) folder: PathBuf,
}

/// All test programs of the packages in the matrix.
#[derive(Debug)]
pub(super) struct TestPrograms {
    programs: Vec<TestProgram>,
    binaries: PathBuf,
}

/// Programs that stories start.
const BINARIES: &[&str] = &["restante-server", "restante"];

/// Packages of these programs.
const BINARY_PACKAGES: &[&str] = &["restante-server", "restante-cli"];

impl TestPrograms {
    /// Builds the tests once, and the programs that they start.
    pub(super) fn build(rows: &[Row]) -> Result<Self, Failure> {
        let packages: BTreeSet<&str> = rows.iter().map(|row| row.package.as_str()).collect();
        println!(
            "faults: building {}",
            packages.iter().copied().collect::<Vec<_>>().join(", ")
        );
        let mut command = shell::cargo(["test", "--no-run", "--quiet", "--message-format=json"]);
        select(&mut command, packages.iter().copied());
        let programs = read_messages(&shell::read(&mut command)?);

        let target = shell::target_folder()?;
        let binaries = target.join("faulty");
        let mut command = shell::cargo(["build", "--quiet", "--bins"]);
        select(&mut command, BINARY_PACKAGES.iter().copied());
        shell::run(&mut command)?;
        // Set aside: the next plain build replaces them.
        fs::create_dir_all(&binaries).map_err(|source| Failure::File {
            path: binaries.clone(),
            source,
        })?;
        for name in BINARIES {
            let from = target.join("debug").join(name);
            fs::copy(&from, binaries.join(name))
                .map_err(|source| Failure::File { path: from, source })?;
        }
        Ok(Self { programs, binaries })
    }

    /// Test programs of one package.
    pub(super) fn of(&self, package: &str) -> impl Iterator<Item = &TestProgram> {
        self.programs
            .iter()
            .filter(move |program| program.package == package)
    }

    /// Folder of the programs that stories start.
    pub(super) fn binaries(&self) -> &Path {
        &self.binaries
    }
}

fn select<'a>(command: &mut std::process::Command, packages: impl Iterator<Item = &'a str>) {
    for package in packages {
        command.args(["--package", package]);
        command.arg(format!("--features={package}/planted-faults"));
    }
}

fn read_messages(text: &str) -> Vec<TestProgram> {
    text.lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message.pointer("/profile/test") == Some(&Value::Bool(true)))
        .filter_map(|message| {
            let folder = Path::new(message.get("manifest_path")?.as_str()?).parent()?;
            Some(TestProgram {
                package: package_name(message.get("package_id")?.as_str()?)?.into(),
                executable: message.get("executable")?.as_str()?.into(),
                folder: folder.into(),
            })
        })
        .collect()
}

/// The name in `path+file:///…/server#restante-server@0.1.0`, or in `…/name#0.1.0`.
fn package_name(id: &str) -> Option<&str> {
    let (path, rest) = id.split_once('#')?;
    match rest.split_once('@') {
        Some((name, _)) => Some(name),
        None => path.rsplit('/').next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_programs_are_found_among_the_messages() {
        let messages = "{\"reason\":\"compiler-artifact\",\"profile\":{\"test\":true},\
            \"manifest_path\":\"/w/server/Cargo.toml\",\"executable\":\"/t/a\",\
            \"package_id\":\"path+file:///w/server#restante-server@0.1.0\"}\nnoise\n\
            {\"profile\":{\"test\":false},\"executable\":null}";
        let programs = read_messages(messages);
        assert_eq!(programs.len(), 1);
        assert_eq!(programs[0].package, "restante-server");
        assert_eq!(programs[0].folder, Path::new("/w/server"));
    }
}
