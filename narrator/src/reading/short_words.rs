//! Short words of English that stand for themselves: beside a word of the place that has one letter more, such a word is no slip of the keyboard.

const WORDS: &str = "\
    act add age ago aid aim air all and ape arc ark arm art ash bad bag ban bar bat bay bed bee beg bet bib big bin bit boa bow box boy bud bug bum bun \
    bus but buy bye cab can cap car cat cob cod cop cot cow cry cub cup cut dad dam day den dew did die dig dim din dip dog dot dry due dye ear eat ebb \
    eel egg ego elf elm end eve eye fad fan far fat fed fee few fig fin fir fit fix flu fly fog for fox fry fun fur gap gas gel gem get god got gum gun \
    gut guy ham has hat hay hen her hey him hip his hit hog hop hot how hug hum hut ice ill ink inn ivy jam jar jaw jet job jog joy jug key kid kin kit \
    lab lad lap law leg let lid lie lip lit log lot low mad man map mat men met mix mob mop mud mug nap net new nil nod not now nut oak oar odd off oil \
    old one our out owl own pad pan pat paw pay pea peg pen pet pie pig pin pit pot pub rag ram ran rap rat raw ray red rib rid rig rim rip rob rod rot \
    row rub rug rum run rut sad sat saw say sea see set she shy sin sip sir sit six ski sky sly sob son sow spy sum sun tab tag tap tar tax tea ten the \
    tie tin tip toe ton too top toy try tub two use van vow wag war was wax way web wet who why wig win wit won yes yet you zip zoo \
    able ally also away baby back ball band bare barn base bath beak beam bean bear beat been beer best bike bill bird boar boat body bold bolt bone book \
    boot born boss bowl bull burn bush busy cage cake calf call calm came camp cane card care cart case cash cave chat chin city clay clue coal coat code \
    coin cold come cook cool cope copy cord core corn cost crew crow cube dare dark date dawn dead deaf deal dear debt deck deep deer desk dice diet dirt \
    dish dock does doll done door dose down draw drop drum duck dull dumb dust duty each earl earn ease east easy edge else even ever evil exit face fact \
    fail fair fake fall fame farm fast fate fear feet fell felt file fill film fine fire firm fish five flag flat flow fold folk fond food fool foot fork \
    form fort four free frog from fuel full gain game gate gave gift girl glad goal goat gold gone good gown gray grey grip grow half hall hand hard harm \
    hate have hawk head hear heat heel held hell help hero hers hide high hill hint hire hold hole holy home hood hook hope horn host hour huge hung hunt \
    hurt idea idol inch into iron item jail joke just keen keep kept kick kill kind king kite knee knew knot know lace lady lake lamb lamp land lane last \
    late lawn lazy lead leaf lean left less lice life lift like limb lime line lion list live load loaf loan lock loft logs lone long look lord lose loss \
    lost loud love luck lung made maid mail main make male many mark mask mate maze meal mean meat meet mice mile milk mind mine mint miss mist moan mole \
    monk mood moon more moss most moth much must myth nail name near neat neck need nest news next nice nine none noon nose note oath once only onto open \
    oven over pace pack page paid pain pair pale palm park part pass past path peak pear peel pier pile pill pine pink pint pipe plan play plot plum poem poet \
    pole pond pony pool poor post pray prey pull pure push quit race rail rain rank rare rate read real rest rice rich ride ring riot ripe rise risk road \
    roar robe rock role roll roof room root rope rose rude ruin rule rush safe said sail sale salt same sand save scar seal seat seed seek seem seen self \
    sell send shed ship shoe shop shot show shut sick side sigh sign silk sink size skin slow snow soap sock soft soil sold some song soon sort soul soup \
    sour spot star stay stem step stew stop such suit sure swan swim tail take tale talk tall tame tank tape task team tear tell tent term test text than \
    that them then they thin this thus tide tidy till time tiny tire toad told tomb tone took tool tops torn tour town trap tray tree trip true tube tune \
    turn twin type ugly unit upon urge used vain vase vast veil very vest view vine wage wait wake walk wall wand want ward warm warn wash wasp wave weak \
    wear weed week well went were west what when whom wide wife wild will wind wine wing wipe wire wise wish with wolf wood wool word wore work worm worn \
    wrap yard yarn yeah year your zero zone";

/// Whether `word` is a short word of its own.
pub(crate) fn is_short_word(word: &str) -> bool {
    WORDS.split_whitespace().any(|known| known == word)
}
