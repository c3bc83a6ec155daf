//! The rules that hold for every change of the world: how names are understood, which ways are open, how a scene begins, that an item is in
//! one place, and that followers are where their leader is. What a turn may change is decided in `apply`.

mod containers;
mod dark;
mod exits;
mod fighters;
mod following;
mod lookup;
mod names;
mod ownership;
mod scene;
mod travel;

pub(crate) use containers::{can_be_opened, container_named, fill_containers, inside_open, is_within, open_containers};
pub(crate) use dark::{is_dark, is_dark_with};
pub(crate) use exits::{Exit, exits, open_exits};
pub(crate) use fighters::{
    Fighter, fighter_meant, fighter_of_key, fights, health, hp_of, is_dangerous, is_defeated, opponents, opponents_here,
};
pub use fighters::{Health, PLAYER};
pub(crate) use following::{Leader, follow, leader_named};
pub(crate) use lookup::{location_key, location_meant, npc_meant, scene_key};
pub use names::{Fit, fit, meant, words};
pub use ownership::matching;
pub(crate) use ownership::{exists, keep_one_place};
pub use scene::make_npc;
pub(crate) use scene::{begin_scene, lay_out, leave_behind, make_location};
pub(crate) use travel::path;
