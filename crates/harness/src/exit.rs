//! The exit codes of every verb and of every question. Each code has one meaning.

/// The command did its work, and the answer is good: no request failed, and nothing regressed.
pub const SUCCESS: u8 = 0;

/// The command did its work, and the answer is bad: a request or a model failed, or something regressed.
pub const BAD_ANSWER: u8 = 1;

/// The command cannot do what the user asked for: an argument is wrong, a file cannot be read or written, or a server
/// does not start.
pub const CANNOT: u8 = 2;

/// The command did its work, and the answer is not known: the intervals are too wide.
pub const INCONCLUSIVE: u8 = 3;

/// The two sides that were to be compared are not comparable, or one of them cannot be built or measured.
pub const NOT_COMPARABLE: u8 = 4;

/// Somebody interrupted the command, for example with Ctrl-C. A shell reports the same code for a program that Ctrl-C
/// ended.
pub const INTERRUPTED: u8 = 130;

/// The list of all exit codes, for `--help`.
pub const LISTED: &str = "\
Exit codes:
    0  the command did its work; no request failed and nothing regressed
    1  the command did its work; a request failed or something regressed
    2  the command cannot do what you asked for
    3  the command did its work, and the measurements cannot tell; `--budget` allows compare and bisect more time
    4  the two sides are not comparable, or one of them cannot be built or measured
  130  somebody interrupted the command";
