//! `/explain` as text: what happened in a turn and what did not, and why.

use client::{Author, Part, Standing};
use protocol::ExplainView;

pub(crate) fn text(view: &ExplainView) -> String {
    let scene = if view.scene.is_empty() { String::new() } else { format!(", in the scene {}", view.scene) };
    let mut lines = vec![format!("After turn {}{scene}, at {}:", view.turn, view.location)];
    for conditional in &view.conditionals {
        lines.push(format!("{} {}", conditional.id, conditional.standing.verb()));
        if conditional.standing != Standing::Spent {
            lines.extend(parts(&conditional.parts));
        }
    }
    for exit in &view.exits {
        let to = exit.leads_to.as_deref().map(|to| format!(" to {to}")).unwrap_or_default();
        let state = if exit.is_open { "open" } else { "closed" };
        let opens = match exit.open_in.as_slice() {
            scenes if exit.is_open || scenes.is_empty() => String::new(),
            scenes => format!("; open in the scene {}", scenes.join(", ")),
        };
        lines.push(format!("the way {}{to} is {state}{opens}", exit.direction));
        if !exit.is_open {
            lines.extend(parts(&exit.parts));
        }
    }
    for refusal in &view.rejections {
        let author = match &refusal.author {
            Author::Model => "the model's".to_owned(),
            Author::Conditional(id) => format!("{id}'s"),
        };
        lines.push(format!("refused: {author} {}", refusal.effect));
        if refusal.parts.is_empty() {
            lines.push(format!("  - {}", refusal.reason));
        }
        lines.extend(parts(&refusal.parts));
    }
    lines.join("\n")
}

/// What holds (`+`) and what does not (`-`).
fn parts(parts: &[Part]) -> impl Iterator<Item = String> {
    parts.iter().map(|part| {
        let mark = if part.holds { '+' } else { '-' };
        format!("  {}{mark} {}", "  ".repeat(part.depth), part.text)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_missing_stands_below_what_waits_for_it() {
        let view: ExplainView = serde_json::from_value(json!({
            "game_id": crate::fixture::game().id, "turn": 2, "scene": "crossing", "location": "landing",
            "conditionals": [
                { "id": "answered", "standing": "spent", "parts": [{ "holds": true, "text": "`bell` is \"true\"" }] },
                { "id": "landed", "standing": "waiting", "parts": [
                    { "holds": false, "text": "one of these" },
                    { "holds": false, "text": "the player is at `bank`", "depth": 1 }
                ] }
            ],
            "exits": [
                { "direction": "north", "leads_to": "ferry", "is_open": true, "parts": [] },
                { "direction": "west", "is_open": false, "open_in": ["ebb"], "parts": [
                    { "holds": false, "text": "it is not blocked; it is: Water." }
                ] }
            ],
            "rejections": [
                { "author": { "type": "model" }, "effect": "/user_location", "reason": "no way", "parts": [] }
            ]
        }))
        .unwrap();
        assert_eq!(
            text(&view),
            "After turn 2, in the scene crossing, at landing:\n\
             answered has fired, once and for all\n\
             landed does not hold\n  - one of these\n    - the player is at `bank`\n\
             the way north to ferry is open\n\
             the way west is closed; open in the scene ebb\n  - it is not blocked; it is: Water.\n\
             refused: the model's /user_location\n  - no way"
        );
    }
}
