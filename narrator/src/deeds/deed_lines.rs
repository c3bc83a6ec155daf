//! Lines for deeds that the story makes nothing of, by verb.

use crate::reading::verbs::Verb;
use crate::world::naming::is_or_are;
use crate::world::texts::capital;

/// Answers to what is done to a body or with one's hands; `None` for other deeds.
pub(crate) fn to_somebody(verb: Verb, written: &str, it: &str, is_being: bool) -> Option<[String; 3]> {
    Some(match verb {
        _ if is_being && !matches!(verb, Verb::Kiss | Verb::Touch | Verb::Eat | Verb::Drink | Verb::Dance) => [
            format!("{} gives you a look, and you let it be.", capital(it)),
            format!("You think better of it. {} has seen that you did.", capital(it)),
            format!("{} would rather not, and there is no more to be said.", capital(it)),
        ],
        Verb::Attack | Verb::Burn => [
            format!("You look at {it}, and think better of it. This will not be won by breaking things."),
            format!("You could, but {it} has done nothing to deserve it, and nothing would come of it."),
            format!("Your hand goes up, and comes down again. What you raised it against is none the worse: {it}."),
        ],
        Verb::Kiss | Verb::Touch if is_being => [
            format!("{} allows it, for about as long as it takes to notice.", capital(it)),
            format!("{} takes a step back, not unkindly.", capital(it)),
            format!("You and {it} come to an understanding, which is that this goes no further."),
        ],
        Verb::Touch | Verb::Kiss => [
            format!("You put a hand to {it}. It is cool, and a little rough."),
            format!("{} feels just as it looks.", capital(it)),
            format!("You run your hand along {it}, once, and are no wiser."),
        ],
        Verb::Wash => [
            format!("You put a hand to {it}. It is cool, and a little rough."),
            format!("{} feels just as it looks.", capital(it)),
            format!("You leave {it} a little cleaner than you found it."),
        ],
        Verb::Knock => [
            format!("You {written} {it}. Nobody comes."),
            format!("You {written} {it}, and listen. Only the echo answers."),
            format!("Three knocks on {it}, and then a silence that has heard them."),
        ],
        Verb::Open | Verb::Close => [
            format!("{} is as open as it is going to be.", capital(it)),
            format!("You try {it}. It has nothing to hide, and nothing to show."),
            format!("There is nothing about {it} that you could {written}."),
        ],
        Verb::Stop => [
            format!("You put a hand to {it}, and take it away again. There is nothing that you could stop."),
            format!("You would stop {it}, if that were for you to do."),
            format!("{} does as it does, and your hand makes no difference to it.", capital(it)),
        ],
        Verb::Move | Verb::Start | Verb::Set | Verb::Ring => [
            format!("You try, and {it} does not oblige."),
            format!("{} stays exactly as it is.", capital(it)),
            format!("You set your hand to {it}. Whatever it would take, this is not it."),
        ],
        Verb::Play | Verb::Sing | Verb::Dance => [
            format!("You try a few bars with {it}. Somewhere, somebody closes a window."),
            format!("It is not a performance that {it} will be remembered for."),
            format!("You and {it} keep time for a moment, and then it is over."),
        ],
        Verb::Eat | Verb::Drink if is_being => [
            format!("{} would object.", capital(it)),
            format!("You are not that hungry, and {it} is not that kind of thing."),
            format!("{} moves out of reach.", capital(it)),
        ],
        Verb::Drink => [
            format!("You leave {it} to those who are used to it."),
            format!("A sip of {it} would do no good, and might do harm."),
            format!("You are thirsty, but not for {it}."),
        ],
        Verb::Eat => [
            format!("You consider {it} as a meal, and decide that it is of more use as it is."),
            format!("You are hungry, but you are not yet that hungry: {it} stays whole."),
            format!("{} is not yours to swallow.", capital(it)),
        ],
        _ => return None,
    })
}

