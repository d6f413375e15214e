//! `vestibule webhooks`: manages the endpoints of webhooks, and what is sent to them.

use serde_json::{Value, json};
use vestibule_core::id::WebhookEndpointId;
use vestibule_core::time::Timestamp;
use vestibule_core::webhook::{Delivery, DeliveryFilter, ForBackend, List, ListDeliveries, ShowDelivery};
use vestibule_core::{Caller, Query};

use crate::cli::{WebhooksArgs, WebhooksCommand};
use crate::error::AppError;
use crate::operator::{self, ChangeWebhooks, endpoint_json};
use crate::settings::LoadedSettings;
use crate::{output, startup};

/// Endpoints per query of the list.
const PAGE: u16 = 1000;
/// The deliveries that are listed.
const MAX_DELIVERIES: u16 = 500;

/// Runs a command on webhooks.
pub(crate) async fn run(args: &WebhooksArgs) -> Result<(), AppError> {
    let command = &args.command;
    let (loaded, is_json) = (operator::load(command.flags())?, command.output().json);
    match command {
        WebhooksCommand::List(_) => return list(&loaded, is_json).await,
        WebhooksCommand::Deliveries(args) => return list_deliveries(&loaded, args.id, is_json).await,
        WebhooksCommand::Show(args) => {
            let show = ShowDelivery { access: ForBackend, endpoint: args.id, delivery: args.delivery };
            return show_delivery(&loaded, show, is_json).await;
        }
        _ => {}
    }
    let Some(change) = change(command) else { return Ok(()) };
    let changed = operator::run(&loaded, change).await?;
    if is_json {
        return output::print_json(&changed);
    }
    let text = |name: &str| changed[name].as_str().unwrap_or_default().to_owned();
    match (changed["secret"].as_str(), changed["replayed"].as_u64()) {
        // Nothing but the secret goes to stdout, so that it can be redirected.
        (Some(secret), _) => {
            output::print_line(secret);
            output::print_note(format_args!(
                "Endpoint {} ({}). The secret is not shown again.",
                text("id"),
                text("url")
            ));
        }
        (None, Some(0)) => {
            output::print_line("Nothing is sent again: no delivery matches, or it is being sent at the moment");
        }
        (None, Some(1)) => output::print_line("1 delivery is sent again"),
        (None, Some(replayed)) => output::print_line(format_args!("{replayed} deliveries are sent again")),
        (None, None) => output::print_line(format_args!("{}: {}", done(command), text("id"))),
    }
    Ok(())
}

fn done(command: &WebhooksCommand) -> &'static str {
    match command {
        WebhooksCommand::Enable(_) => "Enabled",
        WebhooksCommand::Disable(_) => "Disabled",
        WebhooksCommand::Delete(_) => "Deleted",
        WebhooksCommand::Test(_) => "Sending the delivery",
        WebhooksCommand::Cancel(_) => "Cancelled",
        _ => "Changed",
    }
}

/// The change that a command requests; `None` for one that only reads.
fn change(command: &WebhooksCommand) -> Option<ChangeWebhooks> {
    Some(match command {
        WebhooksCommand::Create(args) => ChangeWebhooks::Create {
            url: args.url.clone(),
            organization: args.organization.map(|id| id.to_string()),
            events: args.events.clone(),
            description: args.description.clone(),
            ordered: args.ordered,
        },
        WebhooksCommand::Update(args) => {
            let endpoint = args.id.to_string();
            match (&args.url, &args.events) {
                (Some(url), _) => ChangeWebhooks::SetUrl { endpoint, url: url.clone() },
                (None, events) => {
                    let events = events.iter().flatten().filter(|event| !event.is_empty()).cloned().collect();
                    ChangeWebhooks::SetEvents { endpoint, events }
                }
            }
        }
        WebhooksCommand::Enable(args) => ChangeWebhooks::SetEnabled { endpoint: args.id.to_string(), enabled: true },
        WebhooksCommand::Disable(args) => ChangeWebhooks::SetEnabled { endpoint: args.id.to_string(), enabled: false },
        WebhooksCommand::Rotate(args) => {
            ChangeWebhooks::Rotate { endpoint: args.id.to_string(), grace_seconds: args.grace.as_secs() }
        }
        WebhooksCommand::Delete(args) => ChangeWebhooks::Delete { endpoint: args.id.to_string() },
        WebhooksCommand::Test(args) => ChangeWebhooks::Test { endpoint: args.id.to_string() },
        WebhooksCommand::Replay(args) => {
            let endpoint = args.id.to_string();
            match args.delivery {
                Some(delivery) => ChangeWebhooks::ReplayOne { endpoint, delivery: delivery.to_string() },
                None => ChangeWebhooks::Replay {
                    endpoint,
                    from: args.from.unwrap_or(Timestamp::LATEST).as_microseconds(),
                    to: args.to.unwrap_or(Timestamp::LATEST).as_microseconds(),
                    only_failed: args.only_failed,
                },
            }
        }
        WebhooksCommand::Cancel(args) => {
            ChangeWebhooks::Cancel { endpoint: args.id.to_string(), delivery: args.delivery.to_string() }
        }
        WebhooksCommand::List(_) | WebhooksCommand::Deliveries(_) | WebhooksCommand::Show(_) => return None,
    })
}

