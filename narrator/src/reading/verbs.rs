//! The verbs that the offline narrator knows. A phrase of up to three words means one kind of action; the longest phrase wins.

use std::collections::HashMap;
use std::sync::LazyLock;

/// What a player wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Verb {
    Look,
    Examine,
    Listen,
    Smell,
    Count,
    Go,
    Back,
    Out,
    In,
    Take,
    Drop,
    Give,
    Show,
    Throw,
    Feed,
    Trade,
    Talk,
    Ask,
    Greet,
    Say,
    Wake,
    Open,
    Close,
    Lock,
    Empty,
    Knock,
    Move,
    Light,
    Quench,
    Ring,
    Play,
    Start,
    Stop,
    Repair,
    Sit,
    Stand,
    Ride,
    Wait,
    Sleep,
    Sing,
    Dance,
    Jump,
    Eat,
    Drink,
    Attack,
    Burn,
    Write,
    Stamp,
    Hang,
    Tie,
    Keep,
    Wear,
    Touch,
    Kiss,
    Use,
    Set,
    Hide,
    Follow,
    Wash,
    Join,
    Inventory,
    Help,
    Undo,
    Quit,
    Score,
    Time,
    Apologise,
    Think,
    /// Flying, sailing, digging: for want of wings, of a boat and of a spade.
    Fly,
    /// `damn it`.
    Swear,
    /// Words from other games.
    Conjure,
    /// How the game is played.
    Manual,
}

impl Verb {
    /// Whether the action only perceives. Such an action never changes anything.
    pub(crate) const fn is_perception(self) -> bool {
        matches!(
            self,
            Self::Look
                | Self::Examine
                | Self::Listen
                | Self::Smell
                | Self::Count
                | Self::Inventory
                | Self::Help
                | Self::Time
                | Self::Score
                | Self::Undo
                | Self::Quit
                | Self::Think
                | Self::Swear
                | Self::Conjure
                | Self::Manual
        )
    }

    /// Whether the action leads to another place.
    pub(crate) const fn is_motion(self) -> bool {
        matches!(self, Self::Go | Self::Back | Self::Out | Self::In)
    }

    /// Whether the action only talks. It changes something only where a rule speaks of talking.
    pub(crate) const fn is_speech(self) -> bool {
        matches!(self, Self::Talk | Self::Greet | Self::Say | Self::Ask | Self::Apologise)
    }
}

