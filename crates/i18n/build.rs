//! Reads the phrases of every language in `i18n/`, checks that no language lacks one, and generates `Language` and a
//! method of `Phrases` for each phrase.

#[path = "build/generate.rs"]
mod generate;
#[path = "build/phrase.rs"]
mod phrase;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use phrase::Phrase;

/// The language that the others are compared with, and the fallback.
const REFERENCE: &str = "en";

struct Language {
    /// The name of the folder: a language tag (RFC 5646).
    tag: String,
    /// The variant of `Language`: the phrase `language-variant`.
    variant: String,
    /// The phrase `language-name`.
    name: String,
    files: Vec<PathBuf>,
    phrases: BTreeMap<String, Phrase>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../i18n").canonicalize()?;
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut languages = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        if path.is_dir() {
            languages.push(read_language(&path)?);
        }
    }
    languages.sort_by_key(|language| (language.tag != REFERENCE, language.tag.clone()));
    let (reference, others) = languages.split_first().ok_or("i18n/ has no languages")?;
    let problems: Vec<String> = others.iter().flat_map(|other| compare(reference, other)).collect();
    if !problems.is_empty() {
        return Err(problems.join("\n").into());
    }
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    fs::write(out.join("language.rs"), generate::language(&languages))?;
    fs::write(out.join("phrases.rs"), generate::phrases(reference.phrases.values()))?;
    Ok(())
}

fn read_language(folder: &Path) -> Result<Language, Box<dyn Error>> {
    let tag = folder.file_name().and_then(|name| name.to_str()).ok_or("a folder's name is not UTF-8")?.to_owned();
    let mut files = Vec::new();
    let mut phrases = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        println!("cargo::rerun-if-changed={}", path.display());
        if path.extension().is_none_or(|extension| extension != "ftl") {
            continue;
        }
        for phrase in Phrase::parse_file(&path)? {
            let id = phrase.id.clone();
            if phrases.insert(id.clone(), phrase).is_some() {
                return Err(format!("{}: the phrase {id} is defined twice", path.display()).into());
            }
        }
        files.push(path);
    }
    files.sort();
    let plain = |id: &str| {
        let text = phrases.get(id).and_then(|phrase: &Phrase| phrase.plain_text.clone());
        text.ok_or_else(|| format!("i18n/{tag}: add the phrase {id}; see i18n/README.md"))
    };
    let (variant, name) = (plain("language-variant")?, plain("language-name")?);
    Ok(Language { tag, variant, name, files, phrases })
}

/// Returns what a translation lacks or has too much.
fn compare(reference: &Language, other: &Language) -> Vec<String> {
    let mut problems = Vec::new();
    for (id, phrase) in &reference.phrases {
        match other.phrases.get(id) {
            None => problems.push(format!("i18n/{}: the phrase {id} is missing", other.tag)),
            Some(translation) => {
                let unknown = translation.variables.iter().find(|variable| !phrase.variables.contains(variable));
                if let Some(unknown) = unknown {
                    problems.push(format!("i18n/{}: {id} has no variable ${unknown}", other.tag));
                }
            }
        }
    }
    let extra = other.phrases.keys().filter(|id| !reference.phrases.contains_key(*id));
    problems.extend(extra.map(|id| format!("i18n/{}: {id} is not a phrase of i18n/{REFERENCE}", other.tag)));
    problems
}
