//! `haberdash.yaml`.

use std::sync::Arc;

use iso_currency::Currency;

use crate::{
    diagnostic::{Code, Diagnostic, FileId, Span},
    load::{
        fields::{self, Fields, wrong_type},
        report::{self, Report},
        text, tokens, yaml,
    },
    model::{
        Cart, Config, Feeds, KeyConfig, MoneyFormat, Permalinks, PictureFormat, PictureSettings,
        UrlPath,
    },
    picture,
    source::SourceTree,
};

/// The path of the configuration.
const PATH: &str = "haberdash.yaml";

/// The currency while none is known: it has more decimals than any other, so that no price
/// is called bad for want of a configuration.
const UNKNOWN_CURRENCY: Currency = Currency::CLF;

/// Reads the configuration. The second value is whether there is one to build with.
pub(super) fn load(tree: &SourceTree, report: &mut Report) -> (Config, bool) {
    let mut config = fallback();
    let Some(file) = tree.find(PATH) else {
        report.push(
            Diagnostic::project(Code::MissingConfig, format!("there is no `{PATH}`"))
                .hint("run haberdash in the store's folder"),
        );
        return (config, false);
    };
    config.file = file;
    let source = text::decode(tree, file, report);
    let is_usable = yaml::parse(&source.text, source.origin, report)
        .and_then(|node| read(&node, &mut config, report))
        .is_some();
    (config, is_usable)
}

fn fallback() -> Config {
    let folder = |path| UrlPath::parse(path).expect("the path is canonical");
    Config {
        site: "site".to_owned(),
        title: String::new(),
        description: String::new(),
        base_url: "https://site.invalid".to_owned(),
        currency: UNKNOWN_CURRENCY,
        locale: "en".to_owned(),
        money: Arc::new(MoneyFormat::new("en").expect("`en` is a locale")),
        theme: "default".to_owned(),
        keys: Vec::new(),
        max_variants: 64,
        products_per_page: 24,
        articles_per_page: 10,
        permalinks: Permalinks {
            products: folder("/shop/"),
            collections: folder("/collections/"),
            tags: folder("/tags/"),
        },
        images: PictureSettings::default(),
        precompress: false,
        output: "public".to_owned(),
        targets: Vec::new(),
        file: FileId(0),
        tokens: Vec::new(),
        cart: None,
        feeds: Feeds {
            sitemap: true,
            robots: true,
            disallow: Vec::new(),
            atom: true,
            products: true,
            llms: true,
            manifest: true,
        },
        data: serde_json::Map::new(),
    }
}

fn read(node: &yaml::Node, config: &mut Config, report: &mut Report) -> Option<()> {
    let mut fields = Fields::new(node, "the configuration", report)?;
    if let Some(site) = fields.required("site", report) {
        if report::is_id(&site) {
            config.site = site;
        } else {
            let span = fields.take("site").map_or(fields.span, |node| node.span);
            report.push(report::bad_id(&site, span));
        }
    }
    if let Some(title) = fields.required("title", report) {
        config.title = title;
    }
    config.description = fields.text("description", report).unwrap_or_default();
    base_url(&mut fields, config, report);
    currency(&mut fields, config, report);
    locale(&mut fields, config, report);
    if let Some(theme) = fields.text("theme", report) {
        config.theme = theme;
    }
    keys(&mut fields, config, report);
    if let Some(node) = fields.take("budgets")
        && let Some(mut budgets) = Fields::new(node, "`budgets`", report)
    {
        if let Some(count) = budgets.count("max-variants", report) {
            config.max_variants = count;
        }
        budgets.finish(report);
    }
    if let Some(node) = fields.take("paginate")
        && let Some(mut paginate) = Fields::new(node, "`paginate`", report)
    {
        if let Some(count) = paginate.count("products", report) {
            config.products_per_page = count;
        }
        if let Some(count) = paginate.count("articles", report) {
            config.articles_per_page = count;
        }
        paginate.finish(report);
    }
    if let Some(node) = fields.take("permalinks")
        && let Some(mut folders) = Fields::new(node, "`permalinks`", report)
    {
        folder(
            &mut folders,
            "products",
            &mut config.permalinks.products,
            report,
        );
        folder(
            &mut folders,
            "collections",
            &mut config.permalinks.collections,
            report,
        );
        folder(&mut folders, "tags", &mut config.permalinks.tags, report);
        folders.finish(report);
    }
    if let Some(node) = fields.take("images") {
        images(node, &mut config.images, report);
    }
    if let Some(is_wanted) = fields.boolean("precompress", report) {
        config.precompress = is_wanted;
    }
    if let Some(output) = fields.text("output", report) {
        config.output = output;
    }
    if let Some(node) = fields.take("targets") {
        config.targets = targets(node, report);
    }
    if let Some(node) = fields.take("tokens") {
        config.tokens = tokens::read(node, report);
    }
    if let Some(node) = fields.take("cart") {
        config.cart = cart(node, report);
    }
    if let Some(node) = fields.take("feeds") {
        feeds(node, &mut config.feeds, report);
    }
    config.data = fields.data("data", report);
    fields.finish(report);
    Some(())
}