/// Phrases by verb, separated by commas.
const PHRASES: &[(Verb, &str)] = &[
    (
        Verb::Look,
        "look around, look behind me, turn around, turn round, look over my shoulder, look back, look about, look round, walk around, wander around, look around me, look, l, survey, explore, observe, have a look, take a look, have a look around, \
         take a look around, feel around, feel about, grope, grope around, feel my way, search around, look \
         everywhere",
    ),
    (
        Verb::Examine,
        "look at, regard, reach into, peer, peek through, peep through, peer through, peek, peep, examine, x, inspect, study, read, check, look in, look into, look down at, look back at, look across, look across at, look under, look behind, look \
         inside, look through, look closely at, look up at, look over, search, describe, watch, view, see, \
         solve, work out, figure out, decipher, translate, browse, poke around, poke around in, poke about, nose around, leaf through, flip through, have a look at, take a look at, steal a look at, take a peek at, have a peek at, take a glance at, sneak a look at, \
         steal a glance at, cast an eye over, squint at, \
         take a closer look at, look out over, look out, look up and down, rummage in, rummage through, rummage, peer at, peer into, stare at, gaze at, peek at, peek in, glance at, investigate, consult, admire, \
         find, look for, search for, look out of, look down, look up",
    ),
    (Verb::Listen, "listen to, listen for, listen out for, listen, listen at, hear, eavesdrop"),
    (Verb::Smell, "smell, sniff, taste, lick"),
    (Verb::Count, "count, count up"),
    (
        Verb::Back,
        "go back, come back, back, return, retreat, turn back, head back, walk back, go back to, return to, \
         head back to",
    ),
    (
        Verb::Out,
        "go out, go outdoors, outdoors, out, exit, leave, run away, go away, walk away, flee, get off at, get out, step out, go outside, go ashore, ashore, get ashore, outside, walk out, escape, go back outside, slip out, sneak out, head out, come out, hurry out, run out, climb out, leave through, \
         get off, disembark, step outside, head outside, leave the room",
    ),
    (
        Verb::In,
        "go in, break in, go indoors, indoors, go back in, go back inside, back in, back inside, head back in, head back inside, step inside, head inside, walk inside, come aboard, come inside, climb onto, hop on, hop onto, hop aboard, in, inside, go inside, enter, get in, get inside, get indoors, step in, get into, step into, go into, walk into, get \
         on, step onto, go onto, board, go aboard, aboard, climb aboard, step aboard, embark, get onto, climb \
         into, climb in, come in, take shelter, take cover, shelter, get out of",
    ),
    (
        Verb::Go,
        "go, swim away, walk off, go off, set out, squeeze past, squeeze through, edge along, edge past, walk, run, stomp, stomp over to, trudge, dash, rush, race, stride, step over to, hurry over to, make for, pop over to, pop, pop into, drop in at, drop into, duck into, check out, nip, head, move to, travel, proceed, continue, climb, ascend, descend, crawl, sneak, \
         creep, hurry, visit, approach, cross, march, wander, stroll, slide, swim, wade, make my way, set \
         off, push on, go up to, go to, step, climb up, climb down, go over to, push my way, elbow my way, fight my way, work my way, find my way, feel my way, tiptoe, slink, stagger, limp, amble, saunter, shuffle, scurry, scramble, sprint, jog, walk to, come to, come over to, walk over to, head \
         to, head for, journey, hop, move on, go through, take the stairs, come down, come up, come back down, come back up, go back down, go back up, climb back down, climb back up, climb back, head back down, head back up, slip, enter through, cross to",
    ),
    (
        Verb::Take,
        "take, reach for, help yourself to, pick up, get, grab, collect, pocket, fetch, steal, carry, pick, lift, acquire, snatch, seize, \
         catch, borrow, remove, retrieve, gather, pluck, hold, coil, coil up, roll up, bring along, take along, take back, pull out, swipe, take hold of, help \
         myself to",
    ),
    (
        Verb::Drop,
        "drop, put down, set down, lay down, discard, leave behind, put away, throw away, abandon, let go of, \
         place, put, put back, lay, store, stow, stash, pack, tuck, deposit",
    ),
    (
        Verb::Give,
        "give, here you go, here you are, here is, here's, hand, offer, hand over, present, give back, deliver, pass, donate, lend, bring",
    ),
    (Verb::Feed, "feed"),
    (Verb::Show, "show, display, hold up, hold out, wave, brandish, point at, point to, point"),
    (Verb::Throw, "throw, toss, hurl, chuck, fling, skip, skim"),
    (
        Verb::Trade,
        "trade, pawn, exchange, swap, barter, buy, pay, redeem, purchase, order, sell, haggle, bribe, tip, haggle with, \
         pay for",
    ),
    (
        Verb::Talk,
        "signal, beckon, beckon to, lie to, lie about, pretend, bluff, beg for, plead for, talk to, talk with, speak to, speak with, chat with, chat to, talk, speak, chat, converse with, \
         question, interrogate, consult with, ask about, talk about, interview, confront, accuse, argue with, i'm here to, i am here to, i came to, i have come to, \
         compliment, praise, cheer, apologise for, tell me about, tell me, comfort, console, reassure, soothe, calm, calm down, cheer up, encourage, distract, explain, explain to, persuade, flatter, threaten, gossip with, plead with, reason with, tell, inform, warn",
    ),
    (Verb::Ask, "ask, beg, request, demand, ask for, invite"),
    (
        Verb::Greet,
        "greet, what ho, ahoy there, ahoy, take a bow, make a bow, curtsy, here kitty, come here, come, come with me, follow me, come along, come on, hello there, hello, hi, say hello to, say hi to, say hello, say hi, hey, wave to, wave at, thank, say \
         thanks to, introduce myself to, introduce myself, introduce yourself, bid, good evening, good morning, evening all, evening everyone, morning all, evening everybody, bow to, bow, nod to, \
         nod at, smile at, salute, say goodbye to, say goodbye, goodbye, thanks, thank you, curtsey",
    ),
    (
        Verb::Say,
        "say, boo, meow, miaow, woof, bark, growl, howl, purr, remark, comment, mumble, murmur, exclaim, joke, sneer, shout, yell, whisper, call, scream, call out, announce, cry, call for, shout for, shout at, \
         yell at, yell for, answer, reply, curse, swear, mutter, recite, declare, confess, promise, promise to, agree, agree to, refuse, refuse to, admit, insist, hail, holler, \
         whistle, whistle for",
    ),
    (Verb::Apologise, "apologise to, apologize to, apologise, apologize, say sorry to, say sorry, forgive"),
    (Verb::Wake, "wake, wake up, rouse, shake, awaken, nudge, poke, prod"),
    (
        Verb::Open,
        "open, push open, pull open, swing open, unlock, unfold, unwrap, unroll, pry open, force open, break open, uncover, turn \
         over, unchain, uncork, unstopper, force, prise open, break into, force my way through",
    ),
    (Verb::Close, "close, shut, close up, cover"),
    (Verb::Lock, "lock, lock up, relock, close and lock"),
    (Verb::Empty, "empty, empty out, tip out, unpack, clear out"),
    (Verb::Knock, "knock on, knock at, knock, tap on, tap, rap on, bang on, pound on"),
    (
        Verb::Move,
        "push, pump the, pull, knock over, kick over, tip over, yank, jerk, rattle, wiggle, move aside, push aside, pull down, pull up, move, turn, shove, drag, press, rotate, slide open, tug, twist, spin, shift, squeeze, \
         crank, haul, pull on, push against, switch",
    ),
    (
        Verb::Light,
        "light, blind, dazzle, turn on, switch on, shine, illuminate, unshade, unhood, shine a light on, ignite, kindle, aim, use the lamp on, unshutter, \
         flash, uncover the lamp, lure",
    ),
    (Verb::Quench, "extinguish, turn off, switch off, put out, blow out, douse, dim, snuff"),
    (Verb::Ring, "ring, toll, strike, sound, chime"),
    (Verb::Play, "play, strike up, strum, perform, play on, play with, practise, practice"),
    (
        Verb::Start,
        "start, begin, wind, wind up, release, set going, activate, set off the, start up, free, turn the key \
         in, set the",
    ),
    (Verb::Stop, "stop, halt, silence, pause, still, switch it off, cease"),
    (
        Verb::Repair,
        "tune, repair, fix, mend, replace, tighten, restring, adjust, install, fit, straighten, retune, \
         attach",
    ),
    (
        Verb::Sit,
        "sit on, have a seat, take a chair, sit, sit down, sit at, sit in, sit down on, take a seat, take a seat at, rest on, lie down, \
         lie on, lie, lean on, kneel, lean against, lean, lean over, sit by, sit with",
    ),
    (Verb::Stand, "stand, stand up, get up, stand on, rise"),
    (Verb::Ride, "ride, mount, rock, ride on"),
    (
        Verb::Wait,
        "wait, z, say nothing, keep quiet, keep silent, stay silent, be quiet, stand there, stand here, sit there, stand still, keep still, hold still, stay still, stay here, stay where i am, rest, stay, wait for, pass time, do nothing, linger, loiter, pause for a moment, breathe, \
         wait here, hold on, relax, warm, warm up",
    ),
    (Verb::Sleep, "sleep, nap, go to sleep, doze, take a nap, sleep until, sleep on, yawn, go to bed, dream"),
    (
        Verb::Sing,
        "sing, hum, sing along, sing along with, sing along to, hum along, hum along with, sing to, sing a song, sing something, chant, whistle a tune",
    ),
    (Verb::Dance, "dance, dance with, waltz, twirl, cartwheel, jig"),
    (
        Verb::Jump,
        "jump, jump overboard, leap, dive, jump in, jump into, jump on, jump over, jump off, dive into, leap into, jump onto, \
         jump down, jump up, fall",
    ),
    (Verb::Eat, "eat, have some, have a bite of, chew, bite, swallow, devour, nibble, eat from"),
    (
        Verb::Drink,
        "drink, pour, pour out, have a drink of, have a cup of, have a sip of, have a drink, sip, drink from, gulp, quaff",
    ),
    (
        Verb::Attack,
        "attack, hit, bash, bash in, smash in, knock in, kick in, shatter, snap, break off, snap off, fight, kick, punch, kill, break, smash, slap, stab, shoot, murder, destroy, strangle, \
         cut, slash, beat, wrestle, tear, rip, crush, shoo, swat, chase, scare, frighten, chase away, scare \
         off, shoo away, tear up, rip up, stamp out, throttle, bite off, trip, rob, arrest, stomp",
    ),
    (Verb::Burn, "burn, set fire to, set on fire, torch, melt"),
    (
        Verb::Write,
        "write, write in, scribble, sign, draw, note, note down, record, jot, fill in, write down, erase, \
         cross out, enter in the ledger, put my name on, put my name to, put my name, put my signature on, sign my name on, sign my name",
    ),
    (Verb::Stamp, "stamp, use the stamp on, mark"),
    (Verb::Hang, "hang, hoist, raise, hook, release the moon, hang up, set free, put up, haul up, suspend, lift up"),
    (
        Verb::Tie,
        "tie, fasten, wrap, bind, knot, tie up, attach with, lash, chain, untie, loosen, unhook, unscrew, unbolt, loose, make fast",
    ),
    (Verb::Keep, "keep, keep hold of, hang on to, own, claim"),
    (Verb::Wear, "wear, put on, don, dress in, try on, strap on, take off, undress, slip on"),
    (Verb::Touch, "touch, feel, stroke, pet, pat, rub, tickle, scratch, brush, caress, hold hands with, poke at, dust"),
    (Verb::Kiss, "kiss, hug, embrace, marry, propose to, flirt with, cuddle, love, seduce"),
    (
        Verb::Use,
        "use, insert, test, try out, try, employ, operate, apply, work, do, make, perform on, combine, finish, complete",
    ),
    (Verb::Join, "join, relieve, take over from, put together, assemble, build, connect, mix, craft, construct"),
    (Verb::Set, "set, change, reset, correct"),
    (Verb::Hide, "hide, hide in, hide behind, hide under, crouch, duck"),
    (Verb::Follow, "follow, chase after, accompany, go after, track, go with"),
    (Verb::Wash, "wash, blow off, blow, scrape, scrub, wring out, clean, polish, sweep, wipe, tidy, dry"),
    (
        Verb::Inventory,
        "inventory, i, inv, take stock of my, take stock, list my, check inventory, check my pockets, search my pockets, look in my pockets, empty \
         my pockets, empty pockets, check pockets, my inventory, look at my inventory, show inventory, \
         belongings, check my inventory, turn out my pockets",
    ),
    (
        Verb::Help,
        "help, hint, give me a hint, i need help, i need a hint, i am stuck, i'm stuck, stuck, lost, i am \
         lost, i'm lost, help me, what now, hint please, hints, info, about, \
         walkthrough, give up, another hint, clue",
    ),
    (
        Verb::Undo,
        "undo, restart, start over, take that back, take back that, reset the game, oops, go back a turn, \
         begin again",
    ),
    (
        Verb::Quit,
        "quit, q, stop playing, end the game, exit the game, quit the game, save, load, restore, save game, \
         save the game, bye, end, save and quit",
    ),
    (
        Verb::Swear,
        "damn it, damn, damnit, dammit, damn you, damn this, goddamn, god damn it, shit, bullshit, crap, bugger, bugger off, bloody hell, hell, \
         go to hell, fuck, fuck it, fuck you, fuck off, fuck this, fucking hell, screw you, screw this, screw it, piss off, ass, asshole, arse, bastard, bitch, \
         darn, darn it, blast, blast it, drat, dang, wtf, omg, for fuck's sake, for god's sake, oh my god, this sucks, you suck, idiot, stupid",
    ),
    (
        Verb::Conjure,
        "xyzzy, plugh, plover, abracadabra, hocus pocus, open sesame, frotz, zork, iddqd, idkfa, sudo, say xyzzy, say plugh, \
         cast a spell, cast, verbose, brief, superbrief, version, credits",
    ),
    (
        Verb::Manual,
        "commands, instructions, manual, rules, how to play, list commands, show commands, help commands, verbs, tutorial",
    ),
    (
        Verb::Fly,
        "fly, fly away, sail, sail away, row, row away, paddle away, drive, drive away, teleport, levitate, float away, dig, dig up, dig for, dig in, drill",
    ),
    (Verb::Score, "score, check score, my score, points, status"),
    (Verb::Time, "time, check the time, tell the time, ask the time"),
    (
        Verb::Think,
        "ask myself, tell myself, think, think about, remember, ponder, consider, wonder, wonder about, imagine, pray, pray to, cry \
         softly, cry, weep, laugh, laugh at, smile, panic, worry, wish, wish for, despair, reflect, hope, \
         recall, grin, shrug, sigh, scream inside, contemplate, think of, decide",
    ),
];

