//! What a step demands.

use super::{all_quoted, places, quoted, times};
use crate::predicate::in_words;
use crate::{CallCounts, CallKind, EventList, EventPattern, Expect, PromptPattern, QueueExpect, StreamExpect};

/// Everything that must hold, each in one sentence.
pub(super) fn words(expect: &Expect) -> Vec<String> {
    let Expect {
        request,
        location,
        scene_name,
        inventory,
        turn_counter,
        scene_turn_counter,
        is_ended,
        vars,
        npc_locations,
        state,
        response_contains,
        response_not_contains,
        response_regex,
        response_min_length,
        response_max_length,
        story_event_contains,
        story_event_not_contains,
        story_event_exact,
        status,
        attempt,
        error,
        events: event_list,
        listener,
        stream,
        queue,
        model_calls,
        prompts,
        quiet,
        within_ms,
    } = expect;
    let on = listener.as_ref().map(|listener| format!(" on stream `{listener}`")).unwrap_or_default();
    let of = request.as_ref().map(|request| format!(" of `{request}`")).unwrap_or_default();
    let mut words = Vec::new();
    words.extend(location.iter().map(|place| format!("the player is in `{place}`")));
    words.extend(scene_name.iter().map(|scene| format!("the scene is `{scene}`")));
    words.extend(inventory.iter().map(|items| match items.as_slice() {
        [] => "the player carries nothing".to_owned(),
        items => format!("the player carries exactly {}", all_quoted(items)),
    }));
    words.extend(turn_counter.iter().map(|turns| turns_taken(*turns)));
    words.extend(scene_turn_counter.iter().map(|turns| turns_taken(*turns) + " in this scene"));
    words.extend(is_ended.iter().map(|ended| format!("the story is {}", if *ended { "over" } else { "not over" })));
    words.extend(vars.iter().map(|(name, value)| match value {
        serde_json::Value::String(text) => format!("the variable `{name}` is {}", quoted(text)),
        words => format!("the variable {}", in_words(name, words)),
    }));
    words.extend(npc_locations.iter().map(|(npc, place)| format!("`{npc}` is in `{place}`")));
    words.extend(state.iter().map(|(place, value)| match value {
        serde_json::Value::Null => format!("the game has nothing at {place}"),
        value => format!("the game has {}", in_words(place, value)),
    }));

    let narration = format!("the narration{of}");
    words.extend(
        response_contains.iter().map(|text| format!("{narration} contains {}, whatever its case", quoted(text))),
    );
    words.extend(
        response_not_contains
            .iter()
            .map(|text| format!("{narration} does not contain {}, whatever its case", quoted(text))),
    );
    words.extend(response_regex.iter().map(|regex| format!("{narration} matches {}", quoted(regex))));
    words.extend(response_min_length.iter().map(|length| format!("{narration} has at least {length} bytes")));
    words.extend(response_max_length.iter().map(|length| format!("{narration} has at most {length} bytes")));

    let event = format!("the story event's prompt{of}");
    words.extend(
        story_event_contains.iter().map(|text| format!("{event} contains {}, whatever its case", quoted(text))),
    );
    words.extend(
        story_event_not_contains
            .iter()
            .map(|text| format!("{event} does not contain {}, whatever its case", quoted(text))),
    );
    words.extend(story_event_exact.iter().map(|text| format!("{event} is exactly {}", quoted(text))));

    words.extend(status.iter().map(|status| format!("the request{of} is {status}")));
    words.extend(attempt.iter().map(|attempt| format!("its latest attempt{of} is attempt {attempt}")));
    words.extend(error.iter().map(|error| format!("the request{of} has failed with `{error}`")));
    words.extend(event_list.iter().map(|list| format!("there came{of}{on} {}", events(list))));
    words.extend(queue.iter().flat_map(queue_words));
    words.extend(stream.iter().flat_map(|stream| stream_words(stream, &on)));
    words.extend(model_calls.iter().flat_map(call_words));
    words.extend(prompts.iter().enumerate().map(|(n, prompt)| prompt_words(prompt, n > 0)));
    if *quiet {
        words.push("nothing happens any more".to_owned());
    }
    words.extend(within_ms.iter().map(|ms| format!("all that within {ms} ms of the step's beginning")));
    words
}

