//! A network between clients and a relay, and everything that can happen to one.
//!
//! The proxy reads along: it knows HTTP messages and WebSocket frames, so a story can lose exactly the
//! answer to the next append. What is lost takes its connection with it, as on a real network. Read
//! next: [`plan`] for what can be planned, `unit.rs` for how bytes become messages.

pub mod plan;
mod route;
mod unit;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

use crate::deadline::within;
use plan::{Action, Direction, Plan, Rule};

/// A proxy in front of one relay. It ends when the value is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    weather: Arc<Weather>,
    accepting: JoinHandle<()>,
}

/// What all connections of a proxy look at.
#[derive(Debug)]
struct Weather {
    plan: Mutex<Plan>,
    /// How many rules have been carried out.
    carried_out: watch::Sender<usize>,
    /// Grows with each cut; connections end when it does.
    cuts: watch::Sender<usize>,
    /// Whether messages wait here instead of passing.
    is_held: watch::Sender<bool>,
}

impl Weather {
    /// What to do with a message, if a rule waits for it.
    fn decide(&self, direction: Direction, name: &str) -> Option<Action> {
        let action = self
            .plan
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take(direction, name);
        if action.is_some() {
            self.carried_out.send_modify(|count| *count += 1);
        }
        action
    }
}

impl Proxy {
    /// Stands in front of a relay.
    ///
    /// # Panics
    /// If there is no free port.
    pub async fn before(relay: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .expect("a free port");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let weather = Arc::new(Weather {
            plan: Mutex::default(),
            carried_out: watch::Sender::new(0),
            cuts: watch::Sender::new(0),
            is_held: watch::Sender::new(false),
        });
        let accepting = tokio::spawn(accept(listener, relay, Arc::clone(&weather)));
        Self {
            address,
            weather,
            accepting,
        }
    }

    /// Base URL to give to clients.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next such request never reaches the relay.
    pub fn lose_request(&self, name: &'static str) {
        self.plan(Direction::ToRelay, name, Action::Lose);
    }

    /// The next such request reaches the relay, and its answer never comes back.
    pub fn lose_answer(&self, name: &'static str) {
        self.plan(Direction::ToClient, name, Action::Lose);
    }

    /// The next such request reaches the relay twice.
    pub fn repeat_request(&self, name: &'static str) {
        self.plan(Direction::ToRelay, name, Action::Repeat);
    }

    /// Ends every connection.
    pub fn cut(&self) {
        self.weather.cuts.send_modify(|count| *count += 1);
    }

    /// Lets messages wait until [`Self::release`].
    pub fn hold(&self) {
        self.weather.is_held.send_replace(true);
    }

    /// Lets messages pass again.
    pub fn release(&self) {
        self.weather.is_held.send_replace(false);
    }

    /// Waits until everything that was planned has happened.
    ///
    /// # Panics
    /// If it does not happen.
    pub async fn all_happened(&self) {
        let mut carried_out = self.weather.carried_out.subscribe();
        let is_over = |_: &usize| {
            self.weather
                .plan
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .is_empty()
        };
        within(
            "what was planned for the network",
            carried_out.wait_for(is_over),
        )
        .await
        .expect("the proxy lives as long as its value");
    }

    fn plan(&self, direction: Direction, name: &'static str, action: Action) {
        let rule = Rule {
            direction,
            name,
            action,
        };
        self.weather
            .plan
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .add(rule);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

async fn accept(listener: TcpListener, relay: SocketAddr, weather: Arc<Weather>) {
    while let Ok((client, _)) = listener.accept().await {
        // A relay that is down is a connection that ends at once.
        if let Ok(relay) = TcpStream::connect(relay).await {
            tokio::spawn(route::run(client, relay, Arc::clone(&weather)));
        }
    }
}