/// The verbs of each phrase, in the order of the table. Every clause of a message asks for several, and a search of the table was a fortieth of the
/// processor time of all cases.
fn verbs_of(phrase: &str) -> &'static [Verb] {
    static VERBS: LazyLock<HashMap<&str, Vec<Verb>>> = LazyLock::new(|| {
        let mut verbs: HashMap<&str, Vec<Verb>> = HashMap::new();
        for (verb, phrases) in PHRASES {
            phrases.split(", ").for_each(|phrase| verbs.entry(phrase).or_default().push(*verb));
        }
        verbs
    });
    VERBS.get(phrase).map_or(&[], Vec::as_slice)
}

/// Every word of a phrase that is long enough to be mistyped.
pub(crate) fn verb_words() -> impl Iterator<Item = &'static str> {
    PHRASES.iter().flat_map(|(_, phrases)| phrases.split(", ")).flat_map(|phrase| phrase.split(' ').take(1))
}

/// Whether `word`, in any form, begins or belongs to a phrase.
pub(crate) fn is_verb_word(word: &str) -> bool {
    !verbs_of_form(word).is_empty()
        || PHRASES.iter().any(|(_, phrases)| phrases.split([',', ' ']).any(|known| known == word))
}

/// The verb that `words` begin with, and how many words it takes.
pub(crate) fn verb_at(words: &[&str]) -> Option<(Verb, usize)> {
    (1..=words.len().min(4)).rev().find_map(|length| {
        let verb = verbs_of(&words[..length].join(" ")).first()?;
        Some((*verb, length))
    })
}

