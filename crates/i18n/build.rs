//! Reads the phrases and mail templates of every language in `i18n/`, checks that no language lacks one, and generates
//! `Language`, its mail templates, and a method of `Phrases` for each phrase.

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
/// The subfolder of a language's mail templates.
const MAIL: &str = "mail";

struct Language {
    /// The name of the folder: a language tag (RFC 5646).
    tag: String,
    /// The variant of `Language`: the phrase `language-variant`.
    variant: String,
    /// The phrase `language-name`.
    name: String,
    files: Vec<PathBuf>,
    phrases: BTreeMap<String, Phrase>,
    /// File names, such as `invitation.txt`, and paths.
    mails: BTreeMap<String, PathBuf>,
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
    fs::write(out.join("mail_templates.rs"), generate::mail_templates(&languages))?;
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
    let mails = read_mails(&folder.join(MAIL))?;
    Ok(Language { tag, variant, name, files, phrases, mails })
}

/// A language without the folder lacks every template, which [`compare`] reports.
fn read_mails(folder: &Path) -> Result<BTreeMap<String, PathBuf>, Box<dyn Error>> {
    let mut mails = BTreeMap::new();
    if !folder.is_dir() {
        return Ok(mails);
    }
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "txt") {
            return Err(format!("{}: a mail template is named NAME.txt; remove this file", path.display()).into());
        }
        println!("cargo::rerun-if-changed={}", path.display());
        let name = path.file_name().and_then(|name| name.to_str()).ok_or("a file's name is not UTF-8")?;
        mails.insert(name.to_owned(), path);
    }
    Ok(mails)
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
    let missing = reference.mails.keys().filter(|name| !other.mails.contains_key(*name));
    problems.extend(missing.map(|name| {
        let tag = &other.tag;
        format!("i18n/{tag}: the mail template {MAIL}/{name} is missing; translate i18n/{REFERENCE}/{MAIL}/{name}")
    }));
    let extra = other.mails.keys().filter(|name| !reference.mails.contains_key(*name));
    problems.extend(extra.map(|name| {
        let tag = &other.tag;
        format!("i18n/{tag}: {MAIL}/{name} is not a mail template of i18n/{REFERENCE}")
    }));
    problems
}
