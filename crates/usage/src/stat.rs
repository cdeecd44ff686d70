//! What Linux says of a process in /proc/PID/stat (proc_pid_stat(5)).

use std::fmt;
use std::fs;
use std::time::Duration;

/// The length of a clock tick of /proc. `USER_HZ` is 100 on Linux, whatever the kernel's own timer is (time(7)).
pub const TICK: Duration = Duration::from_millis(10);

/// A process at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stat {
    /// The name of its program, up to 15 bytes.
    pub name: String,
    /// What it does: `R` runs, `S` sleeps, `Z` has ended and its parent has not asked about it yet.
    pub state: char,
    /// The process that started it, or that took it over.
    pub parent: u32,
    /// The processor time that it used, in clock ticks ([`TICK`]), without that of its children that ended.
    pub used: u64,
    /// When it was started, in clock ticks since the machine was. A later process with the same number has another
    /// start.
    pub started: u64,
}

impl Stat {
    /// Reads what the system says of a process, by its number or `self`; `None` if there is no such process.
    #[must_use]
    pub fn of(process: impl fmt::Display) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
    }

    /// Returns whether it still runs, and has not only its number left.
    #[must_use]
    pub fn runs(&self) -> bool {
        !matches!(self.state, 'Z' | 'X')
    }

    /// Reads `NUMBER (NAME) STATE PARENT ...`. The name may contain any character, brackets and spaces too.
    fn parse(text: &str) -> Option<Self> {
        let (start, behind) = text.rsplit_once(')')?;
        let (_, name) = start.split_once('(')?;
        // The state is field 3 of the file.
        let fields: Vec<&str> = behind.split_whitespace().collect();
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        Some(Self {
            name: name.into(),
            state: fields.first()?.chars().next()?,
            parent: u32::try_from(field(4)?).ok()?,
            used: field(14)? + field(15)?,
            started: field(22)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_read_as_proc_writes_them_whatever_the_name_is() {
        let text = "42 (a ) (name) S 7 42 42 0 -1 4194304 1 2 3 4 120 34 9 9 20 0 1 0 5678 1000 10\n";
        let stat = Stat { name: "a ) (name".into(), state: 'S', parent: 7, used: 154, started: 5_678 };
        assert_eq!(Stat::parse(text), Some(stat));
        for cut in ["", "42", "42 (name) S 1 2 3", "42 (name"] {
            assert_eq!(Stat::parse(cut), None, "{cut}");
        }
    }

    #[test]
    fn this_process_runs_and_has_a_parent_and_a_child_that_ended_runs_no_more() {
        let this = Stat::of("self").unwrap();
        assert!(this.runs() && this.parent == std::os::unix::process::parent_id());
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let is_over = || Stat::of(child.id()).is_some_and(|stat| !stat.runs() && stat.parent == std::process::id());
        // The process ends when it likes; it is asked about below.
        while !is_over() {
            std::thread::sleep(Duration::from_millis(1));
        }
        child.wait().unwrap();
        assert_eq!(Stat::of(child.id()), None);
    }
}
