//! Small names for what the wire knows as long random bytes.

use std::fmt;

use restante_wire::{EnvelopeId, SeatId, SeatSecret};

/// A client, and its seat: there is one mailbox.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(pub(crate) u8);

/// Makes the mailbox, and is its admin.
pub(crate) const ALICE: Name = Name(1);
pub(crate) const BOB: Name = Name(2);
pub(crate) const CAROL: Name = Name(3);

impl Name {
    pub(crate) const fn seat(self) -> SeatId {
        SeatId([self.0; 32])
    }

    pub(crate) const fn of(seat: &SeatId) -> Self {
        let [name, ..] = seat.0;
        Self(name)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            ALICE => "alice",
            BOB => "bob",
            CAROL => "carol",
            _ => "somebody",
        })
    }
}

/// A seat's secret, known by who made it and whose seat it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Secret {
    pub(crate) by: Name,
    pub(crate) seat: Name,
    pub(crate) nth: u8,
    /// Whether it came with a seat, and was not chosen in a rotation.
    pub(crate) is_granted: bool,
}

impl Secret {
    pub(crate) const fn bytes(self) -> SeatSecret {
        let mut bytes = [0xA5; 32];
        bytes[0] = self.by.0;
        bytes[1] = self.seat.0;
        bytes[2] = self.nth;
        bytes[3] = self.is_granted as u8;
        SeatSecret(bytes)
    }

    pub(crate) fn is_known_by(self, name: Name) -> bool {
        self.by == name || self.seat == name
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = if self.is_granted { "granted" } else { "chosen" };
        write!(f, "{:?}'s #{} {how} by {:?}", self.seat, self.nth, self.by)
    }
}

/// An envelope's id: the author and a counter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Id {
    pub(crate) by: Name,
    pub(crate) nth: u8,
}

impl Id {
    pub(crate) const fn wire(self) -> EnvelopeId {
        let mut bytes = [0; 16];
        bytes[0] = self.by.0;
        bytes[1] = self.nth;
        EnvelopeId(bytes)
    }

    pub(crate) const fn of(id: &EnvelopeId) -> Self {
        let [by, nth, ..] = id.0;
        Self { by: Name(by), nth }
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}.{}", self.by, self.nth)
    }
}

/// A set of names.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Names(pub(crate) u8);

impl Names {
    pub(crate) fn of(names: impl IntoIterator<Item = Name>) -> Self {
        names.into_iter().fold(Self(0), Self::with)
    }

    pub(crate) const fn has(self, name: Name) -> bool {
        self.0 & (1 << name.0) != 0
    }

    pub(crate) const fn with(self, name: Name) -> Self {
        Self(self.0 | 1 << name.0)
    }

    pub(crate) const fn without(self, name: Name) -> Self {
        Self(self.0 & !(1 << name.0))
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Name> {
        (0..8).map(Name).filter(move |name| self.has(*name))
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
