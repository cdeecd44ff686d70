//! The exit codes of every program here: one meaning each.

/// It was done, and the answer is good: no request failed, nothing regressed.
pub const SUCCESS: u8 = 0;

/// It was done, and the answer is bad: a request or a model failed, or something regressed.
pub const BAD_ANSWER: u8 = 1;

/// What was asked for cannot be done: an argument is wrong, a file cannot be read or written, a server does not
/// start.
pub const CANNOT: u8 = 2;

/// The command did its work, and the answer is not known: the intervals are too wide.
pub const INCONCLUSIVE: u8 = 3;

/// The two sides that were to be compared are not comparable, or one of them cannot be built or measured.
pub const NOT_COMPARABLE: u8 = 4;

/// Somebody asked to end, as by Ctrl-C. A shell has the same code for a program that Ctrl-C ended.
pub const INTERRUPTED: u8 = 130;

/// All of them, for `--help`.
pub const LISTED: &str = "\
Exit codes:
    0  the command did its work; no request failed and nothing regressed
    1  the command did its work; a request failed or something regressed
    2  the command cannot do what you asked for
    3  the command did its work, and the measurements cannot tell: allow more time with --budget
    4  the two sides are not comparable, or one of them cannot be built or measured
  130  somebody interrupted the command";
