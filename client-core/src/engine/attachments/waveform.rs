//! The shape of a voice message, to show before it is heard.
//!
//! **Shape**: length in milliseconds as a big-endian `u32`, then at most [`MAX_LEVELS`] bytes, each
//! the loudest moment of an equal share of the time, 255 for the loudest possible.

use std::io::{Read, Seek, SeekFrom};

/// Most levels: more than a screen shows.
pub const MAX_LEVELS: usize = 128;

/// Levels that are made of a recording.
const LEVELS: usize = 64;

/// Longest voice message: a day, in milliseconds.
pub const MAX_DURATION_MS: u32 = 24 * 60 * 60 * 1000;

/// Chunks of a WAV file that are read past in search of its sound.
const MAX_CHUNKS: usize = 64;

/// Samples read at once, in bytes.
const BLOCK: usize = 48 * 1024;

/// See the module's head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waveform {
    duration_ms: u32,
    levels: Vec<u8>,
}

impl Waveform {
    /// Of this length, with these levels; `None` beyond a limit.
    #[must_use]
    pub fn new(duration_ms: u32, levels: Vec<u8>) -> Option<Self> {
        let fits = duration_ms <= MAX_DURATION_MS && levels.len() <= MAX_LEVELS;
        fits.then_some(Self {
            duration_ms,
            levels,
        })
    }

    /// Length in milliseconds.
    #[must_use]
    pub const fn duration_ms(&self) -> u32 {
        self.duration_ms
    }

    /// The levels.
    #[must_use]
    pub fn levels(&self) -> &[u8] {
        &self.levels
    }

    /// The encoded form.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        [&self.duration_ms.to_be_bytes(), self.levels.as_slice()].concat()
    }

    /// From the encoded form; `None` for anything else.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (duration_ms, levels) = bytes.split_first_chunk()?;
        Self::new(u32::from_be_bytes(*duration_ms), levels.to_vec())
    }

    /// Of a recording in WAV with PCM samples of 8, 16, 24 or 32 bits; `None` for anything else.
    #[must_use]
    pub fn of_wav(mut recording: impl Read + Seek) -> Option<Self> {
        let mut head = [0; 12];
        recording.read_exact(&mut head).ok()?;
        if !head.starts_with(b"RIFF") || !head.ends_with(b"WAVE") {
            return None;
        }
        let mut format = None;
        for _ in 0..MAX_CHUNKS {
            let mut chunk = [0; 8];
            recording.read_exact(&mut chunk).ok()?;
            let ([name @ .., _, _, _, _], [_, _, _, _, len @ ..]) = (&chunk, &chunk);
            let len = u32::from_le_bytes(*len);
            match (name, format) {
                (b"fmt ", _) if len >= 16 => {
                    let mut bytes = [0; 16];
                    recording.read_exact(&mut bytes).ok()?;
                    format = Some(Format::parse(&bytes)?);
                    skip(&mut recording, padded(len) - 16)?;
                }
                (b"data", Some(format)) => return levels(recording, &format, u64::from(len)),
                _ => skip(&mut recording, padded(len))?,
            }
        }
        None
    }
}

/// How samples lie in a WAV file.
#[derive(Clone, Copy)]
struct Format {
    bytes_per_second: u32,
    bytes_per_sample: usize,
}

impl Format {
    fn parse(bytes: &[u8; 16]) -> Option<Self> {
        const PCM: [u8; 2] = [1, 0];
        const EXTENSIBLE: [u8; 2] = [0xFE, 0xFF];
        let [kind @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _] = bytes;
        let [.., b0, b1, b2, b3, _, _, bits, 0] = bytes else {
            return None;
        };
        let is_known = *kind == PCM || *kind == EXTENSIBLE;
        let bytes_per_second = u32::from_le_bytes([*b0, *b1, *b2, *b3]);
        if !is_known || bytes_per_second == 0 || !matches!(bits, 8 | 16 | 24 | 32) {
            return None;
        }
        Some(Self {
            bytes_per_second,
            bytes_per_sample: usize::from(*bits / 8),
        })
    }

    /// How loud a sample is, from 0 to 255.
    fn level(self, sample: &[u8]) -> u8 {
        match sample {
            [byte] => byte.abs_diff(128).saturating_mul(2),
            [.., low, high] => {
                let sample = i16::from_le_bytes([*low, *high]);
                u8::try_from(sample.unsigned_abs() >> 7).unwrap_or(u8::MAX)
            }
            [] => 0,
        }
    }
}

