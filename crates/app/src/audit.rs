//! `vestibule audit`: verifies the audit log.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;

use vestibule_core::audit::{
    ChainReport, ChainVerifier, Checkpoint, CheckpointKey, CheckpointVerifier, CountUnsealed, ExportLine, Finding,
    FindingKind, Hash, INSTALLATION, ListChains, ListMissingChains, MissingChain, verify_chain,
};
use vestibule_core::random::SystemRandomness;
use vestibule_core::secret::Keys;
use vestibule_core::service::Service;
use vestibule_core::{Caller, Problem, Query};

use crate::cli::{AuditArgs, AuditCommand, VerifyArgs};
use crate::error::AppError;
use crate::operator;
use crate::settings::LoadedSettings;
use crate::{master_key, output, startup};

/// A longer line is none of ours. The file may be from somebody else.
const MAX_LINE_BYTES: u64 = 4 << 20;

/// Runs a command on the audit log.
pub(crate) async fn run(args: &AuditArgs) -> Result<(), AppError> {
    match &args.command {
        AuditCommand::Key(flags) => {
            let key = CheckpointKey::new(&keys(&operator::load(flags)?)?).map_err(|problem| failed(&problem))?;
            output::print_text(&key.public_pem().map_err(|problem| failed(&problem))?);
            Ok(())
        }
        AuditCommand::Verify(args) => verify(args).await,
    }
}

async fn verify(args: &VerifyArgs) -> Result<(), AppError> {
    let known = match &args.checkpoints {
        Some(file) => read_checkpoints(file)?,
        None => Vec::new(),
    };
    let verifier = public_key(args)?;
    let reports = match &args.export {
        Some(file) => vec![verify_export(file, &known, verifier.as_ref())?],
        None => verify_database(args, &known).await?,
    };
    let wrong = reports.iter().filter(|report| report.finding.is_some()).count();
    for report in &reports {
        print_report(report);
    }
    let entries: u64 = reports.iter().map(|report| report.entries).sum();
    output::print_line(format_args!(
        "{} in {}",
        count(entries, "entry", "entries"),
        count(reports.len() as u64, "chain", "chains")
    ));
    match wrong {
        0 => Ok(()),
        wrong => Err(AppError::CommandFailed(format!("{} not fit", count(wrong as u64, "chain does", "chains do")))),
    }
}

/// The key for checkpoints of an export; `None` if it needs none.
fn public_key(args: &VerifyArgs) -> Result<Option<CheckpointVerifier>, AppError> {
    match (&args.public_key, &args.checkpoints) {
        (Some(file), _) => {
            let pem = std::fs::read_to_string(file).map_err(|error| unreadable(file, &error))?;
            let key = CheckpointVerifier::from_pem(&pem);
            let invalid = || AppError::CommandFailed(format!("{} is not a public key in PEM form", file.display()));
            Ok(Some(key.ok_or_else(invalid)?))
        }
        (None, Some(_)) if args.export.is_some() => verifier(&operator::load(&args.flags)?).map(Some),
        _ => Ok(None),
    }
}

fn keys(loaded: &LoadedSettings) -> Result<Keys, AppError> {
    let location = startup::database_location(loaded)?;
    Ok(Keys::new(&master_key::load_or_create(&loaded.key_file, &location, false, &SystemRandomness)?))
}

fn verifier(loaded: &LoadedSettings) -> Result<CheckpointVerifier, AppError> {
    let key = CheckpointKey::new(&keys(loaded)?).map_err(|problem| failed(&problem))?;
    Ok(CheckpointVerifier::from(&key))
}

fn print_report(report: &ChainReport) {
    let chain = match report.organization_id {
        INSTALLATION => "the installation".to_owned(),
        id => format!("organization {id}"),
    };
    let mut entries = count(report.entries, "entry fits", "entries fit");
    if report.begins_after > 0 {
        // Writing to a `String` cannot fail.
        _ = write!(entries, ", after entry {}", report.begins_after);
    }
    match &report.finding {
        None => output::print_line(format_args!("{chain}: {entries}")),
        Some(Finding { sequence, id, kind }) => {
            let id = id.map_or_else(String::new, |id| format!(" (id {id})"));
            output::print_line(format_args!("{chain}: {entries}; entry {sequence}{id} does not: {kind}"));
        }
    }
}

