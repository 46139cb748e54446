//! What is going to happen to the messages of a connection.

use std::collections::VecDeque;

use restante_wire::{inbox::InboxRequest, mailbox::Request};

/// Which way a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// A request.
    ToRelay,
    /// An answer.
    ToClient,
}

/// What happens to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It is lost, and its connection ends.
    Lose,
    /// It comes twice.
    Repeat,
}

/// One thing that will happen once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// To requests, or to answers.
    pub direction: Direction,
    /// The path of an HTTP request, or the name of a stream request ([`request_name`]).
    pub name: &'static str,
    /// What happens.
    pub action: Action,
}

/// Rules in the order in which they were made; each is used once.
#[derive(Debug, Default)]
pub struct Plan(VecDeque<Rule>);

impl Plan {
    /// Plans something more.
    pub fn add(&mut self, rule: Rule) {
        self.0.push_back(rule);
    }

    /// Takes the first rule for such a message.
    pub fn take(&mut self, direction: Direction, name: &str) -> Option<Action> {
        let fits = |rule: &Rule| rule.direction == direction && rule.name == name;
        let index = self.0.iter().position(fits)?;
        self.0.remove(index).map(|rule| rule.action)
    }

    /// Whether everything has happened.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Name of a request of the mailbox stream.
#[must_use]
pub const fn request_name(request: &Request) -> &'static str {
    match request {
        Request::Create(_) => "create",
        Request::Append(_) => "append",
        Request::Fetch(_) => "fetch",
        Request::Heads(_) => "heads",
        Request::Watch(_) => "watch",
        Request::Unwatch(_) => "unwatch",
        Request::Ack(_) => "ack",
        Request::Rotate(_) => "rotate",
        Request::SetWakeHandle(_) => "set wake handle",
        Request::Ephemeral(_) => "ephemeral",
    }
}

/// Name of a request of the account stream.
#[must_use]
pub const fn inbox_request_name(request: &InboxRequest) -> &'static str {
    match request {
        InboxRequest::Open { .. } => "inbox open",
        InboxRequest::Watch { .. } => "inbox watch",
        InboxRequest::Ack { .. } => "inbox ack",
        InboxRequest::SetWakeHandle { .. } => "inbox set wake handle",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_used_once_and_in_order() {
        let mut plan = Plan::default();
        for action in [Action::Lose, Action::Repeat] {
            plan.add(Rule {
                direction: Direction::ToRelay,
                name: "append",
                action,
            });
        }
        assert_eq!(plan.take(Direction::ToClient, "append"), None);
        assert_eq!(plan.take(Direction::ToRelay, "append"), Some(Action::Lose));
        assert_eq!(
            plan.take(Direction::ToRelay, "append"),
            Some(Action::Repeat)
        );
        assert!(plan.is_empty());
    }
}
