//! Reading typed fields from forms and JSON.

use super::*;
use vestibule_core::id::RoleId;

fn reader(form: &str) -> FieldReader {
    FieldReader::new(FieldMap::parse_form(form.as_bytes()).unwrap())
}

async fn json(text: &'static str) -> FieldReader {
    let body = bytes::Bytes::from_static(text.as_bytes());
    FieldReader::new(FieldMap::parse_body(Some("application/json"), body).await.unwrap())
}

#[tokio::test]
async fn reads_typed_fields_from_forms_and_json() {
    let mut fields = reader("id=12&flag=true&number=7&text=x&empty=");
    assert_eq!(fields.id("id").unwrap(), Some(RoleId::from(12)));
    assert_eq!(fields.flag("flag").unwrap(), Some(true));
    assert_eq!(fields.number_within("number", 1..=9_u16).unwrap(), Some(7));
    assert_eq!(fields.text("text").unwrap().as_deref(), Some("x"));
    assert_eq!(fields.id::<RoleId>("empty").unwrap(), None);
    assert!(fields.finish().is_ok());
    let mut fields = json(r#"{"id": 12, "other": "13", "flag": false, "number": 7, "none": null}"#).await;
    assert_eq!(fields.id("id").unwrap(), Some(RoleId::from(12)));
    assert_eq!(fields.id("other").unwrap(), Some(RoleId::from(13)));
    assert_eq!(fields.flag("flag").unwrap(), Some(false));
    assert_eq!(fields.number_within("number", 1..=9_u16).unwrap(), Some(7));
    assert_eq!(fields.text("none").unwrap(), None);
}

#[tokio::test]
async fn reads_metadata_from_forms_and_json() {
    let (as_text, as_object) =
        (r#"{"plan":"pro","seats":[1,{"a":null}]}"#, r#"{"m": {"plan": "pro", "seats": [1, {"a": null}]}}"#);
    let encoded: String = form_urlencoded::Serializer::new(String::new()).append_pair("m", as_text).finish();
    assert_eq!(reader(&encoded).metadata("m").unwrap().unwrap().as_str(), as_text);
    assert_eq!(json(as_object).await.metadata("m").unwrap().unwrap().as_str(), as_text);
    assert_eq!(reader("m=").metadata("m").unwrap(), None);
    assert_eq!(json(r#"{"m": null}"#).await.metadata("m").unwrap(), None);
    for invalid in [r#"{"m": 1}"#, r#"{"m": "x"}"#, r#"{"m": [1]}"#] {
        assert_eq!(json(invalid).await.metadata("m").unwrap_err().code(), Code::InvalidField, "{invalid}");
    }
}

#[tokio::test]
async fn rejects_invalid_values_with_the_field_name() {
    for invalid in [
        r#"{"v": 1.5}"#,
        r#"{"v": -1}"#,
        r#"{"v": true}"#,
        r#"{"v": {}}"#,
        r#"{"v": [1]}"#,
        r#"{"v": 1e30}"#,
        r#"{"v": "+1"}"#,
    ] {
        let (id, number) = (json(invalid).await.id::<RoleId>("v"), json(invalid).await.number_within("v", 0..=9_u16));
        assert!(matches!(id.unwrap_err().code(), Code::InvalidId | Code::InvalidField), "{invalid}");
        assert_eq!(number.unwrap_err().code(), Code::InvalidField, "{invalid}");
    }
    assert_eq!(json(r#"{"v": 1}"#).await.text("v").unwrap_err().code(), Code::InvalidField);
    assert_eq!(json(r#"{"v": "yes"}"#).await.flag("v").unwrap_err().code(), Code::InvalidField);
    assert_eq!(reader("v=1&v=2").text("v").unwrap_err().code(), Code::InvalidField);
    assert_eq!(reader("v=a%00b").text("v").unwrap_err().code(), Code::InvalidField);
    assert_eq!(reader("").required_text("v").unwrap_err().code(), Code::RequiredField);
    let unknown = reader("rol_id=1").finish().unwrap_err();
    assert_eq!(unknown.code(), Code::UnknownField);
    assert!(unknown.to_string().contains("rol_id"));
}
