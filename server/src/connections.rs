//! How many connections there are, over all and from one address (R8).

use std::{
    collections::HashMap,
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::{config::Limits, proxy::TrustedProxies, rate_limit::ClientAddress};

/// Counts connections. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Connections {
    max: u32,
    max_per_address: u32,
    proxies: Arc<TrustedProxies>,
    open: Arc<Mutex<Open>>,
}

#[derive(Default)]
struct Open {
    total: u32,
    by_address: HashMap<ClientAddress, u32>,
}

/// One connection's place; free again when dropped.
pub(crate) struct Slot {
    open: Arc<Mutex<Open>>,
    address: Option<ClientAddress>,
}

impl Connections {
    pub(crate) fn new(limits: &Limits, proxies: Arc<TrustedProxies>) -> Self {
        Self {
            max: limits.max_connections,
            max_per_address: limits.max_connections_per_address,
            proxies,
            open: Arc::default(),
        }
    }

    /// A place for a connection from this address; none if all, or all of that address, are taken.
    /// Trusted proxies carry many people and count for the total only.
    pub(crate) fn admit(&self, peer: std::net::IpAddr) -> Option<Slot> {
        let address = (!self.proxies.contain(peer)).then(|| ClientAddress::of(peer));
        let mut open = lock(&self.open);
        if open.total >= self.max {
            return None;
        }
        if let Some(address) = address {
            let count = open.by_address.entry(address).or_default();
            if *count >= self.max_per_address {
                return None;
            }
            *count += 1;
        }
        open.total += 1;
        metrics::gauge!("restante_connections").set(open.total);
        Some(Slot {
            open: Arc::clone(&self.open),
            address,
        })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut open = lock(&self.open);
        open.total -= 1;
        if let Some(address) = self.address
            && let Some(count) = open.by_address.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                open.by_address.remove(&address);
            }
        }
        metrics::gauge!("restante_connections").set(open.total);
    }
}

fn lock(open: &Mutex<Open>) -> std::sync::MutexGuard<'_, Open> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A socket with its slot: it keeps the slot when it becomes a WebSocket and leaves the HTTP server.
pub(crate) struct Counted<T> {
    pub(crate) socket: T,
    pub(crate) _slot: Slot,
}

impl<T: AsyncRead + Unpin> AsyncRead for Counted<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(context, buffer)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Counted<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(max: u32, max_per_address: u32) -> Connections {
        let limits = Limits {
            max_connections: max,
            max_connections_per_address: max_per_address,
            ..Limits::default()
        };
        let proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap()]);
        Connections::new(&limits, Arc::new(proxies))
    }

    fn admit(connections: &Connections, address: &str) -> Option<Slot> {
        connections.admit(address.parse().unwrap())
    }

    #[test]
    fn r8_connections_are_limited_in_all_and_by_address() {
        let connections = connections(4, 2);
        let first = admit(&connections, "192.0.2.1");
        let second = admit(&connections, "192.0.2.1");
        assert!(first.is_some() && second.is_some());
        assert!(admit(&connections, "192.0.2.1").is_none());
        let others = [
            admit(&connections, "192.0.2.2"),
            admit(&connections, "192.0.2.3"),
        ];
        assert!(others.iter().all(Option::is_some));
        assert!(admit(&connections, "192.0.2.4").is_none());
        drop(first);
        assert!(admit(&connections, "192.0.2.1").is_some());
    }

    #[test]
    fn a_trusted_proxy_is_limited_in_all_only() {
        let connections = connections(3, 1);
        let taken: Vec<_> = (0..3).map(|_| admit(&connections, "10.0.0.1")).collect();
        assert!(taken.iter().all(Option::is_some));
        assert!(admit(&connections, "10.0.0.1").is_none());
    }
}
