//! QR codes as SVG, for the secrets of authenticator apps.

use std::fmt::Write;

use qrcodegen::{QrCode, QrCodeEcc};

/// The light modules around a code, without which readers do not find it (ISO/IEC 18004).
const QUIET_ZONE: i32 = 4;

/// Draws a text as a QR code: a square of black modules on white, also on dark pages. Empty if the text is too long for
/// any code.
pub(crate) fn qr_svg(text: &str) -> String {
    let Ok(code) = QrCode::encode_text(text, QrCodeEcc::Medium) else { return String::new() };
    let size = code.size() + 2 * QUIET_ZONE;
    let mut modules = String::new();
    for y in 0..code.size() {
        for (x, length) in dark_runs(&code, y) {
            let (x, y) = (x + QUIET_ZONE, y + QUIET_ZONE);
            // Writing to a string does not fail.
            let _ = write!(modules, "M{x} {y}h{length}v1h-{length}z");
        }
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {size} {size}\" role=\"img\" aria-label=\"QR code\" \
         shape-rendering=\"crispEdges\"><rect width=\"{size}\" height=\"{size}\" fill=\"#fff\"/>\
         <path fill=\"#000\" d=\"{modules}\"/></svg>"
    )
}

/// The start and the length of each run of dark modules in a row.
fn dark_runs(code: &QrCode, y: i32) -> Vec<(i32, i32)> {
    let mut runs: Vec<(i32, i32)> = Vec::new();
    for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
        match runs.last_mut() {
            Some((start, length)) if *start + *length == x => *length += 1,
            _ => runs.push((x, 1)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_every_dark_module_once_inside_the_quiet_zone() {
        let text =
            "otpauth://totp/Vestibule:ada%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Vestibule";
        let code = QrCode::encode_text(text, QrCodeEcc::Medium).unwrap();
        let svg = qr_svg(text);
        let size = code.size() + 8;
        assert!(svg.contains(&format!("viewBox=\"0 0 {size} {size}\"")) && svg.contains("role=\"img\""), "{svg}");
        assert_eq!(svg.matches("<path").count(), 1);
        let path = svg.split(" d=\"").nth(1).unwrap().split('"').next().unwrap();
        let mut drawn = Vec::new();
        for run in path.split('M').filter(|run| !run.is_empty()) {
            let (start, rest) = run.split_once('h').unwrap();
            let (x, y) = start.split_once(' ').unwrap();
            let (x, y): (i32, i32) = (x.parse().unwrap(), y.parse().unwrap());
            let length: i32 = rest.split('v').next().unwrap().parse().unwrap();
            drawn.extend((x..x + length).map(|x| (x - 4, y - 4)));
        }
        let dark = (0..code.size()).flat_map(|y| (0..code.size()).map(move |x| (x, y)));
        let dark: Vec<_> = dark.filter(|(x, y)| code.get_module(*x, *y)).collect();
        assert_eq!(drawn, dark);
    }

    #[test]
    fn draws_nothing_for_a_text_that_no_code_can_hold() {
        assert_eq!(qr_svg(&"a".repeat(3000)), "");
    }
}