async fn list(loaded: &LoadedSettings, is_json: bool) -> Result<(), AppError> {
    let (mut endpoints, mut after) = (Vec::new(), None);
    loop {
        let page = operator::query(loaded, &List { access: ForBackend, after, limit: PAGE }).await?;
        after = page.endpoints.last().map(|endpoint| endpoint.id);
        endpoints.extend(page.endpoints);
        if !page.has_more {
            break;
        }
    }
    if is_json {
        return output::print_json(&endpoints.iter().map(endpoint_json).collect::<Vec<_>>());
    }
    if endpoints.is_empty() {
        output::print_line("No endpoints. Create one with: vestibule webhooks create URL");
        return Ok(());
    }
    let rows: Vec<_> = endpoints
        .iter()
        .map(|endpoint| {
            let organization = endpoint.organization_id.map_or_else(|| "all".to_owned(), |id| id.to_string());
            let events = if endpoint.events.is_empty() { "all".to_owned() } else { endpoint.events.join(" ") };
            let status = match (endpoint.disabled_reason, endpoint.failing_since) {
                (Some(reason), _) => format!("disabled ({reason})"),
                (None, Some(since)) => format!("failing since {since}"),
                (None, None) => "enabled".to_owned(),
            };
            vec![endpoint.id.to_string(), endpoint.url.clone(), organization, events, status]
        })
        .collect();
    output::print_table(&["ID", "URL", "ORGANIZATION", "EVENTS", "STATUS"], &rows);
    Ok(())
}

fn delivery_json(delivery: &Delivery) -> Value {
    json!({
        "id": delivery.id,
        "event": delivery.event,
        "state": delivery.state,
        "sequence": delivery.sequence,
        "attempts": delivery.all_attempts,
        "due_at": delivery.due_at,
        "last_status": delivery.last_status,
        "last_error": delivery.last_error,
        "created_at": delivery.created_at,
    })
}

async fn list_deliveries(loaded: &LoadedSettings, endpoint: WebhookEndpointId, is_json: bool) -> Result<(), AppError> {
    let filter = DeliveryFilter::default();
    let list = ListDeliveries { access: ForBackend, endpoint, filter, before: None, limit: MAX_DELIVERIES };
    let page = operator::query(loaded, &list).await?;
    if is_json {
        return output::print_json(&page.deliveries.iter().map(delivery_json).collect::<Vec<_>>());
    }
    let rows: Vec<_> = page
        .deliveries
        .iter()
        .map(|delivery| {
            let last = delivery.last_status.map_or_else(|| delivery.last_error.clone(), |status| status.to_string());
            vec![
                delivery.id.to_string(),
                delivery.event.clone(),
                delivery.state.to_string(),
                delivery.all_attempts.to_string(),
                last,
                delivery.created_at.to_string(),
            ]
        })
        .collect();
    output::print_table(&["ID", "EVENT", "STATE", "ATTEMPTS", "LAST", "CREATED"], &rows);
    Ok(())
}

/// As the operator, who also sees the beginning of the responses.
async fn show_delivery(loaded: &LoadedSettings, show: ShowDelivery<ForBackend>, is_json: bool) -> Result<(), AppError> {
    let found = query_as_operator(loaded, &show).await?;
    let answer = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if is_json {
        let attempts: Vec<_> = found
            .attempts
            .iter()
            .map(|attempt| {
                json!({
                    "number": attempt.number,
                    "started_at": attempt.started_at,
                    "duration_ms": attempt.duration / 1000,
                    "status": attempt.status,
                    "error": attempt.error,
                    "answer": answer(&attempt.answer),
                })
            })
            .collect();
        let mut delivery = delivery_json(&found.delivery);
        delivery["attempt_log"] = Value::Array(attempts);
        return output::print_json(&delivery);
    }
    let rows: Vec<_> = found
        .attempts
        .iter()
        .map(|attempt| {
            let outcome = attempt.status.map_or_else(|| attempt.error.clone(), |status| status.to_string());
            // A response must not control the terminal.
            let answer = answer(&attempt.answer).replace(char::is_control, " ");
            let duration = format!("{} ms", attempt.duration / 1000);
            vec![attempt.number.to_string(), attempt.started_at.to_string(), duration, outcome, answer]
        })
        .collect();
    output::print_table(&["ATTEMPT", "STARTED", "DURATION", "OUTCOME", "ANSWER"], &rows);
    Ok(())
}

async fn query_as_operator<Q: Query>(loaded: &LoadedSettings, query: &Q) -> Result<Q::Out, AppError> {
    let service = startup::open_for_reading(loaded).await?;
    let result = service.query(&Caller::operator(), query).await.result;
    result.map_err(|problem| AppError::Refused(operator::Failure::from_problem(&problem)))
}
