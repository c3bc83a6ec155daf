//! A game's story as a text to read: Markdown, and a page of HTML that loads nothing.

use std::fmt::Write;

use protocol::GameExport;
use story::{ChatMessage, Role};

/// What the page looks like.
const STYLE: &str = "body{max-width:40rem;margin:2rem auto;padding:0 1rem;font:1.1rem/1.6 Georgia,serif}\
                     .said{font-style:italic;color:#555}@media(prefers-color-scheme:dark){body{background:#161616;color:#ddd}\
                     .said{color:#999}}";

/// How an address begins to which a link may lead.
const LINKS: [&str; 3] = ["http://", "https://", "mailto:"];

/// The story as Markdown: what the player said is quoted.
pub(super) fn markdown(game: &GameExport, title: &str) -> String {
    let mut text = format!("# {}\n", plain(title));
    for message in lines(game) {
        text.push('\n');
        for line in message.content.lines() {
            let quote = if message.role == Role::User { "> " } else { "" };
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{quote}{}", plain(line));
        }
    }
    text
}

/// The story as a page.
pub(super) fn html(game: &GameExport, title: &str) -> String {
    let title = escaped(title);
    let mut page = format!(
        "<!doctype html>\n<html><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style>{STYLE}</style></head>\n<body dir=\"auto\"><h1>{title}</h1>\n"
    );
    for message in lines(game) {
        let class = if message.role == Role::User { " class=\"said\"" } else { "" };
        for paragraph in message.content.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
            let _ = writeln!(page, "<p{class} dir=\"auto\">{}</p>", escaped(paragraph.trim()).replace('\n', "<br>"));
        }
    }
    page.push_str("</body></html>\n");
    page
}

/// What players read: no prompt of a story event, and nothing of the engine's own.
fn lines(game: &GameExport) -> impl Iterator<Item = &ChatMessage> {
    game.chat_history.iter().filter(|message| message.role != Role::System && !message.is_story_event)
}

/// A line of Markdown. HTML in it is shown as text. Emphasis stays: models write it on purpose. Links stay that lead to the web or to
/// mail; the bracket behind the text of any other, of the definition of one, and of every picture is escaped.
fn plain(line: &str) -> String {
    let line = without_html(line);
    let mut text = String::with_capacity(line.len());
    let mut rest = line.as_str();
    while let Some(at) = rest.find("](").into_iter().chain(rest.find("]:")).min() {
        let (before, after) = rest.split_at(at + 1);
        let address = after[1..].trim_start().as_bytes();
        let begins =
            |scheme: &&str| address.get(..scheme.len()).is_some_and(|it| it.eq_ignore_ascii_case(scheme.as_bytes()));
        text.push_str(before);
        // A picture is loaded from wherever it says as soon as somebody reads the file.
        let is_picture = before.rfind('[').is_some_and(|opens| before[..opens].ends_with('!'));
        if is_picture || !LINKS.iter().any(begins) {
            text.push('\\');
        }
        text.push_str(&after[..1]);
        rest = &after[1..];
    }
    text + rest
}

fn without_html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

fn escaped(text: &str) -> String {
    without_html(text).replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use protocol::{EXPORT_VERSION, GameId};
    use story::GameState;

    use super::*;

    fn game() -> GameExport {
        GameExport {
            version: EXPORT_VERSION,
            id: GameId::new(),
            name: None,
            provider: "offline".to_owned(),
            exported_at: Timestamp::UNIX_EPOCH,
            branched_from: None,
            last_turn: 1,
            state: GameState::default(),
            chat_history: vec![
                ChatMessage::user("I <script>ring</script> it.\nTwice."),
                ChatMessage::assistant("A *round* note.\n\nThen silence."),
                ChatMessage::story_event("Tell of the fog."),
                ChatMessage::assistant("Fog comes."),
            ],
            turns: Vec::new(),
        }
    }

    #[test]
    fn a_transcript_in_markdown_quotes_the_player() {
        assert_eq!(
            markdown(&game(), "The <b>bell</b>"),
            "# The &lt;b>bell&lt;/b>\n\n> I &lt;script>ring&lt;/script> it.\n> Twice.\n\nA *round* note.\n\nThen silence.\n\nFog comes.\n"
        );
    }

    #[test]
    fn a_link_in_markdown_leads_to_the_web_or_to_mail_or_is_text() {
        for kept in ["[x](https://a.example/b)", "[x]( HTTP://a.example)", "[x](mailto:a@b.example)", "[x]", "a (b): c"]
        {
            assert_eq!(plain(kept), kept);
        }
        for (line, expected) in [
            ("[x](javascript:alert(3))", "[x]\\(javascript:alert(3))"),
            ("![x](https://evil.example/x.png)", "![x]\\(https://evil.example/x.png)"),
            ("![x](data:text/html,x) [y](https://a.example)", "![x]\\(data:text/html,x) [y](https://a.example)"),
            ("[x](javascript\\:alert(3))", "[x]\\(javascript\\:alert(3))"),
            ("[x](<javascript:alert(3)>)", "[x]\\(&lt;javascript:alert(3)>)"),
            // The address may stand on the next line, and a definition somewhere else.
            ("[x](", "[x]\\("),
            ("[x]: vbscript:x", "[x]\\: vbscript:x"),
        ] {
            assert_eq!(plain(line), expected);
        }
    }

    #[test]
    fn a_transcript_in_html_holds_nobodys_markup() {
        let page = html(&game(), "The <b>bell</b>");
        assert!(page.contains("I &lt;script&gt;ring&lt;/script&gt; it.<br>Twice."), "{page}");
        assert!(!page.contains("<script") && !page.contains("Tell of the fog"), "{page}");
    }
}
