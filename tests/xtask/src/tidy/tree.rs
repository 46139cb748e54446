//! The files of the tree, as version control knows them.

use std::{collections::BTreeSet, path::Path, process::Command};

use crate::{error::Failure, shell};

/// Every file that is, or would be, committed; from the root, with `/`.
pub(crate) fn files(root: &Path) -> Result<Vec<String>, Failure> {
    let list = if root.join(".git").exists() && shell::has_program("git") {
        shell::read(
            Command::new("git")
                .args(["ls-files", "--cached", "--others", "--exclude-standard"])
                .current_dir(root),
        )?
    } else {
        // A source archive: everything below the root is the tree.
        shell::read(
            Command::new("find")
                .args([
                    ".",
                    "-type",
                    "f",
                    "-not",
                    "-path",
                    "./target/*",
                    "-printf",
                    "%P\\n",
                ])
                .current_dir(root),
        )?
    };
    let files: BTreeSet<String> = list
        .lines()
        .filter(|path| root.join(path).is_file())
        .map(str::to_owned)
        .collect();
    Ok(files.into_iter().collect())
}

/// Whether the name of a file ends so.
pub(crate) fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path)
        .extension()
        .is_some_and(|found| found == extension)
}