fn turns_taken(turns: u64) -> String {
    if turns == 1 { "one turn has been taken".to_owned() } else { format!("{turns} turns have been taken") }
}

/// Events that must come.
pub(super) fn events(list: &EventList) -> String {
    let named = |patterns: &[EventPattern]| patterns.iter().map(pattern).collect::<Vec<_>>().join(", then ");
    match list {
        EventList::InOrder(patterns) => format!("{}, with any others between", named(patterns)),
        EventList::Exactly(patterns) if patterns.is_empty() => "no event at all".to_owned(),
        EventList::AnyOrder(patterns) => {
            let named: Vec<String> = patterns.iter().map(pattern).collect();
            format!("{}, in any order, with any others between", named.join(", "))
        }
        EventList::Interleaved(lists) => {
            let lists: Vec<String> = lists.iter().map(|list| named(list)).collect();
            format!("{}, whatever lies between", lists.join("; and "))
        }
        EventList::None(patterns) => {
            let named: Vec<String> = patterns.iter().map(pattern).collect();
            format!("none of {}", named.join(", "))
        }
        EventList::Exactly(patterns) => format!("exactly {}", named(patterns)),
    }
}

fn pattern(pattern: &EventPattern) -> String {
    let EventPattern { event, request, matching } = pattern;
    let of = request.as_ref().map(|request| format!(" of `{request}`")).unwrap_or_default();
    let with = if matching.is_empty() { String::new() } else { format!(" with {}", places(matching)) };
    format!("{event}{of}{with}")
}

fn queue_words(queue: &QueueExpect) -> Vec<String> {
    let QueueExpect { depth, ready, delayed, active, dead_letters } = queue;
    let counts = [
        (depth, "requests are queued"),
        (ready, "games could be claimed"),
        (delayed, "games wait to be tried again"),
        (active, "games are being worked on"),
        (dead_letters, "dead letters are there"),
    ];
    counts.into_iter().filter_map(|(count, words)| count.map(|count| format!("{count} {words}"))).collect()
}

fn call_words(calls: &CallCounts) -> Vec<String> {
    let CallCounts { text, json, hung_up } = calls;
    let counts = [(text, "for prose"), (json, "for structured output"), (hung_up, "by callers who hung up")];
    let named = |(count, words): (&Option<usize>, &str)| {
        count.map(|count| format!("the model has been called {} {words}", times(count)))
    };
    counts.into_iter().filter_map(named).collect()
}

fn stream_words(stream: &StreamExpect, on: &str) -> Vec<String> {
    let StreamExpect { open, status, ended } = stream;
    let mut words = Vec::new();
    words.extend(open.iter().map(|open| format!("the connection{on} is {}", if *open { "open" } else { "closed" })));
    words.extend(status.iter().map(|status| format!("the status{on} was {status}")));
    words.extend(ended.iter().map(|ended| format!("the server has ended the connection{on} {}", times(*ended))));
    words
}

fn prompt_words(prompt: &PromptPattern, more: bool) -> String {
    let PromptPattern { kind, contains, not_contains, regex } = prompt;
    let kind = match kind {
        None => "",
        Some(CallKind::Text) => " for prose",
        Some(CallKind::Json) => " for structured output",
    };
    let mut words = Vec::new();
    words.extend(contains.iter().map(|text| format!("contains {}", quoted(text))));
    words.extend(not_contains.iter().map(|text| format!("does not contain {}", quoted(text))));
    words.extend(regex.iter().map(|regex| format!("matches {}", quoted(regex))));
    let that = if words.is_empty() { String::new() } else { format!(" that {}", words.join(" and ")) };
    format!("since the step began the model was {}sent a prompt{kind}{that}", if more { "then " } else { "" })
}
