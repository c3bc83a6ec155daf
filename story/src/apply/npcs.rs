//! What NPCs do: where they go, and whom they follow.

use super::change::{Author, Change};
use super::reason::Reason;
use super::turn::Turn;
use crate::delta::NpcEvent;
use crate::world::{Leader, is_defeated, leader_named};

impl Turn<'_> {
    pub(super) fn move_npc(&mut self, author: &Author, event: &NpcEvent) -> Result<(), Reason> {
        let Some(target) = event.set_location.as_deref().filter(|target| !target.trim().is_empty()) else {
            return Ok(());
        };
        let key = self.known_npc(&event.npc_id)?;
        if *author == Author::Model && is_defeated(&self.state, &key) {
            return Err(Reason::Defeated { who: key });
        }
        let to = self.known_location(target)?;
        if let Some(npc) = self.state.npcs.get_mut(&key)
            && npc.location != to
        {
            let from = std::mem::replace(&mut npc.location, to.clone());
            self.changes.push(Change::NpcMoved { npc: key, from, to });
        }
        Ok(())
    }

    pub(super) fn set_following(&mut self, author: &Author, event: &NpcEvent) -> Result<(), Reason> {
        let Some(leader) = &event.set_following else { return Ok(()) };
        if *author == Author::Model {
            return Err(Reason::ConditionalsOnly("set_following"));
        }
        let key = self.known_npc(&event.npc_id)?;
        let following = match leader.trim() {
            "" => String::new(),
            name => match leader_named(&self.state.npcs, name) {
                Some(Leader::Pc) => "pc".to_owned(),
                Some(Leader::Npc(key)) => key.to_owned(),
                None => self.known_npc(name)?,
            },
        };
        if let Some(npc) = self.state.npcs.get_mut(&key)
            && npc.following != following
        {
            npc.following.clone_from(&following);
            self.changes.push(Change::NpcFollowing { npc: key, following });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::apply::testing::{conditional, model};
    use crate::testing::new_state;

    #[test]
    fn an_npc_goes_to_a_known_place_by_key_or_name() {
        let applied =
            model(&new_state(), json!({ "npc_events": [{ "npc_id": "OLD GULL", "set_location": "lamp room" }] }));
        assert_eq!(applied.state.npcs["gull"].location, "lamp_room");
        assert_eq!(applied.rejections, []);
    }

    #[test]
    fn an_unknown_npc_or_place_is_rejected() {
        let applied = model(
            &new_state(),
            json!({ "npc_events": [{ "npc_id": "gul", "set_location": "jetty" }, { "npc_id": "gull", "set_location": "moon" }] }),
        );
        let reasons: Vec<_> = applied.rejections.iter().map(|rejection| rejection.reason.as_str()).collect();
        assert_eq!(reasons, ["the world has no NPC `gul`; did you mean `gull`?", "the world has no location `moon`"]);
    }

    #[test]
    fn only_a_conditional_makes_an_npc_follow() {
        let delta =
            json!({ "npc_events": [{ "npc_id": "gull", "set_following": "PC" }], "user_location": "lamp_room" });
        let by_model = model(&new_state(), delta.clone());
        assert_eq!(by_model.state.npcs["gull"].location, "jetty");
        assert_eq!(by_model.rejections[0].effect, "/npc_events/0/set_following");

        let by_author = conditional(&new_state(), delta);
        assert_eq!(by_author.state.npcs["gull"].location, "lamp_room");
        let left = conditional(&by_author.state, json!({ "npc_events": [{ "npc_id": "gull", "set_following": "" }] }));
        assert_eq!(left.state.npcs["gull"].following, "");
    }

    #[test]
    fn a_leader_who_does_not_exist_is_rejected() {
        let applied =
            conditional(&new_state(), json!({ "npc_events": [{ "npc_id": "gull", "set_following": "inspektor" }] }));
        assert_eq!(applied.state.npcs["gull"].following, "");
        assert!(applied.rejections[0].reason.ends_with("did you mean `inspector`?"), "{:?}", applied.rejections);
    }
}
