//! The cases as a `cargo test`; and the reason why `cargo insta review` finds their snapshots, for it
//! looks only below directories that hold a test target.

use std::path::Path;
use std::process::Command;

#[test]
fn every_case_passes_on_the_embedded_store() {
    let harness = Path::new(env!("CARGO_BIN_EXE_harness"));
    let missing = ["engine", "mock-llm"].into_iter().find(|program| !harness.with_file_name(program).is_file());
    if let Some(program) = missing {
        println!("skipped: there is no `{program}` next to the harness; `cargo build --workspace --bins` makes it");
        return;
    }
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases");
    let status = Command::new(harness).arg("run").arg(cases).args(["--services", "embedded"]).status().unwrap();
    assert!(status.success(), "the harness ended with {status}");
}
