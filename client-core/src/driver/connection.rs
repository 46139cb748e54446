//! Whether the relay can be reached.

/// How things stand with the home relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Connection {
    /// Not yet, or not again.
    #[default]
    Connecting,
    /// What is sent arrives.
    Online,
    /// Several attempts failed; others follow.
    Offline,
}

impl Connection {
    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Online => "online",
            Self::Offline => "offline",
        }
    }
}
