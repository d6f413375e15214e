//! The error responses: the codes of each status, and an example of each code.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use vestibule_core::Code;

use super::Api;
use super::schemas::{operations, reference, responses};

/// Adds the content of each error response: the body of errors, whose code is any of the document's, and an example of
/// each code that the call can answer. A schema for each set of codes would give clients hundreds of types.
pub(super) fn add_codes(api: &Api, document: &mut Value) {
    let (body, error) = api.error_schemas;
    let mut used = BTreeSet::new();
    for operation in operations(document) {
        for (_, response) in responses(operation) {
            let Some(codes) = response.get("x-error-codes").and_then(Value::as_array).cloned() else { continue };
            let names: Vec<&str> = codes.iter().filter_map(Value::as_str).collect();
            let example = |name: &&str| ((*name).to_owned(), json!({"$ref": format!("#/components/examples/{name}")}));
            let schema = reference(body);
            let examples: Map<String, Value> = names.iter().map(example).collect();
            used.extend(names.iter().map(|name| (*name).to_owned()));
            response["content"] = json!({"application/json": {"schema": schema, "examples": examples}});
        }
    }
    let codes: Vec<Code> = Code::ALL.iter().copied().filter(|code| used.contains(code.as_str())).collect();
    let names: Vec<_> = codes.iter().map(|code| code.as_str()).collect();
    document["components"]["schemas"]["ErrorCode"] = json!({
        "type": "string",
        "description": "The reason of a failure. Its meaning never changes. Later versions can have more codes.",
        "enum": names
    });
    document["components"]["schemas"][error]["properties"]["code"] = reference("ErrorCode");
    document["components"]["schemas"][body]["properties"]["errors"]["minItems"] = 1.into();
    document["components"]["examples"] =
        codes.into_iter().map(|code| (code.as_str().to_owned(), example(api, code))).collect::<Map<_, _>>().into();
}

fn example(api: &Api, code: Code) -> Value {
    json!({"summary": code.message(), "value": (api.example)(code)})
}

/// The statuses whose codes are the same for many calls, and the name of that response.
const SHARED: &[(&str, &str)] = &[
    ("401", "Unauthorized"),
    ("408", "RequestTimeout"),
    ("413", "BodyTooLarge"),
    ("415", "UnsupportedMediaType"),
    ("429", "TooManyRequests"),
    ("500", "InternalError"),
    ("503", "Unavailable"),
];

/// Moves responses that many calls share to the components: the document is half as long.
pub(super) fn share(document: &mut Value) {
    let mut shared = BTreeMap::new();
    for (status, name) in SHARED {
        let mut variants: BTreeMap<String, (Value, usize)> = BTreeMap::new();
        for (_, response) in operations(document).flat_map(responses).filter(|(found, _)| found == status) {
            variants.entry(response.to_string()).or_insert_with(|| (response.clone(), 0)).1 += 1;
        }
        let most = variants.values().max_by_key(|(_, count)| *count).map(|(response, _)| response.clone());
        let Some(most) = most else { continue };
        let reference = json!({"$ref": format!("#/components/responses/{name}")});
        for (_, response) in operations(document).flat_map(responses).filter(|(_, response)| **response == most) {
            *response = reference.clone();
        }
        shared.insert((*name).to_owned(), most);
    }
    document["components"]["responses"] = json!(shared);
}
