//! Letters that look like others: a name that reads as `system` is one to a model, whichever letters it is written with.
//!
//! A table of our own, of the letters that the names of roles are made of, because no library is small enough for it: the tables of Unicode
//! (TS 39) have 9,000 entries, and would be asked about eight words.

/// The name as it is read: in small letters of English where it looks like them, without marks on letters.
pub(super) fn as_read(name: &str) -> String {
    name.chars().filter(|c| !is_mark(*c) && !is_joiner(*c)).flat_map(|c| plain(c).to_lowercase()).collect()
}

/// Whether a character is seen by nobody, or changes the direction of others, and no name needs it.
pub(super) const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Names of some scripts need these, and so do signs such as hearts.
const fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}')
}

const fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}')
}

fn plain(c: char) -> char {
    let of_row = |first: u32, begin: u32, width: u32| {
        let letter = u8::try_from((u32::from(c) - begin) % width).unwrap_or_default();
        char::from(u8::try_from(first).unwrap_or(b'a') + letter % 26)
    };
    match c {
        // Wide, in a circle, in brackets, and of mathematics (bold, script, double-struck, …: 13 alphabets of capitals and small letters).
        '\u{ff21}'..='\u{ff3a}' => of_row(97, 0xff21, 26),
        '\u{ff41}'..='\u{ff5a}' => of_row(97, 0xff41, 26),
        '\u{24b6}'..='\u{24cf}' => of_row(97, 0x24b6, 26),
        '\u{24d0}'..='\u{24e9}' => of_row(97, 0x24d0, 26),
        '\u{249c}'..='\u{24b5}' => of_row(97, 0x249c, 26),
        '\u{1d400}'..='\u{1d6a3}' => of_row(97, 0x1d400, 26),
        // Cyrillic, Greek, Armenian, small capitals, and Latin with a stroke or another form.
        'а' | 'А' | 'α' | 'Α' | 'ɑ' | 'ᴀ' | 'à'..='å' | 'À'..='Å' | 'ā' | 'ă' | 'ą' => 'a',
        'с' | 'С' | 'ϲ' | 'ᴄ' | 'ç' | 'č' | 'ć' => 'c',
        'ԁ' | 'ɗ' | 'ᴅ' | 'đ' | 'ď' => 'd',
        'е' | 'Е' | 'ё' | 'ε' | 'Ε' | 'ҽ' | 'ᴇ' | 'è'..='ë' | 'È'..='Ë' | 'ē' | 'ė' | 'ę' | 'ě' => 'e',
        'ƒ' | 'ғ' | 'ꜰ' => 'f',
        'і' | 'І' | 'ι' | 'Ι' | 'ı' | 'ɪ' | 'ӏ' | 'ì'..='ï' | 'Ì'..='Ï' | 'ī' | 'į' => 'i',
        'ⅼ' | 'ʟ' | 'ł' | 'ĺ' => 'l',
        'м' | 'М' | 'Μ' | 'ⅿ' | 'ᴍ' | 'ṃ' => 'm',
        'п' | 'η' | 'ո' | 'ɴ' | 'Ν' | 'ñ' | 'ń' | 'ň' => 'n',
        'о' | 'О' | 'ο' | 'Ο' | 'օ' | 'ᴏ' | 'ò'..='ö' | 'Ò'..='Ö' | 'ø' | 'ō' | '0' => 'o',
        'р' | 'Р' | 'ρ' | 'Ρ' | 'ᴘ' => 'p',
        'г' | 'ʀ' | 'ř' | 'ŕ' => 'r',
        'ѕ' | 'Ѕ' | 'ꜱ' | 'ś' | 'š' | 'ş' | '5' | '$' => 's',
        'т' | 'Т' | 'τ' | 'Τ' | 'ᴛ' | 'ť' | 'ţ' => 't',
        'υ' | 'ս' | 'ᴜ' | 'ù'..='ü' | 'Ù'..='Ü' | 'ū' | 'ů' => 'u',
        'ν' | 'ѵ' | 'ᴠ' | 'ⅴ' => 'v',
        'у' | 'У' | 'γ' | 'ү' | 'ʏ' | 'ý' | 'ÿ' => 'y',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_looks() {
        for name in
            ["ѕуѕtem", "ＳＹＳＴＥＭ", "𝐬𝐲𝐬𝐭𝐞𝐦", "𝓈𝓎𝓈𝓉𝑒𝓂", "s\u{301}ystem\u{323}", "sys\u{200c}tem", "ⓢⓨⓢⓣⓔⓜ", "5ystem"]
        {
            assert_eq!(as_read(name), "system", "{name}");
        }
        assert_eq!(as_read("аѕѕіѕтаηт"), "assistant");
    }
}
