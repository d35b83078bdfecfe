//! Apache: one script that answers, with the table in it.

use serde_json::{Value, json};

use super::{
    Can, Deployment, Edge, EdgeFile, Problems,
    conditions::{self, Conditions},
};
use crate::routing::REDIRECT_CACHE;

pub(super) const EDGE: Edge = Edge {
    name: "apache",
    title: "Apache",
    can: Can::ALL,
    compile,
};

fn compile(deployment: &Deployment, problems: &mut Problems<'_>) -> Vec<EdgeFile> {
    let table = &deployment.table;
    let conditions = Conditions::of(table);
    let needs_keys = table.facets.iter().any(|facet| facet.gated);
    for facet in table.facets.iter().filter(|facet| facet.gated) {
        if deployment.keys.is_empty() {
            problems.cannot(
                Some(&facet.id),
                format!("`{}` is gated, and the site names no key", facet.id),
                "name a key under `keys` in haberdash.yaml",
            );
        }
    }
    conditions::check_media_types(deployment, problems);
    let asks_country = conditions.asks_country();
    let part = |text: &str, wanted: bool| {
        if wanted {
            text.to_owned()
        } else {
            String::new()
        }
    };
    let keys: Vec<String> = deployment
        .keys
        .iter()
        .map(|key| format!("`{}`", key.env))
        .collect();
    let readme = include_str!("apache/README.md")
            .replace(
                "COUNTRY_LINE\n",
                if conditions.asks_country() {
                    "    rsync -a --ignore-existing edge/apache/countries.conf server:/etc/apache2/haberdash/\n"
                } else {
                    ""
                },
            )
        .replace("TITLE", &deployment.title)
        .replace(
            "SCRIPT_PART\n",
            &part(include_str!("apache/README-keys.md"), needs_keys),
        )
        .replace(
            "COUNTRY_PART\n",
            &part(include_str!("apache/README-country.md"), asks_country),
        )
        .replace("KEYS", &keys.join(", "));
    let country = part("\nInclude ${HABERDASH_EDGE}/countries.conf\n", asks_country);
    let mut files = vec![
        EdgeFile::new("README.md", readme),
        EdgeFile::new("httpd.conf", include_str!("apache/httpd.conf")),
        EdgeFile::new(
            "haberdash.conf",
            include_str!("apache/haberdash.conf").replace("# COUNTRY\n", &country),
        ),
        EdgeFile::new(
            "haberdash.lua",
            include_str!("apache/haberdash.lua").replace("--TABLE\n", &lua(&data(deployment), 0)),
        ),
    ];
    if asks_country {
        files.push(EdgeFile::new(
            "countries.conf",
            include_str!("apache/countries.conf"),
        ));
    }
    files
}

/// The table as the script reads it.
fn data(deployment: &Deployment) -> Value {
    let table = &deployment.table;
    let mut data = serde_json::to_value(table).expect("a table is JSON");
    for (policy, value) in table.policies.iter().zip(
        data["policies"]
            .as_array_mut()
            .expect("policies are a list"),
    ) {
        let steps = |is_found| {
            let steps = policy.cache_steps(is_found).into_iter();
            // No clock shows a time before 1970.
            steps
                .map(|(from, value)| json!([from.max(0), value]))
                .collect::<Value>()
        };
        value["found"] = steps(true);
        value["missing"] = steps(false);
    }
    let files = table.files.iter().map(|path| (path.clone(), json!(true)));
    data["files"] = Value::Object(files.collect());
    data["types"] = json!(conditions::media_types(deployment).by_extension);
    data["redirect-cache"] = json!(REDIRECT_CACHE);
    let secret = |key: &crate::model::KeyConfig| json!({ "id": key.id, "env": key.env });
    data["secrets"] = deployment.keys.iter().map(secret).collect();
    data
}

/// A value of JSON in Lua's notation: what is large is one line for each entry.
fn lua(value: &Value, depth: usize) -> String {
    let entries: Vec<String> = match value {
        Value::Null => return "nil".to_owned(),
        Value::Bool(is) => return is.to_string(),
        Value::Number(number) => return number.to_string(),
        Value::String(text) => return string(text),
        Value::Array(list) => list.iter().map(|value| lua(value, depth + 1)).collect(),
        Value::Object(map) => map
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| format!("[{}] = {}", string(name), lua(value, depth + 1)))
            .collect(),
    };
    if entries.is_empty() {
        return "{}".to_owned();
    }
    if depth >= 2 {
        return format!("{{ {} }}", entries.join(", "));
    }
    let indent = "    ".repeat(depth + 1);
    let lines: Vec<String> = entries
        .iter()
        .map(|entry| format!("{indent}{entry},\n"))
        .collect();
    let end = if depth == 0 { "\n" } else { "" };
    format!("{{\n{}{}}}{end}", lines.concat(), "    ".repeat(depth))
}

pub(super) fn string(text: &str) -> String {
    let signs = text.bytes().map(|byte| match byte {
        b'"' | b'\\' => format!("\\{}", char::from(byte)),
        b' '..=b'~' => char::from(byte).to_string(),
        _ => format!("\\{byte:03}"),
    });
    format!("\"{}\"", signs.collect::<String>())
}