fn count(number: u64, one: &str, several: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {several}") }
}

async fn verify_database(args: &VerifyArgs, known: &[Checkpoint]) -> Result<Vec<ChainReport>, AppError> {
    let loaded = operator::load(&args.flags)?;
    let verifier = verifier(&loaded)?;
    let service = startup::open_for_reading(&loaded).await?;
    let only = args.organization.map(vestibule_core::id::OrganizationId::get);
    let (mut reports, mut after) = (Vec::new(), -1);
    loop {
        let chains = query(&service, &ListChains { after }).await?;
        let Some(last) = chains.last().map(|chain| chain.organization_id) else { break };
        after = last;
        for chain in chains.iter().filter(|chain| only.is_none_or(|only| only == chain.organization_id)) {
            let report = verify_chain(&service, chain, known, &verifier).await;
            reports.push(report.map_err(|problem| failed(&problem))?);
        }
    }
    let unlisted = query(&service, &ListMissingChains).await?;
    for MissingChain { organization_id, sequence } in unlisted {
        if only.is_none_or(|only| only == organization_id) {
            let finding = Some(Finding { sequence, id: None, kind: FindingKind::EndMissing });
            reports.push(ChainReport { organization_id, begins_after: 0, entries: 0, finding });
        }
    }
    let mut missing: Vec<&Checkpoint> = known
        .iter()
        .filter(|known| only.is_none_or(|only| only == known.organization_id))
        .filter(|known| reports.iter().all(|report| report.organization_id != known.organization_id))
        .collect();
    missing.sort_by_key(|checkpoint| (checkpoint.organization_id, std::cmp::Reverse(checkpoint.sequence)));
    missing.dedup_by_key(|checkpoint| checkpoint.organization_id);
    reports.extend(missing.into_iter().map(|checkpoint| ChainReport {
        organization_id: checkpoint.organization_id,
        begins_after: 0,
        entries: 0,
        finding: Some(Finding { sequence: checkpoint.sequence, id: None, kind: FindingKind::CutOff }),
    }));
    let unsealed = query(&service, &CountUnsealed).await?;
    if unsealed > 0 {
        output::print_note(format_args!(
            "{} not sealed yet",
            count(unsealed.unsigned_abs(), "entry is", "entries are")
        ));
    }
    Ok(reports)
}

async fn query<Q: Query>(service: &Arc<Service>, query: &Q) -> Result<Q::Out, AppError> {
    service.query(&Caller::anonymous(), query).await.result.map_err(|problem| failed(&problem))
}