/// The verbs that a word of a rule means, in any form: `lights`, `lit`, `ringing`.
pub(crate) fn verbs_of_form(word: &str) -> &'static [Verb] {
    bases(word).iter().map(|base| verbs_of(base)).find(|verbs| !verbs.is_empty()).unwrap_or_default()
}

/// The base forms that an inflected verb may have, likeliest first.
fn bases(word: &str) -> Vec<String> {
    let irregular = [
        ("lit", "light"),
        ("rung", "ring"),
        ("rang", "ring"),
        ("gave", "give"),
        ("given", "give"),
        ("told", "tell"),
        ("goes", "go"),
        ("does", "do"),
        ("says", "say"),
        ("hung", "hang"),
        ("wound", "wind"),
        ("asks", "ask"),
        ("fed", "feed"),
        ("took", "take"),
        ("paid", "pay"),
        ("put", "put"),
    ];
    let mut bases = vec![word.to_owned()];
    bases.extend(irregular.iter().filter(|(form, _)| *form == word).map(|(_, base)| (*base).to_owned()));
    for (ending, with) in
        [("ies", "y"), ("es", ""), ("es", "e"), ("s", ""), ("ing", ""), ("ing", "e"), ("ed", ""), ("ed", "e")]
    {
        if let Some(stem) = word.strip_suffix(ending).filter(|stem| stem.len() > 1) {
            bases.push(format!("{stem}{with}"));
            let mut letters = stem.chars().rev();
            if let (Some(last), Some(before)) = (letters.next(), letters.next())
                && last == before
            {
                bases.push(stem[..stem.len() - last.len_utf8()].to_owned());
            }
        }
    }
    bases
}
