//! How a receiver behaves.

/// How the receiver treats a request.
#[derive(Clone, Debug)]
pub enum Behaviour {
    /// Responds, and keeps the connection.
    Respond { status: u16, headers: Vec<(&'static str, String)>, body: Vec<u8> },
    /// Responds as `Respond` does with status 200, and closes the connection in silence.
    RespondAndClose,
    /// Responds before it reads the body.
    RespondEarly(u16),
    /// Accepts the connection and neither reads nor writes, so that a TLS handshake hangs.
    Silent,
    /// Reads the request and never responds.
    Hang,
    /// Reads the request, and responds with 200 once [`super::Receiver::release`] is called.
    Held,
    /// As `Held`, with this status.
    HeldStatus(u16),
    /// Sends a response without the end of its body.
    HangInBody,
    /// Sends a byte of the body now and then, without end.
    Drip,
    /// Reads the request and closes the connection.
    Close,
    /// Reads the request and resets the connection.
    Reset,
    /// Closes the connection after half of the body.
    HalfBody,
    /// Resets the connection after half of the body.
    ResetInBody,
    /// Announces a body of 4 GiB and sends it.
    Gigabytes,
    /// Sends chunks without end.
    Endless,
    /// Sends header lines without end.
    EndlessHeaders,
    /// Sends a header line now and then, without end.
    DripHeaders,
    /// Sends a complete response with this many header lines.
    ManyHeaders(usize),
    /// Sends `103 Early Hints` without end.
    EndlessHints,
    /// Sends what is no HTTP.
    Garbage,
}

impl Behaviour {
    pub fn status(status: u16) -> Self {
        Self::Respond { status, headers: Vec::new(), body: Vec::new() }
    }

    /// Responds with a header, such as `Retry-After` or `Location`.
    pub fn with_header(status: u16, name: &'static str, value: &str) -> Self {
        Self::Respond { status, headers: vec![(name, value.to_owned())], body: Vec::new() }
    }

    pub fn body(body: impl Into<Vec<u8>>) -> Self {
        Self::Respond { status: 200, headers: Vec::new(), body: body.into() }
    }
}
