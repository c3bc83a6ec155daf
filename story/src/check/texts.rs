//! Texts that vary: parts that are never read, or read nothing.

use super::conditions::check_when;
use super::context::Context;
use super::report::{Report, at, nth};
use crate::content::Text;

/// Without a context, a text of a template that many scenarios may use.
pub(super) fn check_text(context: Option<&Context<'_>>, text: &Text, pointer: &str, report: &mut Report) {
    for (index, part) in text.parts().iter().enumerate() {
        let pointer = nth(pointer, index);
        if part.texts.len() > 1 && part.texts.iter().any(|text| text.trim().is_empty()) {
            report.error(at(&pointer, "shuffle"), "a text of the shuffle is blank");
        }
        if let Some(when) = &part.when {
            check_when(context, when, &at(&pointer, "when"), report);
        }
        if let Some(otherwise) = &part.otherwise {
            if part.when.is_none() && !part.once {
                report.warning(at(&pointer, "else"), "`else` is never read: the part has no condition").help(
                    "give the part a `when` or `\"once\": true`, or write what is in `else` as a part of its own",
                );
            }
            check_text(context, otherwise, &at(&pointer, "else"), report);
        }
    }
}
