//! Calls a live server with the crate `wacht`, which decodes each answer:
//! `vestibule-wacht-tests API_URL FRONTEND_URL NOT_YET…`, with the API key in `VESTIBULE_API_KEY`. Each `NOT_YET` is a
//! route such as `GET /users` that the server does not have yet.

mod people;
mod story;
mod suite;

use std::process::ExitCode;

use suite::Suite;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(url), Some(frontend)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: vestibule-wacht-tests API_URL FRONTEND_URL NOT_YET…");
        return ExitCode::from(2);
    };
    let key = std::env::var("VESTIBULE_API_KEY").expect("VESTIBULE_API_KEY is set");
    let mut suite = Suite::new(&url, &frontend, &key, arguments.collect());
    story::tell(&mut suite).await;
    suite.report()
}
