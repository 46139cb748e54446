//! Pictures by the decoders of the browser.
//!
//! Decoded, drawn and encoded anew: what is made holds pixels alone. The browser decodes pictures of
//! strangers apart from this page; here their sizes are read first, and what would need much memory is
//! refused.

use std::io::{BufReader, Read, Seek};

use imagesize::ImageType;
use js_sys::{Array, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, ImageBitmap, ImageEncodeOptions, OffscreenCanvas, OffscreenCanvasRenderingContext2d,
    WorkerGlobalScope,
};

use super::MaybeSend;
use crate::{
    Error,
    engine::attachments::thumbnail::{Bounds, MAX_EDGE, MAX_PIXELS, QUALITIES},
};

/// Bytes that are handed to the browser at once.
const PART: u64 = 1024 * 1024;

/// Longest file that is looked at: more than cameras write.
const MAX_FILE: usize = 64;

/// Makes a JPEG within the bounds of a picture, and gives the picture back; `None` for what is no
/// picture, is damaged, or is too large to be looked at.
///
/// # Errors
/// None here.
pub async fn jpeg_of<R: Read + Seek + MaybeSend + 'static>(
    mut picture: R,
    bounds: Bounds,
) -> Result<(R, Option<Vec<u8>>), Error> {
    let Some(blob) = harmless(&mut picture) else {
        return Ok((picture, None));
    };
    let jpeg = drawn(&blob, bounds).await.unwrap_or_default();
    Ok((picture, jpeg))
}

/// The picture as the browser takes it, if it is of a kind and size that every client takes.
fn harmless(picture: &mut (impl Read + Seek)) -> Option<Blob> {
    picture.rewind().ok()?;
    let mut reader = BufReader::new(picture);
    let kind = imagesize::reader_type(&mut reader).ok()?;
    let is_taken = matches!(
        kind,
        ImageType::Gif | ImageType::Jpeg | ImageType::Png | ImageType::Webp
    );
    let size = kind.reader_size(&mut reader).ok()?;
    let (width, height) = (size.width as u64, size.height as u64);
    let longest = width.max(height);
    if !is_taken || longest > u64::from(MAX_EDGE) || width * height > MAX_PIXELS {
        return None;
    }
    reader.rewind().ok()?;
    let parts = Array::new();
    for _ in 0..MAX_FILE {
        let mut part = Vec::new();
        Read::by_ref(&mut reader)
            .take(PART)
            .read_to_end(&mut part)
            .ok()?;
        if part.is_empty() {
            return Blob::new_with_u8_array_sequence(&parts).ok();
        }
        parts.push(&Uint8Array::from(part.as_slice()));
    }
    None
}

/// What is left of a picture when it was drawn, as small as the bounds want it.
async fn drawn(blob: &Blob, bounds: Bounds) -> Result<Option<Vec<u8>>, JsValue> {
    let worker: WorkerGlobalScope = js_sys::global().unchecked_into();
    let decoded = JsFuture::from(worker.create_image_bitmap_with_blob(blob)?).await?;
    let bitmap: ImageBitmap = decoded.unchecked_into();
    let jpeg = encoded(&bitmap, bounds).await;
    bitmap.close();
    jpeg
}

async fn encoded(bitmap: &ImageBitmap, bounds: Bounds) -> Result<Option<Vec<u8>>, JsValue> {
    for edge in bounds.edges() {
        let canvas = on_white(bitmap, edge)?;
        for quality in QUALITIES {
            let options = ImageEncodeOptions::new();
            options.set_type("image/jpeg");
            options.set_quality(f64::from(quality) / 100.0);
            let blob = JsFuture::from(canvas.convert_to_blob_with_options(&options)?).await?;
            let blob: Blob = blob.unchecked_into();
            if blob.size() <= bounds.len as f64 {
                let bytes = JsFuture::from(blob.array_buffer()).await?;
                return Ok(Some(Uint8Array::new(&bytes).to_vec()));
            }
        }
    }
    Ok(None)
}

/// The picture with no edge longer than this. JPEG knows no transparency: what was transparent becomes
/// white.
fn on_white(bitmap: &ImageBitmap, edge: u32) -> Result<OffscreenCanvas, JsValue> {
    let (width, height) = (bitmap.width(), bitmap.height());
    let scale = (f64::from(edge) / f64::from(width.max(height))).min(1.0);
    let (width, height) = (scaled(width, scale), scaled(height, scale));
    let canvas = OffscreenCanvas::new(width, height)?;
    let context = canvas.get_context("2d")?.ok_or(JsValue::NULL)?;
    let context: OffscreenCanvasRenderingContext2d = context.unchecked_into();
    let (width, height) = (f64::from(width), f64::from(height));
    context.set_fill_style_str("white");
    context.fill_rect(0.0, 0.0, width, height);
    Reflect::set(&context, &"imageSmoothingQuality".into(), &"high".into())?;
    context.draw_image_with_image_bitmap_and_dw_and_dh(bitmap, 0.0, 0.0, width, height)?;
    Ok(canvas)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an edge times at most one"
)]
fn scaled(pixels: u32, scale: f64) -> u32 {
    ((f64::from(pixels) * scale).round() as u32).max(1)
}
