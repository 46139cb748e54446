//! Times and bytes, by step.

use std::collections::BTreeMap;

use restante_bench::{samples::Samples, stopwatch::Stopwatch};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// A member verifies a key package, commits and merges; bytes of the commit.
    Add,
    /// Another member takes that commit.
    FollowAdd,
    /// The newcomer joins; bytes of the Welcome.
    Join,
    /// The certificates of all members are verified, as the join before did among other things.
    Certificates,
    /// A member encrypts a message.
    Send,
    /// Another member decrypts it.
    Read,
    /// A member commits a removal and merges; bytes of the commit.
    Remove,
    /// Another member takes that commit.
    FollowRemove,
}

impl Step {
    /// All, in the order in which they happen.
    pub(crate) const ALL: [Self; 8] = [
        Self::Add,
        Self::FollowAdd,
        Self::Join,
        Self::Certificates,
        Self::Send,
        Self::Read,
        Self::Remove,
        Self::FollowRemove,
    ];

    /// The step of openmls alone that it is compared with.
    pub(crate) const fn compared(self) -> Self {
        match self {
            Self::Certificates => Self::Join,
            other => other,
        }
    }

    /// What it is called.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::FollowAdd => "add, by others",
            Self::Join => "join",
            Self::Certificates => "join, less chains",
            Self::Send => "send",
            Self::Read => "send, by others",
            Self::Remove => "remove",
            Self::FollowRemove => "remove, by others",
        }
    }
}

/// What the steps of one implementation cost.
#[derive(Debug, Default)]
pub(crate) struct Figures(BTreeMap<Step, Cost>);

#[derive(Debug, Default)]
struct Cost {
    cpu: Samples,
    bytes: usize,
}

impl Figures {
    /// Does a step that sends or takes so many bytes; between rounds they differ by a few.
    pub(crate) fn time<T>(&mut self, step: Step, bytes: usize, work: impl FnOnce() -> T) -> T {
        let mut watch = Stopwatch::default();
        let value = watch.time(work);
        let cost = self.0.entry(step).or_default();
        cost.cpu.push(watch.cpu);
        cost.bytes = bytes;
        value
    }

    /// The same for a step that makes the bytes.
    pub(crate) fn time_making<T>(
        &mut self,
        step: Step,
        work: impl FnOnce() -> T,
        bytes: impl FnOnce(&T) -> usize,
    ) -> T {
        let value = self.time(step, 0, work);
        self.0.entry(step).or_default().bytes = bytes(&value);
        value
    }

    /// Median of a step's processor time, in microseconds.
    pub(crate) fn cpu_us(&mut self, step: Step) -> f64 {
        let cost = self.0.entry(step).or_default();
        cost.cpu.percentile(50).as_secs_f64() * 1e6
    }

    /// Bytes of a step.
    pub(crate) fn bytes(&self, step: Step) -> usize {
        self.0.get(&step).map_or(0, |cost| cost.bytes)
    }
}
