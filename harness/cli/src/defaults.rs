//! What a case gets that does not say it itself: what the model answers, and where the content is.
//!
//! A case file alone, in any directory, can be run: narrator and content are in the engine.

use std::env;
use std::path::{Path, PathBuf};

use harness_case::{Case, ModelScript};
use serde_json::Value;

/// Gives the cases that name no script the one in `file`. Without one, the engine's offline narrator narrates them.
pub(super) fn give_model(cases: &mut [Case], file: Option<&Path>) -> Result<(), String> {
    let Some(path) = file else { return Ok(()) };
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("the script {} cannot be read: {error}", path.display()))?;
    let script = ModelScript::parse(text, path)?;
    for case in cases {
        case.model.get_or_insert_with(|| script.clone());
    }
    Ok(())
}

/// Where the content is, if it is not that of the engine: `fixtures/content` of a checkout, or the `data` directory of a
/// project of the Go engine. The nearest to the case counts: such a project may lie inside a checkout.
pub(super) fn content(case: Option<&Path>) -> Option<PathBuf> {
    above(case, None).find_map(|dir| {
        let of_checkout = Some(dir.join("fixtures/content")).filter(|content| content.exists());
        of_checkout.or_else(|| Some(dir.join("data")).filter(|data| data.join("scenarios").is_dir()))
    })
}

/// Has the engines of the cases use the content that is built into them.
pub(super) fn use_built_in_content(cases: &mut [Case]) {
    for case in cases.iter_mut().filter(|case| case.content.is_none()) {
        case.engine.entry("content").or_insert(Value::Null);
    }
}

/// A path below `fixtures`, which is looked for above a case, above this directory, and above the content.
pub(super) fn fixture(name: &str, case: Option<&Path>, content: Option<&Path>) -> Option<PathBuf> {
    above(case, content).map(|dir| dir.join("fixtures").join(name)).find(|path| path.exists())
}

fn above(case: Option<&Path>, content: Option<&Path>) -> impl Iterator<Item = PathBuf> {
    let here = env::current_dir().ok();
    let real = |path: &Path| path.canonicalize().ok();
    let case = case.and_then(real);
    let roots: Vec<PathBuf> = case.into_iter().chain(here).chain(content.and_then(real)).collect();
    roots.into_iter().flat_map(|root| root.ancestors().map(Path::to_owned).collect::<Vec<_>>())
}
