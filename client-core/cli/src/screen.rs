//! Where answers go: lines for people, or one JSON object a line.

use std::io::{self, Write};

use serde_json::Value;

use crate::{shown::json_line, texts::Language};

/// Standard output and standard error.
#[derive(Debug)]
pub(crate) struct Screen {
    json: bool,
    language: Language,
}

impl Screen {
    pub(crate) const fn new(json: bool, language: Language) -> Self {
        Self { json, language }
    }

    pub(crate) const fn is_json(&self) -> bool {
        self.json
    }

    pub(crate) const fn language(&self) -> Language {
        self.language
    }

    /// Prints an answer in the form that was asked for, at once.
    pub(crate) fn answer(&mut self, json: &Value, human: &str) -> io::Result<()> {
        if self.json {
            self.line(&json_line(json))
        } else {
            self.line(human)
        }
    }

    /// Prints what only people want to know.
    pub(crate) fn remark(&mut self, human: &str) -> io::Result<()> {
        if self.json {
            return Ok(());
        }
        self.line(human)
    }

    /// Prints to standard error.
    pub(crate) fn complain(&mut self, human: &str) -> io::Result<()> {
        writeln!(io::stderr().lock(), "{human}")
    }

    fn line(&mut self, line: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        writeln!(out, "{line}")?;
        out.flush()
    }
}
