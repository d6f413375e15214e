//! Context words: the names, addresses and organizations of a user, and the name and host of the product. Others know
//! them, so attackers try them first.

use zeroize::Zeroizing;

use super::normalize::{fold, readings};
use crate::settings::Settings;

/// Shorter words are ignored.
const MIN_WORD_LENGTH: usize = 4;
/// The maximum number of words. It bounds the cost of a check; further ones are ignored.
const MAX_WORDS: usize = 500;
/// Words that make a password of context words no stronger.
const GENERIC_WORDS: &str = "password passwort vestibule";

/// The words of which alone a password must not consist: those of the user, their organizations and the product.
#[derive(Clone, Debug)]
pub(crate) struct ContextWords(Vec<String>);

impl ContextWords {
    /// The words of the product: its name and its host.
    pub(super) fn from_settings(settings: &Settings) -> Self {
        let mut words = Self(Vec::new());
        words.add(GENERIC_WORDS);
        words.add(&settings.name);
        words.add_labels(settings.public_url.host());
        words
    }

    /// Adds the words of a name. Each part of a word with punctuation counts, and the word without it: `O'Brien` has
    /// `obrien` and `brien`.
    pub(crate) fn add(&mut self, name: &str) {
        for token in fold(name).split_whitespace() {
            for part in token.split(|c: char| !c.is_alphabetic()) {
                self.add_word(part);
            }
            self.add_word(&letters(token));
        }
    }

    /// Adds the words of the local part and of each label of the domain of a normalized address.
    pub(crate) fn add_address(&mut self, key: &str) {
        let (local, domain) = key.split_once('@').unwrap_or((key, ""));
        self.add(local);
        self.add_labels(domain);
    }

    fn add_labels(&mut self, domain: &str) {
        domain.split('.').for_each(|label| self.add(label));
    }

    fn add_word(&mut self, word: &str) {
        let is_long_enough = word.chars().count() >= MIN_WORD_LENGTH;
        if is_long_enough && self.0.len() < MAX_WORDS && !self.0.iter().any(|known| known == word) {
            self.0.push(word.to_owned());
        }
    }

    /// Whether a folded password, without digits and punctuation or with them read as letters, consists only of these
    /// words, in any order and any number.
    pub(super) fn can_compose(&self, folded: &str) -> bool {
        readings(folded).iter().any(|reading| self.can_compose_letters(&letters(reading)))
    }

    fn can_compose_letters(&self, letters: &str) -> bool {
        if letters.is_empty() {
            return false;
        }
        let words: Vec<_> = self.0.iter().filter(|word| letters.contains(word.as_str())).collect();
        // Whether the letters before each position consist of words.
        let mut is_composed = vec![false; letters.len() + 1];
        is_composed[0] = true;
        for start in 0..letters.len() {
            if is_composed[start] {
                for word in words.iter().filter(|word| letters[start..].starts_with(word.as_str())) {
                    is_composed[start + word.len()] = true;
                }
            }
        }
        is_composed[letters.len()]
    }
}

fn letters(text: &str) -> Zeroizing<String> {
    let mut letters = Zeroizing::new(String::with_capacity(text.len()));
    letters.extend(text.chars().filter(|c| c.is_alphabetic()));
    letters
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::settings::PublicUrl;

    fn words() -> ContextWords {
        let settings = Settings {
            name: "Example Cloud".to_owned(),
            public_url: PublicUrl::parse("https://join.northwind.test").unwrap(),
            ..Settings::default()
        };
        let mut words = ContextWords::from_settings(&settings);
        words.add("Žaneta");
        words.add("O'Brien");
        words.add("Bob");
        words.add("Hédi-Anne Van der Berg");
        words.add_address("z.obrien42@mail.globex.test");
        words
    }

    #[test]
    fn finds_passwords_of_context_words_only() {
        for composed in [
            "žaneta1987",
            "obrien!obrien",
            "brien2031",
            "cloud-example-99",
            "northwind1",
            "globexžaneta",
            "vestibule",
            "v3st1bul3",
            "v3$tibu1e2031",
            "globexpassword1!",
            "hédianne-berg",
            "zobrien42",
            "9l0bex.globex",
        ] {
            assert!(words().can_compose(&fold(composed)), "{composed}");
        }
    }

    #[test]
    fn ignores_short_words_and_other_words() {
        for other in ["bobbobbob12", "vander99", "bobžaneta", "globex-tulip", "12345678", "", "----", "example clouds"]
        {
            assert!(!words().can_compose(&fold(other)), "{other}");
        }
    }

    #[test]
    fn bounds_the_number_of_words() {
        let mut words = words();
        for number in 0..20_000_u32 {
            let name: String = number.to_string().bytes().map(|digit| char::from(digit + 49)).collect();
            words.add(&format!("{name}xxxx"));
        }
        assert_eq!(words.0.len(), MAX_WORDS);
    }

    proptest! {
        #[test]
        fn never_panics_and_finds_concatenations(text in any::<String>(), order in prop::collection::vec(0..6_usize, 1..20)) {
            let words = words();
            let _ = words.can_compose(&fold(&text));
            let joined: String = order.iter().map(|index| words.0[*index].as_str()).collect();
            prop_assert!(words.can_compose(&joined));
            let mut named = words.clone();
            named.add(&text);
            prop_assert!(named.0.iter().all(|word| word.chars().count() >= MIN_WORD_LENGTH));
        }
    }
}
