//! The type of all pictures.

/// A picture with its words.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The title, which says what to see in the picture.
    pub title: String,
    /// A description of the picture, for a reader who cannot see it.
    pub alternative: String,
    /// The drawing, as SVG.
    pub svg: String,
}
