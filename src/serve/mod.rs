//! The built site on this machine, decided by the reference resolver.
//!
//! In: a [`Site`] whose files are in a folder. Out: answers on 127.0.0.1, and below each page a
//! bar to be any visitor. It decides nothing by itself, and the bar is never in the output.

mod bar;
mod sign_in;

use std::{
    collections::BTreeMap,
    io,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderName, HeaderValue, Method, Request as HttpRequest, Response, StatusCode, header},
    response::IntoResponse,
};

use sign_in::SIGN_IN;

use crate::{
    digest::Digest,
    emit,
    model::{FacetSpace, UrlPath},
    output::Manifest,
    routing::{Decision, Keys, Request, RoutingTable, put_together, resolve, segments, sign},
};

/// Where the bar sends its choice.
const CHOOSE: &str = "/_haberdash/visitor";
/// The cookie with the bar's choice: signed, so that nobody becomes a gold member by writing it.
const CHOICE: &str = "hb_as";
/// How long a choice lasts, in seconds: a working day.
const CHOICE_AGE: i64 = 8 * 3600;

/// A site to serve.
pub struct Site {
    /// Where its files are.
    pub folder: PathBuf,
    /// Who gets which.
    pub table: RoutingTable,
    /// Every file.
    pub manifest: Manifest,
    /// Titles for the bar.
    pub facets: FacetSpace,
    /// For signed cookies.
    pub keys: Keys,
    /// Where visitors come from.
    pub country: Option<String>,
    /// Whether pages get the bar.
    pub has_bar: bool,
    /// Seconds since 1970.
    pub clock: Box<dyn Fn() -> i64 + Send + Sync>,
}

/// Serves until Ctrl+C. `listening` is told the address once requests are taken.
pub fn serve(site: Site, port: u16, listening: impl FnOnce(SocketAddr)) -> io::Result<()> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(async {
            let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
            listening(listener.local_addr()?);
            let router = Router::new().fallback(answer).with_state(Arc::new(site));
            axum::serve(listener, router)
                .with_graceful_shutdown(async {
                    // Without a signal handler the process ends as it would anyhow.
                    let _ = tokio::signal::ctrl_c().await;
                })
                .await
        })
}

/// Most bytes of a form that is taken.
const LARGEST_FORM: usize = 64 << 10;

async fn answer(State(site): State<Arc<Site>>, http: HttpRequest<Body>) -> Response<Body> {
    let mut request = request(&site, &http);
    let now = (site.clock)();
    if site.has_bar && request.path == CHOOSE {
        return choose(&site, &request, now);
    }
    if site.has_bar && request.path == SIGN_IN {
        if http.method() == Method::POST {
            let form = axum::body::to_bytes(http.into_body(), LARGEST_FORM).await;
            let form = form.unwrap_or_default();
            let form = String::from_utf8_lossy(&form);
            return sign_in::answer(&site.facets, &site.keys, &form, now);
        }
        let current = segments(&site.table, &site.keys, &request, now, &BTreeMap::new());
        let fields = form_fields(&request.query);
        let back = fields.iter().find(|(name, _)| name == "back");
        let back = back.map_or("/", |(_, path)| path);
        let page = sign_in::form(&site.facets, &current, back);
        return axum::response::Html(page).into_response();
    }
    let overrides = if site.has_bar {
        choice(&site, &request, now)
    } else {
        BTreeMap::new()
    };
    let accepts = request
        .headers
        .get("accept")
        .is_some_and(|types| types.contains("text/html"));
    let gets_bar = site.has_bar && accepts;
    // The bar is part of what a browser gets, so the browser's copy is judged with it, below.
    let known = if gets_bar {
        request.headers.remove("if-none-match")
    } else {
        None
    };
    let decision = resolve(
        &site.table,
        &site.manifest,
        &site.keys,
        &request,
        now,
        &overrides,
    );
    let body = match &decision.file {
        None => Vec::new(),
        Some(file) => {
            let (site, file, overrides) = (Arc::clone(&site), file.clone(), overrides.clone());
            let (request, is_skeleton) = (request.clone(), decision.is_skeleton);
            let read = tokio::task::spawn_blocking(move || {
                let text = emit::read_output(&site.folder, &file)?;
                if !is_skeleton {
                    return Ok(text);
                }
                let read = |file: &str| {
                    let text = emit::read_output(&site.folder, file)?;
                    String::from_utf8(text).map_err(io::Error::other)
                };
                let text = String::from_utf8(text).map_err(io::Error::other)?;
                let (table, keys) = (&site.table, &site.keys);
                put_together(table, keys, &request, now, &overrides, &text, read)
                    .map(String::into_bytes)
            });
            match read.await.map_err(io::Error::other).flatten() {
                Ok(body) => body,
                Err(error) => return failure(&error),
            }
        }
    };
    let is_page = decision
        .headers
        .get("content-type")
        .is_some_and(|kind| kind.starts_with("text/html"));
    let mut decision = decision;
    let mut body = body;
    if gets_bar && is_page {
        let all = segments(&site.table, &site.keys, &request, now, &overrides);
        body = bar::insert(
            &body,
            &bar::html(&site.facets, &request, &decision, &all, &overrides),
        );
        let etag = format!("\"{}\"", Digest::of(&body));
        if decision.status == 200 && known.as_deref() == Some(etag.as_str()) {
            decision.status = 304;
            body.clear();
        }
        decision.headers.insert("etag", etag);
        decision
            .headers
            .insert("cache-control", "private, no-cache".to_owned());
    }
    respond(&decision, body, http.method() == Method::HEAD)
}

