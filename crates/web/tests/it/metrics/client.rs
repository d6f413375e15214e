//! [`MetricsClient`]: Prometheus, as the listener of the metrics sees it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, header};
use vestibule_web::{MetricsServer, Peer, PlatformServer, Server};

use crate::harness::TestApp;

pub(crate) struct MetricsClient {
    app: TestApp,
    server: MetricsServer,
    pub(crate) headers: HeaderMap,
    pub(crate) peer: Peer,
}

/// A response of the listener.
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// The samples of one scrape.
pub(crate) struct Scraped {
    pub(crate) text: String,
    /// The kind of each family.
    pub(crate) types: BTreeMap<String, String>,
    pub(crate) help: BTreeMap<String, String>,
    samples: Vec<Sample>,
}

#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
}

impl MetricsClient {
    /// Scrapes the server of the app.
    pub(crate) fn new(app: &TestApp) -> Self {
        Self::with_servers(app, &app.inner.server, None)
    }

    pub(crate) fn with_servers(app: &TestApp, frontend: &Server, platform: Option<&PlatformServer>) -> Self {
        let (server, headers) = (MetricsServer::new(frontend, platform), HeaderMap::new());
        Self { app: app.clone(), server, headers, peer: IpAddr::V4(Ipv4Addr::LOCALHOST).into() }
    }

    pub(crate) async fn send(&self, method: Method, path: &str) -> Response {
        let mut request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        request.headers_mut().extend(self.headers.clone());
        let response = self.server.clone().handle(request, self.peer).await;
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        self.app.inner.secret_scan.add_response(&parts.headers, &body);
        Response { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// Scrapes in the format of Prometheus, as clients get it that accept anything.
    pub(crate) async fn scrape(&self) -> Scraped {
        let response = self.send(Method::GET, "/metrics").await;
        assert_eq!(response.status, 200, "{}", response.body);
        assert_eq!(response.headers[header::CONTENT_TYPE], "text/plain; version=0.0.4; charset=utf-8");
        Scraped::parse(response.body)
    }
}

impl Scraped {
    /// Parses the format line by line. It panics at a line that is not well-formed.
    fn parse(text: String) -> Self {
        let (mut types, mut help, mut samples) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        for line in text.lines() {
            let Some(comment) = line.strip_prefix("# ") else {
                samples.push(Sample::parse(line));
                continue;
            };
            let mut words = comment.splitn(3, ' ');
            let (keyword, name, rest) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
            let described = match keyword {
                "TYPE" => types.insert(name.to_owned(), rest.to_owned()),
                "HELP" => help.insert(name.to_owned(), rest.to_owned()),
                _ => panic!("{line}"),
            };
            assert_eq!(described, None, "a family has one {keyword}: {line}");
        }
        Self { text, types, help, samples }
    }

    pub(crate) fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// The samples without their values.
    pub(crate) fn series(&self) -> BTreeSet<String> {
        self.samples.iter().map(|sample| format!("{} {:?}", sample.name, sample.labels)).collect()
    }

    /// The value of the only sample of this name with these labels, of which it may have more; 0 without one.
    #[track_caller]
    pub(crate) fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let has_labels = |sample: &&Sample| {
            sample.name == name && labels.iter().all(|(key, value)| sample.labels.get(*key).is_some_and(|v| v == value))
        };
        let found: Vec<_> = self.samples.iter().filter(has_labels).collect();
        assert!(found.len() <= 1, "{name} {labels:?}: {found:?}");
        found.first().map_or(0.0, |sample| sample.value)
    }
}

impl Sample {
    fn parse(line: &str) -> Self {
        let (series, value) = line.rsplit_once(' ').unwrap();
        let (name, labels) = match series.split_once('{') {
            None => (series, BTreeMap::new()),
            Some((name, labels)) => {
                let labels = labels.strip_suffix('}').unwrap();
                let pairs = labels.split_inclusive("\",").map(|pair| {
                    let (key, value) = pair.trim_end_matches(',').split_once("=\"").unwrap();
                    (key.to_owned(), value.strip_suffix('"').unwrap().to_owned())
                });
                (name, pairs.collect())
            }
        };
        let is_name = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        assert!(is_name(name) && labels.keys().all(|label| is_name(label)), "{line}");
        Self { name: name.to_owned(), labels, value: value.parse().unwrap() }
    }
}
