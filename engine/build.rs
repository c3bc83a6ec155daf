//! Links an unoptimised `engine` without relocations.
//!
//! The dynamic linker fills in 135,000 addresses on 450 pages before `main`, and each case starts processes of its own: with programs at a fixed address
//! all cases take a tenth less processor time. An optimised program runs where strangers reach it, and keeps its random address.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|found| found == value);
    if is("PROFILE", "debug") && is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
