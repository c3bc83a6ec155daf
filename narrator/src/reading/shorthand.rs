//! Shorthand of chats, and words that are written as they are spoken: `pls`, `u`, `wanna`, `whats`. Each is read in full.

use super::verbs::is_verb_word;

/// What is written, and what it means. A word that is also another word of English is not here, except where `written_out` sees which it is.
const SHORT: &[(&str, &str)] = &[
    ("ya", "you"),
    ("ur", "your"),
    ("yr", "your"),
    ("r", "are"),
    ("pls", "please"),
    ("plz", "please"),
    ("plse", "please"),
    ("thru", "through"),
    ("thx", "thanks"),
    ("thanx", "thanks"),
    ("tnx", "thanks"),
    ("ty", "thanks"),
    ("ta", "thanks"),
    ("cheers", "thanks"),
    ("wanna", "want to"),
    ("gonna", "going to"),
    ("gotta", "have to"),
    ("hafta", "have to"),
    ("lemme", "let me"),
    ("gimme", "give me"),
    ("gotcha", "i see"),
    ("dunno", "i don't know"),
    ("whats", "what's"),
    ("wheres", "where's"),
    ("whos", "who's"),
    ("hows", "how's"),
    ("whens", "when is"),
    ("whys", "why is"),
    ("wat", "what"),
    ("wut", "what"),
    ("whatcha", "what are you"),
    ("watcha", "what are you"),
    ("whaddya", "what do you"),
    ("dont", "don't"),
    ("doesnt", "doesn't"),
    ("didnt", "didn't"),
    ("cant", "can't"),
    ("couldnt", "couldn't"),
    ("shouldnt", "shouldn't"),
    ("wouldnt", "wouldn't"),
    ("isnt", "isn't"),
    ("arent", "aren't"),
    ("wasnt", "wasn't"),
    ("werent", "weren't"),
    ("havent", "haven't"),
    ("hasnt", "hasn't"),
    ("wont", "won't"),
    ("aint", "isn't"),
    ("ain't", "isn't"),
    ("im", "i'm"),
    ("ive", "i've"),
    ("youre", "you're"),
    ("youve", "you've"),
    ("theyre", "they're"),
    ("hes", "he's"),
    ("shes", "she's"),
    ("thats", "that's"),
    ("theres", "there's"),
    ("b4", "before"),
    ("cuz", "because"),
    ("coz", "because"),
    ("tho", "though"),
    ("smth", "something"),
    ("sth", "something"),
    ("sry", "sorry"),
    ("soz", "sorry"),
    ("em", "them"),
    ("abt", "about"),
    ("ppl", "people"),
    ("rn", "right now"),
    ("ahem", "hello"),
    ("hiya", "hello"),
    ("heya", "hello"),
    ("howdy", "hello"),
    ("yo", "hello"),
    ("kinda", "rather"),
    ("sorta", "rather"),
    ("yeah", "yes"),
    ("yep", "yes"),
    ("nope", "no"),
    ("k", "ok"),
    ("idk", "i don't know"),
    ("brb", "wait"),
    ("arround", "around"),
    ("aroud", "around"),
    ("untill", "until"),
    ("wether", "whether"),
    ("havn't", "haven't"),
    ("everbody", "everybody"),
    ("evrybody", "everybody"),
    ("evryone", "everyone"),
    ("sombody", "somebody"),
    ("anbody", "anybody"),
    ("gp", "go"),
    ("og", "go"),
    ("teh", "the"),
    ("hte", "the"),
    ("adn", "and"),
    ("taht", "that"),
    ("thsi", "this"),
    ("waht", "what"),
    ("wht", "what"),
    ("wot", "what"),
    ("wats", "what's"),
    ("wots", "what's"),
    ("wher", "where"),
    ("whre", "where"),
    ("hwo", "how"),
    ("yuo", "you"),
    ("abuot", "about"),
    ("baout", "about"),
    ("wiht", "with"),
    ("wih", "with"),
    ("frm", "from"),
    ("becuase", "because"),
    ("becaus", "because"),
    ("plase", "please"),
    ("pleas", "please"),
    ("hav", "have"),
    ("lets", "let's"),
];

/// Behind these, `n` and `u` are ways to go.
const MOVES: &[&str] = &["go", "walk", "head", "run", "look", "then", "and", "n", "s", "e", "w", "u", "d"];

/// Behind these, `2` is no number.
const TO: &[&str] = &["go", "talk", "walk", "want", "speak", "get", "how", "try", "listen"];

