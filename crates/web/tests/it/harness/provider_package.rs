//! [`ProviderPackage`]: identity providers that others have written, as processes on loopback. `scripts/requirements`
//! installs them.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use vestibule_core::identity_provider::ProviderKind;
use vestibule_core::settings::{ClientCredential, Secret, SocialProvider};
use vestibule_core::time::{Clock, SystemClock};
use vestibule_testbed::{ProcessGroup, free_port, repository, requirement};

use super::{TestApp, TestClient, TestResponse};

const CLIENT_ID: &str = "vestibule";
const CLIENT_SECRET: &str = "secret-of-the-packages";

/// A running provider. Dropping it ends the process.
pub(crate) struct ProviderPackage {
    port: u16,
    /// The cookies of the browser at the provider.
    folder: TempDir,
    _process: ProcessGroup,
}

impl ProviderPackage {
    /// The package oidc-provider of npm: PKCE is required, `iss` is in each response. Further settings can be given.
    pub(crate) fn oidc_provider(users: &Value, settings: &Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Node looks for packages beside the module.
        let module = folder.path().join("oidc_provider.mjs");
        std::fs::copy(repository().join("tests/clients/node/oidc_provider.mjs"), &module).unwrap();
        symlink(requirement("node/node_modules"), folder.path().join("node_modules")).unwrap();
        let mut command = Command::new("node");
        command.arg(module);
        Self::start(command, folder, users, settings)
    }

    /// The package nanoidp of `PyPI`: claims come from userinfo alone.
    pub(crate) fn nanoidp(users: &Value, settings: &Value) -> Self {
        Self::start_python("nanoidp_provider.py", users, settings)
    }

    /// The package oidc-provider-mock of `PyPI`: no PKCE, no `kid`, a list as audience, and any claims that a test
    /// gives.
    pub(crate) fn mock(users: &Value, settings: &Value) -> Self {
        Self::start_python("mock_provider.py", users, settings)
    }

    fn start_python(script: &str, users: &Value, settings: &Value) -> Self {
        let mut command = Command::new(requirement("python/bin/python"));
        command.env("PYTHONDONTWRITEBYTECODE", "1").arg(repository().join("tests/clients/python").join(script));
        Self::start(command, tempfile::tempdir().unwrap(), users, settings)
    }

    fn start(mut command: Command, folder: TempDir, users: &Value, settings: &Value) -> Self {
        let port = free_port();
        let mut configuration = json!({
            "port": port, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET,
            "redirect_uris": ["http://vestibule.test/auth/oauth2/callback"],
            "post_logout_redirect_uris": ["http://vestibule.test/", "http://vestibule.test/sign-in"], "users": users,
        });
        configuration.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        command.arg(configuration.to_string()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = ProcessGroup::spawn(&mut command).unwrap();
        let mut output = BufReader::new(process.0.stdout.take().unwrap()).lines();
        let is_ready = output.any(|line| line.unwrap() == "ready");
        assert!(is_ready, "{command:?} did not start");
        // It may go on printing.
        std::thread::spawn(move || output.for_each(drop));
        Self { port, folder, _process: process }
    }

    pub(crate) fn issuer(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The fields of a connection of an organization.
    pub(crate) fn connection(&self) -> Value {
        json!({
            "protocol": "oidc", "oidc_issuer_url": self.issuer(), "oidc_client_id": CLIENT_ID,
            "oidc_client_secret": CLIENT_SECRET,
        })
    }

    pub(crate) fn social_provider(&self, id: &str) -> SocialProvider {
        SocialProvider {
            id: id.parse().unwrap(),
            kind: ProviderKind::OpenId,
            name: "Package".to_owned(),
            url: self.issuer(),
            client_id: CLIENT_ID.to_owned(),
            credential: ClientCredential::Secret(Secret::new(CLIENT_SECRET.to_owned())),
            scopes: ["openid", "email", "profile"].map(str::to_owned).to_vec(),
            allows_sign_up: true,
            keeps_tokens: false,
            allowed_tenants: Vec::new(),
        }
    }

    /// Follows a URL of the provider with the cookies that it has set, until it leads to the service. The form is posted
    /// to the first URL. Returns the path and the query at the service.
    pub(crate) fn browse(&self, url: &str, form: &[(&str, &str)]) -> String {
        let jar = self.folder.path().join("cookies");
        let mut url = url.to_owned();
        for hop in 0..12 {
            let mut curl = Command::new("curl");
            curl.args([
                "--silent",
                "--show-error",
                "--output",
                "/dev/null",
                "--write-out",
                "%{http_code} %{redirect_url}",
            ]);
            curl.arg("--cookie").arg(&jar).arg("--cookie-jar").arg(&jar);
            if hop == 0 {
                for (name, value) in form {
                    curl.arg("--data-urlencode").arg(format!("{name}={value}"));
                }
            }
            let output = curl.arg(&url).output().unwrap();
            assert!(output.status.success(), "{url}: {}", String::from_utf8_lossy(&output.stderr));
            let output = String::from_utf8(output.stdout).unwrap();
            let (status, next) = output.split_once(' ').unwrap();
            assert!(!next.is_empty(), "{url} leads nowhere: status {status}");
            if let Some(target) = next.strip_prefix("http://vestibule.test") {
                return target.to_owned();
            }
            next.clone_into(&mut url);
        }
        panic!("{url}: too many redirects");
    }
}

impl TestApp {
    /// Sets the clock to that of this machine, which other programs live by.
    pub(crate) fn use_system_time(&self) {
        self.inner.clock.set(SystemClock.now());
    }
}

impl TestClient {
    /// Gets a path to which another site has sent the browser.
    pub(crate) async fn arrive(&self, target: &str) -> TestResponse {
        let response = self.get(target).await;
        self.app.drain().await;
        response
    }
}