/// Answers to what is done with a thing.
pub(crate) fn to_something(verb: Verb, written: &str, it: &str) -> [String; 3] {
    match verb {
        Verb::Hide => [
            format!("You get out of sight by {it} for a while. No one looks for you, and you come out again."),
            format!("{} hides you well enough, from nobody in particular.", capital(it)),
            format!("You make yourself small by {it}. Nothing comes, and you stand up again."),
        ],
        Verb::Ride => [
            format!("You set {it} going with one hand, and it goes by itself a little longer than it should."),
            format!("You get on {it} for a moment, and get down again."),
            format!("{} moves under you, and comes to rest.", capital(it)),
        ],
        Verb::Sit | Verb::Stand | Verb::Sleep => [
            format!("You try {it} for size, and get up again: there are things to do."),
            format!("{} would bear your weight, but not for long, and not now.", capital(it)),
            format!("You rest by {it} for a moment. There is more to do than that."),
        ],
        Verb::Jump => [
            format!("You measure the distance to {it}, and stay where you are."),
            format!("You bend your knees, look at {it}, and straighten up again."),
            format!("It would be a long way to {it}, and a short stay."),
        ],
        Verb::Quench => [
            format!("You leave {it} as it is: there is little enough light about."),
            format!("You think of what it would be like without {it}, and let it be."),
            format!("You hold your hand over {it}, and take it away again. It may be wanted yet."),
        ],
        Verb::Light => [
            format!("You see to {it}. The light changes, and shows you the same place."),
            format!("{} does what it can, and there is nothing here that waited for it.", capital(it)),
            format!("For a moment {it} is all that you see, and then your eyes are used to it."),
        ],
        Verb::Write | Verb::Stamp => [
            format!("You find a clean corner of {it} and think again. It is not the place for it."),
            format!("What is written on {it} should not be written lightly, and you leave it."),
            format!("You make a small mark on {it}, which nobody will ever read."),
        ],
        Verb::Wear => [
            format!("You keep {it} ready; the time for that will come, or it will not."),
            format!("You find no way to wear {it} just now."),
            format!("You hold {it} against yourself, and are not the better dressed for it."),
        ],
        Verb::Hang | Verb::Tie | Verb::Repair | Verb::Use | Verb::Join => [
            format!("You look for a way to do that with {it}, and this is not the place for it."),
            format!("You have the sense of the right key in the wrong door: {it} is of no use for that here."),
            format!("{} will want something else, or somewhere else.", capital(it)),
        ],
        _ => [
            format!("You {written} {it}, and it makes less difference than you hoped."),
            format!("{} takes it calmly.", capital(it)),
            format!("You {written} {it}. It is done, and nobody remarks on it."),
        ],
    }
}

/// What is smelled, counted or heard of something.
pub(crate) fn to_senses(verb: Verb, it: &str) -> [String; 3] {
    match verb {
        Verb::Smell => [
            format!("{} smells of nothing in particular, and faintly of damp.", capital(it)),
            format!("You breathe in {it}, and are none the wiser."),
            format!("There is a trace of damp about {it}."),
        ],
        Verb::Count => [
            format!("You count {it}, and then again to be sure."),
            format!("It comes to as many as you thought, with {it}."),
            format!("You count {it} from the left, and get the same from the right."),
        ],
        _ => [
            format!("You listen to {it}. It has nothing to say that you can hear."),
            format!("You put an ear to {it}. There is your own pulse, and behind it nothing."),
            format!("{} {} quiet.", capital(it), is_or_are(it)),
        ],
    }
}

/// Answers to a deed that needs nothing; `None` for deeds that need something.
pub(crate) const fn to_nothing(verb: Verb) -> Option<&'static [&'static str]> {
    Some(match verb {
        Verb::Sit => &[
            "You sit down for a moment, and get up again: there are things to do.",
            "You sit, and the place sits with you. Then you are on your feet again.",
            "You take the weight off your feet, for as long as it takes to notice.",
            "You sit down, and find that you think no better sitting.",
        ],
        Verb::Wait => &[
            "You wait. Time goes by on its usual business.",
            "You give it a while. Something drips, counts to nine, and drips again.",
            "You stay as you are, and the light moves a finger's width.",
            "You rest for a moment, and it does you good.",
            "You let a little time go by. It does not ask your leave.",
            "You wait, and nothing comes that you did not expect.",
        ],
        Verb::Sleep => &[
            "You close your eyes, and open them again: this is no time for it.",
            "You are tired, but not so tired that the rest could wait.",
            "You doze for the space of a breath, and wake no later than before.",
            "Sleep does not come when it is called tonight.",
        ],
        Verb::Sing | Verb::Play => &[
            "You sing a few lines, under your breath and a little flat.",
            "You try a tune. It goes out into the air and is not sent back.",
            "You hum something that you had forgotten you knew.",
            "Your song has one verse, and the place is polite about it.",
        ],
        Verb::Dance => &[
            "You dance a few steps, and nobody stops you.",
            "You turn once on your heel, with some style.",
            "You dance. It is a short dance, but a sincere one.",
            "Your feet know more about it than you do.",
        ],
        Verb::Jump => &[
            "You jump, and come down where you began.",
            "You leave the ground for a moment, and it waits for you.",
            "A small leap, and a small thud.",
            "You jump. Something in your pockets jumps a little later.",
        ],
        Verb::Listen => &[
            "You listen. The place has its own small sounds, and goes on making them.",
            "You hold your breath. Far off, something settles.",
            "There is your own breathing, and behind it the quiet.",
            "You hear what you would expect to hear, and nothing else.",
        ],
        Verb::Smell => &[
            "You breathe in. It smells as it looks.",
            "There is a trace of damp in the air, and of other people's evenings.",
            "Nothing is burning, which is something.",
        ],
        Verb::Think => &[
            "You think about it, and it does not get smaller.",
            "You gather your thoughts. There are fewer of them than you expected, and better ones.",
            "It passes through your mind and out at the other side.",
            "You allow yourself a moment of that.",
        ],
        Verb::Count => {
            &["You count everything once, and it comes out even.", "You lose count, and start again, and let it be."]
        }
        Verb::Knock => &[
            "You knock. Nobody comes.",
            "You knock, and wait, and hear yourself waiting.",
            "Three knocks, and then a silence that has heard them.",
        ],
        Verb::Hide => &[
            "You make yourself small. Nobody is looking, so it works very well.",
            "You hide for a while, and then come out, not having been sought.",
        ],
        _ => return None,
    })
}
