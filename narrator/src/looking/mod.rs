//! Looking, searching and asking what there is and what could be tried, of nobody in particular. Nothing here changes anything.

pub(crate) mod afar;
pub(crate) mod asked_plainly;
pub(crate) mod background;
pub(crate) mod own;
pub(crate) mod possible;
pub(crate) mod scraps;
pub(crate) mod seeing;
pub(crate) mod spots;
pub(crate) mod standing;
pub(crate) mod stock_questions;
pub(crate) mod subject;
pub(crate) mod suggesting;
pub(crate) mod through;
pub(crate) mod time;
pub(crate) mod whereabouts;
