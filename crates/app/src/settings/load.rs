//! Loading: for each setting its default, then the values of file, environment and flags.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::ptr;

use etcetera::BaseStrategy;

use super::check::{find_conflict, warnings};
use super::error::{Origin, SettingError};
use super::file::{self, Contents};
use super::setting::{DEMO_SETTING, DefaultValue, Setting, ValueKind};
use super::suggest::suggest;
use super::table::settings;
use super::{Flags, LoadedSettings, RawValue, SettingValue};

const PREFIX: &str = "VESTIBULE_";
const CONFIG_VARIABLE: &str = "VESTIBULE_CONFIG";

/// The environment variables, and the facts about the machine that defaults are derived from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    pub(crate) variables: BTreeMap<OsString, OsString>,
    /// The data directory of the user, if the user has a home directory.
    pub(crate) data_dir: Option<PathBuf>,
    pub(crate) cpus: usize,
}

impl Environment {
    pub(crate) fn from_process() -> Self {
        Self {
            variables: std::env::vars_os().collect(),
            data_dir: etcetera::choose_base_strategy().ok().map(|directories| directories.data_dir()),
            cpus: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

/// Loads every setting. Every value must be valid, even if a later source overrides it.
///
/// # Errors
/// All problems.
pub(crate) fn load(flags: &Flags, environment: &Environment) -> Result<LoadedSettings, Vec<SettingError>> {
    let Contents { mut values, mut problems } = read_file(flags, environment);
    let mut variable_warnings = Vec::new();
    read_environment(environment, &mut values, &mut problems, &mut variable_warnings);
    values.extend(read_flags(flags));

    let mut loaded = LoadedSettings::placeholder();
    for setting in settings() {
        let values = values.iter().filter(|value| ptr::eq(value.setting, setting));
        problems.extend(load_setting(setting, values, &mut loaded, environment));
    }
    if problems.is_empty() {
        problems.extend(find_conflict(&loaded));
    }
    loaded.warnings = variable_warnings;
    loaded.warnings.extend(warnings(&loaded));
    if problems.is_empty() { Ok(loaded) } else { Err(problems) }
}

/// Applies the default of a setting and then `values`, which are ordered by precedence. Returns the invalid ones.
fn load_setting<'a>(
    setting: &'static Setting,
    values: impl Iterator<Item = &'a SettingValue>,
    loaded: &mut LoadedSettings,
    environment: &Environment,
) -> Vec<SettingError> {
    let mut problems = Vec::new();
    let mut effective = default_value(setting, loaded, environment);
    // Applies the default even if another value follows: if all other values are invalid, later defaults still need one
    // to be derived from.
    let default_error =
        effective.as_ref().map_or(Err(SettingError::NoDefault { setting }), |value| apply(value, loaded)).err();
    let mut is_set = false;
    for value in values {
        is_set = true;
        match apply(value, loaded) {
            Ok(()) => effective = Some(value.clone()),
            Err(problem) => problems.push(problem),
        }
    }
    if !is_set {
        problems.extend(default_error);
    }
    loaded.values.extend(effective);
    problems
}

fn default_value(
    setting: &'static Setting,
    loaded: &LoadedSettings,
    environment: &Environment,
) -> Option<SettingValue> {
    let text = match setting.default {
        DefaultValue::Literal(text) => text.to_owned(),
        DefaultValue::Derived(_, derive) => derive(loaded, environment)?,
    };
    Some(SettingValue { setting, value: setting.raw_value(&text), origin: Origin::Default })
}

fn apply(value: &SettingValue, loaded: &mut LoadedSettings) -> Result<(), SettingError> {
    let setting = value.setting;
    let invalid =
        |found: &RawValue| SettingError::InvalidValue { setting, origin: value.origin.clone(), value: found.clone() };
    match (&setting.kind, &value.value) {
        (ValueKind::Text | ValueKind::Path, RawValue::Text(text)) | (ValueKind::Number, RawValue::Number(text)) => {
            (setting.set)(loaded, text).ok_or_else(|| invalid(&value.value))
        }
        (ValueKind::Boolean, RawValue::Boolean(_)) => {
            (setting.set)(loaded, &value.value.to_string()).ok_or_else(|| invalid(&value.value))
        }
        (ValueKind::Table | ValueKind::TableWithFiles, RawValue::Table(table)) => {
            let json = serde_json::Value::from(table.clone()).to_string();
            (setting.set)(loaded, &json).ok_or_else(|| invalid(&value.value))
        }
        (ValueKind::List(clear), RawValue::List(items)) => {
            clear(loaded);
            items
                .iter()
                .try_for_each(|item| (setting.set)(loaded, item).ok_or_else(|| invalid(&RawValue::Text(item.clone()))))
        }
        _ => Err(invalid(&value.value)),
    }
}

fn read_file(flags: &Flags, environment: &Environment) -> Contents {
    let variable = environment.variables.get(&OsString::from(CONFIG_VARIABLE));
    match (&flags.config, variable) {
        (Some(path), _) => file::read(Path::new(path), Origin::Flag("--config")),
        (None, Some(path)) => file::read(Path::new(path), Origin::EnvVar(CONFIG_VARIABLE.to_owned())),
        (None, None) => Contents::default(),
    }
}

/// The address and the key of the API for backends, as programs that call it are told them. A shell that has them can
/// also run the operator's commands.
const CLIENT_VARIABLES: [&str; 2] = ["VESTIBULE_API", "VESTIBULE_API_KEY"];

/// Returns whether Kubernetes or Docker injects this variable for a service named `vestibule`.
fn is_injected(name: &str) -> bool {
    let rest = name.strip_prefix(PREFIX).unwrap_or(name);
    rest == "PORT" || rest.starts_with("PORT_") || rest.starts_with("SERVICE_")
}

/// Reads the variables with the prefix `VESTIBULE_`. An unknown one is an error, since it is probably misspelled; one
/// that an orchestrator injects is only a warning.
fn read_environment(
    environment: &Environment,
    values: &mut Vec<SettingValue>,
    problems: &mut Vec<SettingError>,
    warnings: &mut Vec<String>,
) {
    let variables = environment.variables.iter().filter_map(|(name, value)| Some((name.to_str()?, value)));
    let is_of_server =
        |name: &str| name.starts_with(PREFIX) && name != CONFIG_VARIABLE && !CLIENT_VARIABLES.contains(&name);
    for (name, value) in variables.filter(|(name, _)| is_of_server(name)) {
        let Some(setting) = settings().find(|setting| setting.env_var() == name) else {
            if is_injected(name) {
                warnings.push(format!("the environment variable {name} does not belong to any setting and is ignored"));
            } else {
                let suggestion = suggest(&name[PREFIX.len()..].to_ascii_lowercase());
                problems.push(SettingError::UnknownVariable { variable: name.to_owned(), suggestion });
            }
            continue;
        };
        match value.to_str() {
            Some(text) => {
                let origin = Origin::EnvVar(name.to_owned());
                values.push(SettingValue { setting, value: setting.raw_value(text), origin });
            }
            None => problems.push(SettingError::NotUtf8 { variable: name.to_owned() }),
        }
    }
}

fn read_flags(flags: &Flags) -> impl Iterator<Item = SettingValue> {
    let flags = [
        ("database", &flags.database),
        ("listen", &flags.listen),
        ("public_url", &flags.public_url),
        (DEMO_SETTING, &flags.app_url),
    ];
    flags.into_iter().filter_map(|(path, text)| {
        let setting = Setting::find(path)?;
        let origin = Origin::Flag(setting.flag()?);
        Some(SettingValue { setting, value: setting.raw_value(text.as_ref()?), origin })
    })
}
