//! CloudFront's function in an engine of its language, with a distribution and a bucket around it; and
//! in njs, whose dialect is that of CloudFront's own engine.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex},
};

use haberdash::{Keys, Manifest, Request};
use hmac::{Hmac, KeyInit, Mac};
use rquickjs::{Context, Function, Promise, Runtime};
use serde_json::{Map, Value, json};

use super::{
    Deployed, Engine, FULL, Headers, Running, Shop, an_empty_key_proves_nothing,
    compare::digest_tag, join_cookies, program, prove, prove_once, red, reference::listen_with,
    turns_at_the_second,
};

const CLOUDFRONT: Engine = Engine {
    name: "cloudfront",
    start,
    etag: digest_tag,
    sees: None,
    platform: Some(with_country),
    countries: true,
};

/// What the function imports.
const MODULES: &str = "
var crypto = { createHmac: (_, key) => ({ update: (message) => ({ digest: () => hmacHex(key, message) }) }) };
var cf = { kvs: () => ({ get: (key) =>
  Object.prototype.hasOwnProperty.call(store, key) ? Promise.resolve(store[key]) : Promise.reject(new Error('KeyNotFound')) }) };
globalThis.run = (event) => handler(JSON.parse(event)).then((answer) => JSON.stringify(answer));
";

#[test]
#[ignore = "takes long: every request of the list"]
fn cloudfront_decides_as_the_reference() {
    let compile = |deployed: &Deployed| deployed.compile("cloudfront");
    // Its page for what does not exist is one for all, and the store's with all kinds of signals is not.
    let small = super::reference::SMALL.replace(
        "::: when team=owls\nNobody hoots here.\n::: otherwise\n",
        "::: when team=none,owls,lions\n",
    );
    prove(
        &CLOUDFRONT,
        &Shop::small("small", &small),
        super::BRIEF,
        &compile,
    )
    .expect_equal();
    prove(&CLOUDFRONT, Shop::demo(), FULL, &compile).expect_equal();
    assert!(red(&CLOUDFRONT, Shop::demo(), &compile).mismatches > 0);
}

#[test]
fn cloudfront_takes_an_empty_key_for_none() {
    an_empty_key_proves_nothing(&CLOUDFRONT, &|deployed| deployed.compile("cloudfront"));
}

