//! The library of functions that the server runs: one function for each [`Step`].
//!
//! Its text is put together here from the files in `lua/`. The server compiles it once and makes its functions once; a call only runs one. A
//! script would make them in each call. Its name, and those of its functions, end with a hash of the text, so that engines of two releases can
//! use one server.

use std::fmt::{self, Display, Formatter, Write as _};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::LazyLock;

use redis::aio::MultiplexedConnection;
use redis::{RedisError, Value};

use super::event_text;
use super::step::{self, Access, Step, lua};

/// How the names of all our libraries begin.
const NAME: &str = "story_engine_";

/// How many libraries of other releases stay. Those that are still in use come back with the next call.
const OTHERS_KEPT: usize = 4;

/// Parts that some steps share, and these steps. Lua allows 200 local names at a time, so not everything can see everything.
struct Group {
    parts: Vec<String>,
    steps: Vec<&'static Step>,
}

fn groups() -> [Group; 6] {
    let group = |parts: &[&str], steps: &[&'static Step]| Group {
        parts: parts.iter().map(|part| (*part).to_owned()).collect(),
        steps: steps.to_vec(),
    };
    [
        group(
            &[],
            &[
                &step::OPEN,
                &step::STAGE,
                &step::REMEMBERED,
                &step::RENAME_GAME,
                &step::READ_GAME,
                &step::READ_TURNS,
                &step::STOP,
                &step::ACCESS,
                &step::ADD_SECRET,
                &step::SECRETS,
                &step::IDLE_GAMES,
                &step::CANCEL,
                &step::HEARTBEAT,
                &step::END_FORMER_LEASES,
                &step::CHUNK,
                &step::CHECKPOINT,
                &step::REQUEUE,
                &step::PAUSE_QUEUE,
                &step::RESUME_QUEUE,
                &step::RECORD_AUDIT,
                &step::FAIL,
                &step::STORY_EVENTS,
                &step::CANCEL_STORY_EVENTS,
                &step::DELETE_DEAD_LETTER,
                &step::FIGURES,
                &step::LANE,
                &step::RESTORE_NUMBERS,
            ],
        ),
        group(
            &[lua!("terms"), lua!("recover"), &event_text::of_leases(), lua!("lease"), lua!("commit")],
            &[&step::CLAIM, &step::COMMIT_AND_CLAIM],
        ),
        group(
            &[lua!("log"), lua!("changes"), lua!("keys"), lua!("charge"), lua!("budget"), lua!("accept"), lua!("put")],
            &[
                &step::CREATE_GAME,
                &step::CHANGE_GAME,
                &step::FIND_CHANGE,
                &step::ENQUEUE,
                &step::FIND_KEY,
                &step::RESERVE,
            ],
        ),
        group(&[lua!("faults")], &[&step::PAUSE, &step::PROVIDER_FAULT, &step::PROVIDER_SUCCESS]),
        group(&[&event_text::of_dead_letter_retries()], &[&step::RETRY_DEAD_LETTER]),
        group(
            &[lua!("log"), lua!("letters"), lua!("put"), lua!("drop_game"), lua!("dead_again")],
            &[
                &step::DELETE_GAME,
                &step::INSPECT_GAME,
                &step::REPAIR_GAME,
                &step::INSPECT_REQUEST,
                &step::REPAIR_REQUEST,
                &step::READ_LOG,
                &step::BACKUP_DEAD,
                &step::BACKUP_GAME,
                &step::BACKUP_REQUESTS,
                &step::RESTORE_REQUESTS,
                &step::RESTORE_GAME,
                &step::RESTORE_DEAD,
            ],
        ),
    ]
}

/// What all steps can see.
fn shared() -> String {
    let parts = [
        lua!("names"),
        &event_text::of_chunks(),
        lua!("common"),
        lua!("priority"),
        lua!("fair"),
        &event_text::of_endings(),
        lua!("ends"),
        lua!("providers"),
        lua!("tenants"),
        lua!("tail"),
        lua!("owners"),
        lua!("content"),
        &event_text::of_waits(),
    ];
    parts.join("\n")
}

#[derive(Debug)]
struct Library {
    hash: String,
    text: String,
}