/// Verifies an export of one chain. It need not begin with the first entry.
fn verify_export(
    file: &Path,
    known: &[Checkpoint],
    verifier: Option<&CheckpointVerifier>,
) -> Result<ChainReport, AppError> {
    let (mut chain, mut begins_after): (Option<(i64, ChainVerifier)>, i64) = (None, 0);
    for (number, line) in lines(file)?.enumerate() {
        let line = line.map_err(|error| unreadable(file, &error))?;
        let invalid = || invalid_line(file, number, "no line of an export of the audit log as JSON Lines");
        let (entry, previous) = ExportLine::parse(&line).map_err(|_| invalid())?;
        let (organization_id, verifying) = if let Some((organization_id, verifying)) = &mut chain {
            (*organization_id, verifying)
        } else {
            let organization_id = entry.organization_id;
            let checkpoints: Vec<_> =
                known.iter().filter(|known| known.organization_id == organization_id).cloned().collect();
            if let Some(key) = verifier
                && let Some(forged) = checkpoints.iter().find(|checkpoint| !key.is_valid(checkpoint))
            {
                let finding = Finding { sequence: forged.sequence, id: None, kind: FindingKind::ForgedCheckpoint };
                return Ok(ChainReport { organization_id, begins_after, entries: 0, finding: Some(finding) });
            }
            let hash = Hash::try_from(previous.as_slice()).map_err(|_| invalid())?;
            begins_after = entry.sequence.unwrap_or_default().saturating_sub(1);
            let verifying = ChainVerifier::new(begins_after, hash, checkpoints, false);
            let (organization_id, verifying) = chain.insert((organization_id, verifying));
            (*organization_id, verifying)
        };
        if entry.organization_id != organization_id {
            return Err(invalid_line(file, number, "an entry of another organization"));
        }
        if let Err(finding) = verifying.add(&entry) {
            let entries = verifying.entries();
            return Ok(ChainReport { organization_id, begins_after, entries, finding: Some(finding) });
        }
    }
    let Some((organization_id, verifying)) = chain else {
        return Err(AppError::CommandFailed(format!("{} has no entries", file.display())));
    };
    let entries = verifying.entries();
    Ok(ChainReport { organization_id, begins_after, entries, finding: verifying.finish(None).err() })
}

/// Skips lines that are no checkpoint: a server that was killed may have left half a line.
fn read_checkpoints(file: &Path) -> Result<Vec<Checkpoint>, AppError> {
    let mut checkpoints = Vec::new();
    let mut skipped = None;
    for (number, line) in lines(file)?.enumerate() {
        let line = line.map_err(|error| unreadable(file, &error))?;
        if let Ok(checkpoint) = Checkpoint::from_line(&line) {
            checkpoints.push(checkpoint);
        } else {
            let error = invalid_line(file, number, "no checkpoint");
            output::print_note(format_args!("{error}"));
            skipped = Some(error);
        }
    }
    match skipped {
        Some(error) if checkpoints.is_empty() => Err(error),
        _ => Ok(checkpoints),
    }
}

fn lines(file: &Path) -> Result<impl Iterator<Item = std::io::Result<String>>, AppError> {
    let mut reader = BufReader::new(File::open(file).map_err(|error| unreadable(file, &error))?);
    Ok(std::iter::from_fn(move || read_line(&mut reader).transpose()))
}

/// Reads a line, without its end. `None` at the end of the file.
fn read_line(reader: &mut impl BufRead) -> std::io::Result<Option<String>> {
    let mut line = String::new();
    if reader.by_ref().take(MAX_LINE_BYTES).read_line(&mut line)? == 0 {
        return Ok(None);
    }
    if line.len() as u64 == MAX_LINE_BYTES && !line.ends_with('\n') {
        return Err(std::io::Error::new(ErrorKind::InvalidData, "a line has more than 4 MiB"));
    }
    let length = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(length);
    Ok(Some(line))
}

fn unreadable(file: &Path, error: &std::io::Error) -> AppError {
    AppError::CommandFailed(format!("cannot read {}: {error}", file.display()))
}

fn invalid_line(file: &Path, index: usize, what: &str) -> AppError {
    AppError::CommandFailed(format!("line {} of {} is {what}", index + 1, file.display()))
}

fn failed(problem: &Problem) -> AppError {
    let reason = problem.cause().unwrap_or_else(|| problem.to_string());
    AppError::CommandFailed(format!("cannot read the audit log: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_without_their_ends_up_to_a_length() {
        let mut reader = "a\r\n\nb".as_bytes();
        let mut lines = std::iter::from_fn(|| read_line(&mut reader).transpose());
        for expected in ["a", "", "b"] {
            assert_eq!(lines.next().unwrap().unwrap(), expected);
        }
        assert!(lines.next().is_none());
        let long = "x".repeat(usize::try_from(MAX_LINE_BYTES).unwrap() + 1);
        assert!(read_line(&mut long.as_bytes()).is_err());
        assert!(read_line(&mut format!("{}\n", &long[2..]).as_bytes()).unwrap().is_some());
    }
}
