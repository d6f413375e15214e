//! The command line: commands, flags, and the texts of `--help`, which are the doc comments of commands and arguments.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::settings::Flags;

mod audit;
mod keys;
mod operator;
mod webhooks;

pub(crate) use audit::{AuditArgs, AuditCommand, VerifyArgs};
pub(crate) use keys::{KeysArgs, KeysCommand};
pub(crate) use webhooks::{WebhooksArgs, WebhooksCommand};

pub(crate) use operator::{
    ListOrganizationsArgs, ListUsersArgs, OrganizationsArgs, OrganizationsCommand, UserKey, UsersArgs, UsersCommand,
};

const EXAMPLES: &str = "\
Examples:
  vestibule demo                           Try Vestibule with sample data
  vestibule demo --app-url http://127.0.0.1:3000
                                           Try it with an application of yours
  vestibule                                Start the server on http://127.0.0.1:8080
  vestibule --config /etc/vestibule.toml   Start the server with a settings file
  vestibule settings > vestibule.toml      Create a commented settings file
  vestibule settings --effective           Print the current values and where each comes from
  vestibule doctor --mail-to you@example.com
                                           Check the setup and send a test message
  vestibule users disable ada@example.com  End all access of a person who leaves
  vestibule organizations list             List organizations and their numbers
  vestibule keys create --name billing --scopes members:write
                                           Create an API key for a backend
  vestibule audit verify                   Verify that nobody has changed the audit log
  vestibule outbox list                    List undelivered mail and why it failed
  vestibule mail preview mails             Render every mail with sample values into ./mails
  vestibule migrate --check                List the pending migrations
  vestibule copy-database --from vestibule.db --to postgres://user@host/name
                                           Copy all data from SQLite to PostgreSQL
  vestibule bench                          Measure throughput and CPU cost on this machine

Settings are read from these sources. A later source overrides an earlier one:
built-in defaults, the settings file, environment variables (VESTIBULE_LISTEN
and so on), and the flags above.";

/// Sign-in, organizations, members, roles and invitations for B2B products
#[derive(Debug, Parser)]
#[command(name = "vestibule", version, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Flags,
}

#[derive(Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum Command {
    /// Start the server (the default command)
    Serve(Flags),
    /// Start a server with sample data in its own directory
    Demo(DemoArgs),
    /// Apply pending database migrations; the server also does this when it starts
    Migrate(MigrateArgs),
    /// Copy all data into an empty database, from SQLite to PostgreSQL or back
    CopyDatabase(CopyDatabaseArgs),
    /// Check settings, database and mail server, and optionally send a test message
    Doctor(DoctorArgs),
    /// List and show users, end their access, or let them in again
    Users(UsersArgs),
    /// List and show organizations
    Organizations(OrganizationsArgs),
    /// Create, list, rotate and revoke the API keys of backends
    Keys(KeysArgs),
    /// Manage the endpoints of webhooks, and what is sent to them
    Webhooks(WebhooksArgs),
    /// Verify the audit log
    Audit(AuditArgs),
    /// List, retry or drop mail that has not been delivered
    Outbox(OutboxArgs),
    /// List, preview or export the mail templates
    Mail(MailArgs),
    /// Preview the hosted pages
    Pages(PagesArgs),
    /// Measure throughput, latency and CPU cost on this machine
    Bench(BenchArgs),
    /// Print every setting with its description and default, as a settings file
    Settings(SettingsArgs),
}

#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct DemoArgs {
    /// Address and port to listen on
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    pub(crate) listen: String,
    /// Directory for the database and the mail; must be new, empty, or created by an earlier demo
    #[arg(long, value_name = "DIR", default_value = "vestibule-demo")]
    pub(crate) dir: String,
    /// Your application: its pages may call the API, and the hosted pages lead into it
    #[arg(long, value_name = "URL")]
    pub(crate) app_url: Option<String>,
}

#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct MigrateArgs {
    /// List the pending migrations without applying them
    #[arg(long)]
    pub(crate) check: bool,
    #[command(flatten)]
    pub(crate) flags: Flags,
}

#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct CopyDatabaseArgs {
    /// Database to copy from; it is not changed, and no server may use it during the copy
    #[arg(long, value_name = "PATH|URL")]
    pub(crate) from: String,
    /// Database to copy to; it must be empty
    #[arg(long, value_name = "PATH|URL")]
    pub(crate) to: String,
    /// File with the PostgreSQL password, for a URL without one
    #[arg(long, value_name = "PATH")]
    pub(crate) password_file: Option<PathBuf>,
}