/// `message` with every shorthand in full. What stands in quotation marks is left as it is.
pub(crate) fn written_out(message: &str) -> String {
    if message.contains(['"', '\u{201c}', '\u{ab}']) {
        return message.to_owned();
    }
    let staged = out_of_stars(message);
    let tokens: Vec<&str> = staged.split_whitespace().collect();
    let mut written: Vec<String> = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let bare = token.trim_end_matches(['.', ',', ';', '!', '?']);
        let end = &token[bare.len()..];
        let word = bare.to_lowercase().replace('\u{2019}', "'");
        // `take it n go`: between two words it is no direction; `go 2 the pub`.
        let is_between = index > 0 && index + 1 < tokens.len() && end.is_empty();
        let follows = tokens.get(index + 1).map(|next| next.to_lowercase()).unwrap_or_default();
        let joins = word == "n"
            && is_between
            && !MOVES.contains(&tokens[index - 1].to_lowercase().as_str())
            && !["then", "and", "to"].contains(&follows.as_str());
        let is_direction = tokens.iter().all(|token| token.trim_end_matches(|c: char| !c.is_alphanumeric()).len() < 2)
            || (index > 0 && MOVES.contains(&tokens[index - 1].to_lowercase().as_str()));
        let full = match word.as_str() {
            "u" if !is_direction => Some("you"),
            "brr" | "brrr" | "ugh" | "ooh" | "eek" | "yikes" | "phew" | "ew" | "aha" if tokens.len() > 1 => Some(""),
            "lol" | "haha" | "hehe" => Some(if tokens.len() > 1 { "" } else { "laugh" }),
            // `ill take it`
            "ill" if index == 0 && is_verb_word(&follows) => Some("i'll"),
            // `its so foggy` tells no owner.
            "its" if index == 0 || tokens[index - 1].ends_with([',', '.', '!', '?']) => Some("it's"),
            "n" if joins => Some("and"),
            // `go too the barge`, `got to the barge`
            "too" if ["the", "a", "my", "that"].contains(&follows.as_str()) => Some("to"),
            "were" if index == 0 && ["is", "am", "are", "do"].contains(&follows.as_str()) => Some("where"),
            "got" if index == 0 && follows == "to" => Some("go"),
            "2" if is_between && TO.contains(&tokens[index - 1].to_lowercase().as_str()) => Some("to"),
            _ => SHORT.iter().find(|(short, _)| *short == word).map(|(_, full)| *full),
        };
        match full {
            Some("") => {}
            Some(full) => written.push(format!("{full}{end}")),
            None => written.push((*token).to_owned()),
        }
    }
    written.join(" ")
}

/// `sigh, straighten the notice and pick up the stamp` of `Pim sighs, straightens the notice and picks up the stamp`, where Pim is the player.
pub(crate) fn in_first_person(message: &str, player: &str) -> String {
    let name = player.split(' ').next().unwrap_or_default().to_lowercase();
    if let Some(told) = of_a_traveller(message) {
        return told;
    }
    let Some((first, deed)) = message.trim().split_once(' ') else { return message.to_owned() };
    let verb = deed.split([' ', ',', '.']).next().unwrap_or_default();
    let says_deed = base_of(verb).is_some() || (verb.len() > 3 && verb.ends_with('s') && !verb.ends_with("ss"));
    if name.is_empty() || first.to_lowercase() != name || !says_deed {
        return message.to_owned();
    }
    plain_deeds(deed)
}

/// `sit down and rub my feet` of `the traveller sits down and rubs her feet`.
fn of_a_traveller(message: &str) -> Option<String> {
    const SELVES: &[&str] = &[
        "traveller",
        "traveler",
        "player",
        "hero",
        "heroine",
        "adventurer",
        "protagonist",
        "wanderer",
        "diver",
        "tuner",
        "clerk",
    ];
    let plain = message.trim();
    let (article, rest) = plain.split_once(' ')?;
    let (own, deed) = rest.split_once(' ')?;
    let is_own = ["the", "our", "my"].contains(&article.to_lowercase().as_str())
        && (SELVES.contains(&own.to_lowercase().as_str())
            || (own.eq_ignore_ascii_case("character") && !article.eq_ignore_ascii_case("the")));
    let verb = deed.split([' ', ',', '.']).next().unwrap_or_default();
    let tells = is_own && verb.len() > 2 && verb.ends_with('s') && !["is", "was", "has", "does"].contains(&verb);
    let mine = |word: &str| if ["her", "his", "their"].contains(&word) { "my".to_owned() } else { word.to_owned() };
    tells.then(|| plain_deeds(deed).split(' ').map(mine).collect::<Vec<_>>().join(" "))
}

/// `yawn and look at Crake` of `*yawns and looks at Crake*`: how deeds are written in a chat.
fn out_of_stars(message: &str) -> String {
    let trimmed = message.trim();
    let Some(deed) = trimmed.strip_prefix('*').and_then(|deed| deed.strip_suffix('*')) else {
        return message.to_owned();
    };
    plain_deeds(deed)
}

/// The deeds of `yawns and looks at Crake`, as they are written of oneself.
fn plain_deeds(deed: &str) -> String {
    let mut begins = true;
    let plain = deed.split_whitespace().map(|word| {
        let bare = word.trim_end_matches([',', '.', ';', '!']);
        let stem = if begins { base_of(bare).or_else(|| bare.strip_suffix('s')) } else { None };
        let verb = stem.filter(|stem| stem.len() > 2 && !is_verb_word_itself(bare)).unwrap_or(bare);
        begins = ["and", "then"].contains(&word) || word.ends_with([',', '.', ';']);
        format!("{verb}{}", &word[bare.len()..])
    });
    plain.collect::<Vec<_>>().join(" ")
}

/// The verb of `yawns` and `pushes`.
fn base_of(word: &str) -> Option<&str> {
    word.strip_suffix("es")
        .filter(|base| is_verb_word(base))
        .or_else(|| word.strip_suffix('s').filter(|base| is_verb_word(base)))
}

/// Whether a word that ends with `s` is a verb as it stands: `press`, `pass`.
fn is_verb_word_itself(word: &str) -> bool {
    word.ends_with("ss")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shorthand_is_read_in_full_and_directions_stay() {
        for (short, full) in [
            ("whats ur name", "what's your name"),
            ("pls lemme thru!", "please let me through!"),
            ("i wanna take it n go n", "i want to take it and go n"),
            ("go 2 the pub", "go to the pub"),
            ("look n", "look n"),
            ("*yawns and looks over at the boss*", "yawn and look over at the boss"),
            ("n", "n"),
            ("say \"u r here\"", "say \"u r here\""),
        ] {
            assert_eq!(written_out(short), full);
        }
    }
}