static LIBRARY: LazyLock<Library> = LazyLock::new(|| {
    let mut body = shared();
    for Group { parts, steps } in groups() {
        body.push_str("\ndo\n");
        for part in parts {
            body.push_str(&part);
            body.push('\n');
        }
        for Step { name, body: step, access } in steps {
            let flag = match access {
                Access::Reads => "'no-writes'",
                Access::Frees => "'allow-oom'",
                Access::Writes => "nil",
            };
            // Writing to a string cannot fail.
            let _ = writeln!(body, "step('{name}', {flag}, function()\n{step}\nend)");
        }
        body.push_str("end\n");
    }
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    let hash = format!("{:016x}", hasher.finish());
    let text = format!("#!lua name={NAME}{hash}\nlocal LIBRARY = '{hash}'\n{body}");
    Library { hash, text }
});

/// The name of a step's function.
pub(super) fn function(step: &Step) -> impl Display {
    Function { step: step.name, hash: &LIBRARY.hash }
}

struct Function {
    step: &'static str,
    hash: &'static str,
}

impl Display for Function {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.step, self.hash)
    }
}

/// Whether a call has failed because the server does not have the library: it is new, or was emptied.
pub(super) fn is_missing(error: &RedisError) -> bool {
    error.detail().is_some_and(|words| words.contains("Function not found"))
}

/// Brings the library to the server of a connection, and removes those of other releases if there are too many.
pub(super) async fn load(connection: &mut MultiplexedConnection) -> Result<(), RedisError> {
    // Another engine may have brought it meanwhile: the same text takes its place.
    redis::cmd("FUNCTION").arg("LOAD").arg("REPLACE").arg(&LIBRARY.text).query_async::<()>(connection).await?;
    let listed: Value =
        redis::cmd("FUNCTION").arg("LIST").arg("LIBRARYNAME").arg(format!("{NAME}*")).query_async(connection).await?;
    let mut others = Vec::new();
    names(&listed, &mut others);
    others.retain(|name| !name.ends_with(&LIBRARY.hash));
    if others.len() > OTHERS_KEPT {
        let mut delete = redis::pipe();
        for name in others {
            // One that is gone already is an error, and no harm.
            delete.cmd("FUNCTION").arg("DELETE").arg(name).ignore();
        }
        delete.ignore_errors().query_async::<()>(connection).await?;
    }
    Ok(())
}

/// The names of libraries, wherever they are in what `FUNCTION LIST` answers: how it is nested depends on the protocol. Functions are named
/// otherwise.
fn names(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| names(value, found)),
        Value::Map(pairs) => pairs.iter().for_each(|(_, value)| names(value, found)),
        Value::BulkString(bytes) => {
            found.extend(str::from_utf8(bytes).ok().filter(|text| text.starts_with(NAME)).map(str::to_owned));
        }
        Value::SimpleString(text) => found.extend(text.starts_with(NAME).then(|| text.clone())),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_step_is_in_the_library_once() {
        let steps: Vec<&str> = groups().iter().flat_map(|group| &group.steps).map(|step| step.name).collect();
        let expected: HashSet<&str> = step::ALL.iter().map(|step| step.name).collect();
        assert_eq!(steps.iter().copied().collect::<HashSet<_>>(), expected);
        assert_eq!(steps.len(), expected.len());
    }

    #[test]
    fn libraries_are_found_in_both_forms_of_the_list() {
        let text = |text: &str| Value::BulkString(text.as_bytes().to_vec());
        let flat = Value::Array(vec![Value::Array(vec![
            text("library_name"),
            text("story_engine_1"),
            text("functions"),
            Value::Array(vec![Value::Array(vec![text("name"), text("claim_1")])]),
        ])]);
        let mapped = Value::Array(vec![Value::Map(vec![(
            Value::SimpleString("library_name".to_owned()),
            Value::SimpleString("story_engine_2".to_owned()),
        )])]);
        let mut found = Vec::new();
        names(&flat, &mut found);
        names(&mapped, &mut found);
        assert_eq!(found, ["story_engine_1", "story_engine_2"]);
    }
}
