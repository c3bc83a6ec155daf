//! The commands of an author: `engine validate`, `engine try`, `engine new story`, `engine import-card`. They need no store, no model and no key.

mod attempt;
mod card;
mod create;
mod validate;

pub use self::attempt::attempt;
pub use self::card::{Becomes, CardImport, Imports, import_card};
pub use self::create::create;
pub use self::validate::{ReportFormat, Validation, validate, watch};
