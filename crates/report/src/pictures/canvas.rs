//! The canvas of the pictures: an SVG that plotters draws, with roles in place of colours.
//!
//! plotters can use colours only. Each role has a colour that nobody would choose. A style sheet gives the role its
//! real colour by matching the attribute, `[fill="#010101"] { fill: ... }`, which wins over the attribute itself.

use fanout_model::Family;
use plotters::coord::Shift;
use plotters::prelude::*;

use super::compact::compact;
use super::picture::Picture;

/// The role of text and axes.
pub(super) const INK: RGBColor = RGBColor(1, 1, 1);
/// The role of the lines in the background.
pub(super) const GRID: RGBColor = RGBColor(2, 2, 2);
/// The role of the marks that a picture is about.
pub(super) const MARK: RGBColor = RGBColor(3, 3, 3);
/// The role of the other marks, behind those that a picture is about.
pub(super) const OTHER: RGBColor = RGBColor(4, 4, 4);
/// The role of the lines that marks are compared with.
pub(super) const REFERENCE: RGBColor = RGBColor(5, 5, 5);

/// Returns the role of a family's marks. For a model without a family, it is [`MARK`].
pub(crate) fn of_family(family: Option<Family>) -> RGBColor {
    let place = family.and_then(|family| Family::ALL.iter().position(|known| *known == family));
    place.map_or(MARK, |place| RGBColor(0x11 + place as u8, 0x11 + place as u8, 0x11 + place as u8))
}

/// Returns a role as the value of an attribute.
pub(crate) fn hex(role: RGBColor) -> String {
    format!("#{:02x}{:02x}{:02x}", role.0, role.1, role.2)
}

/// The factor by which pictures are drawn larger than they are shown, because plotters places things on whole pixels.
pub(super) const SCALE: u32 = 4;

/// The area that a picture is drawn on.
pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// The result of drawing into a string, which never fails.
pub(super) type Drawn = Result<(), plotters::drawing::DrawingAreaErrorKind<std::io::Error>>;

/// Draws a picture of this size, in the page's pixels.
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

/// Returns the style of text with this size, in the page's pixels.
pub(super) fn text(size: u32, color: RGBColor) -> TextStyle<'static> {
    let style = TextStyle::from(("sans-serif", size * SCALE).into_font());
    TextStyle { color: color.to_backend_color(), ..style }
}

/// Returns a length of the page in the pixels of the drawing.
pub(super) const fn px(length: u32) -> u32 {
    length * SCALE
}

/// Returns a picture that stands alone, as a file of its own. The file has the picture's words, and the roles'
/// colours for light and dark.
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

/// Returns the text, escaped for an XML element.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
