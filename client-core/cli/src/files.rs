//! Files and their way as JSON and as lines for people.

use std::collections::HashMap;

use restante_client::{
    driver::Saved,
    engine::{
        attachments::{Attachment, Transfer, TransferFailed, Way},
        io::MessageId,
    },
};
use serde_json::{Value, json};

use crate::{
    shown::clean_line,
    texts::{self, Language, Text, fill},
};

/// Progress is told to people in steps of so many per cent.
const STEP: u64 = 10;

/// `[image cat.jpg, 1.2 MB]`
pub(crate) fn attachment_line(file: &Attachment) -> String {
    let (kind, name) = (file.kind.name(), clean_line(&file.name));
    format!("[{kind} {name}, {}]", bytes(file.size))
}

/// The same in words.
pub(crate) fn failed_line(language: Language, failed: &TransferFailed) -> String {
    let (why, _) = texts::refusal(language, failed.error);
    fill(language.say(Text::TaskFailed), &[why])
}

/// A file on this disk.
pub(crate) fn saved_json(saved: &Saved) -> Value {
    json!({
        "path": saved.path.to_string_lossy(),
        "size": saved.size,
        "media_type": saved.media_type,
    })
}

/// What people have been told of files on their way: not every part is worth a line.
#[derive(Debug, Default)]
pub(crate) struct Progress(HashMap<(MessageId, String, bool), u64>);

impl Progress {
    /// A line, if the file has come far enough for one.
    pub(crate) fn line(&mut self, language: Language, transfer: &Transfer) -> Option<String> {
        let per_cent = (transfer.done * 100)
            .checked_div(transfer.total)
            .unwrap_or(100);
        let key = (
            transfer.message,
            transfer.name.clone(),
            transfer.way == Way::Up,
        );
        let told = self.0.insert(key, per_cent / STEP);
        if told == Some(per_cent / STEP) {
            return None;
        }
        let text = match transfer.way {
            Way::Up => Text::Uploading,
            Way::Down => Text::Downloading,
        };
        let name = clean_line(&transfer.name);
        let done = bytes(transfer.done);
        let values = [name.as_str(), &per_cent.to_string(), &done];
        Some(fill(language.say(text), &values))
    }
}

/// A length as people write it.
fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut tenths = bytes / 100;
    let mut units = UNITS.iter();
    let mut unit = units.next();
    while tenths >= 10_000
        && let Some(next) = units.next()
    {
        tenths /= 1000;
        unit = Some(next);
    }
    let (whole, tenth) = (tenths / 10, tenths % 10);
    format!("{whole}.{tenth} {}", unit.unwrap_or(&""))
}

#[cfg(test)]
mod tests {
    use restante_client::engine::io::RoomId;

    use super::*;

    #[test]
    fn lengths_are_short() {
        for (length, expected) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (52_428_800, "52.4 MB"),
            (999_999_999, "999.9 MB"),
            (2_000_000_000_000, "2.0 TB"),
        ] {
            assert_eq!(bytes(length), expected);
        }
    }

    #[test]
    fn people_are_told_every_tenth_and_the_end() {
        let mut progress = Progress::default();
        let mut told = 0;
        for done in 0..=1_000 {
            let transfer = Transfer {
                room: RoomId([1; 32]),
                message: MessageId([2; 32]),
                name: "a\u{1b}.bin".into(),
                way: Way::Up,
                done,
                total: 1_000,
            };
            let line = progress.line(Language::English, &transfer);
            assert!(line.as_ref().is_none_or(|line| !line.contains('\u{1b}')));
            told += usize::from(line.is_some());
        }
        assert_eq!(told, 11);
    }
}
