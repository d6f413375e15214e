//! The real server behind nginx, Caddy and `HAProxy`, with the configurations of `docs/operations.md`, but without TLS.
//! `scripts/requirements` installs the proxies.

use std::fs::File;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use vestibule_testbed::free_port;

use crate::server::{Server, vestibule};

const NGINX: &str = include_str!("../../../../../docs/proxies/nginx.conf");
const CADDY: &str = include_str!("../../../../../docs/proxies/Caddyfile");
const HAPROXY: &str = include_str!("../../../../../docs/proxies/haproxy.cfg");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Nginx,
    Caddy,
    HaProxy,
}

const KINDS: [Kind; 3] = [Kind::Nginx, Kind::Caddy, Kind::HaProxy];

/// A server with a proxy in front of it.
struct Setup {
    dir: tempfile::TempDir,
    server: Option<Server>,
    proxy: Child,
    url: String,
}

impl Drop for Setup {
    fn drop(&mut self) {
        // SIGKILL would leave the worker processes of nginx behind.
        let _ = Command::new("kill").arg(self.proxy.id().to_string()).status();
        let _ = self.proxy.wait();
    }
}

struct Response {
    status: u16,
    /// In lower case.
    head: String,
    body: String,
}

impl Setup {
    /// Starts a server that trusts the proxy. `edit` changes the configuration of the proxy.
    fn start(kind: Kind, path: &str, is_unix: bool, edit: impl Fn(String) -> String) -> Self {
        // The paths of sockets are short.
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("h.sock");
        let listen = if is_unix { format!("unix:{}", socket.display()) } else { "127.0.0.1:0".to_owned() };
        let (public_url, database) = (format!("https://join.example.com{path}"), dir.path().join("v.db"));
        let database = database.to_str().unwrap();
        let mut command = vestibule(&["--listen", &listen, "--public-url", &public_url, "--database", database]);
        command.env("VESTIBULE_TRUSTED_PROXIES", "127.0.0.1,unix:").env("VESTIBULE_MAIL_TRANSPORT", "file");
        command.env("VESTIBULE_HEALTH_ALLOWED_NETWORKS", "127.0.0.2");
        let (server, _) = Server::spawn(&mut command, "Database: ");
        let upstream = match (is_unix, kind) {
            (false, _) => server.host().to_owned(),
            (true, Kind::Nginx) => format!("unix:{}", socket.display()),
            (true, Kind::Caddy) => format!("unix/{}", socket.display()),
            (true, Kind::HaProxy) => format!("unix@{}", socket.display()),
        };
        let edit = |text: &str| edit(text.replace("127.0.0.1:8080", &upstream));
        let (proxy, port) = start_proxy(kind, dir.path(), edit);
        Self { dir, server: Some(server), proxy, url: format!("http://127.0.0.1:{port}") }
    }

