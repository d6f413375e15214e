//! `vestibule pages preview`: writes every page in every language to a directory.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use vestibule_core::execution::Caller;
use vestibule_core::join_request::request_renewal;
use vestibule_core::language::Language;
use vestibule_core::service::Service;
use vestibule_web::Server;

use super::saved::{Links, id_after};
use super::scenes::{NOT_INVITED, SampleIds, Scene, Visitor, scenes};
use super::temporary::{TemporaryDir, isolate};
use crate::demo::seed::{self, SeededData};
use crate::error::AppError;
use crate::output;
use crate::settings::{self, Environment, Flags};
use crate::startup::open_service;

/// Larger than any page or asset.
const MAX_BYTES: usize = 1024 * 1024;
const STYLE: &str = "/pages/style.css";
const ASSETS: [&str; 6] = [STYLE, "/pages/theme.css", "/favicon.ico", "/pages/logo", "/pages/logo-dark", "/pages/icon"];

/// An invitee of the sample data whose invitation has expired.
const EXPIRED: &str = "kiara@nordwind-cafe.example";

/// Writes `index.html`, the assets, and a directory of pages for each language.
pub(super) async fn run(flags: &Flags, out: &Path) -> Result<(), AppError> {
    let mut loaded = settings::load(flags, &Environment::from_process()).map_err(AppError::Settings)?;
    let dir = TemporaryDir::create()?;
    isolate(&mut loaded, &dir);
    let data = seed::create(&loaded).await?;
    let service = open_service(&loaded).await?;
    let browser = Browser { server: Server::new(Arc::clone(&service)), service, data };
    let count = browser.save(out).await?;
    output::print_line(format_args!("{count} pages written; open {}", out.join("index.html").display()));
    Ok(())
}

struct Browser {
    server: Server,
    service: Arc<Service>,
    data: SeededData,
}

struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Browser {
    /// Returns the number of saved pages.
    async fn save(&self, out: &Path) -> Result<usize, AppError> {
        let assets = self.save_assets(out).await?;
        self.add_pending_items().await?;
        let scenes = scenes(&self.ids().await?);
        let pages = scenes.iter().filter(|scene| scene.form.is_none() && scene.invitation.is_none());
        // The first scene of a path is its usual state.
        let pages = pages.rev().map(|scene| (scene.path.clone(), scene.name.to_owned())).collect();
        let links = Links { prefix: self.service.settings.public_url.path().to_owned(), pages, assets };
        for language in Language::ALL {
            self.choose_language(language).await?;
            for scene in &scenes {
                let html = links.rewrite(&scene.path, &self.page(scene, language).await?);
                write(&out.join(language.tag()).join(format!("{}.html", scene.name)), html.as_bytes())?;
            }
        }
        write(&out.join("index.html"), index(&scenes, &self.service.settings.name).as_bytes())?;
        Ok(scenes.len() * Language::ALL.len())
    }

    /// Sets the language of the accounts. Pages for nobody in particular have that of the cookie.
    async fn choose_language(&self, language: Language) -> Result<(), AppError> {
        for token in [&self.data.owner_session, &self.data.member_session] {
            let form = [("language", language.tag().to_owned())];
            let reply = self.send(request(Method::POST, "/language", &[self.session(token)], Some(&form))?).await?;
            if !reply.status.is_redirection() {
                return Err(failed("/language", &format!("the server answered with {}", reply.status)));
            }
        }
        Ok(())
    }

    /// Returns the file of each asset that exists, by its path.
    async fn save_assets(&self, out: &Path) -> Result<BTreeMap<String, String>, AppError> {
        let mut files = BTreeMap::new();
        for path in ASSETS {
            let reply = self.send(request(Method::GET, path, &[], None)?).await?;
            if reply.status != StatusCode::OK {
                continue;
            }
            let name = path.rsplit('/').next().unwrap_or_default();
            let media_type = reply.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
            let extension = match media_type {
                // Browsers guess the format of other images by their content, but not this one.
                Some("image/svg+xml") => ".svg",
                _ => "",
            };
            let file = format!("assets/{name}{extension}");
            write(&out.join(&file), &reply.body)?;
            files.insert(path.to_owned(), file);
        }
        Ok(files)
    }

    /// Adds a domain to be verified, and a request to be answered, which the sample data has none of.
    async fn add_pending_items(&self) -> Result<(), AppError> {
        let path = format!("/organizations/{}/-/domains", self.data.organization);
        let form = [("domain", "lindgren-tea.example".to_owned())];
        let reply = self.send_as_owner(Method::POST, &path, Some(&form)).await?;
        if !reply.status.is_redirection() {
            return Err(failed(&path, &format!("the server answered with {}", reply.status)));
        }
        let Some(token) = self.data.invitations.get(EXPIRED).and_then(|token| token.parse().ok()) else {
            return Err(failed("the requests", "the sample data has no expired invitation"));
        };
        let renewed = request_renewal(&self.service, &Caller::anonymous(), token, false).await.result;
        renewed.map(|_| ()).map_err(|problem| failed("the requests", &problem.to_string()))
    }

    async fn send_as_owner(
        &self,
        method: Method,
        path: &str,
        form: Option<&[(&'static str, String)]>,
    ) -> Result<Reply, AppError> {
        self.send(request(method, path, &[self.session(&self.data.owner_session)], form)?).await
    }

    /// Finds the ids of a member and a workspace, and the confirmation of a review, on the pages.
    async fn ids(&self) -> Result<SampleIds, AppError> {
        let organization = self.data.organization.to_string();
        let list = async |tab: &str| {
            let path = format!("/organizations/{organization}/-/{tab}");
            let reply = self.send_as_owner(Method::GET, &path, None).await?;
            let html = String::from_utf8_lossy(&reply.body).into_owned();
            let id = id_after(&html, &format!("{path}/")).or_else(|| id_after(&html, &format!("href=\"{tab}/")));
            id.ok_or_else(|| failed(&path, "it links to no item"))
        };
        let path = format!("/organizations/{organization}/-/invitations");
        let form = [("emails", NOT_INVITED.to_owned())];
        let review = self.send_as_owner(Method::POST, &path, Some(&form)).await?;
        let review = String::from_utf8_lossy(&review.body).into_owned();
        let reviewed = review.split_once("name=\"reviewed\" value=\"").and_then(|(_, rest)| rest.split_once('"'));
        let (reviewed, _) = reviewed.ok_or_else(|| failed(&path, "the review has no confirmation"))?;
        Ok(SampleIds {
            member: list("members").await?,
            workspace: list("workspaces").await?,
            reviewed: reviewed.to_owned(),
            organization,
        })
    }

    async fn page(&self, scene: &Scene, language: Language) -> Result<String, AppError> {
        let mut cookies = Vec::new();
        match scene.visitor {
            Visitor::Anonymous => {}
            Visitor::Owner => cookies.push(self.session(&self.data.owner_session)),
            Visitor::Member => cookies.push(self.session(&self.data.member_session)),
        }
        let prefix = if self.service.settings.public_url.is_https() { "__Host-" } else { "" };
        if let Some(token) = scene.invitation.and_then(|email| self.data.invitations.get(email)) {
            cookies.push(format!("{prefix}invitation={token}"));
        }
        if let Some(flash) = scene.flash {
            cookies.push(format!("{prefix}flash={flash}"));
        }
        cookies.push(format!("{prefix}language={}", language.tag()));
        let method = if scene.form.is_some() { Method::POST } else { Method::GET };
        let reply = self.send(request(method, &scene.path, &cookies, scene.form.as_deref())?).await?;
        // Forms with an error have one of the statuses from 400.
        if reply.status.is_redirection() || reply.status.is_server_error() {
            return Err(failed(scene.name, &format!("the server answered with {}", reply.status)));
        }
        Ok(String::from_utf8_lossy(&reply.body).into_owned())
    }

    fn session(&self, token: &str) -> String {
        format!("{}={token}", self.service.settings.session_cookie_name())
    }

    async fn send(&self, request: Request) -> Result<Reply, AppError> {
        let path = request.uri().path().to_owned();
        let response = self.server.clone().handle(request, IpAddr::V4(Ipv4Addr::LOCALHOST)).await;
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, MAX_BYTES).await.map_err(|error| failed(&path, &error.to_string()))?;
        Ok(Reply { status: parts.status, headers: parts.headers, body: body.to_vec() })
    }
}

fn request(
    method: Method,
    path: &str,
    cookies: &[String],
    form: Option<&[(&'static str, String)]>,
) -> Result<Request, AppError> {
    let mut request = Request::builder().method(method).uri(path).header(header::ACCEPT, "text/html");
    if !cookies.is_empty() {
        request = request.header(header::COOKIE, cookies.join("; "));
    }
    let body = match form {
        Some(fields) => {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
            let pairs: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
            Body::from(pairs.join("&"))
        }
        None => Body::empty(),
    };
    request.body(body).map_err(|error| failed(path, &error.to_string()))
}

fn index(scenes: &[Scene], name: &str) -> String {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\n<title>Pages of {name}</title>\n<link rel=\"stylesheet\" \
         href=\"assets/style.css\">\n<link rel=\"stylesheet\" href=\"assets/theme.css\">\n</head>\n<body>\n<main>\n<h1>Pages \
         of {name}</h1>\n<table class=\"data\"><tbody>\n",
        name = escape(name)
    );
    for Scene { name, .. } in scenes {
        let _ = write!(html, "<tr><td class=\"main\">{name}</td>");
        for language in Language::ALL {
            let (tag, label) = (language.tag(), language.name());
            let _ = write!(html, "<td><a href=\"{tag}/{name}.html\" lang=\"{tag}\">{label}</a></td>");
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody></table>\n</main>\n</body>\n</html>\n");
    html
}

fn write(file: &Path, bytes: &[u8]) -> Result<(), AppError> {
    output::write_file(file, bytes)
}

fn failed(page: &str, reason: &str) -> AppError {
    AppError::CommandFailed(format!("cannot render {page}: {reason}"))
}
