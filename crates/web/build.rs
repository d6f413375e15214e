//! Embeds the assets of `/docs`, compressed: Swagger UI's script and style, the OpenAPI documents, and the guides.

#[path = "build/guides.rs"]
mod guides;

use std::error::Error;
use std::io::{Cursor, Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

const SWAGGER_UI_FILES: [&str; 2] = ["swagger-ui-bundle.js", "swagger-ui.css"];
const OPENAPI_DOCUMENTS: [&str; 2] = ["openapi.json", "platform-openapi.json"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let out_dir = std::env::var("OUT_DIR")?;
    let mut archive = zip::ZipArchive::new(Cursor::new(utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED))?;
    for file in SWAGGER_UI_FILES {
        let suffix = format!("/dist/{file}");
        let index = (0..archive.len()).find(|index| {
            archive.by_index_raw(*index).is_ok_and(|entry| entry.name().is_ok_and(|name| name.ends_with(&suffix)))
        });
        let mut bytes = Vec::new();
        archive.by_index(index.ok_or(file)?)?.read_to_end(&mut bytes)?;
        write_gzipped(&out_dir, file, &bytes)?;
    }
    for file in OPENAPI_DOCUMENTS {
        let document = format!("../../docs/{file}");
        println!("cargo::rerun-if-changed={document}");
        write_gzipped(&out_dir, file, &std::fs::read(&document)?)?;
    }
    write_guides(&out_dir)
}

/// Writes each page, and `guides.rs`: a slice of the names of the pages and their compressed HTML.
fn write_guides(out_dir: &str) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build/guides.rs");
    let mut list = b"&[\n".to_vec();
    for page in guides::all_pages() {
        let document = format!("../../docs/{}", guides::document(page));
        println!("cargo::rerun-if-changed={document}");
        let html = guides::render(page, &std::fs::read_to_string(&document)?);
        write_gzipped(out_dir, &format!("{page}.html"), html.as_bytes())?;
        writeln!(list, "(\"{page}\", include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{page}.html.gz\"))),")?;
    }
    list.extend_from_slice(b"]\n");
    Ok(std::fs::write(Path::new(out_dir).join("guides.rs"), list)?)
}

fn write_gzipped(out_dir: &str, file: &str, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(std::fs::write(Path::new(out_dir).join(format!("{file}.gz")), encoder.finish()?)?)
}