    fn curl(&self, client: &str, path: &str, arguments: &[&str]) -> Response {
        let url = format!("{}{path}", self.url);
        let output = curl(&["--interface", client, "-H", "Host: join.example.com", "-i", &url], arguments);
        let (head, body) = output.split_once("\r\n\r\n").unwrap_or((&output, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
        Response { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }
}

fn curl(arguments: &[&str], more: &[&str]) -> String {
    let mut command = Command::new("curl");
    command.args(["-s", "--path-as-is", "--max-time", "60"]).args(arguments).args(more);
    // scripts/requirements installs curl.
    String::from_utf8(command.output().unwrap().stdout).unwrap()
}

/// Starts a proxy with the configuration of the documentation, at another port and without TLS.
fn proxy(kind: Kind, dir: &Path, port: u16, edit: impl Fn(&str) -> String) -> Child {
    let listen = format!("127.0.0.1:{port}");
    let write = |name: &str, text: String| -> PathBuf {
        let file = dir.join(name);
        std::fs::write(&file, text).unwrap();
        file
    };
    let mut command = match kind {
        Kind::Nginx => {
            let lines = NGINX.lines().filter(|line| !line.trim().starts_with("ssl_certificate"));
            let site = lines.collect::<Vec<_>>().join("\n").replace("listen 443 ssl", &format!("listen {listen}"));
            let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
            let paths = paths.map(|name| format!("{name}_temp_path {}/{name};\n", dir.display())).concat();
            let text = format!(
                "daemon off;\nuser root;\npid {0}/nginx.pid;\nerror_log {0}/proxy.log;\nevents {{}}\nhttp {{\naccess_log off;\n{paths}{1}\n}}\n",
                dir.display(),
                edit(&site)
            );
            let mut command = Command::new("nginx");
            command.arg("-e").arg(dir.join("proxy.log")).arg("-c").arg(write("nginx.conf", text));
            command
        }
        Kind::Caddy => {
            let site = CADDY.replace("join.example.com {", &format!("http://:{port} {{\n\tbind 127.0.0.1"));
            let file = write("Caddyfile", format!("{{\n\tadmin off\n\tauto_https off\n}}\n\n{}", edit(&site)));
            let mut command = Command::new("caddy");
            command.args(["run", "--adapter", "caddyfile", "--config"]).arg(file).env("HOME", dir);
            command
        }
        Kind::HaProxy => {
            let site =
                HAPROXY.replace("bind :443 ssl crt /etc/haproxy/join.example.com.pem", &format!("bind {listen}"));
            let mut command = Command::new("haproxy");
            command.arg("-f").arg(write("haproxy.cfg", edit(&site)));
            command
        }
    };
    let log = File::create(dir.join("output.log")).unwrap();
    command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
    command.spawn().unwrap_or_else(|error| panic!("{kind:?}: {error}; run scripts/requirements"))
}

/// Starts a proxy and waits until it listens. Another process can take the port before it does, so this tries three.
fn start_proxy(kind: Kind, dir: &Path, edit: impl Fn(&str) -> String) -> (Child, u16) {
    for _ in 0..3 {
        let port = free_port();
        let mut proxy = proxy(kind, dir, port, &edit);
        if is_listening_within_a_minute(&mut proxy, port) {
            return (proxy, port);
        }
    }
    panic!("{kind:?} does not listen: {}", std::fs::read_to_string(dir.join("output.log")).unwrap_or_default());
}

fn is_listening_within_a_minute(proxy: &mut Child, port: u16) -> bool {
    let deadline = Instant::now() + Duration::from_secs(60);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if proxy.try_wait().unwrap().is_some() {
            return false;
        }
        if Instant::now() > deadline {
            let _ = proxy.kill();
            let _ = proxy.wait();
            return false;
        }
        std::thread::yield_now();
    }
    true
}

/// What must work behind every proxy, below the path of the public URL.
fn check(setup: &Setup, kind: Kind, path: &str) {
    let get = |client: &str, page: &str, arguments: &[&str]| setup.curl(client, &format!("{path}{page}"), arguments);
    // The client's address is the one that the proxy appends, whatever the client sends.
    assert_eq!(get("127.0.0.2", "/health/live", &[]).status, 200, "{kind:?}");
    assert_eq!(get("127.0.0.3", "/health/live", &[]).status, 404, "{kind:?}");
    for forged in ["X-Forwarded-For: 127.0.0.2", "X-Forwarded-For: 127.0.0.2, 127.0.0.2:80", "Forwarded: for=127.0.0.2"]
    {
        assert_eq!(get("127.0.0.3", "/health/live", &["-H", forged]).status, 404, "{kind:?} {forged}");
        let forged = forged.replace("127.0.0.2", "127.0.0.3");
        assert_eq!(get("127.0.0.2", "/health/live", &["-H", &forged]).status, 200, "{kind:?} {forged}");
    }

    // Cookies and redirects are those of the public URL.
    let fields = [
        "-d",
        "email=ada@example.com",
        "-d",
        "password=rain-on-the-tin-roof",
        "-H",
        "Origin: https://join.example.com",
    ];
    let signed_up = get("127.0.0.2", "/auth/signup", &fields);
    assert_eq!(signed_up.status, 200, "{kind:?}: {}", signed_up.body);
    let cookie = signed_up.head.split("\r\n").find(|line| line.starts_with("set-cookie: ")).unwrap();
    assert!(cookie.starts_with("set-cookie: __host-session_id=") && cookie.ends_with("; secure"), "{cookie}");
    assert!(signed_up.head.contains("strict-transport-security: "), "{}", signed_up.head);
    let other = ["-d", "x=y", "-H", "Origin: https://evil.example"];
    assert_eq!(get("127.0.0.2", "/auth/signup", &other).status, 403, "{kind:?}");
    for (page, location) in [("/sign-in/?a=b", "/sign-in?a=b"), ("/account", "/sign-in?return_to=%2faccount")] {
        let response = get("127.0.0.2", page, &[]);
        assert!(response.head.contains(&format!("location: {path}{location}\r\n")), "{kind:?}: {}", response.head);
    }
    let page = get("127.0.0.2", "/sign-in", &["-H", "Accept: text/html"]);
    assert!(page.status == 200 && page.body.contains(&format!("action=\"{path}/sign-in\"")), "{}", page.body);
    let style = page.body.split("href=\"").find(|part| part.contains("/pages/style.css")).unwrap();
    let style = style.split('"').next().unwrap();
    assert_eq!(setup.curl("127.0.0.2", style, &[]).status, 200, "{kind:?}: {style}");

    // The limits of bodies are those of the server, also without a declared length.
    for (size, status) in [(60_000, 400), (70_000, 413)] {
        let form = format!("email=ada@example.com&password={}", "x".repeat(size));
        let file = setup.dir.path().join("body");
        std::fs::write(&file, form).unwrap();
        let body = format!("@{}", file.display());
        for chunked in [&[][..], &["-H", "Transfer-Encoding: chunked"]] {
            let arguments = [&["--data-binary", &body, "-H", "Expect:"], chunked].concat();
            let response = get("127.0.0.2", "/auth/signin", &arguments);
            assert!(
                response.status == status && response.body.contains("\"errors\":[{"),
                "{kind:?} {size}: {}",
                response.body
            );
        }
    }

    // Many requests over one connection.
    let url = format!("{}{path}/health/live", setup.url);
    let urls = vec![url.as_str(); 30];
    let statuses = curl(&["--interface", "127.0.0.2", "-w", "%{http_code} %{num_connects}\n"], &urls);
    let connects: u32 = statuses.lines().filter_map(|line| line.rsplit_once(' ')?.1.parse::<u32>().ok()).sum();
    assert_eq!((statuses.matches("200 ").count(), connects), (30, 1), "{kind:?}: {statuses}");
}

#[test]
fn works_behind_each_proxy() {
    for kind in KINDS {
        let mut setup = Setup::start(kind, "", false, |text| text);
        check(&setup, kind, "");
        setup.server.take().unwrap().stop();
        let response = setup.curl("127.0.0.2", "/health/live", &[]);
        assert!(response.status >= 500, "{kind:?}: the proxy reports a stopped server");
    }
}

#[test]
fn works_behind_each_proxy_at_a_unix_socket() {
    for kind in KINDS {
        let mut setup = Setup::start(kind, "", true, |text| text);
        check(&setup, kind, "");
        setup.server.take().unwrap().stop();
    }
}

/// All proxies keep the path by default.
#[test]
fn works_below_a_prefix_that_the_proxy_keeps() {
    for kind in KINDS {
        let setup = Setup::start(kind, "/id", false, |text| text.replace("location / {", "location /id/ {"));
        check(&setup, kind, "/id");
    }
}

#[test]
fn works_below_a_prefix_that_the_proxy_removes() {
    for kind in KINDS {
        let setup = Setup::start(kind, "/id", false, |text| match kind {
            Kind::Nginx => text
                .replace("location / {", "location /id/ {")
                .replace("proxy_pass http://vestibule;", "proxy_pass http://vestibule/;"),
            Kind::Caddy => text.replace("\treverse_proxy", "\turi strip_prefix /id\n\treverse_proxy"),
            Kind::HaProxy => text.replace(
                "backend vestibule\n    server",
                "backend vestibule\n    http-request replace-path /id(/)?(.*) /\\2\n    server",
            ),
        });
        check(&setup, kind, "/id");
    }
}

#[test]
fn operations_has_the_configurations_that_are_tested() {
    let document = include_str!("../../../../../docs/operations.md");
    for configuration in [NGINX, CADDY, HAPROXY] {
        assert!(document.contains(configuration.trim_end()), "docs/operations.md lacks:\n{configuration}");
    }
}
