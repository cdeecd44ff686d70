//! Ends this process at once, from wherever it is. Nothing is dropped then, and therefore the mock servers on other
//! machines are ended before that. Those on this machine end by themselves, as the workers do.

use std::process::exit;
use std::sync::Once;
use std::thread::{sleep, spawn};
use std::time::Duration;

use crate::exit::INTERRUPTED;
use crate::{interrupt, server};

/// How often to look whether the program was asked to end.
const LOOK: Duration = Duration::from_millis(20);

/// Ends this process with a code of [`crate::exit`].
pub fn end(code: u8) -> ! {
    server::end_elsewhere();
    exit(i32::from(code))
}

/// From here on, the process also ends in this way if it is asked to end. It is for programs that do not look by
/// themselves whether they were. Nothing happens if the system refuses a signal handler: the process then ends as it
/// would have done without this.
pub fn end_when_asked() {
    static BEGUN: Once = Once::new();
    BEGUN.call_once(|| {
        if interrupt::listen().is_ok() {
            spawn(|| {
                while !interrupt::asked() {
                    sleep(LOOK);
                }
                end(INTERRUPTED)
            });
        }
    });
}
