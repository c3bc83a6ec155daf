//! Amounts of money, as an operator writes them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An amount of the currency of the price tables, such as `2.5`: exact to a millionth, which is what a token at a price of 1 for a million costs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Amount {
    millionths: u64,
}

const MILLION: f64 = 1_000_000.0;

impl Amount {
    /// Nothing; as a limit, none.
    pub const NONE: Self = Self { millionths: 0 };
    /// No amount is larger.
    const LARGEST: f64 = 1_000_000_000.0;

    /// In millionths of the currency.
    #[must_use]
    pub const fn millionths(self) -> u64 {
        self.millionths
    }
}

impl TryFrom<f64> for Amount {
    type Error = String;

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is checked to be small, and not negative"
    )]
    fn try_from(amount: f64) -> Result<Self, String> {
        if !(0.0..=Self::LARGEST).contains(&amount) {
            return Err(format!("`{amount}` is not an amount from 0 to {}", Self::LARGEST));
        }
        let millionths = (amount * MILLION).round() as u64;
        // 0 is no limit, and nobody who writes another number means that.
        if millionths == 0 && amount > 0.0 {
            return Err(format!("`{amount}` is less than a millionth"));
        }
        Ok(Self { millionths })
    }
}

impl From<Amount> for f64 {
    #[expect(clippy::cast_precision_loss, reason = "no amount has 2^53 millionths")]
    fn from(amount: Amount) -> Self {
        amount.millionths as Self / MILLION
    }
}

impl JsonSchema for Amount {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Amount".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "number", "minimum": 0, "maximum": 1_000_000_000 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_read_and_written_as_a_number() {
        let read = |text: &str| serde_json::from_str::<Amount>(text);
        for (text, millionths) in [("2.5", 2_500_000), ("0", 0), ("5", 5_000_000), ("0.000001", 1)] {
            assert_eq!(read(text).unwrap().millionths(), millionths, "{text}");
        }
        assert_eq!(serde_json::to_string(&read("2.5").unwrap()).unwrap(), "2.5");
        for (text, complaint) in [("-1", "from 0 to"), ("1e10", "from 0 to"), ("1e-9", "less than a millionth")] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(complaint), "{text}: {error}");
        }
    }
}
