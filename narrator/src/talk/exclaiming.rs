//! What is said and not meant as a deed: oaths, words from other games, thanks, and asking how this is played. Each is answered shortly
//! and kindly, and changes nothing.

use crate::reading::clause::Clause;
use crate::reading::sentence::clauses;
use crate::telling::Telling;
use crate::world::entries::Being;
use crate::world::texts::capital;

/// What is typed for a list of commands.
const MANUAL: &[&str] = &["help", "?", "h", "commands", "man", "manual"];

impl Telling<'_> {
    pub(crate) fn sworn(&self) -> String {
        let lines = [
            "You say it under your breath, and feel a little better.",
            "It has to be said now and then.",
            "The word goes out into the air, and the air has heard worse.",
            "You let it out. What troubles you is no smaller, but you are lighter.",
            "Quite so.",
            "You count to five, and begin again.",
            "That is one way to put it.",
        ];
        format!("{} {}", self.view.fresh(&lines), self.could_try())
    }

    pub(crate) fn conjured(&self) -> String {
        let lines = [
            "You say the word. It worked somewhere else, once.",
            "A hollow voice says nothing at all.",
            "That is a word from another story, and this one does not know it.",
            "You wait for a puff of smoke. None comes.",
            "Nothing vanishes, and nothing appears.",
            "You feel for a moment that something ought to have happened.",
            "There is no magic in that word here.",
        ];
        format!("{} {}", self.view.fresh(&lines), self.could_try())
    }

    /// How the game is played, in two sentences.
    pub(crate) fn manual(&self) -> String {
        let lines = [
            "Write what you do, in plain words: `look`, `go north`, `take the lamp`, `ask her about the bell`. `hint` helps you on.",
            "Plain sentences will do: look at something, take it, use it, talk to people, go somewhere. `hint` gives a hint.",
            "Say what you do, as you would tell a friend; `look` shows where you are, `inventory` what you carry, `hint` what may help.",
            "There are no commands to learn: say what you do, to what, and where you go. For a nudge there is `hint`.",
            "A verb and a thing are enough, as in `open the door`. `hint` says more each time.",
            "Whatever you would do, write it down. If nothing comes to mind, there are `look` and `hint`.",
        ];
        format!("{} {}", self.view.fresh(&lines), self.could_try())
    }

    /// The answer to a line that begins with a slash and is no command of the program that the player plays with.
    pub(crate) fn unknown_command(&self, message: &str) -> Option<String> {
        let command = message.trim_start().strip_prefix('/')?.trim().to_lowercase();
        if MANUAL.contains(&command.as_str()) || command.is_empty() {
            return Some(self.manual());
        }
        let is_understood = clauses(&command).first().is_some_and(|clause| clause.verb.is_some());
        (!is_understood).then(|| format!("There is no command of that name. {}", self.manual()))
    }

    /// The answer of somebody who sleeps.
    pub(crate) fn slept_through(&self, who: &str) -> String {
        let lines = [
            format!("{who} sleeps on."),
            format!("{who} breathes out, which is all the answer there is."),
            format!("{who} does not stir."),
            format!("{who} has not heard a word."),
            format!("It does not reach {who}, who is a long way down."),
            format!("{who} turns a little, and sleeps more deeply."),
        ];
        self.view.fresh(&lines).to_owned()
    }

    /// The answer to `thanks`.
    pub(crate) fn thanked(&self, listener: Option<&Being>) -> String {
        let Some(listener) = listener else {
            let lines = [
                "You say thank you to the place in general. It seems the right thing to do.",
                "It is heard by no one, and costs nothing.",
                "You are welcome.",
                "Good manners are never wasted, even on the furniture.",
                "You say it aloud, and it does you good.",
                "The thanks go where such things go.",
            ];
            return self.view.fresh(&lines).to_owned();
        };
        let who = capital(&listener.call());
        if listener.is_asleep() {
            return self.slept_through(&who);
        }
        if listener.is_speechless() {
            let lines = [
                format!("{who} takes it as no more than is due."),
                format!("{who} looks at you, and looks away again."),
                format!("If {who} is pleased, it does not show."),
                format!("{who} blinks once, slowly."),
                format!("{who} has heard it before."),
                format!("{who} does not hold it against you."),
            ];
            return self.view.fresh(&lines).to_owned();
        }
        let lines = [
            format!("'Not at all,' says {who}."),
            format!("{who} nods, as one does."),
            format!("'You are welcome,' says {who}."),
            format!("{who} waves it aside."),
            format!("'Don't mention it,' says {who}, and means it."),
            format!("{who} accepts that with a small bow of the head."),
        ];
        self.view.fresh(&lines).to_owned()
    }
}

impl Clause {
    /// Whether it only says thank you.
    pub(crate) fn is_thanks(&self) -> bool {
        self.written.starts_with("thank") || self.written == "say thanks to"
    }
}
