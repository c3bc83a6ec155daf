//! `JUnit` XML, for CI servers; what was tried again in Surefire's form.

use std::fmt::Write as _;

use harness_events::{CaseOutcome, CaseReport, Failure, Summary};

/// The report of a run as `JUnit` XML. `unfinished` are the cases that were running when it was cut short.
pub(super) fn junit<'a>(
    cases: impl ExactSizeIterator<Item = &'a CaseReport>,
    unfinished: &[&str],
    summary: &Summary,
) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let counts = format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3}\"",
        cases.len() + unfinished.len(),
        summary.failed,
        unfinished.len(),
        summary.skipped,
        summary.took.as_secs_f64()
    );
    // Writing to a String cannot fail, here and below.
    let _ = writeln!(xml, "<testsuites name=\"harness\" {counts}>\n<testsuite name=\"cases\" {counts}>");
    for case in cases {
        let file = escape(&case.path);
        let _ = write!(xml, "<testcase {} file=\"{file}\" time=\"{:.3}\"", named(&case.case), case.took.as_secs_f64());
        let _ = match &case.outcome {
            CaseOutcome::Passed => match &case.note {
                Some(note) => writeln!(xml, "><system-out>{}</system-out></testcase>", escape(note)),
                None => writeln!(xml, "/>"),
            },
            CaseOutcome::Flaky(failures) => {
                xml.push('>');
                for failure in failures {
                    let _ = write!(
                        xml,
                        "<flakyFailure {}><stackTrace>{}</stackTrace></flakyFailure>",
                        attributes(failure),
                        escape(&failure.render())
                    );
                }
                writeln!(xml, "</testcase>")
            }
            CaseOutcome::Skipped(reason) => writeln!(xml, "><skipped message=\"{}\"/></testcase>", escape(reason)),
            CaseOutcome::Failed(failure) => {
                writeln!(xml, "><failure {}>{}</failure></testcase>", attributes(failure), escape(&failure.render()))
            }
        };
    }
    for case in unfinished {
        let why = "<error message=\"the run was cut short before it had ended\"/>";
        let _ = writeln!(xml, "<testcase {}>{why}</testcase>", named(case));
    }
    xml.push_str("</testsuite>\n</testsuites>\n");
    xml
}

/// The report of a run that could not write its own.
pub(super) fn killed() -> String {
    let counts = "tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\"";
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"harness\" {counts}>\n<testsuite name=\"cases\" {counts}>\n\
         <testcase classname=\"harness\" name=\"run\"><error message=\"the run was killed before it could report\"/></testcase>\n\
         </testsuite>\n</testsuites>\n"
    )
}

/// A case's id in two parts, by which CI servers sort: `faults/retry[late]` is `retry[late]` of the class `faults`. The name of
/// a row may hold no slash.
fn named(id: &str) -> String {
    let (class, name) = id.rsplit_once('/').unwrap_or(("cases", id));
    format!("classname=\"{}\" name=\"{}\"", escape(class), escape(name))
}

fn attributes(failure: &Failure) -> String {
    let kind = if failure.only_snapshots() { "snapshot" } else { "failure" };
    format!("message=\"{}\" type=\"{kind}\"", escape(&failure.what))
}

/// Text as XML 1.0 can hold it: control characters have no place in it, escaped or not.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            c if c.is_control() => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_outcome_is_in_the_report() {
        let case = |case: &str, outcome| CaseReport {
            case: case.to_owned(),
            name: String::new(),
            path: "cases/x.json".to_owned(),
            outcome,
            note: (case == "f").then(|| "2 of 3 runs passed".to_owned()),
            took: Duration::from_millis(1500),
            steps: 1,
            timeline: Arc::from([]),
        };
        let cases = [
            case("deep/a", CaseOutcome::Passed),
            case("b", CaseOutcome::Failed(Box::new(Failure::new("1 < 2 & \"so\"\u{7}")))),
            case("c", CaseOutcome::Skipped("no docker".to_owned())),
            case("f", CaseOutcome::Passed),
            case("d", CaseOutcome::Flaky(vec![Failure::new("late"), Failure::new("later")])),
        ];
        let mut summary = Summary::default();
        for case in &cases {
            summary.count(&case.outcome);
        }
        let xml = junit(cases.iter(), &["e"], &summary);
        assert!(xml.contains("tests=\"6\" failures=\"1\" errors=\"1\" skipped=\"1\""), "{xml}");
        assert!(xml.contains("name=\"e\"><error message=\"the run was cut short"), "{xml}");
        assert!(xml.contains("<failure message=\"1 &lt; 2 &amp; &quot;so&quot;\u{fffd}\" type=\"failure\">"), "{xml}");
        let flaky = "<flakyFailure message=\"late\" type=\"failure\"><stackTrace>late&#10;</stackTrace></flakyFailure>\
                     <flakyFailure message=\"later\"";
        assert!(xml.contains(flaky), "{xml}");
        assert!(xml.contains("<system-out>2 of 3 runs passed</system-out></testcase>"), "{xml}");
        assert!(xml.contains("<skipped message=\"no docker\"/>"), "{xml}");
        assert!(xml.contains("classname=\"deep\" name=\"a\" file=\"cases/x.json\" time=\"1.500\"/>"), "{xml}");
    }
}
