//! The table of faults and the tests that catch them.

use std::collections::BTreeSet;

use crate::error::Failure;

/// Where the table lies.
pub(super) const PATH: &str = "tests/faults.txt";

/// A fault and the tests, by a part of their name, that must fail with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// As in `fault::planted("…")`.
    pub(super) fault: String,
    /// Package of the tests.
    pub(super) package: String,
    /// Part of their names.
    pub(super) test: String,
}

/// Three words a line; lines that begin with `#` are remarks.
pub(super) fn read(text: &str) -> Result<Vec<Row>, Failure> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| match *line.split_whitespace().collect::<Vec<_>>() {
            [fault, package, test] => Ok(Row {
                fault: fault.into(),
                package: package.into(),
                test: test.into(),
            }),
            _ => Err(Failure::Advice(format!(
                "{PATH}: fault, package, test expected: {line}"
            ))),
        })
        .collect()
}

/// Names of the faults that a source file plants.
pub(super) fn planted_in(text: &str) -> impl Iterator<Item = String> {
    text.split("planted(\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .map(str::to_owned)
}

/// What the table lacks, and what it has too much.
pub(super) fn compare(rows: &[Row], planted: &[String]) -> Vec<String> {
    let rows: BTreeSet<&str> = rows.iter().map(|row| row.fault.as_str()).collect();
    let planted: BTreeSet<&str> = planted.iter().map(String::as_str).collect();
    let missing = planted
        .difference(&rows)
        .map(|name| format!("{name} is planted but not in {PATH}"));
    let stale = rows
        .difference(&planted)
        .map(|name| format!("{name} is in {PATH} but not planted"));
    missing.chain(stale).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_three_words_a_line() {
        let rows = read("# remark\n\nr1_x  restante-server  r1_survives\n").unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].test, "r1_survives");
        assert!(read("r1_x restante-server").is_err());
    }

    #[test]
    fn faults_without_a_row_and_rows_without_a_fault_are_found() {
        let rows = read("a p t\nb p t").unwrap();
        let source = ["if !fault::planted", "(\"b\") && fault::planted", "(\"c\")"].concat();
        let planted: Vec<String> = planted_in(&source).collect();
        assert_eq!(compare(&rows, &planted).len(), 2);
    }
}
