//! The store's steps as metrics see them. Both backends measure here, each with the names of its own steps.

use std::time::Instant;

use metrics::{SharedString, counter, histogram};

use super::{Outage, StoreError};

/// Runs a step and records how long it took, and what the store lacks if it failed for that.
pub(super) async fn measured<T>(
    step: SharedString,
    run: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let began = Instant::now();
    let outcome = run.await;
    record(step, began, outcome.as_ref().err());
    outcome
}

/// Apart from the steps of all types, so that it is compiled once.
fn record(step: SharedString, began: Instant, failure: Option<&StoreError>) {
    histogram!("story_engine_store_step_seconds", "step" => step).record(began.elapsed().as_secs_f64());
    if let Some(StoreError::Unavailable { outage, .. }) = failure {
        counter!("story_engine_store_errors_total", "outage" => name(*outage)).increment(1);
    }
}

const fn name(outage: Outage) -> &'static str {
    match outage {
        Outage::Unreachable => "unreachable",
        Outage::Full => "full",
        Outage::ReadOnly => "read_only",
    }
}

/// The name of the function in which a closure was written, from the closure's type: `enqueue`. It spares each step of the
/// embedded store an argument that only repeats its name.
pub(super) fn function_of<C>(_closure: &C) -> &'static str {
    let path = std::any::type_name::<C>().trim_end_matches("::{{closure}}");
    let name = path.rsplit("::").next().unwrap_or(path);
    // One with lifetimes of its own has them behind its name.
    name.split('<').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_named_after_the_function_that_holds_its_closure() {
        fn of_two_lifetimes<'a: 'b, 'b>(first: &'a str, second: &'b str) -> &'static str {
            function_of(&|| (first, second))
        }
        assert_eq!(function_of(&|| ()), "a_step_is_named_after_the_function_that_holds_its_closure");
        assert_eq!(of_two_lifetimes("a", "b"), "of_two_lifetimes");
    }
}
