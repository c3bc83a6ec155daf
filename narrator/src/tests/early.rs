//! What people write first, on the landing and in the tavern.

use super::check;

#[test]
fn what_people_write_on_the_landing_is_understood() {
    let sentences = [
        ("l", "A plank landing"),
        ("look about me", "A plank landing"),
        ("what is here?", "brass lantern"),
        ("x bell", "green with age"),
        ("examine the lantern closely", "round glass"),
        ("look at the water", "causeway"),
        ("look north", "flat ferry"),
        ("read the sign", "sign"),
        ("pick the lantern up", "+ brass lantern"),
        ("I'd like to take that lantern, please", "+ brass lantern"),
        ("get all", "+ brass lantern"),
        ("take the token", "already"),
        ("put the token down", "- ferry token"),
        ("leave my token here", "- ferry token"),
        ("ring", "! bell_rung"),
        ("pull on the rope", "! bell_rung"),
        ("should I ring the bell?", "bronze bell"),
        ("what does the bell do", "green with age"),
        ("holler for the ferry", "bell"),
        ("go to the ferry", "> ferry"),
        ("get on the ferry", "> ferry"),
        ("aboard", "> ferry"),
        ("n", "> ferry"),
        ("walk along the causeway", "until morning"),
        ("west", "until morning"),
        ("upstairs", "no way up"),
        ("fly to the moon", "lantern"),
        ("talk to Odile", "Odile is not here"),
        ("where is the ferry?", "north"),
        ("where am I?", "A plank landing"),
        ("what am I carrying?", "ferry token"),
        ("i", "ferry token"),
        ("hint", "ferry"),
        ("take the lantern and go north", "> ferry"),
        ("whistle a tune", "You"),
        ("sleep", "You"),
        ("eat the token", "token"),
        ("smash the lantern", "lantern"),
        ("who am I?", "Ada Finch"),
        ("save", "program"),
        ("wait for the ferry", "You"),
        ("tell her that I am late", "lantern"),
        ("ask about the bell", "lantern"),
        ("follow Odile", "Odile is not here"),
        ("take the lantern and ring it", "+ brass lantern"),
        ("xyzzy", "lantern"),
    ];
    let wrong = check("ferry_crossing", &serde_json::json!({}), &sentences);
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn what_people_write_in_low_wick_is_understood() {
    let seed = serde_json::json!({ "user_location": "pickled_gull", "user_inventory": ["tide ledger", "shaded lamp"] });
    let sentences = [
        ("nick a kipper", "kipper"),
        ("order fish", "kipper"),
        ("help myself to a kipper", "+ kipper"),
        ("snatch the kipper", "+ kipper"),
        ("greet the landlady", "Nan Kettle"),
        ("chat with Nan about the cat", "Bosun"),
        ("ask Kettle who has the moon", "Nan Kettle"),
        ("what do the sailors think?", "Nan Kettle"),
        ("speak with the sailors", "sailors"),
        ("ask Linus about the shop", "Linus Grebe is not here"),
        ("hit Nan", "Nan Kettle"),
        ("kiss the landlady", "Nan Kettle"),
        ("give the lamp to Nan", "hesitate"),
        ("show her the ledger", "Nan Kettle"),
        ("take her towel", "bar towel"),
        ("look at the black ribbon", "ribbon"),
        ("go outside", "> harbour_square"),
        ("leave", "> harbour_square"),
        ("exit the tavern", "> harbour_square"),
        ("go back to the square", "> harbour_square"),
        ("climb the Bell Stairs", "> harbour_square"),
        ("go to the mayor's house", "> harbour_square"),
        ("visit Tarry", "> harbour_square"),
        ("switch the lamp on", "lamp"),
        ("read my ledger", "Six years of tides"),
        ("what's in the ledger?", "Six years of tides"),
        ("stuff the bird in my pocket", "bird"),
        ("what time is it?", "ninth night"),
        ("who took the moon?", "Three Plums"),
        ("drop everything", "- shaded lamp"),
        ("tell the mayor I know everything", "Mayor Bunt is not here"),
        ("tip Nan", "Nan Kettle"),
        ("help Nan", "Nan Kettle"),
    ];
    let wrong = check("pawned_moon", &seed, &sentences);
    assert_eq!(wrong, Vec::<String>::new());
}