fn feeds(node: &yaml::Node, feeds: &mut Feeds, report: &mut Report) {
    let Some(mut fields) = Fields::new(node, "`feeds`", report) else {
        return;
    };
    for (name, is_made) in [
        ("sitemap", &mut feeds.sitemap),
        ("robots", &mut feeds.robots),
        ("atom", &mut feeds.atom),
        ("products", &mut feeds.products),
        ("llms", &mut feeds.llms),
        ("manifest", &mut feeds.manifest),
    ] {
        if let Some(is_wanted) = fields.boolean(name, report) {
            *is_made = is_wanted;
        }
    }
    if let Some(node) = fields.take("disallow") {
        for text in fields::texts(node, "disallow", report) {
            match UrlPath::parse(&text) {
                Some(path) => feeds.disallow.push(path),
                None => report.push(wrong_type(
                    node,
                    "disallow",
                    "a list of paths such as `/search/`",
                )),
            }
        }
    }
    fields.finish(report);
}

fn cart(node: &yaml::Node, report: &mut Report) -> Option<Cart> {
    const KINDS: [&str; 5] = ["post", "mail", "snipcart", "shopify", "stripe"];
    let mut fields = Fields::new(node, "`cart`", report)?;
    let kind = fields.required("kind", report)?;
    let cart = match &*kind {
        "post" => {
            let to = fields.required("to", report);
            let then = fields.text("then", report);
            to.map(|to| Cart::Post { to, then })
        }
        "mail" => {
            let to = fields.required("to", report);
            let subject = fields.text("subject", report);
            let is_address = to.as_deref().is_some_and(|to| {
                let parts = to.split_once('@');
                parts.is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
                    && !to.contains(|c: char| c.is_whitespace() || "?&,;<>\"".contains(c))
            });
            if let Some(node) = fields.take("to").filter(|_| !is_address) {
                report.push(wrong_type(
                    node,
                    "to",
                    "one address such as `orders@shop.example`",
                ));
            }
            to.map(|to| Cart::Mail { to, subject })
        }
        "snipcart" => Some(Cart::Snipcart),
        "shopify" => {
            let store = fields.required("store", report);
            let is_origin = store
                .as_deref()
                .is_some_and(|it| it.starts_with("https://"));
            if let Some(node) = fields.take("store").filter(|_| !is_origin) {
                report.push(wrong_type(
                    node,
                    "store",
                    "an origin such as `https://shop.myshopify.com`",
                ));
            }
            store.map(|store| Cart::Shopify {
                store: store.trim_end_matches('/').to_owned(),
            })
        }
        "stripe" => Some(Cart::Stripe),
        _ => {
            if let Some(node) = fields.take("kind") {
                report.push(
                    wrong_type(node, "kind", "a cart that haberdash knows")
                        .did_you_mean(&kind, KINDS),
                );
            }
            return None;
        }
    };
    fields.finish(report);
    cart
}

fn base_url(fields: &mut Fields<'_>, config: &mut Config, report: &mut Report) {
    let Some(url) = fields.required("base-url", report) else {
        return;
    };
    let origin = url.trim_end_matches('/');
    let host = origin
        .strip_prefix("https://")
        .or_else(|| origin.strip_prefix("http://"));
    let is_origin = host.is_some_and(|host| {
        !host.is_empty()
            && host
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte))
    });
    if is_origin {
        origin.clone_into(&mut config.base_url);
    } else if let Some(node) = fields.take("base-url") {
        report.push(
            wrong_type(node, "base-url", "an origin such as `https://shop.example`")
                .hint("write scheme and host, and neither path nor query"),
        );
    }
}

fn currency(fields: &mut Fields<'_>, config: &mut Config, report: &mut Report) {
    let Some(code) = fields.required("currency", report) else {
        return;
    };
    if let Some(currency) = Currency::from_code(&code) {
        config.currency = currency;
    } else if let Some(node) = fields.take("currency") {
        let upper = code.to_uppercase();
        let diagnostic = Diagnostic::new(
            Code::UnknownCurrency,
            node.span,
            format!("`{code}` is not a currency of ISO 4217"),
        );
        report.push(if Currency::from_code(&upper).is_some() {
            diagnostic.hint(format!("write `{upper}`"))
        } else {
            diagnostic.hint("write three letters such as `EUR`, `USD` or `JPY`")
        });
    }
}

fn locale(fields: &mut Fields<'_>, config: &mut Config, report: &mut Report) {
    let Some(locale) = fields.text("locale", report) else {
        return;
    };
    if let Some(money) = MoneyFormat::new(&locale) {
        config.money = Arc::new(money);
        config.locale = locale;
    } else if let Some(node) = fields.take("locale") {
        report.push(wrong_type(
            node,
            "locale",
            "a language tag such as `en` or `de-CH`",
        ));
    }
}