fn request(site: &Site, http: &HttpRequest<Body>) -> Request {
    let mut request = Request::get(http.uri().path());
    http.method().as_str().clone_into(&mut request.method);
    http.uri()
        .query()
        .unwrap_or_default()
        .clone_into(&mut request.query);
    request.country.clone_from(&site.country);
    for (name, value) in http.headers() {
        // Bytes that are not UTF-8 match nothing that a store can name.
        request.add_header(name.as_str(), &String::from_utf8_lossy(value.as_bytes()));
    }
    request
}

fn respond(decision: &Decision, body: Vec<u8>, is_head: bool) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() =
        StatusCode::from_u16(decision.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in &decision.headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            response
                .headers_mut()
                .insert(HeaderName::from_static(name), value);
        }
    }
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    if !is_head {
        *response.body_mut() = Body::from(body);
    }
    response
}

fn failure(error: &io::Error) -> Response<Body> {
    let mut response = Response::new(Body::from(format!("cannot read the built file: {error}\n")));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}

/// The segments that the bar has chosen, if its cookie is genuine.
fn choice(site: &Site, request: &Request, now: i64) -> BTreeMap<String, String> {
    let cookies = request
        .headers
        .get("cookie")
        .map(String::as_str)
        .unwrap_or_default();
    let mut values = cookies
        .split(';')
        .filter_map(|pair| pair.trim_ascii().split_once('='))
        .filter(|(name, _)| *name == CHOICE)
        .map(|(_, value)| value);
    let fields = values
        .next()
        .and_then(|value| site.keys.verify(value, now))
        .unwrap_or_default();
    fields
        .into_iter()
        .map(|(facet, segment)| (facet.to_owned(), segment.to_owned()))
        .collect()
}

/// Takes the bar's choice and goes back to the page.
fn choose(site: &Site, request: &Request, now: i64) -> Response<Body> {
    let given = form_fields(&request.query);
    let mut back = "/";
    let mut fields: Vec<(&str, &str)> = Vec::new();
    for (name, value) in &given {
        if name == "back" && UrlPath::parse(value).is_some() {
            back = value;
        } else if let Some(facet) = site.facets.find(name)
            && site.facets.facet(facet).find(value).is_some()
        {
            fields.push((name, value));
        }
    }
    let cookie = if fields.is_empty() {
        format!("{CHOICE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")
    } else {
        let value = sign(&site.keys, now + CHOICE_AGE, &fields);
        format!("{CHOICE}={value}; Path=/; Max-Age={CHOICE_AGE}; HttpOnly; SameSite=Lax")
    };
    see_other(back, [cookie])
}

/// The fields of a form, in order.
fn form_fields(form: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(form.as_bytes())
        .into_owned()
        .collect()
}

/// Leads to a path of the site, with cookies.
fn see_other(path: &str, cookies: impl IntoIterator<Item = String>) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let headers = response.headers_mut();
    let value = |text: &str| HeaderValue::from_str(text).expect("paths and cookies are ASCII");
    headers.insert(header::LOCATION, value(path));
    for cookie in cookies {
        headers.append(header::SET_COOKIE, value(&cookie));
    }
    response
}
