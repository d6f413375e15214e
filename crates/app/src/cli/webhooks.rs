//! The arguments of `vestibule webhooks`.

use std::time::Duration;

use clap::{Args, Subcommand};
use vestibule_core::id::{AuditEntryId, OrganizationId, WebhookEndpointId};
use vestibule_core::time::Timestamp;
use vestibule_core::webhook::MAX_SECRET_GRACE;

use super::operator::OutputArgs;
use crate::settings::{Flags, parse_duration};

const HELP: &str = "\
Examples:
  vestibule webhooks create https://example.com/hook --events user.created
                                                Create an endpoint and print its secret
  vestibule webhooks create https://example.com/hook --organization ID
                                                For the events of one organization
  vestibule webhooks list                       List endpoints, without their secrets
  vestibule webhooks test ID                    Send the event webhook.test
  vestibule webhooks deliveries ID              List what was sent, newest first
  vestibule webhooks show ID DELIVERY           Show the attempts of a delivery
  vestibule webhooks replay ID --from 2026-01-31 --only-failed
                                                Send again what was given up
  vestibule webhooks rotate ID --grace 2h       Print a new secret; the old one signs
                                                for two more hours
  vestibule webhooks disable ID                 Send nothing; what waits is kept

These commands also work while the server runs.

Exit codes: 0 success, 1 error, 2 invalid command line, 3 no such endpoint or delivery";

fn parse_grace(text: &str) -> Result<Duration, &'static str> {
    parse_duration(text)
        .filter(|grace| *grace <= MAX_SECRET_GRACE)
        .ok_or("must be a duration from 0s to 7d, in s, m, h or d")
}

fn parse_time(text: &str) -> Result<Timestamp, &'static str> {
    Timestamp::parse(text).ok_or("must be a date or time such as 2026-01-31T09:30:00Z")
}

#[derive(Debug, PartialEq, Eq, Args)]
#[command(after_help = HELP)]
pub(crate) struct WebhooksArgs {
    #[command(subcommand)]
    pub(crate) command: WebhooksCommand,
}

#[derive(Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum WebhooksCommand {
    /// Create an endpoint, and print its secret: it is shown only once
    Create(CreateWebhookArgs),
    /// List the endpoints
    List(OutputArgs),
    /// Change the URL or the events of an endpoint
    Update(UpdateWebhookArgs),
    /// Send to an endpoint again
    Enable(WebhookArgs),
    /// Send nothing to an endpoint; what waits is kept
    Disable(WebhookArgs),
    /// Give an endpoint a new secret, and print it
    Rotate(RotateWebhookArgs),
    /// Delete an endpoint
    Delete(WebhookArgs),
    /// Send the event webhook.test
    Test(WebhookArgs),
    /// List what was sent to an endpoint, newest first
    Deliveries(WebhookArgs),
    /// Show the attempts of a delivery, with the beginning of each response
    Show(DeliveryArgs),
    /// Send a delivery again, or those of a span of time
    Replay(ReplayArgs),
    /// Cancel a delivery that waits
    Cancel(DeliveryArgs),
}

#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct CreateWebhookArgs {
    /// An https URL of a public host
    pub(crate) url: String,
    /// The organization that it belongs to [default: the installation, with the events of all organizations]
    #[arg(long, value_name = "ID")]
    pub(crate) organization: Option<OrganizationId>,
    /// Names of events, separated by commas [default: all]
    #[arg(long, value_name = "EVENTS", value_delimiter = ',')]
    pub(crate) events: Vec<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) description: String,
    /// Send one delivery after the other, in the order of the events
    #[arg(long)]
    pub(crate) ordered: bool,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct UpdateWebhookArgs {
    /// ID of the endpoint
    pub(crate) id: WebhookEndpointId,
    /// The new URL
    #[arg(long, value_name = "URL", required_unless_present = "events", conflicts_with = "events")]
    pub(crate) url: Option<String>,
    /// Names of events, separated by commas; empty for all
    #[arg(long, value_name = "EVENTS", value_delimiter = ',')]
    pub(crate) events: Option<Vec<String>>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct WebhookArgs {
    /// ID of the endpoint
    pub(crate) id: WebhookEndpointId,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct RotateWebhookArgs {
    /// ID of the endpoint
    pub(crate) id: WebhookEndpointId,
    /// How long the old secret signs too
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = parse_grace)]
    pub(crate) grace: Duration,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct DeliveryArgs {
    /// ID of the endpoint
    pub(crate) id: WebhookEndpointId,
    /// ID of the delivery
    pub(crate) delivery: AuditEntryId,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct ReplayArgs {
    /// ID of the endpoint
    pub(crate) id: WebhookEndpointId,
    /// ID of the delivery
    #[arg(required_unless_present = "from", conflicts_with = "from")]
    pub(crate) delivery: Option<AuditEntryId>,
    /// Those of events at this time or later
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(crate) from: Option<Timestamp>,
    /// Those of events before this time [default: now]
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(crate) to: Option<Timestamp>,
    /// Only those that were given up
    #[arg(long)]
    pub(crate) only_failed: bool,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

impl WebhooksCommand {
    pub(crate) fn flags(&self) -> &Flags {
        &self.output().flags
    }

    pub(crate) fn output(&self) -> &OutputArgs {
        match self {
            Self::List(output) => output,
            Self::Create(args) => &args.output,
            Self::Update(args) => &args.output,
            Self::Rotate(args) => &args.output,
            Self::Replay(args) => &args.output,
            Self::Show(args) | Self::Cancel(args) => &args.output,
            Self::Enable(args)
            | Self::Disable(args)
            | Self::Delete(args)
            | Self::Test(args)
            | Self::Deliveries(args) => &args.output,
        }
    }
}
