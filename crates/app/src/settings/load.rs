//! Putting the settings together, setting by setting: its default, then what file, environment and flags say.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::ptr;

use etcetera::BaseStrategy;

use super::check::{contradictions, warnings};
use super::error::{Origin, SettingError};
use super::file::{self, Contents};
use super::nearest::nearest;
use super::setting::{Fallback, Kind, Setting};
use super::table::settings;
use super::{Flags, Given, Loaded, Written};

const CONFIG_VARIABLE: &str = "VESTIBULE_CONFIG";

/// What the settings are taken from besides file and flags.
#[derive(Clone, Debug, Default)]
pub(crate) struct Surroundings {
    /// The environment: all of it, or as much as is to count.
    pub(crate) environment: BTreeMap<OsString, OsString>,
    /// The user's data directory, if there is a user with a home.
    pub(crate) data_directory: Option<PathBuf>,
    /// How many threads can really run at once.
    pub(crate) processors: usize,
}

impl Surroundings {
    /// Those of this process.
    pub(crate) fn of_this_process() -> Self {
        Self {
            environment: std::env::vars_os().collect(),
            data_directory: etcetera::choose_base_strategy().ok().map(|directories| directories.data_dir()),
            processors: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

/// Loads every setting. Every value that was written must be right, even one that another overrides.
///
/// Errors: all problems there are.
pub(crate) fn load(flags: &Flags, surroundings: &Surroundings) -> Result<Loaded, Vec<SettingError>> {
    let Contents { mut given, mut problems } = from_file(flags, surroundings);
    let mut warnings_of_names = Vec::new();
    from_environment(surroundings, &mut given, &mut problems, &mut warnings_of_names);
    given.extend(from_flags(flags));

    let mut loaded = Loaded::blank();
    for setting in settings() {
        let layers = given.iter().filter(|one| ptr::eq(one.setting, setting));
        problems.extend(settle(setting, layers, &mut loaded, surroundings));
    }
    if problems.is_empty() {
        problems.extend(contradictions(&loaded));
    }
    loaded.warnings = warnings_of_names;
    loaded.warnings.extend(warnings(&loaded));
    if problems.is_empty() { Ok(loaded) } else { Err(problems) }
}

/// Gives one setting its value, and says what was wrong on the way.
fn settle<'a>(
    setting: &'static Setting,
    layers: impl Iterator<Item = &'a Given>,
    loaded: &mut Loaded,
    surroundings: &Surroundings,
) -> Vec<SettingError> {
    let mut problems = Vec::new();
    let mut winner = default(setting, loaded, surroundings);
    // A default matters even below another value: the settings after this one may look at it.
    let default_fails = winner.as_ref().map_or(Err(SettingError::NoDefault { setting }), |given| apply(given, loaded));
    let mut is_set = false;
    for one in layers {
        is_set = true;
        match apply(one, loaded) {
            Ok(()) => winner = Some(one.clone()),
            Err(problem) => problems.push(problem),
        }
    }
    if let (Err(problem), false) = (default_fails, is_set) {
        problems.push(problem);
    }
    loaded.given.extend(winner);
    problems
}

fn default(setting: &'static Setting, loaded: &Loaded, surroundings: &Surroundings) -> Option<Given> {
    let text = match setting.default {
        Fallback::Is(text) => text.to_owned(),
        Fallback::From(_, derive) => derive(loaded, surroundings)?,
    };
    Some(Given { setting, written: setting.written(&text), origin: Origin::Default })
}

fn apply(given: &Given, loaded: &mut Loaded) -> Result<(), SettingError> {
    let setting = given.setting;
    let wrong = |found: &Written| SettingError::Wrong { setting, at: given.origin.clone(), found: found.clone() };
    match (&setting.kind, &given.written) {
        (Kind::Text | Kind::Path, Written::Text(text)) | (Kind::Number, Written::Number(text)) => {
            (setting.read)(loaded, text).ok_or_else(|| wrong(&given.written))
        }
        (Kind::List(empty), Written::List(items)) => {
            empty(loaded);
            items
                .iter()
                .try_for_each(|item| (setting.read)(loaded, item).ok_or_else(|| wrong(&Written::Text(item.clone()))))
        }
        _ => Err(wrong(&given.written)),
    }
}

fn from_file(flags: &Flags, surroundings: &Surroundings) -> Contents {
    let variable = surroundings.environment.get(&OsString::from(CONFIG_VARIABLE));
    match (&flags.config, variable) {
        (Some(path), _) => file::read(Path::new(path), Origin::Flag("--config")),
        (None, Some(path)) => file::read(Path::new(path), Origin::Variable(CONFIG_VARIABLE.to_owned())),
        (None, None) => Contents::default(),
    }
}

/// Orchestrators give every container variables about the services beside it, and one of those may be called vestibule.
fn is_injected(name: &str) -> bool {
    let rest = name.strip_prefix("VESTIBULE_").unwrap_or(name);
    rest == "PORT" || rest.starts_with("PORT_") || rest.starts_with("SERVICE_")
}

/// A name that nobody knows is a slip of somebody's fingers, unless nobody wrote it.
fn from_environment(
    surroundings: &Surroundings,
    given: &mut Vec<Given>,
    problems: &mut Vec<SettingError>,
    warnings: &mut Vec<String>,
) {
    let ours = surroundings.environment.iter().filter_map(|(name, value)| Some((name.to_str()?, value)));
    for (name, value) in ours.filter(|(name, _)| name.starts_with("VESTIBULE_") && *name != CONFIG_VARIABLE) {
        let Some(setting) = settings().find(|setting| setting.variable() == name) else {
            if is_injected(name) {
                warnings.push(format!("the environment variable {name} names no setting and is ignored"));
            } else {
                let meant = nearest(&name["VESTIBULE_".len()..].to_ascii_lowercase());
                problems.push(SettingError::UnknownVariable { variable: name.to_owned(), meant });
            }
            continue;
        };
        match value.to_str() {
            Some(text) => {
                let origin = Origin::Variable(name.to_owned());
                given.push(Given { setting, written: setting.written(text), origin });
            }
            None => problems.push(SettingError::NotText { variable: name.to_owned() }),
        }
    }
}

fn from_flags(flags: &Flags) -> impl Iterator<Item = Given> {
    let written = [("database", &flags.database), ("listen", &flags.listen), ("public_url", &flags.public_url)];
    written.into_iter().filter_map(|(path, text)| {
        let setting = Setting::named(path)?;
        let origin = Origin::Flag(setting.flag()?);
        Some(Given { setting, written: setting.written(text.as_ref()?), origin })
    })
}
