//! Makes an SVG of plotters smaller, without changing what it shows. A page has some hundred of them.
//!
//! plotters writes each element on a line, with every attribute. This module joins neighbouring rectangles of one
//! colour into one path, and does the same with neighbouring lines of two points. It leaves out attributes that have
//! their default value. A line that is not written as expected stays as it is.

use std::collections::BTreeMap;
use std::fmt::Write;

/// The role of letters, which the module `canvas` defines.
const INK: &str = "#010101";

/// Returns the same picture with fewer bytes.
pub(super) fn compact(svg: &str) -> String {
    with_shared(&with_paths(svg))
}

/// Moves the attribute values that most letters have to the whole picture. The letters inherit them. (SVG 2, sections
/// 11.7 and 11.10.)
fn with_shared(svg: &str) -> String {
    let mut svg = svg.to_owned();
    for name in ["font-size", "text-anchor"] {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for value in svg.lines().filter(|line| line.starts_with("<text ")).filter_map(|line| attribute(line, name)) {
            *counts.entry(value).or_default() += 1;
        }
        let Some((value, _)) = counts.into_iter().max_by_key(|(_, n)| *n) else { continue };
        let said = format!(" {name}=\"{value}\"");
        let texts = svg.lines().map(|line| match line.strip_prefix("<text ") {
            Some(_) => line.replacen(&said, "", 1),
            None if line.starts_with("<svg ") => line.replacen("<svg", &format!("<svg{said}"), 1),
            None => line.to_owned(),
        });
        svg = texts.collect::<Vec<_>>().join("\n");
    }
    svg
}

/// Joins neighbouring shapes that look alike into one path, and leaves out attributes that have the default value.
fn with_paths(svg: &str) -> String {
    let mut text = String::with_capacity(svg.len() / 2);
    let mut path: Option<Path> = None;
    let mut lines = svg.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some((style, shape)) = rectangle(line).or_else(|| segment(line)) {
            match &mut path {
                Some(path) if path.style == style => path.shapes += &shape,
                _ => {
                    text += &path.replace(Path { style, shapes: shape }).map_or_else(String::new, Path::end);
                }
            }
            continue;
        }
        text += &path.take().map_or_else(String::new, Path::end);
        text += &without_defaults(line);
        // plotters writes the words of a text on a line of their own. The line breaks are no part of the words.
        let is_text = line.starts_with("<text ") && line.ends_with('>');
        if !(is_text || lines.peek() == Some(&"</text>")) {
            text.push('\n');
        }
    }
    text + &path.map_or_else(String::new, Path::end)
}

/// Neighbouring shapes that look alike.
struct Path {
    /// All attributes except that of the shape.
    style: String,
    shapes: String,
}

impl Path {
    fn end(self) -> String {
        format!("<path {} d=\"{}\"/>\n", self.style, self.shapes)
    }
}

/// Returns the style and the outline of a filled rectangle.
fn rectangle(line: &str) -> Option<(String, String)> {
    let rest = line.strip_prefix("<rect ")?.strip_suffix(" stroke=\"none\"/>")?;
    let (x, y) = (attribute(rest, "x")?, attribute(rest, "y")?);
    let (width, height) = (attribute(rest, "width")?, attribute(rest, "height")?);
    let shape = format!("M{x} {y}h{width}v{height}h-{width}z");
    Some((style(rest, &["opacity", "fill"])?, shape))
}

/// Returns the style and the shape of a line from one point to another.
fn segment(line: &str) -> Option<(String, String)> {
    let rest = line.strip_prefix("<polyline fill=\"none\" ")?.strip_suffix("/>")?;
    let (from, to) = attribute(rest, "points")?.trim_end().split_once(' ').filter(|(_, to)| !to.contains(' '))?;
    let shape = format!("M{}L{}", from.replace(',', " "), to.replace(',', " "));
    Some((style(rest, &["opacity", "stroke", "stroke-width"])?, shape))
}

/// Returns the attributes with these names, without those that have the default value.
fn style(element: &str, names: &[&str]) -> Option<String> {
    let mut text = String::new();
    for name in names {
        let value = attribute(element, name)?;
        if !DEFAULTS.contains(&(name, value)) {
            // Writing to a string does not fail.
            let _ = write!(text, "{name}=\"{value}\" ");
        }
    }
    Some(text.trim_end().to_owned())
}

