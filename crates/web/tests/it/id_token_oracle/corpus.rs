//! The tokens: a valid one, with each of its parts changed.

mod claims;
mod form;
mod header;

use serde_json::Value;

use super::draft::Draft;

/// Makes a token of a valid one.
pub(super) type Forge = Box<dyn Fn(Draft) -> String + Send + Sync>;

/// Changes the text of a token, or of a part of it.
type ChangeText = fn(&str) -> String;
type ChangeBytes = fn(&[u8]) -> Vec<u8>;
type MakeSecret = fn(&Draft) -> Vec<u8>;

pub(super) struct Case {
    pub(super) what: String,
    pub(super) forge: Forge,
    /// Why the service accepts it, although the other implementation does not. Of every other token, the service accepts
    /// only what the other one accepts.
    pub(super) difference: Option<&'static str>,
}

pub(super) fn all() -> Vec<Case> {
    let mut corpus = Corpus::default();
    corpus.add("valid", |draft| draft.sign());
    header::add(&mut corpus);
    claims::add(&mut corpus);
    form::add(&mut corpus);
    corpus.0
}

#[derive(Default)]
struct Corpus(Vec<Case>);

impl Corpus {
    fn add(&mut self, what: impl Into<String>, forge: impl Fn(Draft) -> String + Send + Sync + 'static) {
        self.0.push(Case { what: what.into(), forge: Box::new(forge), difference: None });
    }

    /// Adds tokens that only the service accepts.
    fn add_differing(&mut self, reason: &'static str, add: impl FnOnce(&mut Self)) {
        let first = self.0.len();
        add(self);
        for case in &mut self.0[first..] {
            case.difference = Some(reason);
        }
    }

    /// Adds a token with a change that is made before it is signed.
    fn change(&mut self, what: impl Into<String>, change: impl Fn(&mut Draft) + Send + Sync + 'static) {
        self.add(what, move |mut draft| {
            change(&mut draft);
            draft.sign()
        });
    }

    /// Adds a token for each value of a field of the header.
    fn header(&mut self, name: &'static str, values: impl IntoIterator<Item = Value>) {
        for value in values {
            self.change(name_of("header", name, &value), move |draft| draft.header[name] = value.clone());
        }
    }

    /// Adds a token for each value of a claim.
    fn claim(&mut self, name: &'static str, values: impl IntoIterator<Item = Value>) {
        for value in values {
            self.change(name_of("claim", name, &value), move |draft| draft.claims[name] = value.clone());
        }
    }

    /// Adds a token without a claim.
    fn without_claim(&mut self, name: &'static str) {
        self.change(format!("without the claim {name}"), move |draft| {
            draft.claims.as_object_mut().unwrap().remove(name);
        });
    }

    /// Adds a token for each time of a claim, which is so many seconds after it is issued.
    fn time(&mut self, name: &'static str, offsets: &[i64]) {
        for &offset in offsets {
            self.change(format!("{name} at {offset:+}"), move |draft| {
                draft.claims[name] = (draft.now() + offset).into();
            });
        }
    }
}

fn name_of(part: &str, name: &str, value: &Value) -> String {
    let text = value.to_string();
    format!("{part} {name}: {text:.60} ({} bytes)", text.len())
}
