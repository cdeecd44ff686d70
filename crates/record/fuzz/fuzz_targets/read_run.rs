//! Lets a fuzzer read any bytes as a run file. `../read_run.rs` says what must hold; a test without a fuzzer uses it
//! as well.

#![no_main]

#[path = "../read_run.rs"]
mod read_run;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| read_run::read_run(bytes));
