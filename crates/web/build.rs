//! Takes the few files that the page `/docs` needs out of the viewer's archive, and packs them the way they are sent:
//! browsers unpack them, and the binary stays small.

use std::error::Error;
use std::io::{Cursor, Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

const FILES: [&str; 2] = ["swagger-ui-bundle.js", "swagger-ui.css"];
/// The description, which a server has beside it.
const DESCRIPTION: &str = "../../docs/openapi.json";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let folder = std::env::var("OUT_DIR")?;
    let mut archive = zip::ZipArchive::new(Cursor::new(utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED))?;
    for file in FILES {
        let ending = format!("/dist/{file}");
        let place = (0..archive.len()).find(|place| {
            archive.by_index_raw(*place).is_ok_and(|entry| entry.name().is_ok_and(|name| name.ends_with(&ending)))
        });
        let mut bytes = Vec::new();
        archive.by_index(place.ok_or(file)?)?.read_to_end(&mut bytes)?;
        pack(&folder, file, &bytes)?;
    }
    println!("cargo::rerun-if-changed={DESCRIPTION}");
    pack(&folder, "openapi.json", &std::fs::read(DESCRIPTION)?)
}

fn pack(folder: &str, file: &str, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(bytes)?;
    Ok(std::fs::write(Path::new(folder).join(format!("{file}.gz")), packed.finish()?)?)
}
