//! The JSON Schema of case files, as it is published for editors.
//!
//! It comes from the types, and allows everywhere what may be in a file in place of a value that they ask for: `{"$use": …}`
//! and `${…}`.

use serde_json::{Map, Value, json};

use super::file::CaseFile;

/// The JSON Schema of case files.
#[must_use]
pub fn schema() -> Value {
    let mut schema = schemars::schema_for!(CaseFile).to_value();
    allow(&mut schema);
    schema
}

/// Allows it everywhere in a schema.
fn allow(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(allow),
        Value::Object(members) => {
            allow_variable(members);
            allow_fragment(members);
            members.values_mut().for_each(allow);
        }
        _ => {}
    }
}

/// Where a number or a truth value is expected, a text is allowed too.
fn allow_variable(schema: &mut Map<String, Value>) {
    let scalar = |name: &Value| matches!(name.as_str(), Some("integer" | "number" | "boolean"));
    let types: Vec<Value> = match schema.get("type") {
        Some(Value::Array(types)) if types.iter().any(scalar) => types.clone(),
        Some(one) if scalar(one) => vec![one.clone()],
        _ => return,
    };
    schema.insert("type".to_owned(), types.into_iter().chain([json!("string")]).collect());
    schema.insert("pattern".to_owned(), json!("\\$\\{"));
}

/// Where an object is expected, a fragment may bring its members.
fn allow_fragment(schema: &mut Map<String, Value>) {
    if schema.get("additionalProperties") != Some(&Value::Bool(false)) {
        return;
    }
    if let Some(required) = schema.remove("required") {
        schema.insert("anyOf".to_owned(), json!([{ "required": required }, { "required": ["$use"] }]));
    }
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        let name = json!({ "type": "string", "description": "The name of a fragment: its members are put here." });
        properties.insert("$use".to_owned(), name);
        let with = json!({ "type": "object", "description": "The fragment's arguments: its `${NAME}`." });
        properties.insert("$with".to_owned(), with);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn files(dir: &Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')) {
                continue;
            }
            if path.is_dir() {
                files(&path, found);
            } else if path.extension().is_some_and(|end| end == "json") && !path.ends_with("fragments.json") {
                found.push(path);
            }
        }
    }

    #[test]
    fn every_case_of_the_suite_is_valid_by_the_schema_and_a_slip_is_not() {
        let validator = jsonschema::validator_for(&schema()).unwrap();
        let mut found = Vec::new();
        files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cases"), &mut found);
        assert!(found.len() > 100, "{}", found.len());
        for path in found {
            let case = crate::json::parse(&std::fs::read_to_string(&path).unwrap()).unwrap().to_value();
            let errors: Vec<String> =
                validator.iter_errors(&case).map(|error| format!("{}: {error}", error.instance_path())).collect();
            assert_eq!(errors, Vec::<String>::new(), "{}", path.display());
        }
        for slip in [
            json!({"name": "x", "steps": [{"user_promt": "a"}]}),
            json!({"name": "x", "workers": "two"}),
            json!({"steps": []}),
            json!({"name": "x", "steps": [{"expect": {"state": {"/a": {"$greater": 1}}}}]}),
        ] {
            assert!(!validator.is_valid(&slip), "{slip}");
        }
    }
}
