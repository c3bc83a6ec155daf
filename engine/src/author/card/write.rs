//! Writing what was imported: new files, never over one that is there, and lore into a scenario.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use miette::{IntoDiagnostic as _, WrapErr as _, miette};
use serde_json::{Value, json};
use story::ContentKind;

use super::book::Book;
use super::convert::Content;
use super::{CardImport, Imports};

pub(super) fn write(content: Content, id: &str, import: &CardImport) -> miette::Result<Imports> {
    let Content { npc, pc, scenario, lore, mut unused } = content;
    let mut files: Vec<(PathBuf, Value)> = Vec::new();
    let at = |kind: ContentKind, id: &str| import.into.join(kind.dir()).join(format!("{id}.json"));
    files.extend(npc.map(|npc| (at(ContentKind::Npc, id), npc)));
    files.extend(pc.map(|pc| (at(ContentKind::Pc, id), pc)));
    let mut changed = None;
    unused.extend(lore.unused.iter().cloned());
    match (&import.scenario, scenario) {
        (Some(named), _) => {
            let path = at(ContentKind::Scenario, named.trim_end_matches(".json"));
            let text = fs::read_to_string(&path)
                .map_err(|error| miette!(help = "name a scenario of the directory", "{}: {error}", path.display()))?;
            let mut value: Value = serde_json::from_str(&text)
                .map_err(|error| miette!(help = "engine validate says more", "{}: {error}", path.display()))?;
            add(&mut value, &lore).wrap_err_with(|| path.display().to_string())?;
            changed = Some((path, value));
        }
        (None, Some(mut scenario)) => {
            add(&mut scenario, &lore)?;
            files.push((at(ContentKind::Scenario, id), scenario));
        }
        (None, None) => {
            let count = lore.lore.len() + lore.always.len();
            if count > 0 {
                unused.push(format!(
                    "its lore ({count} entries) is left out: name the scenario that gets it with --scenario"
                ));
            }
        }
    }
    // Nothing is written if one of them is there already.
    if let Some((path, _)) = files.iter().find(|(path, _)| path.exists()) {
        return Err(miette!(help = "rename or remove it first", "{} is there already", path.display()));
    }
    let mut written = Vec::new();
    for (path, value) in files {
        create(&path, &value)?;
        written.push(path);
    }
    if let Some((path, value)) = changed {
        replace(&path, &value)?;
        written.push(path);
    }
    Ok(Imports { files: written, unused })
}

/// Adds lore to a scenario, behind what it has.
fn add(scenario: &mut Value, book: &Book) -> miette::Result<()> {
    let Some(fields) = scenario.as_object_mut() else { return Err(miette!("the scenario is no object")) };
    let mut append = |field: &str, entries: Vec<Value>| {
        if entries.is_empty() {
            return Ok(());
        }
        let list = fields.entry(field).or_insert_with(|| json!([]));
        list.as_array_mut().ok_or_else(|| miette!("`{field}` is no list")).map(|list| list.extend(entries))
    };
    append("lore", book.lore.iter().map(|lore| json!(lore)).collect())?;
    append("contingency_prompts", book.always.iter().map(|text| json!(text)).collect())?;
    if let Some(budget) = book.budget.filter(|_| !book.lore.is_empty()) {
        // An author's own budget stays.
        fields.entry("lore_budget").or_insert_with(|| json!(budget));
    }
    Ok(())
}

fn create(path: &Path, value: &Value) -> miette::Result<()> {
    let failed = || format!("cannot write {}", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).into_diagnostic().wrap_err_with(failed)?;
    }
    let mut file = fs::File::create_new(path).into_diagnostic().wrap_err_with(failed)?;
    file.write_all(format!("{value:#}\n").as_bytes()).into_diagnostic().wrap_err_with(failed)
}

/// Puts a file in the place of another one, which stays whole if that fails.
fn replace(path: &Path, value: &Value) -> miette::Result<()> {
    let beside = path.with_extension("json.new");
    create(&beside, value)?;
    fs::rename(&beside, path).into_diagnostic().wrap_err_with(|| format!("cannot write {}", path.display()))
}