/// The attributes that an element has if it does not name them. (SVG 2, sections 3.6 and 13.5.)
const DEFAULTS: [(&str, &str); 2] = [("opacity", "1"), ("stroke-width", "1")];

fn attribute<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    let mut begin = 0;
    while let Some(found) = element[begin..].find(name) {
        let (at, after) = (begin + found, begin + found + name.len());
        let is_whole = at == 0 || element.as_bytes()[at - 1] == b' ';
        if let (true, Some(value)) = (is_whole, element[after..].strip_prefix("=\"")) {
            return value.split_once('"').map(|(value, _)| value);
        }
        begin = after;
    }
    None
}

/// Returns an element's line without the attributes that have the default value. Words of a text have no attributes.
fn without_defaults(line: &str) -> String {
    if !line.starts_with('<') {
        return line.to_owned();
    }
    let unsaid = [" opacity=\"1\"", " font-family=\"sans-serif\"", " stroke=\"none\" stroke-width=\"1\""];
    let mut line = unsaid.iter().fold(line.to_owned(), |line, unsaid| line.replace(unsaid, ""));
    if line.starts_with("<text ") {
        // The style sheet gives letters this colour.
        line = line.replace(&format!(" fill=\"{INK}\""), "");
    }
    // plotters writes a font's size with fourteen digits.
    match attribute(&line, "font-size").and_then(|size| Some((size.to_owned(), size.parse::<f64>().ok()?))) {
        Some((written, size)) => {
            line.replace(&format!("font-size=\"{written}\""), &format!("font-size=\"{size:.1}\""))
        }
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_that_look_alike_become_one_path_and_others_stay_apart() {
        let rect = |x: u32, fill: &str| {
            format!(
                "<rect x=\"{x}\" y=\"2\" width=\"3\" height=\"4\" opacity=\"1\" fill=\"{fill}\" stroke=\"none\"/>\n"
            )
        };
        let svg = rect(1, "#010101") + &rect(9, "#010101") + &rect(5, "#030303");
        let paths =
            "<path fill=\"#010101\" d=\"M1 2h3v4h-3zM9 2h3v4h-3z\"/>\n<path fill=\"#030303\" d=\"M5 2h3v4h-3z\"/>\n";
        assert_eq!(with_paths(&svg), paths);
        let line =
            "<polyline fill=\"none\" opacity=\"0.5\" stroke=\"#010101\" stroke-width=\"1\" points=\"1,2 3,4 \"/>\n";
        assert_eq!(with_paths(line), "<path opacity=\"0.5\" stroke=\"#010101\" d=\"M1 2L3 4\"/>\n");
    }

    #[test]
    fn longer_lines_outlines_and_words_are_left_as_they_are() {
        let three = "<polyline fill=\"none\" stroke=\"#010101\" stroke-width=\"1\" points=\"1,2 3,4 5,6 \"/>\n";
        assert_eq!(with_paths(three), three);
        let outline = "<rect x=\"1\" y=\"2\" width=\"3\" height=\"4\" fill=\"none\" stroke=\"#010101\"/>\n";
        assert_eq!(with_paths(outline), outline);
        let text = "<text x=\"1\" font-family=\"sans-serif\" font-size=\"45.16129032258065\" opacity=\"1\">\n\
                    a &lt;b&gt; opacity=\"1\"\n</text>\n";
        assert_eq!(with_paths(text), "<text x=\"1\" font-size=\"45.2\">a &lt;b&gt; opacity=\"1\"</text>\n");
    }

    #[test]
    fn what_most_letters_have_is_said_once() {
        let text = |size: &str| format!("<text x=\"1\" font-size=\"{size}\">a</text>\n");
        let svg = format!("<svg width=\"9\">\n{}{}{}</svg>", text("8"), text("9"), text("8"));
        let said = "<svg font-size=\"8\" width=\"9\">\n<text x=\"1\">a</text>\n<text x=\"1\" \
                    font-size=\"9\">a</text>\n<text x=\"1\">a</text>\n</svg>";
        assert_eq!(with_shared(&svg), said);
    }

    #[test]
    fn an_attribute_is_found_by_its_whole_name() {
        let element = "stroke-width=\"2\" width=\"3\" x=\"4\"";
        assert_eq!(attribute(element, "width"), Some("3"));
        assert_eq!(attribute(element, "x"), Some("4"));
        assert_eq!(attribute(element, "height"), None);
    }
}