fn levels(mut sound: impl Read, format: &Format, len: u64) -> Option<Waveform> {
    let duration_ms = len.saturating_mul(1000) / u64::from(format.bytes_per_second);
    let mut levels = vec![0_u8; LEVELS];
    let block = BLOCK - BLOCK % format.bytes_per_sample;
    let mut samples = vec![0; block];
    let mut at = 0_u64;
    while at < len {
        let want = usize::try_from(len - at).unwrap_or(block).min(block);
        let read = read_full(&mut sound, samples.get_mut(..want)?)?;
        if read == 0 {
            // The file is shorter than it says: so is the sound.
            break;
        }
        for sample in samples.get(..read)?.chunks_exact(format.bytes_per_sample) {
            let share = usize::try_from(at * LEVELS as u64 / len).unwrap_or(LEVELS);
            if let Some(level) = levels.get_mut(share) {
                *level = (*level).max(format.level(sample));
            }
            at += format.bytes_per_sample as u64;
        }
        at += (read % format.bytes_per_sample) as u64;
    }
    Waveform::new(u32::try_from(duration_ms).ok()?, levels)
}

fn read_full(from: &mut impl Read, mut into: &mut [u8]) -> Option<usize> {
    let mut total = 0;
    while !into.is_empty() {
        match from.read(into) {
            Ok(0) => break,
            Ok(read) => {
                total += read;
                into = into.get_mut(read..)?;
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
    Some(total)
}

/// Chunks lie at even places.
const fn padded(len: u32) -> i64 {
    let len = len as i64;
    len + len % 2
}

fn skip(recording: &mut impl Seek, bytes: i64) -> Option<()> {
    recording.seek(SeekFrom::Current(bytes)).ok().map(drop)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    /// A second of sound at 8,000 samples of 16 bits: silent, then loud.
    fn wav(samples: &[i16], extra: &[u8]) -> Vec<u8> {
        let data: Vec<u8> = samples.iter().flat_map(|s| s.to_le_bytes()).collect();
        let mut bytes = b"RIFF....WAVE".to_vec();
        bytes.extend(extra);
        bytes.extend(b"fmt \x10\0\0\0\x01\0\x01\0");
        bytes.extend(8_000_u32.to_le_bytes());
        bytes.extend(16_000_u32.to_le_bytes());
        bytes.extend([2, 0, 16, 0]);
        bytes.extend(b"data");
        bytes.extend((data.len() as u32).to_le_bytes());
        bytes.extend(data);
        bytes
    }

    #[test]
    fn a_recording_has_its_length_and_its_loud_places() {
        let samples: Vec<i16> = [0; 4_000].into_iter().chain([i16::MIN; 4_000]).collect();
        for extra in [b"".as_slice(), b"LIST\x03\0\0\0abc\0"] {
            let waveform = Waveform::of_wav(Cursor::new(wav(&samples, extra))).unwrap();
            assert_eq!(waveform.duration_ms(), 1_000);
            assert_eq!(waveform.levels()[..LEVELS / 2], [0; LEVELS / 2]);
            assert_eq!(waveform.levels()[LEVELS / 2..], [255; LEVELS / 2]);
        }
    }

    #[test]
    fn what_is_no_recording_has_no_waveform() {
        let whole = wav(&[1; 100], b"");
        assert!(Waveform::of_wav(Cursor::new(&whole[..30])).is_none());
        assert!(Waveform::of_wav(Cursor::new(b"OggS")).is_none());
        let mut float = whole.clone();
        float[20] = 3;
        assert!(Waveform::of_wav(Cursor::new(float)).is_none());
    }

    #[test]
    fn what_is_beyond_a_limit_is_no_waveform() {
        assert!(Waveform::new(1, vec![0; MAX_LEVELS + 1]).is_none());
        assert!(Waveform::new(MAX_DURATION_MS + 1, Vec::new()).is_none());
        assert!(Waveform::decode(&[1, 2, 3]).is_none());
    }

    proptest! {
        #[test]
        fn a_waveform_comes_back(
            duration_ms in 0..=MAX_DURATION_MS,
            levels in proptest::collection::vec(any::<u8>(), 0..=MAX_LEVELS),
        ) {
            let waveform = Waveform::new(duration_ms, levels).unwrap();
            prop_assert_eq!(Waveform::decode(&waveform.encode()), Some(waveform));
        }

        #[test]
        fn any_bytes_behind_a_head_end(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let bytes = [b"RIFF....WAVE".as_slice(), &bytes].concat();
            let _ = Waveform::of_wav(Cursor::new(bytes));
        }
    }
}
