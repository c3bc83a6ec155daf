//! The lines of what a step expects and captures, so that a failure can name the line of the expectation itself.

use std::collections::BTreeMap;

use crate::json::Node;
use crate::sources::CaseLines;

/// The lines of a step's expectations and captures, by the paths that failures have: `expect.vars.bell_rung`.
pub(super) fn of_step(step: &Node, lines: &CaseLines<'_>) -> BTreeMap<String, usize> {
    let mut places = BTreeMap::new();
    for (key, prefix) in [("expect", "expect"), ("capture", "capture")] {
        add(step.get(key), prefix, lines, &mut places);
        add(step.get("http").and_then(|http| http.get(key)), &format!("http.{prefix}"), lines, &mut places);
    }
    places
}

/// Adds the members of an object, and their members: deeper, failures have the place in the document and not in the case.
fn add(node: Option<&Node>, path: &str, lines: &CaseLines<'_>, places: &mut BTreeMap<String, usize>) {
    for member in node.map_or(&[][..], Node::members) {
        let path = format!("{path}.{}", member.key);
        for inner in member.value.members() {
            places.insert(format!("{path}.{}", inner.key), lines.line(inner.key_span.start));
        }
        places.insert(path, lines.line(member.key_span.start));
    }
}

/// The line of a path, or of the longest beginning of it that has one.
pub(super) fn line_of(places: &BTreeMap<String, usize>, path: &str) -> Option<usize> {
    let ends = path.char_indices().filter(|(_, c)| matches!(c, '.' | '/' | '[')).map(|(at, _)| at);
    let beginnings = ends.map(|at| &path[..at]).collect::<Vec<_>>().into_iter().rev();
    std::iter::once(path).chain(beginnings).find_map(|path| places.get(path).copied())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;
    use crate::sources::Sources;

    #[test]
    fn a_failure_finds_the_line_of_what_it_is_about() {
        let text = "{\"expect\": {\n\"location\": \"x\",\n\"state\": {\n\"/a\": 1,\n\"/a/b\": {\"$gt\": 1}},\n\"events\": []},\n\
                    \"http\": {\"capture\": {\n\"link\": {\"json\": \"/x\"}}}}";
        let places = of_step(&parse(text).unwrap(), &CaseLines::of(&Sources::new("x.json".as_ref(), text)));
        for (path, line) in [
            ("expect.location", Some(2)),
            ("expect.state./a", Some(4)),
            ("expect.state./a/b", Some(5)),
            ("expect.state./a/c", Some(4)),
            ("expect.state./z", Some(3)),
            ("expect.events[2].where./a", Some(6)),
            ("http.capture.link", Some(8)),
            ("expect.quiet", None),
        ] {
            assert_eq!(line_of(&places, path), line, "{path}");
        }
    }
}