/// The order of calls decides whether anyone ever gets what is not there.
#[test]
fn cloudfront_is_deployed_in_an_order_that_nobody_notices() {
    let deployment = &Shop::demo().deployment;
    let (files, _) = haberdash::edge_files("cloudfront", deployment);
    let folder = tempfile::tempdir().unwrap();
    let edge = folder.path().join("edge/cloudfront");
    for file in files {
        let path = edge.join(&file.path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, file.bytes).unwrap();
    }
    // Stands for the program of that name: it notes its calls, and knows three entries of an older build.
    let stub = folder.path().join("aws");
    fs::write(
        &stub,
        "#!/bin/sh\necho \"$*\" >> \"$CALLS\"\ncase \"$*\" in\n*list-keys*) printf 'old/a\\told/b\\n' ;;\n*ETag*) echo TAG ;;\nesac\n",
    )
    .unwrap();
    fs::set_permissions(&stub, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let calls = folder.path().join("calls");
    let path = format!(
        "{}:{}",
        folder.path().display(),
        std::env::var("PATH").unwrap()
    );
    let status = Command::new("sh")
        .arg(edge.join("deploy.sh"))
        .envs([
            ("PATH", path.as_str()),
            ("PAUSE", "0"),
            ("CALLS", calls.to_str().unwrap()),
        ])
        .envs([
            ("BUCKET", "b"),
            ("STORE", "arn:store"),
            ("FUNCTION", "f"),
            ("DISTRIBUTION", "d"),
        ])
        .status()
        .unwrap();
    assert!(status.success());
    let calls = fs::read_to_string(calls).unwrap();
    let at = |what: &str| {
        calls
            .find(what)
            .unwrap_or_else(|| panic!("no {what} in\n{calls}"))
    };
    let order = [
        "s3 cp ",
        "cloudfront-keyvaluestore update-keys --if-match TAG --puts file://store/001.json",
        "update-function --name f --if-match TAG ",
        "publish-function --name f --if-match TAG",
        "create-invalidation ",
        "delete-key --if-match TAG --key old/a",
        "delete-key --if-match TAG --key old/b",
        "--delete --size-only",
    ]
    .map(at);
    assert!(order.is_sorted(), "{calls}");
}

#[test]
fn cloudfront_turns_a_page_at_the_second() {
    turns_at_the_second(&CLOUDFRONT, &|deployed| deployed.compile("cloudfront"));
}

/// The same function in njs answers the same events alike: CloudFront's engine speaks njs's dialect.
#[test]
#[ignore = "needs njs"]
fn the_function_is_in_the_dialect_of_njs() {
    let engine = Engine {
        start: start_and_ask_njs,
        ..CLOUDFRONT
    };
    let compile = |deployed: &Deployed| deployed.compile("cloudfront");
    prove_once(&engine, Shop::demo(), super::BRIEF, &compile).expect_equal();
}

/// Events, and what the function made of them.
type Told = Arc<Mutex<Vec<(Value, Value)>>>;

fn start_and_ask_njs(deployed: &Deployed) -> Running {
    let told = Told::default();
    let server = serve(deployed, Some(Arc::clone(&told)));
    let folder = deployed.folder.clone();
    let scripts = ["function.js", "function.readable.js"].map(|file| parts(deployed, file));
    Running::inside(move || {
        drop(server);
        let told = told.lock().unwrap();
        assert!(told.len() > 1000, "{} events", told.len());
        let events: Vec<&Value> = told.iter().map(|(event, _)| event).collect();
        fs::write(
            folder.join("events.json"),
            serde_json::to_vec(&events).unwrap(),
        )
        .unwrap();
        for (function, store) in scripts {
            let answers = ask_njs(&folder, &function, &store);
            for ((event, expected), answer) in told.iter().zip(&answers) {
                assert_eq!(answer, expected, "{event:#}");
            }
            assert_eq!(answers.len(), told.len());
        }
    })
}

fn ask_njs(folder: &Path, function: &str, store: &Value) -> Vec<Value> {
    let script = format!(
        "import fs from 'fs';\nimport crypto from 'crypto';\n\
         var store = {store};\n\
         var cf = {{ kvs: function () {{ return {{ get: function (key) {{\n\
           return store[key] === undefined ? Promise.reject(new Error('KeyNotFound')) : Promise.resolve(store[key]);\n\
         }} }}; }} }};\n{function}\n\
         var events = JSON.parse(fs.readFileSync('events.json', 'utf8')), answers = [], left = events.length;\n\
         events.forEach(function (event, i) {{\n\
           event.request.rawQueryString = function () {{ return event.request.rawQuery; }};\n\
           handler(event).then(function (answer) {{\n\
             answers[i] = JSON.stringify(answer);\n\
             left -= 1;\n\
             if (!left) fs.writeFileSync('answers.json', '[' + answers.join(',') + ']');\n\
           }});\n\
         }});\n"
    );
    fs::write(folder.join("script.js"), script).unwrap();
    let mut command = Command::new(program("njs", "njs"));
    let output = command
        .arg("script.js")
        .current_dir(folder)
        .output()
        .unwrap();
    let answers = fs::read(folder.join("answers.json"));
    let answers = answers.unwrap_or_else(|_| panic!("{output:?}"));
    serde_json::from_slice(&answers).unwrap()
}

/// What CloudFront makes of a request for the function.
fn event(request: &Request, kind: &str) -> Value {
    let mut headers = Map::new();
    for (name, value) in &request.headers {
        if name != "cookie" {
            headers.insert(name.clone(), json!({ "value": value }));
        }
    }
    let cookies = request.headers.get("cookie").map_or("", String::as_str);
    json!({
        "version": "1.0",
        "context": { "eventType": kind },
        "request": {
            "method": request.method,
            "uri": request.path,
            "querystring": values(request.query.split('&')),
            "headers": headers,
            "cookies": values(cookies.split(';').map(|pair| pair.trim_matches([' ', '\t']))),
        },
    })
}

/// Names and values as CloudFront hands them over: those of one name together.
fn values<'a>(pairs: impl Iterator<Item = &'a str>) -> Value {
    let mut all: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for pair in pairs.filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        all.entry(name).or_default().push(value);
    }
    let values = all.into_iter().map(|(name, values)| {
        let mut value = json!({ "value": values[0] });
        if values.len() > 1 {
            value["multiValue"] = values
                .iter()
                .map(|value| json!({ "value": value }))
                .collect();
        }
        (name.to_owned(), value)
    });
    Value::Object(values.collect())
}

/// A distribution before a bucket.
struct Distribution {
    context: Context,
    public: PathBuf,
    manifest: Manifest,
    keys: Keys,
    told: Option<Told>,
}

impl Distribution {
    fn function(&self, event: &Value) -> Value {
        self.context.with(|context| {
            let run: Function = context.globals().get("run").unwrap();
            let promise: Promise = run.call((event.to_string(),)).unwrap();
            let answer: Result<String, _> = promise.finish();
            let answer = answer.unwrap_or_else(|error| panic!("{error}: {:?}", context.catch()));
            let answer: Value = serde_json::from_str(&answer).unwrap();
            if let Some(told) = &self.told {
                told.lock().unwrap().push((event.clone(), answer.clone()));
            }
            answer
        })
    }

