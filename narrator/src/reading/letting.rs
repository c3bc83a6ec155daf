//! `let Amos read the paper`: what somebody is allowed, shown or given.

/// `let Amos read the paper` as `show the paper to Amos`, and `leave him alone` as `wait`.
pub(crate) fn let_somebody(words: Vec<String>) -> Vec<String> {
    let start = words.iter().position(|word| !matches!(word.as_str(), "i" | "i'll" | "we"));
    let begins = start.and_then(|start| words.get(start)).map(String::as_str);
    let leaves = ["alone", "be", "sleep", "rest", "go"].contains(&words.last().map_or("", String::as_str));
    // `let the moths eat my ledger`
    if let (Some("let"), Some(start), Some(eat)) = (begins, start, words.iter().position(|word| word == "eat"))
        && eat > start + 1
        && eat + 1 < words.len()
    {
        return [&["feed".to_owned()], &words[eat + 1..], &["to".to_owned()], &words[start + 1..eat]].concat();
    }
    if matches!(begins, Some("let" | "leave")) && words.len() > 2 && leaves && !words.contains(&"of".to_owned()) {
        let is_free = begins == Some("let") && words.last().is_some_and(|last| last == "go");
        return match start {
            Some(start) if is_free => [&["free".to_owned()], &words[start + 1..words.len() - 1]].concat(),
            _ => vec!["wait".to_owned()],
        };
    }
    let at = words.iter().position(|word| matches!(word.as_str(), "see" | "read" | "have" | "hold" | "inspect"));
    match (begins, start, at) {
        (Some("let"), Some(start), Some(at)) if at > start + 1 && at + 1 < words.len() && words[start + 1] != "me" => {
            let gives = matches!(words[at].as_str(), "have" | "hold");
            let verb = if gives { "give" } else { "show" };
            let person = &words[start + 1..at];
            [&[verb.to_owned()], &words[at + 1..], &["to".to_owned()], person].concat()
        }
        _ => words,
    }
}
