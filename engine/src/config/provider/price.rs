//! What a model's tokens cost, so that metrics can say what was spent.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Prices for a million tokens, in whichever currency the operator counts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Of the prompt.
    pub prompt: f64,
    /// Of the part of the prompt that came from the vendor's cache; as the rest of it when not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached: Option<f64>,
    /// Of what the model writes and thinks.
    pub completion: f64,
}

impl Price {
    /// What a call costs, in millionths of the currency. `cached` is a part of `prompt`.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "no call has 2^53 tokens, and no price is negative"
    )]
    pub(crate) fn millionths(&self, prompt: u64, cached: u64, completion: u64) -> u64 {
        let cached = cached.min(prompt);
        let cost = |tokens: u64, price: f64| tokens as f64 * price;
        let cost = cost(prompt - cached, self.prompt)
            + cost(cached, self.cached.unwrap_or(self.prompt))
            + cost(completion, self.completion);
        cost.round() as u64
    }

    /// Whether every price is a number that can be one.
    pub(super) fn is_valid(&self) -> bool {
        let prices = [self.prompt, self.cached.unwrap_or_default(), self.completion];
        prices.iter().all(|price| (0.0..=1_000_000.0).contains(price))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_costs_what_its_tokens_cost_with_cached_ones_at_their_own_price() {
        let price = Price { prompt: 3.0, cached: Some(0.3), completion: 15.0 };
        assert_eq!(price.millionths(1000, 0, 100), 4500);
        assert_eq!(price.millionths(1000, 1000, 0), 300);
        assert_eq!(Price { cached: None, ..price }.millionths(1000, 1000, 0), 3000);
    }
}