    fn answer(&self, request: &Request) -> Vec<u8> {
        let mut event = event(request, "viewer-request");
        // CloudFront sets this header, whatever the client sent.
        let headers = event["request"]["headers"].as_object_mut().unwrap();
        headers.remove("cloudfront-viewer-country");
        if let Some(country) = &request.country {
            headers.insert(
                "cloudfront-viewer-country".to_owned(),
                json!({ "value": country }),
            );
        }
        // Present since 2025 as a method, which JSON cannot carry; the query as it came.
        event["request"]["rawQuery"] = json!(request.query);
        let decided = self.function(&event);
        if let Some(status) = decided.get("statusCode") {
            return write(status.as_u64().unwrap(), &decided["headers"], &[], false);
        }
        let path = decided["uri"].as_str().unwrap().trim_start_matches('/');
        let is_head = request.method == "HEAD";
        let Some((etag, kind)) = self.object(path) else {
            // The distribution's page for 404, with what the object says of itself.
            let (_, kind) = self.object("404.html").unwrap();
            let headers = json!({ "content-type": { "value": kind }, "cache-control": { "value": "public, no-cache" } });
            return write(
                404,
                &headers,
                &fs::read(self.public.join("404.html")).unwrap(),
                is_head,
            );
        };
        let known = request.headers.get("if-none-match");
        let is_known = known.is_some_and(|known| {
            let mut tags = known
                .split(',')
                .map(|tag| tag.trim().trim_start_matches("W/"));
            known.trim() == "*" || tags.any(|tag| tag == etag)
        });
        event["context"]["eventType"] = json!("viewer-response");
        event["response"] = json!({ "statusCode": if is_known { 304 } else { 200 }, "headers": { "etag": { "value": etag } } });
        if !is_known {
            event["response"]["headers"]["content-type"] = json!({ "value": kind });
        }
        let answer = self.function(&event);
        let body = if is_known {
            Vec::new()
        } else {
            fs::read(self.public.join(path)).unwrap()
        };
        write(
            answer["statusCode"].as_u64().unwrap(),
            &answer["headers"],
            &body,
            is_head,
        )
    }

    /// The tag and type of a file.
    fn object(&self, path: &str) -> Option<(String, String)> {
        let listed = match path
            .strip_prefix("_v/")
            .and_then(|rest| rest.split_once('/'))
        {
            Some((token, rest)) if token != "open" => {
                let label = rest.split('/').next().unwrap_or_default();
                (self.keys.token(label) == token).then(|| format!("_v/*/{rest}"))?
            }
            _ => path.to_owned(),
        };
        let entry = self.manifest.files.get(&listed)?;
        Some((format!("\"{}\"", entry.digest), entry.content_type.clone()))
    }
}

fn write(status: u64, headers: &Value, body: &[u8], is_head: bool) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} x\r\n");
    for (name, value) in headers.as_object().unwrap() {
        head += &format!("{name}: {}\r\n", value["value"].as_str().unwrap());
    }
    head += &format!("content-length: {}\r\n\r\n", body.len());
    let body = if is_head { &[] } else { body };
    [head.as_bytes(), body].concat()
}

/// The function without its imports, and the store with the keys.
fn parts(deployed: &Deployed, file: &str) -> (String, Value) {
    let text = |name| fs::read_to_string(deployed.edge.join(name)).unwrap();
    let function = text(file);
    let imports = function.match_indices("import ").count();
    assert_eq!(imports, 2, "the function imports what stands in for it");
    let start = function.find("cloudfront").unwrap() + "cloudfront\";".len();
    let mut store = Map::new();
    for file in fs::read_dir(deployed.edge.join("store"))
        .into_iter()
        .flatten()
    {
        let entries = fs::read(file.unwrap().path()).unwrap();
        let entries: Vec<Value> = serde_json::from_slice(&entries).unwrap();
        for entry in entries {
            let key = entry["Key"].as_str().unwrap().to_owned();
            store.insert(key, entry["Value"].clone());
        }
    }
    for key in &deployed.signer.keys {
        store.insert(
            format!("key.{}", key.id),
            std::str::from_utf8(&key.secret).unwrap().into(),
        );
    }
    (function[start..].to_owned(), Value::Object(store))
}

fn start(deployed: &Deployed) -> Running {
    serve(deployed, None)
}

fn serve(deployed: &Deployed, told: Option<Told>) -> Running {
    let (function, store) = parts(deployed, "function.js");
    // A method on the request, as CloudFront has it.
    let raw = "(() => { const parse = JSON.parse; JSON.parse = (text) => { const event = parse(text);
      if (event.request) event.request.rawQueryString = () => event.request.rawQuery; return event; }; })();";
    let script = format!("{raw}\nvar store = {store};\n{MODULES}\n{function}");
    let (public, manifest, keys) = (
        deployed.public.clone(),
        deployed.manifest.clone(),
        deployed.signer.keys(),
    );
    listen_with(deployed, move || {
        let context = Context::full(&Runtime::new().unwrap()).unwrap();
        context.with(|context| {
            let hmac = Function::new(context.clone(), hmac_hex).unwrap();
            context.globals().set("hmacHex", hmac).unwrap();
            let () = context.eval(script.as_str()).unwrap();
        });
        let distribution = Distribution {
            context,
            public: public.clone(),
            manifest: manifest.clone(),
            keys: keys.clone(),
            told: told.clone(),
        };
        move |request: &mut Request| distribution.answer(request)
    })
}

#[expect(clippy::needless_pass_by_value, reason = "as QuickJS hands it over")]
fn hmac_hex(key: String, message: String) -> String {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(message.as_bytes());
    let bytes = mac.finalize().into_bytes();
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}

fn with_country(headers: &mut Headers, country: Option<&str>) {
    join_cookies(headers, country);
}
