//! The cases of this checkout.

use std::path::Path;

use super::read;

#[test]
fn every_case_of_the_suite_passes_check() {
    let found = read(&[Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases")]);
    let errors: Vec<String> = found.errors.iter().map(ToString::to_string).collect();
    assert_eq!(errors, Vec::<String>::new());
    let warnings: Vec<String> = found.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings, Vec::<String>::new());
    assert!(found.cases.len() > 100, "{}", found.cases.len());
}
