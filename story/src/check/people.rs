//! NPCs, monsters and characters: names, templates, where they are and whom they follow.

use std::collections::BTreeMap;

use super::conditions::check_hints;
use super::context::Context;
use super::report::{Report, at};
use super::texts::check_text;
use crate::content::{ContentKind, Monster, Npc, Pc};

pub(super) fn check_npcs(context: &Context<'_>, npcs: &BTreeMap<String, Npc>, pointer: &str, report: &mut Report) {
    for (key, npc) in npcs {
        let pointer = at(pointer, key);
        if npc.template_id.is_empty() {
            if npc.name.trim().is_empty() {
                report.error(at(&pointer, "name"), format!("the NPC `{key}` has neither a name nor a `template_id`"));
            }
        } else if context.library.npc(&npc.template_id).is_none() {
            report
                .error(at(&pointer, "template_id"), format!("there is no NPC template `{}`", npc.template_id))
                .suggest(&npc.template_id, context.library.ids(ContentKind::Npc));
        }
        if npc.location.is_empty() {
            report
                .warning(at(&pointer, "location"), format!("the NPC `{key}` is nowhere"))
                .help("write the key of a location, or bring them in by a conditional's `npc_events`");
        } else {
            context.expect_location_key(&npc.location, &at(&pointer, "location"), report);
        }
        let leader = npc.following.trim();
        if !leader.is_empty() && !leader.eq_ignore_ascii_case("pc") {
            context.expect_npc(leader, &at(&pointer, "following"), report);
        }
        check_text(Some(context), &npc.description, &at(&pointer, "description"), report);
        check_hints(Some(context), &npc.contingency_prompts, &at(&pointer, "contingency_prompts"), report);
    }
}

pub(super) fn check_monster(context: &Context<'_>, id: &str, monster: &Monster, pointer: &str, report: &mut Report) {
    check_text(Some(context), &monster.description, &at(pointer, "description"), report);
    if monster.template_id.is_empty() {
        if monster.name.trim().is_empty() {
            report
                .error(pointer, format!("the monster `{id}` has neither a name nor a `template_id`, so it stays away"));
        }
    } else if context.library.monster(&monster.template_id).is_none() {
        report
            .error(at(pointer, "template_id"), format!("there is no monster template `{}`", monster.template_id))
            .suggest(&monster.template_id, context.library.ids(ContentKind::Monster));
    }
}

pub(super) fn check_pc(pc: &Pc, report: &mut Report) {
    if pc.name.trim().is_empty() {
        report.error("/name", "the character has no name; the player's lines begin with it");
    }
    check_hints(None, &pc.contingency_prompts, "/contingency_prompts", report);
}

pub(super) fn check_npc_template(npc: &Npc, report: &mut Report) {
    if npc.name.trim().is_empty() {
        report.warning("/name", "the template has no name, so each NPC must bring its own");
    }
    check_text(None, &npc.description, "/description", report);
    check_hints(None, &npc.contingency_prompts, "/contingency_prompts", report);
}

pub(super) fn check_monster_template(monster: &Monster, report: &mut Report) {
    check_text(None, &monster.description, "/description", report);
    if monster.name.trim().is_empty() {
        report.warning("/name", "the template has no name, so each monster must bring its own");
    }
}
