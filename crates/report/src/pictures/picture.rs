//! What all pictures are.

/// A picture with its words.
#[derive(Clone, Debug)]
pub struct Picture {
    /// What to see in it.
    pub title: String,
    /// What it shows, for a reader who cannot see it.
    pub alternative: String,
    /// The drawing.
    pub svg: String,
}
