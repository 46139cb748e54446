//! Pictures by decoders of this program.
//!
//! What a person sends may come from strangers: sizes are read first, and what would need much memory is
//! refused.

use std::io::{BufRead, BufReader, Read, Seek};

use image::{
    DynamicImage, ImageDecoder, ImageReader, Limits, Rgb, RgbImage, codecs::jpeg::JpegEncoder,
};

use super::{MaybeSend, blocking};
use crate::{
    Error,
    engine::attachments::thumbnail::{Bounds, MAX_EDGE, MAX_PIXELS, QUALITIES},
};

/// Bytes of a decoded pixel without transparency.
const PIXEL: u64 = 3;

/// Makes a JPEG within the bounds of a picture, and gives the picture back; `None` for what is no
/// picture, is damaged, or is too large to be looked at.
///
/// # Errors
/// `internal_client` if the system gives no thread.
pub(crate) async fn jpeg_of<R: Read + Seek + MaybeSend + 'static>(
    mut picture: R,
    bounds: Bounds,
) -> Result<(R, Option<Vec<u8>>), Error> {
    blocking(move || {
        let rewound = picture.rewind().ok();
        let jpeg = rewound.and_then(|()| make_jpeg(BufReader::new(&mut picture), bounds));
        Ok((picture, jpeg))
    })
    .await
}

/// Makes a JPEG within the bounds of a picture; `None` for what is no picture, is damaged, or is too
/// large to be looked at.
#[must_use]
pub fn make_jpeg(picture: impl BufRead + Seek, bounds: Bounds) -> Option<Vec<u8>> {
    let mut reader = ImageReader::new(picture).with_guessed_format().ok()?;
    reader.limits(limits());
    let mut decoder = reader.into_decoder().ok()?;
    let (width, height) = decoder.dimensions();
    if width > MAX_EDGE || height > MAX_EDGE || decoder.total_bytes() > PIXEL * MAX_PIXELS {
        return None;
    }
    let orientation = decoder.orientation().ok()?;
    let decoded = DynamicImage::from_decoder(decoder).ok()?;
    let mut small = shrunk(decoded, bounds.edge);
    small.apply_orientation(orientation);
    for edge in bounds.edges() {
        small = shrunk(small, edge);
        let pixels = on_white(&small);
        let jpeg = QUALITIES
            .iter()
            .filter_map(|quality| encode(&pixels, *quality))
            .find(|jpeg| jpeg.len() <= bounds.len);
        if jpeg.is_some() {
            return jpeg;
        }
    }
    None
}

fn shrunk(picture: DynamicImage, edge: u32) -> DynamicImage {
    match picture.width() > edge || picture.height() > edge {
        true => picture.thumbnail(edge, edge),
        false => picture,
    }
}

fn encode(pixels: &RgbImage, quality: u8) -> Option<Vec<u8>> {
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, quality)
        .encode_image(pixels)
        .ok()?;
    Some(jpeg)
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_EDGE);
    limits.max_image_height = Some(MAX_EDGE);
    limits.max_alloc = Some(PIXEL * MAX_PIXELS);
    limits
}

