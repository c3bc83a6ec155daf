//! Repairs of links: what is repaired must have been disturbed by some step.

use super::link::{LinkAction, LinkFault, LinkTo};
use super::step::{Action, Step};
use crate::json::{JsonError, Node};

/// Every link that a step repairs is disturbed by one, whatever their order: actors act at the same time.
pub(super) fn check(steps: &[Step], nodes: &[Node]) -> Vec<JsonError> {
    let parts: Vec<_> = steps.iter().zip(nodes).flat_map(|(step, node)| step.with_nodes(node)).collect();
    let disturbs_redis = parts.iter().any(|(part, _)| matches!(part.action, Action::Redis(_)));
    let links = || parts.iter().filter_map(|(part, node)| Some((link(part)?, *node)));
    let mut found = Vec::new();
    for (repair, node) in links().filter(|(link, _)| link.fault == LinkFault::Repair) {
        let concerns = |fault: &LinkAction| {
            fault.fault != LinkFault::Repair
                && fault.to == repair.to
                && (fault.of.is_none() || repair.of.is_none() || fault.of == repair.of)
        };
        let is_disturbed = links().any(|(fault, _)| concerns(fault)) || (disturbs_redis && repair.to == LinkTo::Redis);
        if !is_disturbed {
            let place = node.get("link").unwrap_or(node).span.clone();
            found.push(
                JsonError::at(place, "nothing is repaired: no step disturbs this link")
                    .help("name the link that is disturbed in `to`, and its process in `of`"),
            );
        }
    }
    found
}

fn link(step: &Step) -> Option<&LinkAction> {
    match &step.action {
        Action::Link(action) => Some(action),
        _ => None,
    }
}