#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct BenchArgs {
    /// URL of an empty PostgreSQL database [default: a temporary SQLite file]
    #[arg(long, value_name = "URL")]
    pub(crate) database: Option<String>,
    /// Number of rounds; each result is the median of its rounds
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=100))]
    pub(crate) rounds: u8,
    /// Duration of each scenario in seconds
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) seconds: u64,
    /// Number of concurrent connections
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=512))]
    pub(crate) connections: u16,
    /// Measure what one request of an anonymous client costs, for every route, instead
    #[arg(long)]
    pub(crate) strangers: bool,
    /// Run as the baseline server, which returns the recorded responses of this directory
    #[arg(long, hide = true)]
    pub(crate) baseline: Option<PathBuf>,
    /// Address of the baseline server
    #[arg(long, hide = true, default_value = "127.0.0.1:0")]
    pub(crate) listen: String,
}

#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct DoctorArgs {
    /// Send a test message to this address through the configured mail transport
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) mail_to: Option<String>,
    #[command(flatten)]
    pub(crate) flags: Flags,
}

#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct OutboxArgs {
    #[command(subcommand)]
    pub(crate) command: OutboxCommand,
}

#[derive(Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum OutboxCommand {
    /// List undelivered messages, each with its last error
    List(Flags),
    /// Retry a message, or all failed messages
    Retry {
        /// ID of the message, or "all"
        id: String,
        #[command(flatten)]
        flags: Flags,
    },
    /// Delete a message without sending it
    Drop {
        /// ID of the message
        id: String,
        #[command(flatten)]
        flags: Flags,
    },
}

impl OutboxCommand {
    pub(crate) fn flags(&self) -> &Flags {
        match self {
            Self::List(flags) | Self::Retry { flags, .. } | Self::Drop { flags, .. } => flags,
        }
    }
}

#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct MailArgs {
    #[command(subcommand)]
    pub(crate) command: MailCommand,
}

#[derive(Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum MailCommand {
    /// List the template files
    List,
    /// Render every mail with sample values into a directory, as text and as HTML
    Preview {
        /// Output directory; created if it does not exist
        #[arg(value_name = "DIR")]
        dir: PathBuf,
        #[command(flatten)]
        flags: Flags,
    },
    /// Write the built-in templates into a directory, where you can edit them
    Export {
        /// Output directory; created if it does not exist
        #[arg(value_name = "DIR")]
        dir: PathBuf,
    },
}

#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct PagesArgs {
    #[command(subcommand)]
    pub(crate) command: PagesCommand,
}

#[derive(Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum PagesCommand {
    /// Render every page with sample data into a directory, in every language and with your branding
    Preview {
        /// Output directory; created if it does not exist
        #[arg(long, value_name = "DIR", default_value = "vestibule-pages")]
        out: PathBuf,
        #[command(flatten)]
        flags: Flags,
    },
}

#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct SettingsArgs {
    /// Print the current value of every setting and where it comes from
    #[arg(long)]
    effective: bool,
    /// The same flags as for serve; any of them implies --effective
    #[command(flatten)]
    pub(crate) flags: Flags,
}

impl SettingsArgs {
    /// Returns whether to print the current values rather than the reference.
    pub(crate) fn is_effective(&self) -> bool {
        self.effective || self.flags != Flags::default()
    }
}

impl Cli {
    /// Returns the command to run; without one, `serve`.
    pub(crate) fn into_command(self) -> Command {
        self.command.unwrap_or(Command::Serve(self.serve))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn parse(line: &str) -> Command {
        Cli::try_parse_from(line.split(' ')).unwrap().into_command()
    }

    #[test]
    fn command_definition_is_valid() {
        Cli::command().debug_assert();
    }

    #[test]
    fn serve_is_the_default_command() {
        let flags = "--config c --database d --listen l --public-url p";
        assert_eq!(parse(&format!("vestibule {flags}")), parse(&format!("vestibule serve {flags}")));
        assert_eq!(parse("vestibule"), Command::Serve(Flags::default()));
        assert!(Cli::try_parse_from(["vestibule", "--listen", "l", "demo"]).is_err());
    }

    #[test]
    fn demo_uses_its_own_directory_by_default() {
        let Command::Demo(demo) = parse("vestibule demo --listen 127.0.0.1:9") else { panic!("expected demo") };
        assert_eq!((demo.listen.as_str(), demo.dir.as_str()), ("127.0.0.1:9", "vestibule-demo"));
    }

    #[test]
    fn settings_flags_imply_effective() {
        let is_effective = |line| matches!(parse(line), Command::Settings(args) if args.is_effective());
        assert!(is_effective("vestibule settings --effective") && is_effective("vestibule settings --config c"));
        assert!(!is_effective("vestibule settings"));
    }

    #[test]
    fn help_lists_commands_flags_and_examples() {
        let help = Cli::command().render_help().to_string();
        for word in [
            "serve",
            "demo",
            "doctor",
            "users",
            "organizations",
            "outbox",
            "mail",
            "migrate",
            "copy-database",
            "settings",
            "--public-url",
            "VESTIBULE_CONFIG",
            "Examples:",
        ] {
            assert!(help.contains(word), "{word}");
        }
    }
}