/// JPEG knows no transparency: what was transparent becomes white.
fn on_white(picture: &DynamicImage) -> RgbImage {
    let pixels = picture.to_rgba8();
    RgbImage::from_fn(pixels.width(), pixels.height(), |x, y| {
        let [red, green, blue, alpha] = pixels.get_pixel(x, y).0;
        let over = |channel: u8| {
            let (channel, alpha) = (u32::from(channel), u32::from(alpha));
            u8::try_from((channel * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX)
        };
        Rgb([over(red), over(green), over(blue)])
    })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};

    use super::*;
    use crate::engine::{
        attachments::thumbnail::{PREVIEW, Thumbnail},
        content::attachment::MAX_THUMBNAIL,
    };

    fn png(width: u32, height: u32) -> Vec<u8> {
        let pixels: Vec<u8> = (0..width * height * 4).map(|at| (at % 253) as u8).collect();
        let mut bytes = Vec::new();
        PngEncoder::new(&mut bytes)
            .write_image(&pixels, width, height, ExtendedColorType::Rgba8)
            .unwrap();
        bytes
    }

    /// A PNG whose header promises a picture of this size, with next to nothing behind it.
    fn bomb(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = png(1, 1);
        bytes[16..20].copy_from_slice(&width.to_be_bytes());
        bytes[20..24].copy_from_slice(&height.to_be_bytes());
        let crc = crc(&bytes[12..29]);
        bytes[29..33].copy_from_slice(&crc.to_be_bytes());
        bytes
    }

    /// CRC of PNG chunks, bit by bit.
    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0_u32, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
                (crc >> 1) ^ (0xEDB8_8320 & (!(crc & 1)).wrapping_add(1))
            })
        })
    }

    #[test]
    fn a_picture_becomes_small_and_keeps_its_shape() {
        let jpeg = make_jpeg(Cursor::new(png(800, 400)), PREVIEW).unwrap();
        let thumbnail = Thumbnail::parse(&jpeg, PREVIEW).unwrap();
        assert_eq!((thumbnail.width, thumbnail.height), (320, 160));
        assert!(thumbnail.jpeg.len() <= MAX_THUMBNAIL);
    }

    #[test]
    fn what_no_quality_makes_short_enough_becomes_smaller() {
        let bounds = Bounds {
            edge: 320,
            len: 4096,
        };
        let noise = RgbImage::from_fn(640, 640, |x, y| {
            let hash = (x * 7_919 + y * 104_729).wrapping_mul(2_654_435_761);
            Rgb(hash.to_le_bytes()[1..].try_into().unwrap())
        });
        let mut jpeg = Vec::new();
        JpegEncoder::new_with_quality(&mut jpeg, 95)
            .encode_image(&noise)
            .unwrap();
        let small = make_jpeg(Cursor::new(jpeg), bounds).unwrap();
        assert!(small.len() <= bounds.len);
        assert!(Thumbnail::parse(&small, bounds).unwrap().width < bounds.edge);
    }

    #[test]
    fn bombs_and_damage_give_no_thumbnail() {
        for bytes in [
            bomb(60_000, 60_000),
            bomb(19_999, 19_999),
            bomb(300, 300),
            b"no picture".to_vec(),
            Vec::new(),
            png(40, 40)[..60].to_vec(),
        ] {
            assert_eq!(make_jpeg(Cursor::new(bytes), PREVIEW), None);
        }
    }

    #[test]
    fn what_a_message_calls_a_thumbnail_must_be_a_small_jpeg() {
        let jpeg = make_jpeg(Cursor::new(png(30, 30)), PREVIEW).unwrap();
        assert!(Thumbnail::parse(&jpeg, PREVIEW).is_some());
        assert_eq!(Thumbnail::parse(&png(30, 30), PREVIEW), None);
        assert_eq!(Thumbnail::parse(&[], PREVIEW), None);
        let mut large = Vec::new();
        let picture = RgbImage::new(PREVIEW.edge + 1, 4);
        JpegEncoder::new_with_quality(&mut large, 50)
            .encode_image(&picture)
            .unwrap();
        assert_eq!(Thumbnail::parse(&large, PREVIEW), None);
        assert_eq!(
            Thumbnail::parse(&vec![0xFF; MAX_THUMBNAIL + 1], PREVIEW),
            None
        );
    }

    #[test]
    fn a_thumbnail_carries_no_metadata() {
        let mut jpeg = Vec::new();
        let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, 50);
        encoder
            .set_exif_metadata(b"Exif-GPS-52.5200-13.4050".to_vec())
            .unwrap();
        encoder.encode_image(&RgbImage::new(400, 400)).unwrap();
        let holds = |bytes: &[u8]| bytes.windows(7).any(|part| part == b"52.5200");
        assert!(holds(&jpeg));
        assert!(!holds(&make_jpeg(Cursor::new(jpeg), PREVIEW).unwrap()));
    }
}
