//! Bytes of a connection, cut into HTTP messages and WebSocket frames.

/// One message, with its bytes as they came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unit {
    /// An HTTP message.
    Http {
        /// Start line and headers.
        head: String,
        /// All of it.
        raw: Vec<u8>,
    },
    /// A WebSocket frame.
    Frame {
        /// Its content without the mask; empty for all but whole binary messages.
        payload: Vec<u8>,
        /// All of it.
        raw: Vec<u8>,
    },
}

impl Unit {
    /// The bytes to pass on.
    pub(super) fn raw(&self) -> &[u8] {
        match self {
            Self::Http { raw, .. } | Self::Frame { raw, .. } => raw,
        }
    }
}

/// One direction of a connection.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    bytes: Vec<u8>,
    is_web_socket: bool,
}

impl Splitter {
    /// Takes bytes as they come.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// From now on frames follow.
    pub(super) const fn upgrade(&mut self) {
        self.is_web_socket = true;
    }

    /// The next whole message, if it has come.
    pub(super) fn next(&mut self) -> Option<Unit> {
        if self.is_web_socket {
            self.frame()
        } else {
            self.http()
        }
    }

    fn http(&mut self) -> Option<Unit> {
        const END: &[u8] = b"\r\n\r\n";
        let head_len = self.bytes.windows(END.len()).position(|four| four == END)? + END.len();
        let head = String::from_utf8_lossy(self.bytes.get(..head_len)?).into_owned();
        let body_len = header(&head, "content-length").and_then(|len| len.parse().ok());
        let raw = self.take(head_len + body_len.unwrap_or(0))?;
        Some(Unit::Http { head, raw })
    }

    /// RFC 6455 section 5.2.
    fn frame(&mut self) -> Option<Unit> {
        const WHOLE_BINARY: u8 = 0x82;
        let (&[first, second], rest) = self.bytes.split_first_chunk::<2>()?;
        let (len, len_bytes) = match second & 0x7F {
            126 => (u64::from(u16::from_be_bytes(*rest.first_chunk()?)), 2),
            127 => (u64::from_be_bytes(*rest.first_chunk()?), 8),
            short => (u64::from(short), 0),
        };
        let mask_len = if second & 0x80 == 0 { 0 } else { 4 };
        let start = 2 + len_bytes + mask_len;
        let mask = self.bytes.get(start - mask_len..start)?.to_vec();
        let raw = self.take(start + usize::try_from(len).ok()?)?;
        if first != WHOLE_BINARY {
            return Some(Unit::Frame {
                payload: Vec::new(),
                raw,
            });
        }
        let mut payload = raw.get(start..)?.to_vec();
        for (byte, mask) in payload.iter_mut().zip(mask.iter().cycle()) {
            *byte ^= mask;
        }
        Some(Unit::Frame { payload, raw })
    }

    fn take(&mut self, len: usize) -> Option<Vec<u8>> {
        (len <= self.bytes.len()).then(|| self.bytes.drain(..len).collect())
    }
}

/// The value of a header.
pub(super) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// The path of a request without its query.
pub(super) fn path(head: &str) -> &str {
    head.split(' ')
        .nth(1)
        .and_then(|target| target.split('?').next())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_cut_at_the_end_of_its_body() {
        let mut splitter = Splitter::default();
        splitter.feed(b"POST /v1/x?y HTTP/1.1\r\nContent-Length: 3\r\n\r\nab");
        assert_eq!(splitter.next(), None);
        splitter.feed(b"cGET");
        let Some(Unit::Http { head, raw }) = splitter.next() else {
            panic!("a message")
        };
        assert_eq!(path(&head), "/v1/x");
        assert!(raw.ends_with(b"abc"));
        assert_eq!(splitter.next(), None);
    }

    #[test]
    fn a_masked_frame_is_read_and_kept_as_it_came() {
        let mut splitter = Splitter::default();
        splitter.upgrade();
        let raw = [0x82, 0x83, 1, 2, 3, 4, b'a' ^ 1, b'b' ^ 2, b'c' ^ 3];
        for byte in raw {
            assert_eq!(splitter.next(), None);
            splitter.feed(&[byte]);
        }
        let expected = Unit::Frame {
            payload: b"abc".to_vec(),
            raw: raw.to_vec(),
        };
        assert_eq!(splitter.next(), Some(expected));
    }

    #[test]
    fn a_long_frame_has_its_length_in_two_bytes() {
        let mut splitter = Splitter::default();
        splitter.upgrade();
        splitter.feed(&[0x82, 126, 1, 0]);
        splitter.feed(&[7; 256]);
        let Some(Unit::Frame { payload, .. }) = splitter.next() else {
            panic!("a frame")
        };
        assert_eq!(payload, [7; 256]);
    }
}
