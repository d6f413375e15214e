//! The protocol of the operator socket: one request and one response on each connection, each a line of JSON.

use std::io;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use vestibule_core::{Code, Problem};

/// Changes when a field or its meaning changes. Both sides are usually the same binary.
pub(super) const VERSION: u32 = 1;
/// The longest request, in bytes.
pub(super) const MAX_REQUEST: u64 = 64 * 1024;
/// The longest response, in bytes.
pub(super) const MAX_RESPONSE: u64 = 4 * 1024 * 1024;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    pub(super) version: u32,
    pub(super) action: String,
    pub(super) arguments: serde_json::Value,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Response {
    pub(super) version: u32,
    #[serde(flatten)]
    pub(super) outcome: Outcome,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Result(serde_json::Value),
    Error(Failure),
}

/// Why an action failed: a code of the API, or one of this protocol, and a sentence for the operator.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Failure {
    pub(crate) code: String,
    pub(crate) message: String,
}

impl Failure {
    fn new(code: &str, message: &str) -> Self {
        Self { code: code.to_owned(), message: message.to_owned() }
    }

    /// The cause is left out, because it can contain data; the log has it.
    pub(crate) fn from_problem(problem: &Problem) -> Self {
        let message = problem.errors().next().map_or(Code::Internal.message(), |(_, message)| message);
        Self::new(problem.code().as_str(), message)
    }

    pub(super) fn unknown_action() -> Self {
        Self::new(
            "UNKNOWN_ACTION",
            "The running server does not know this action. Restart it with the binary that you run this command with.",
        )
    }

    pub(super) fn invalid_request() -> Self {
        Self::new("INVALID_REQUEST", "The running server cannot read this request. Use the binary of the server.")
    }

    pub(super) fn other_version() -> Self {
        Self::new(
            "OTHER_VERSION",
            "The running server speaks another version of the protocol. Use the binary of the server.",
        )
    }

    pub(super) fn too_slow() -> Self {
        Self::new("TIMED_OUT", "The running server did not finish in time. Look at the result before you try again.")
    }

    pub(super) fn internal() -> Self {
        Self::new(Code::Internal.as_str(), Code::Internal.message())
    }
}

/// Reads one line of at most `max` bytes, without its newline.
///
/// # Errors
/// `InvalidData` for a longer line, `UnexpectedEof` if the other side closes before the newline.
pub(super) async fn read_line(stream: impl AsyncRead + Unpin, max: u64) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    BufReader::new(stream.take(max + 1)).read_until(b'\n', &mut line).await?;
    match line.pop() {
        Some(b'\n') => Ok(line),
        Some(_) if line.len() as u64 >= max => Err(io::ErrorKind::InvalidData.into()),
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// Formats a request or response as a line.
pub(super) fn to_line(message: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn reads_one_bounded_line() {
        assert_eq!(read_line(&b"{}\nrest"[..], 10).await.unwrap(), b"{}");
        assert_eq!(read_line(&b"12345\n"[..], 5).await.unwrap(), b"12345");
        for (input, max, kind) in [
            (&b"123456\n"[..], 5, io::ErrorKind::InvalidData),
            (&b"1234567890123"[..], 5, io::ErrorKind::InvalidData),
            (&b"{}"[..], 5, io::ErrorKind::UnexpectedEof),
            (&b""[..], 5, io::ErrorKind::UnexpectedEof),
        ] {
            assert_eq!(read_line(input, max).await.unwrap_err().kind(), kind, "{input:?}");
        }
    }

    #[test]
    fn messages_have_stable_forms() {
        let request = Request { version: 1, action: "ping".to_owned(), arguments: serde_json::json!({}) };
        assert_eq!(to_line(&request).unwrap(), b"{\"version\":1,\"action\":\"ping\",\"arguments\":{}}\n");
        let failed = Response { version: 1, outcome: Outcome::Error(Failure::new("A", "B.")) };
        assert_eq!(to_line(&failed).unwrap(), b"{\"version\":1,\"error\":{\"code\":\"A\",\"message\":\"B.\"}}\n");
        let done = Response { version: 1, outcome: Outcome::Result(serde_json::json!({"count": 1})) };
        assert_eq!(to_line(&done).unwrap(), b"{\"version\":1,\"result\":{\"count\":1}}\n");
    }
}
