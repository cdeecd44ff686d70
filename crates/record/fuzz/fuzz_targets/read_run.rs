//! Any bytes at all as a run file; `../read_run.rs` says what must hold, and is a test without a fuzzer as well.

#![no_main]

#[path = "../read_run.rs"]
mod read_run;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| read_run::read_run(bytes));
