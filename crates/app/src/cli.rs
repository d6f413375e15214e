//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::settings::Flags;

const EXAMPLES: &str = "\
Examples:
  vestibule demo                           a made-up company to try things on
  vestibule                                the real thing, on http://127.0.0.1:8080
  vestibule --config /etc/vestibule.toml   the same with a settings file
  vestibule settings > vestibule.toml      a commented settings file to start from
  vestibule settings --effective           which values hold, and why
  vestibule doctor --mail-to you@example.com
  vestibule outbox list                    mail that does not leave, and why
  vestibule mail preview mails             our mails with made-up names
  vestibule migrate --check                what a new binary would change in the database
  vestibule move --from vestibule.db --to postgres://user@host/name
  vestibule bench                          what it costs on this machine

Settings come from, later ones over earlier ones: the defaults, the settings
file, environment variables (VESTIBULE_LISTEN and so on), and the flags above.";

/// The entrance hall of a B2B product: organizations, members, roles, invitations
#[derive(Debug, Parser)]
#[command(name = "vestibule", version, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    task: Option<Task>,
    #[command(flatten)]
    serve: Flags,
}

/// What to do.
#[derive(Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum Task {
    /// Run the server; what plain `vestibule` does too
    Serve(Flags),
    /// Run a server with a made-up company in a folder of its own, for trying things
    Demo(Demo),
    /// Bring the database's schema up to date, which the server does too when it starts
    Migrate(Migrate),
    /// Copy everything into another, empty database: from SQLite to PostgreSQL, or back
    Move(Move),
    /// Look at what the server needs before it is started, and send a mail to try
    Doctor(Doctor),
    /// See mail that does not leave, try it again, or let it go
    Outbox(Outbox),
    /// Show the words of our mails, to look at or to put yours in their place
    Mail(Mail),
    /// Measure what this binary costs on this machine, beside a handler that does nothing
    Bench(Bench),
    /// Print every setting with its default and what it means, as a file to start from
    Settings(SettingsTask),
}

/// What `demo` takes.
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Demo {
    /// The address and port to listen on
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    pub(crate) listen: String,
    /// The folder for its database and mails; new, empty, or made by an earlier demo
    #[arg(long, value_name = "DIR", default_value = "vestibule-demo")]
    pub(crate) dir: String,
}

/// What `migrate` takes.
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Migrate {
    /// Only say what would run
    #[arg(long)]
    pub(crate) check: bool,
    #[command(flatten)]
    pub(crate) flags: Flags,
}

/// What `move` takes.
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Move {
    /// Where everything is; it stays as it is, and no server may run on it meanwhile
    #[arg(long, value_name = "PATH|URL")]
    pub(crate) from: String,
    /// Where everything goes; nothing may be stored there yet
    #[arg(long, value_name = "PATH|URL")]
    pub(crate) to: String,
    /// A file with the password for PostgreSQL, for a URL that has none
    #[arg(long, value_name = "PATH")]
    pub(crate) password_file: Option<PathBuf>,
}

/// What `bench` takes.
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Bench {
    /// An empty database on PostgreSQL to measure with; a SQLite file of its own when left out
    #[arg(long, value_name = "URL")]
    pub(crate) database: Option<String>,
    /// How often everything is measured
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=100))]
    pub(crate) rounds: u8,
    /// How long each work is played, in seconds
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) seconds: u64,
    /// Connections at once
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=512))]
    pub(crate) connections: u16,
    /// Be the handler that does nothing, on the answers of this folder
    #[arg(long, hide = true)]
    pub(crate) limit: Option<PathBuf>,
    /// Where that listens
    #[arg(long, hide = true, default_value = "127.0.0.1:0")]
    pub(crate) listen: String,
}

/// What `doctor` takes.
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Doctor {
    /// Send a mail to this address, on the way that invitations take
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) mail_to: Option<String>,
    #[command(flatten)]
    pub(crate) flags: Flags,
}

/// What `outbox` takes.
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Outbox {
    #[command(subcommand)]
    pub(crate) task: OutboxTask,
}

/// What is to be done about the outbox.
#[derive(Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum OutboxTask {
    /// Name every mail that was given up or waits, and what was said against it
    List(Flags),
    /// Have a mail tried again, or all that were given up
    Retry {
        /// Its id, or "all"
        id: String,
        #[command(flatten)]
        flags: Flags,
    },
    /// Let a mail go: it is not sent
    Drop {
        /// Its id
        id: String,
        #[command(flatten)]
        flags: Flags,
    },
}

impl OutboxTask {
    /// Which database it is about.
    pub(crate) fn flags(&self) -> &Flags {
        match self {
            Self::List(flags) | Self::Retry { flags, .. } | Self::Drop { flags, .. } => flags,
        }
    }
}

/// What `mail` takes.
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Mail {
    #[command(subcommand)]
    pub(crate) task: MailTask,
}

/// What is to be shown of mails.
#[derive(Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum MailTask {
    /// Name every template
    List,
    /// Write every mail with made-up values into a folder, as text and as HTML
    Preview {
        /// The folder; made when it is not there
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        #[command(flatten)]
        flags: Flags,
    },
    /// Write our templates into a folder, to change them there and name it as mail.templates
    Export {
        /// The folder; made when it is not there
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

/// What `settings` takes.
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct SettingsTask {
    /// Print the value each setting has now, and where it comes from
    #[arg(long)]
    effective: bool,
    /// The same flags as for serve; any of them implies --effective
    #[command(flatten)]
    pub(crate) flags: Flags,
}

impl SettingsTask {
    /// Whether the values are asked for rather than the reference.
    pub(crate) fn is_effective(&self) -> bool {
        self.effective || self.flags != Flags::default()
    }
}

impl Cli {
    /// What is asked for; to serve, when nothing is named.
    pub(crate) fn task(self) -> Task {
        self.task.unwrap_or(Task::Serve(self.serve))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn task(line: &str) -> Task {
        Cli::try_parse_from(line.split(' ')).unwrap().task()
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn serve_need_not_be_said() {
        let flags = "--config c --database d --listen l --public-url p";
        assert_eq!(task(&format!("vestibule {flags}")), task(&format!("vestibule serve {flags}")));
        assert_eq!(task("vestibule"), Task::Serve(Flags::default()));
        assert!(Cli::try_parse_from(["vestibule", "--listen", "l", "demo"]).is_err());
    }

    #[test]
    fn the_demo_has_a_place_of_its_own() {
        let Task::Demo(demo) = task("vestibule demo --listen 127.0.0.1:9") else { panic!("a demo was asked for") };
        assert_eq!((demo.listen.as_str(), demo.dir.as_str()), ("127.0.0.1:9", "vestibule-demo"));
    }

    #[test]
    fn flags_ask_for_the_values_that_hold() {
        let asks = |line| matches!(task(line), Task::Settings(task) if task.is_effective());
        assert!(asks("vestibule settings --effective") && asks("vestibule settings --config c"));
        assert!(!asks("vestibule settings"));
    }

    #[test]
    fn the_help_teaches() {
        let help = Cli::command().render_help().to_string();
        for word in [
            "serve",
            "demo",
            "doctor",
            "outbox",
            "mail",
            "migrate",
            "move",
            "settings",
            "--public-url",
            "VESTIBULE_CONFIG",
            "Examples:",
        ] {
            assert!(help.contains(word), "{word}");
        }
    }
}
