//! Which of the cases are run: by words, by tags, by shard.

use std::fmt;
use std::str::FromStr;

use harness_case::Case;

/// What a case must be like to be run. Everything that is left empty lets every case through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Selection {
    /// Texts of which one must be in the id, the name or the path; none of those that are excluded may.
    pub texts: Vec<Wish>,
    /// Tags, every one of which must (or must not) be there.
    pub tags: Vec<Wish>,
    /// One of several equal parts.
    pub shard: Option<Shard>,
}

/// Something that is wanted, or with `!` in front of it is not: `slow`, `!slow`, `slow,crash` (one of them).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wish {
    words: Vec<String>,
    excluded: bool,
}

/// The `index`th of `of` parts, from 1. Where a case belongs depends on its id only: more cases move none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shard {
    index: u64,
    of: u64,
}

impl Selection {
    /// Whether the case is one of them.
    #[must_use]
    pub(crate) fn holds(&self, case: &Case) -> bool {
        let path = case.path.display().to_string();
        let said = |wish: &Wish| {
            wish.words
                .iter()
                .any(|word| [case.id.as_str(), &case.name, &path].into_iter().any(|text| text.contains(word.as_str())))
        };
        let mut wanted = self.texts.iter().filter(|wish| !wish.excluded).peekable();
        (wanted.peek().is_none() || wanted.any(said))
            && !self.texts.iter().any(|wish| wish.excluded && said(wish))
            && self.tags.iter().all(|wish| wish.words.iter().any(|tag| case.tags.contains(tag)) != wish.excluded)
            && self.shard.is_none_or(|shard| shard.holds(case))
    }

    /// Whether nothing is left out.
    #[must_use]
    pub(crate) fn is_everything(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for Selection {
    /// As it is on the command line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts = self.texts.iter().map(|wish| format!("--filter {wish}"));
        let tags = self.tags.iter().map(|wish| format!("--tag {wish}"));
        let shard = self.shard.map(|Shard { index, of }| format!("--shard {index}/{of}"));
        f.write_str(&texts.chain(tags).chain(shard).collect::<Vec<_>>().join(" "))
    }
}

impl fmt::Display for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.excluded { "!" } else { "" }, self.words.join(","))
    }
}

impl FromStr for Wish {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (excluded, words) = text.strip_prefix('!').map_or((false, text), |rest| (true, rest));
        let words: Vec<String> = words.split(',').map(|word| word.trim().to_owned()).collect();
        if words.iter().any(String::is_empty) {
            return Err("it holds an empty word".to_owned());
        }
        Ok(Self { words, excluded })
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/').and_then(|(index, of)| Some((index.parse().ok()?, of.parse().ok()?)));
        match parts {
            Some((index, of)) if (1..=of).contains(&index) => Ok(Self { index, of }),
            _ => Err("a shard is written like 1/3, 2/3, 3/3".to_owned()),
        }
    }
}

impl Shard {
    fn holds(self, case: &Case) -> bool {
        hash(&case.id) % self.of == self.index - 1
    }
}

/// FNV-1a with its bits mixed once more: std promises the same hashes only within one version of itself, and shards must
/// agree in every build.
fn hash(text: &str) -> u64 {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let hash = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash ^ (hash >> 32)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use harness_case::profile::Profile;
    use harness_case::{Parsed, parse};

    use super::*;

    fn case(id: &str, tags: &str) -> Case {
        let text =
            format!(r#"{{"name": "About {id}", "scenario": "s", "tags": {tags}, "steps": [{{"user_prompt": "a"}}]}}"#);
        match parse(&text, Path::new(&format!("cases/{id}.json")), &Profile::story_engine()).unwrap().0 {
            Parsed::Cases(mut cases) => cases.remove(0),
            Parsed::Sequence(_) => panic!("a sequence"),
        }
    }

    fn wishes(texts: &[&str]) -> Vec<Wish> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn texts_widen_and_excluded_texts_narrow() {
        let holds = |texts: &[&str], id: &str| {
            Selection { texts: wishes(texts), ..Selection::default() }.holds(&case(id, "[]"))
        };
        assert!(holds(&[], "bell"));
        assert!(holds(&["gull", "bell"], "bell") && !holds(&["gull"], "bell"));
        assert!(holds(&["About b"], "bell"), "the name counts");
        assert!(holds(&["cases/b"], "bell"), "the path counts");
        assert!(!holds(&["bell", "!ell"], "bell") && holds(&["!gull"], "bell"));
    }

    #[test]
    fn each_tag_narrows_and_a_comma_means_one_of_them() {
        let holds = |tags: &[&str]| {
            Selection { tags: wishes(tags), ..Selection::default() }.holds(&case("x", r#"["slow", "crash"]"#))
        };
        assert!(holds(&["slow"]) && holds(&["slow", "crash"]) && holds(&["fast,slow"]));
        assert!(!holds(&["slow", "fast"]) && !holds(&["!slow"]) && !holds(&["!fast,crash"]));
        assert!(holds(&["!fast"]));
        assert!(!holds(&["slo"]), "a tag is a whole word");
    }

    #[test]
    fn every_case_is_in_exactly_one_shard_and_the_shards_are_about_equal() {
        let cases: Vec<Case> = (0..300).map(|n| case(&format!("test_{n}"), "[]")).collect();
        let mut sizes = Vec::new();
        for shard in ["1/3", "2/3", "3/3"] {
            let selection = Selection { shard: Some(shard.parse().unwrap()), ..Selection::default() };
            sizes.push(cases.iter().filter(|case| selection.holds(case)).count());
        }
        assert_eq!(sizes.iter().sum::<usize>(), 300);
        assert!(sizes.iter().all(|size| (70..=130).contains(size)), "{sizes:?}");
    }

    #[test]
    fn the_hash_is_the_same_in_every_build() {
        assert_eq!(hash("test_retries") % 1000, 876);
    }

    #[test]
    fn a_selection_is_shown_as_it_was_asked_for() {
        let selection = Selection {
            texts: wishes(&["bell,gull", "!sea"]),
            tags: wishes(&["slow"]),
            shard: Some("2/3".parse().unwrap()),
        };
        assert_eq!(selection.to_string(), "--filter bell,gull --filter !sea --tag slow --shard 2/3");
    }

    #[test]
    fn what_is_not_a_shard_is_refused() {
        for text in ["0/3", "4/3", "1", "1/0", "a/b", "/"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
        assert!("!".parse::<Wish>().is_err() && "a,,b".parse::<Wish>().is_err());
    }
}
