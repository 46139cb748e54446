//! Small pictures that stand for large ones: what they may be, and how one that fits is found.
//!
//! Made by the sender, from pixels: nothing of the original's metadata (place, camera, name) is in
//! them. Never does: decode; `platform::jpeg_of` makes them. Here pictures of strangers are read, and
//! no further than to their size.

use std::iter;

use imagesize::ImageType;

use crate::engine::content::attachment::MAX_THUMBNAIL;

/// What a small picture may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Longest edge in pixels.
    pub edge: u32,
    /// Most bytes of JPEG.
    pub len: usize,
}

/// What a message shows of a picture that it carries.
pub const PREVIEW: Bounds = Bounds {
    edge: 320,
    len: MAX_THUMBNAIL,
};

/// What is sent of a photo: enough for a large screen, and nothing but pixels.
pub const PHOTO: Bounds = Bounds {
    edge: 4096,
    len: 16 * 1024 * 1024,
};

/// Shortest edge that is tried where no quality is short enough.
const MIN_EDGE: u32 = 32;

/// Longest edge of a picture that is decoded, whatever its file says of itself (decompression bombs).
pub(crate) const MAX_EDGE: u32 = 20_000;

/// Most pixels of a picture that is decoded: more than phones take.
pub(crate) const MAX_PIXELS: u64 = 64 * 1024 * 1024;

/// Qualities of JPEG, in hundredths, that are tried until the picture is short enough.
pub(crate) const QUALITIES: [u8; 4] = [80, 60, 40, 20];

impl Bounds {
    /// Longest edges to try, each with all [`QUALITIES`], until a picture is short enough.
    pub(crate) fn edges(self) -> impl Iterator<Item = u32> {
        iter::successors(Some(self.edge), |edge| {
            (*edge > MIN_EDGE).then_some(edge / 2)
        })
    }
}

/// A thumbnail that is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thumbnail {
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
    /// A JPEG.
    pub jpeg: Vec<u8>,
}

impl Thumbnail {
    /// Takes what others made; `None` for whatever is no JPEG within the bounds.
    #[must_use]
    pub fn parse(bytes: &[u8], bounds: Bounds) -> Option<Self> {
        if bytes.len() > bounds.len || imagesize::image_type(bytes).ok()? != ImageType::Jpeg {
            return None;
        }
        let size = imagesize::blob_size(bytes).ok()?;
        let within = |pixels: usize| {
            let pixels = u32::try_from(pixels).ok()?;
            (1..=bounds.edge).contains(&pixels).then_some(pixels)
        };
        Some(Self {
            width: within(size.width)?,
            height: within(size.height)?,
            jpeg: bytes.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_halved_until_one_is_small() {
        let edges = |edge| Bounds { edge, len: 0 }.edges().collect::<Vec<_>>();
        assert_eq!(edges(320), [320, 160, 80, 40, 20]);
        assert_eq!(edges(MIN_EDGE), [MIN_EDGE]);
    }
}
