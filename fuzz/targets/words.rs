#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| hob_compose::oracles::words(text));