/// Which of them exist is known where they are compiled.
fn targets(node: &yaml::Node, report: &mut Report) -> Vec<(String, Span)> {
    let yaml::Value::List(items) = &node.value else {
        let expected = "a list of edges, such as `[nginx, cloudflare]`";
        report.push(wrong_type(node, "targets", expected));
        return Vec::new();
    };
    items
        .iter()
        .filter_map(|item| Some((fields::text(item, "targets", report)?.to_owned(), item.span)))
        .collect()
}

fn keys(fields: &mut Fields<'_>, config: &mut Config, report: &mut Report) {
    let Some(node) = fields.take("keys") else {
        return;
    };
    let yaml::Value::List(items) = &node.value else {
        report.push(wrong_type(node, "keys", "a list of at most two keys"));
        return;
    };
    if items.len() > 2 {
        report.push(
            Diagnostic::new(
                Code::WrongType,
                items[2].span,
                format!("`keys` is a list of at most two keys, not {}", items.len()),
            )
            .hint("the first signs and both verify; remove the older ones"),
        );
    }
    for item in items.iter().take(2) {
        let Some(mut key) = Fields::new(item, "a key", report) else {
            continue;
        };
        let id = key.required("id", report);
        let env = key.required("env", report);
        if let (Some(id), Some(env)) = (id, env) {
            let is_id = !id.is_empty()
                && id
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
            if !is_id || config.keys.iter().any(|key| key.id == id) {
                let span = key.take("id").map_or(key.span, |node| node.span);
                let message = if is_id {
                    format!("two keys have the id `{id}`")
                } else {
                    format!("`{id}` cannot be the id of a key")
                };
                report.push(
                    Diagnostic::new(Code::BadId, span, message)
                        .hint("ids of keys are of lower-case letters and digits, and differ"),
                );
            } else {
                config.keys.push(KeyConfig { id, env });
            }
        }
        key.finish(report);
    }
}

/// The largest width that a picture is made in, in pixels: that of the largest screens.
const WIDEST: i64 = 8192;

fn images(node: &yaml::Node, images: &mut PictureSettings, report: &mut Report) {
    let Some(mut fields) = Fields::new(node, "`images`", report) else {
        return;
    };
    if let Some(node) = fields.take("widths") {
        let items: &[yaml::Node] = match &node.value {
            yaml::Value::List(items) => items,
            yaml::Value::Scalar(_) | yaml::Value::Map(_) => std::slice::from_ref(node),
        };
        let mut widths = Vec::new();
        for item in items {
            match fields::integer(item, "widths", report) {
                Some(width) if (1..=WIDEST).contains(&width) => widths.push(width as u32),
                Some(_) => report.push(wrong_type(
                    item,
                    "widths",
                    "a list of widths from 1 to 8192 pixels",
                )),
                None => {}
            }
        }
        widths.sort_unstable();
        widths.dedup();
        if !widths.is_empty() {
            images.widths = widths;
        }
    }
    if let Some(node) = fields.take("quality")
        && let Some(quality) = fields::integer(node, "quality", report)
    {
        match u8::try_from(quality) {
            Ok(quality @ 1..=100) => images.quality = quality,
            _ => report.push(wrong_type(node, "quality", "a whole number from 1 to 100")),
        }
    }
    if let Some(node) = fields.take("formats") {
        images.formats = formats(node, report);
    }
    if let Some(sizes) = fields.text("sizes", report) {
        images.sizes = sizes;
    }
    fields.finish(report);
}

fn formats(node: &yaml::Node, report: &mut Report) -> Vec<PictureFormat> {
    let items: &[yaml::Node] = match &node.value {
        yaml::Value::List(items) => items,
        yaml::Value::Scalar(_) | yaml::Value::Map(_) => std::slice::from_ref(node),
    };
    let mut formats = Vec::new();
    for item in items {
        let Some(name) = fields::text(item, "formats", report) else {
            continue;
        };
        let known = PictureFormat::OFFERED;
        match known.into_iter().find(|format| format.extension() == name) {
            Some(format) if !picture::can_make(format) => report.push(
                Diagnostic::new(
                    Code::UnknownFormat,
                    item.span,
                    format!("this build of haberdash makes no `{name}` pictures"),
                )
                .hint(format!(
                    "install it with `cargo install --features {name}`, or leave the format out"
                )),
            ),
            Some(format) if !formats.contains(&format) => formats.push(format),
            Some(_) => {}
            None => report.push(
                Diagnostic::new(
                    Code::UnknownFormat,
                    item.span,
                    format!("`{name}` is no format that is offered beside a picture's own"),
                )
                .did_you_mean(name, known.iter().map(|format| format.extension())),
            ),
        }
    }
    formats
}

fn folder(fields: &mut Fields<'_>, name: &'static str, path: &mut UrlPath, report: &mut Report) {
    let Some(node) = fields.take(name) else {
        return;
    };
    let Some(text) = fields::text(node, name, report) else {
        return;
    };
    match UrlPath::parse(text).filter(|path| path.as_str().ends_with('/')) {
        Some(parsed) => *path = parsed,
        None => report.push(wrong_type(node, name, "a path such as `/shop/`")),
    }
}
