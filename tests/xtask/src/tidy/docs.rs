//! Links between pages, and the list of error codes.

use std::path::{Component, Path, PathBuf};

use restante_wire::ErrorCode;

use crate::{error::Failure, shell, tidy::tree};

/// The page that explains every error code.
const PROTOCOL: &str = "docs/protocol.md";

/// Every relative link leads to a file, and every error code is explained.
pub(super) fn check(root: &Path, files: &[String]) -> Result<Vec<String>, Failure> {
    let mut findings = Vec::new();
    for page in files.iter().filter(|path| tree::has_extension(path, "md")) {
        let text = shell::read_file(&root.join(page))?;
        findings.extend(
            links(&text)
                .filter(|link| !leads_somewhere(files, page, link))
                .map(|link| format!("{page}: nothing at {link}")),
        );
    }
    let protocol = shell::read_file(&root.join(PROTOCOL))?;
    findings.extend(
        ErrorCode::ALL
            .iter()
            .filter(|code| !protocol.contains(&format!("`{}`", code.code())))
            .map(|code| format!("{PROTOCOL} does not explain {}", code.code())),
    );
    Ok(findings)
}

/// Targets of Markdown links, without those to other sites and within the page.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', ' ']).next())
        .filter(|link| !link.contains("://") && !link.starts_with('#') && !link.is_empty())
}

fn leads_somewhere(files: &[String], page: &str, link: &str) -> bool {
    let target = link.split('#').next().unwrap_or(link);
    let folder = Path::new(page).parent().unwrap_or(Path::new(""));
    let Some(target) = normal(&folder.join(target)) else {
        return false;
    };
    let target = target.to_string_lossy();
    let folder = format!("{}/", target.trim_end_matches('/'));
    files
        .iter()
        .any(|path| *path == target || path.starts_with(&folder))
}

/// The path without `.` and `..`; none if it leaves the tree.
fn normal(path: &Path) -> Option<PathBuf> {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                if !normal.pop() {
                    return None;
                }
            }
            part => normal.push(part),
        }
    }
    Some(normal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_to_other_sites_and_headings_are_left_alone() {
        let text = "[a](b.md) [c](https://example.org) [d](#e) [f](../g.md#h)";
        assert_eq!(links(text).collect::<Vec<_>>(), ["b.md", "../g.md#h"]);
    }

    #[test]
    fn a_link_leads_to_a_file_or_a_folder_of_the_tree() {
        let files = ["docs/a.md".to_owned(), "docs/how-to/b.md".to_owned()];
        assert!(leads_somewhere(&files, "docs/how-to/b.md", "../a.md#top"));
        assert!(leads_somewhere(&files, "docs/a.md", "how-to"));
        assert!(!leads_somewhere(&files, "docs/a.md", "c.md"));
        assert!(!leads_somewhere(&files, "docs/a.md", "../../etc/passwd"));
    }
}
