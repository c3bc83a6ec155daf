//! A profile as the tools of pprof read it: `profile.proto`, compressed.
//!
//! The library that takes profiles could write it too, with a code generator in the build; and it leaves out what has no name, so of a stripped program all.

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use flate2::Compression;
use flate2::write::GzEncoder;
use prost::Message;

use super::stacks::{Function, Stacks};

#[derive(Clone, PartialEq, Message)]
struct Profile {
    #[prost(message, repeated, tag = "1")]
    sample_type: Vec<ValueType>,
    #[prost(message, repeated, tag = "2")]
    sample: Vec<Sample>,
    #[prost(message, repeated, tag = "3")]
    mapping: Vec<Mapping>,
    #[prost(message, repeated, tag = "4")]
    location: Vec<Location>,
    #[prost(message, repeated, tag = "5")]
    function: Vec<FunctionOf>,
    #[prost(string, repeated, tag = "6")]
    string_table: Vec<String>,
    #[prost(int64, tag = "9")]
    time_nanos: i64,
    #[prost(int64, tag = "10")]
    duration_nanos: i64,
    #[prost(message, optional, tag = "11")]
    period_type: Option<ValueType>,
    #[prost(int64, tag = "12")]
    period: i64,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct ValueType {
    #[prost(int64, tag = "1")]
    kind: i64,
    #[prost(int64, tag = "2")]
    unit: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Sample {
    #[prost(uint64, repeated, tag = "1")]
    location_id: Vec<u64>,
    #[prost(int64, repeated, tag = "2")]
    value: Vec<i64>,
    #[prost(message, repeated, tag = "3")]
    label: Vec<Label>,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct Label {
    #[prost(int64, tag = "1")]
    key: i64,
    #[prost(int64, tag = "2")]
    text: i64,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct Mapping {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(uint64, tag = "2")]
    memory_start: u64,
    #[prost(uint64, tag = "3")]
    memory_limit: u64,
    #[prost(uint64, tag = "4")]
    file_offset: u64,
    #[prost(int64, tag = "5")]
    filename: i64,
    #[prost(bool, tag = "7")]
    has_functions: bool,
    #[prost(bool, tag = "10")]
    has_inline_frames: bool,
}

#[derive(Clone, PartialEq, Message)]
struct Location {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(uint64, tag = "2")]
    mapping_id: u64,
    #[prost(uint64, tag = "3")]
    address: u64,
    #[prost(message, repeated, tag = "4")]
    line: Vec<Line>,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct Line {
    #[prost(uint64, tag = "1")]
    function_id: u64,
    #[prost(int64, tag = "2")]
    line: i64,
}

#[derive(Clone, Copy, PartialEq, Message)]
struct FunctionOf {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(int64, tag = "2")]
    name: i64,
    #[prost(int64, tag = "3")]
    system_name: i64,
    #[prost(int64, tag = "4")]
    filename: i64,
}

/// Texts, each once; the first one is empty.
struct Texts {
    all: Vec<String>,
    known: HashMap<String, i64>,
}

impl Texts {
    fn new() -> Self {
        Self { all: vec![String::new()], known: HashMap::from([(String::new(), 0)]) }
    }

    fn id(&mut self, text: &str) -> i64 {
        if let Some(id) = self.known.get(text) {
            return *id;
        }
        let id = number(self.all.len());
        self.all.push(text.to_owned());
        self.known.insert(text.to_owned(), id);
        id
    }
}

/// Functions, each once.
#[derive(Default)]
struct Functions {
    all: Vec<FunctionOf>,
    known: HashMap<(i64, i64), u64>,
}

impl Functions {
    fn line(&mut self, texts: &mut Texts, function: &Function) -> Line {
        let (name, filename) = (texts.id(&function.name), texts.id(&function.file));
        let next = self.all.len() as u64 + 1;
        let function_id = *self.known.entry((name, filename)).or_insert(next);
        if function_id == next {
            self.all.push(FunctionOf { id: next, name, system_name: name, filename });
        }
        Line { function_id, line: i64::from(function.line) }
    }
}

/// A whole profile.
pub(super) fn encode(stacks: &Stacks, began: SystemTime, took: Duration, frequency: i32) -> io::Result<Vec<u8>> {
    let (mut texts, mut functions) = (Texts::new(), Functions::default());
    let period = 1_000_000_000 / i64::from(frequency.max(1));
    let time = ValueType { kind: texts.id("cpu"), unit: texts.id("nanoseconds") };
    let samples = ValueType { kind: texts.id("samples"), unit: texts.id("count") };
    let thread = texts.id("thread");
    let sample = stacks.seen.iter().map(|stack| {
        let count = i64::try_from(stack.count).unwrap_or(i64::MAX);
        Sample {
            location_id: stack.places.iter().map(|place| *place as u64 + 1).collect(),
            value: vec![count, count.saturating_mul(period)],
            label: vec![Label { key: thread, text: texts.id(&stack.thread) }],
        }
    });
    let sample = sample.collect();
    let location = stacks.places.iter().zip(1..).map(|(place, id)| Location {
        id,
        mapping_id: place.mapping.map_or(0, |mapping| mapping as u64 + 1),
        address: place.address,
        line: place.functions.iter().map(|function| functions.line(&mut texts, function)).collect(),
    });
    let location = location.collect();
    let mapping = stacks.mappings.0.iter().enumerate().map(|(place, mapping)| {
        // Without names here, the tool looks for them in the file itself.
        let mut of_it = stacks.places.iter().filter(|of| of.mapping == Some(place)).peekable();
        let has_functions = of_it.peek().is_some() && of_it.all(|of| !of.functions.is_empty());
        Mapping {
            id: place as u64 + 1,
            memory_start: mapping.start,
            memory_limit: mapping.end,
            file_offset: mapping.offset,
            filename: texts.id(&mapping.file),
            has_functions,
            has_inline_frames: has_functions,
        }
    });
    let mapping = mapping.collect();
    let since = began.duration_since(UNIX_EPOCH).unwrap_or_default();
    let profile = Profile {
        sample_type: vec![samples, time],
        sample,
        mapping,
        location,
        function: functions.all,
        string_table: texts.all,
        time_nanos: i64::try_from(since.as_nanos()).unwrap_or_default(),
        duration_nanos: i64::try_from(took.as_nanos()).unwrap_or_default(),
        period_type: Some(time),
        period,
    };
    let mut compressed = GzEncoder::new(Vec::new(), Compression::default());
    compressed.write_all(&profile.encode_to_vec())?;
    compressed.finish()
}

fn number(of: usize) -> i64 {
    i64::try_from(of).unwrap_or(i64::MAX)
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;

    use super::super::maps::Mappings;
    use super::super::stacks::{Place, Stack};
    use super::*;

    fn decoded(compressed: &[u8]) -> Profile {
        let mut bytes = Vec::new();
        GzDecoder::new(compressed).read_to_end(&mut bytes).unwrap();
        Profile::decode(bytes.as_slice()).unwrap()
    }

    pub(in super::super) fn function_names(compressed: &[u8]) -> Vec<String> {
        let profile = decoded(compressed);
        let text = |id: i64| profile.string_table[usize::try_from(id).unwrap()].clone();
        profile.function.iter().map(|function| text(function.name)).collect()
    }

    #[test]
    fn a_sample_has_its_functions_its_time_and_its_thread() {
        let function = |name: &str| Function { name: name.to_owned(), file: "a.rs".to_owned(), line: 7 };
        let stacks = Stacks {
            mappings: Mappings::default(),
            places: vec![Place { address: 16, mapping: None, functions: vec![function("inner"), function("outer")] }],
            seen: vec![Stack { thread: "main".to_owned(), places: vec![0, 0], count: 3 }],
        };
        let began = UNIX_EPOCH + Duration::from_secs(5);
        let compressed = encode(&stacks, began, Duration::from_secs(2), 100).unwrap();
        let profile = decoded(&compressed);
        assert_eq!(function_names(&compressed), ["inner", "outer"]);
        assert_eq!(profile.string_table[0], "");
        let sample = &profile.sample[0];
        assert_eq!(
            (sample.location_id.as_slice(), sample.value.as_slice()),
            ([1, 1].as_slice(), [3, 30_000_000].as_slice())
        );
        assert_eq!(profile.string_table[usize::try_from(sample.label[0].text).unwrap()], "main");
        assert_eq!(
            (profile.time_nanos, profile.duration_nanos, profile.period),
            (5_000_000_000, 2_000_000_000, 10_000_000)
        );
    }
}
