//! What every picture is drawn on: an SVG of plotters', with roles in place of colours.
//!
//! plotters knows colours only. Each role has one that nobody would choose; a style sheet gives it a real one by
//! matching the attribute, `[fill="#010101"] { fill: ... }`, which wins over the attribute itself.

use fanout_model::Family;
use plotters::coord::Shift;
use plotters::prelude::*;

use super::compact::compact;
use super::picture::Picture;

/// Text and axes.
pub(super) const INK: RGBColor = RGBColor(1, 1, 1);
/// Lines behind.
pub(super) const GRID: RGBColor = RGBColor(2, 2, 2);
/// What a picture is about.
pub(super) const MARK: RGBColor = RGBColor(3, 3, 3);
/// The others, behind it.
pub(super) const OTHER: RGBColor = RGBColor(4, 4, 4);
/// What marks are compared with.
pub(super) const REFERENCE: RGBColor = RGBColor(5, 5, 5);

/// A family's marks; of a model without a family [`MARK`].
pub(crate) fn of_family(family: Option<Family>) -> RGBColor {
    let place = family.and_then(|family| Family::ALL.iter().position(|known| *known == family));
    place.map_or(MARK, |place| RGBColor(0x11 + place as u8, 0x11 + place as u8, 0x11 + place as u8))
}

/// plotters places things on whole pixels: pictures are drawn this many times as large, and shown smaller.
pub(super) const SCALE: u32 = 4;

/// Where to draw.
pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// What drawing into a string may say: nothing ever.
pub(super) type Drawn = Result<(), plotters::drawing::DrawingAreaErrorKind<std::io::Error>>;

/// A picture of this size, in the page's pixels.
pub(super) fn draw(width: u32, height: u32, draw: impl FnOnce(&Area<'_>) -> Drawn) -> String {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (width * SCALE, height * SCALE)).into_drawing_area();
        draw(&area).expect("a string takes whatever is drawn, and every range here is finite and not empty");
        area.present().expect("a string is always there");
    }
    let size = |scale| format!("width=\"{}\" height=\"{}\"", width * scale, height * scale);
    compact(&svg.replacen(&size(SCALE), &size(1), 1))
}

/// Text of this many of the page's pixels.
pub(super) fn text(size: u32, color: RGBColor) -> TextStyle<'static> {
    let style = TextStyle::from(("sans-serif", size * SCALE).into_font());
    TextStyle { color: color.to_backend_color(), ..style }
}

/// Scales a length of the page.
pub(super) const fn px(length: u32) -> u32 {
    length * SCALE
}

/// A picture that stands alone, in a file of its own: with its words, and the roles' colours for light and dark.
#[must_use]
pub fn standalone(picture: &Picture) -> String {
    let style = include_str!("../page/colors.css");
    let (title, alternative) = (escaped(&picture.title), escaped(&picture.alternative));
    match picture.svg.split_once('>') {
        Some((open, rest)) => format!(
            "{open} role=\"img\" aria-labelledby=\"title desc\">\n<title id=\"title\">{title}</title>\n\
             <desc id=\"desc\">{alternative}</desc>\n<style>{style}</style>{rest}"
        ),
        None => picture.svg.clone(),
    }
}

/// As text of an XML element.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
