//! What a person sees of content.
//!
//! Text is shown as it is. Everything that the draft names and this build does not draw yet, and
//! everything it has never heard of, becomes a notice in square brackets, never an error.

use super::{
    Body, Content, Disposition, External, MAX_TEXT, NestedPart, Semantics, StatusReport, status,
};

use crate::redacted::redacted_debug;

/// How content is to be handled.
#[derive(Clone, PartialEq, Eq)]
pub enum Shown {
    /// Markdown, or a notice for people in square brackets.
    Text(String),
    /// Receipts: not shown as a message.
    Status(StatusReport),
    /// Nothing to show and nothing to do: a report that makes no sense.
    Nothing,
}

redacted_debug!(Shown);

/// Notice for bytes that are not content at all.
pub const UNREADABLE: &str = "[a message that this version cannot read: it needs an update]";

impl Content {
    /// What a person sees of this.
    #[must_use]
    pub fn shown(&self) -> Shown {
        if let Body::Single {
            content_type,
            content,
        } = &self.part.body
            && media_type(content_type) == status::MEDIA_TYPE
        {
            return StatusReport::decode(content).map_or(Shown::Nothing, Shown::Status);
        }
        if let Some(caption) = self.caption() {
            return Shown::Text(caption);
        }
        Shown::Text(part_text(&self.part).unwrap_or_else(|notice| notice))
    }

    /// The words of this, if it has any that are its sender's and no notice of ours.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        match self.caption() {
            Some(caption) => Some(caption).filter(|words| !words.is_empty()),
            None => part_text(&self.part).ok(),
        }
    }
}

/// The text of a part, or a notice where it has none.
fn part_text(part: &NestedPart) -> Result<String, String> {
    match &part.body {
        Body::Null => Err("[empty message]".to_owned()),
        Body::Single {
            content_type,
            content,
        } => single_text(content_type, content),
        Body::External(external) => Err(external_notice(part.disposition, external)),
        Body::Multi { semantics, parts } => multi_text(*semantics, parts),
        Body::Unknown { .. } => Err(UNREADABLE.to_owned()),
    }
}

fn single_text(content_type: &str, content: &[u8]) -> Result<String, String> {
    let media_type = media_type(content_type);
    if !matches!(media_type.as_str(), "text/markdown" | "text/plain") {
        return Err(format!("[{}: it needs an update]", printable(&media_type)));
    }
    if content.len() > MAX_TEXT {
        return Err("[a text that is too long]".to_owned());
    }
    match str::from_utf8(content) {
        Ok(text) => Ok(text.to_owned()),
        Err(_) => Err(UNREADABLE.to_owned()),
    }
}

fn multi_text(semantics: Semantics, parts: &[NestedPart]) -> Result<String, String> {
    let texts = parts.iter().map(part_text);
    match semantics {
        Semantics::ChooseOne => {
            let texts: Vec<_> = texts.collect();
            let readable = texts.iter().find(|text| text.is_ok()).cloned();
            readable
                .or_else(|| texts.into_iter().next())
                .unwrap_or_else(|| Err(UNREADABLE.to_owned()))
        }
        Semantics::SingleUnit => texts
            .collect::<Result<Vec<_>, _>>()
            .map(|texts| texts.join("\n")),
        Semantics::ProcessAll => Ok(texts
            .map(|text| text.unwrap_or_else(|notice| notice))
            .collect::<Vec<_>>()
            .join("\n")),
    }
}

fn external_notice(disposition: Disposition, external: &External) -> String {
    let what = match disposition {
        Disposition::Session => "call",
        _ if external.content_type.starts_with("image/") => "image",
        _ if external.content_type.starts_with("audio/") => "audio",
        _ if external.content_type.starts_with("video/") => "video",
        _ => "file",
    };
    let name = [&external.filename, &external.description]
        .into_iter()
        .find(|name| !name.is_empty())
        .map_or_else(String::new, |name| format!(" {}", printable(name)));
    format!("[{what}{name}: it needs an update]")
}

/// A media type without its parameters, in lower case.
fn media_type(content_type: &str) -> String {
    content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}

/// A name inside a notice: short, and without what would end the notice or drive a terminal.
fn printable(name: &str) -> String {
    name.chars()
        .filter(|c| !c.is_control() && !matches!(c, '[' | ']'))
        .take(80)
        .collect()
}
