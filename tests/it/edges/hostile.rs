//! What hostile clients send, and odd ones. Each case says what is odd.

use haberdash::{Key, Keys, sign};

use super::corpus::{Case, Ground, HOST, Kind, Tag};

/// Adds everything.
pub fn add(ground: &Ground<'_>, cases: &mut Vec<Case>) {
    let gated = gated_pages(ground);
    for (path, cookie, field, value) in &gated {
        signatures(ground, cases, path, cookie, field, value);
    }
    let varied: Vec<&String> = ground.shapes();
    for path in varied.iter().take(6) {
        cookies(ground, cases, path);
        queries(ground, cases, path);
        ranges(cases, path);
        spoofs(ground, cases, path);
        conditionals(ground, cases, path, &gated);
        headers(ground, cases, path);
    }
    paths(ground, cases);
    internal(ground, cases, &gated);
    methods(ground, cases);
}

/// Pages that a signed cookie changes: path, cookie, field, value.
type Gated = (String, String, String, String);

fn gated_pages(ground: &Ground<'_>) -> Vec<Gated> {
    let mut all = Vec::new();
    for ((cookie, field), values) in &ground.signals.signed {
        for value in values {
            let proves = |path: &&String| {
                let plain = Case::get(Kind::Signature, "", path);
                let signed = ground.signer.sign(ground.expiry, &[(field, value)]);
                let member = plain.clone().with("Cookie", format!("{cookie}={signed}"));
                ground.segments_of(&plain) != ground.segments_of(&member)
            };
            let pages = ground.shapes().into_iter().filter(proves).take(2);
            all.extend(
                pages.map(|path| (path.clone(), cookie.clone(), field.clone(), value.clone())),
            );
        }
    }
    all
}

fn signatures(
    ground: &Ground<'_>,
    cases: &mut Vec<Case>,
    path: &str,
    cookie: &str,
    field: &str,
    value: &str,
) {
    let (signer, now, expiry) = (ground.signer, ground.now, ground.expiry);
    let good = signer.sign(expiry, &[(field, value)]);
    let (payload, mac) = good.rsplit_once('.').unwrap();
    let parts: Vec<&str> = good.split('.').collect();
    let other_site = Keys::new("other-site", signer.keys.clone());
    let first = &signer.keys[0];
    let key = |id: &str, secret: Vec<u8>| {
        Keys::new(
            &signer.site,
            vec![Key {
                id: id.to_owned(),
                secret,
            }],
        )
    };
    let wrong_key = key(&first.id, vec![b'x'; 32]);
    let unknown_key = key("k99", first.secret.clone());
    let capital_key = key("K1", first.secret.clone());
    let empty_key = key(&first.id, Vec::new());
    let second_as_first = key(&first.id, signer.keys.last().unwrap().secret.clone());
    let fields = [(field, value)];
    let mut flipped = mac.to_owned().into_bytes();
    flipped[63] = if flipped[63] == b'0' { b'1' } else { b'0' };
    let flipped = String::from_utf8(flipped).unwrap();
    let zero = "0".repeat(64);
    let values = [
        ("as it should be", good.clone()),
        (
            "the previous key",
            signer.sign_with_previous(expiry, &fields),
        ),
        (
            "with another field",
            signer.sign(expiry, &[("other", "thing"), fields[0]]),
        ),
        (
            "forged",
            format!("v1.{}.{expiry}.{field}.{value}.{zero}", first.id),
        ),
        ("expired", signer.sign(now - 1, &fields)),
        ("expired long ago", signer.sign(1, &fields)),
        ("expiry zero", signer.sign(0, &fields)),
        ("expiry negative", signer.sign(-1, &fields)),
        ("huge expiry", signer.sign(999_999_999_999, &fields)),
        ("too huge expiry", signer.sign(1_000_000_000_000, &fields)),
        ("far too huge expiry", signer.sign(i64::MAX, &fields)),
        ("of another site", sign(&other_site, expiry, &fields)),
        (
            "of a site whose name goes on",
            sign(
                &Keys::new(&format!("{}.v1", signer.site), signer.keys.clone()),
                expiry,
                &fields,
            ),
        ),
        ("wrong key", sign(&wrong_key, expiry, &fields)),
        ("empty key", sign(&empty_key, expiry, &fields)),
        ("unknown key id", sign(&unknown_key, expiry, &fields)),
        ("key id in capitals", sign(&capital_key, expiry, &fields)),
        (
            "one key's secret by the other's name",
            sign(&second_as_first, expiry, &fields),
        ),
        (
            "field and value swapped",
            format!(
                "{}.{}.{}.{value}.{field}.{mac}",
                parts[0], parts[1], parts[2]
            ),
        ),
        (
            "changed field",
            good.replacen(&format!(".{field}."), ".zzz.", 1),
        ),
        (
            "changed value",
            good.replacen(&format!(".{value}."), ".zzz.", 1),
        ),
        (
            "changed expiry",
            good.replacen(&expiry.to_string(), &(expiry + 1).to_string(), 1),
        ),
        (
            "expiry with a zero before it",
            good.replacen(&expiry.to_string(), &format!("0{expiry}"), 1),
        ),
        (
            "signed expiry with zeros",
            sign_raw(
                ground,
                &format!("v1.{}.00{expiry}.{field}.{value}", first.id),
            ),
        ),
        (
            "signed expiry in hexadecimal",
            sign_raw(
                ground,
                &format!("v1.{}.0x7fffffff.{field}.{value}", first.id),
            ),
        ),
        (
            "signed expiry with an exponent",
            sign_raw(ground, &format!("v1.{}.9e9.{field}.{value}", first.id)),
        ),
        (
            "signed expiry with a dash",
            sign_raw(
                ground,
                &format!("v1.{}.-{expiry}.{field}.{value}", first.id),
            ),
        ),
        (
            "signed version two",
            sign_raw(ground, &format!("v2.{}.{expiry}.{field}.{value}", first.id)),
        ),
        (
            "signed without fields",
            sign_raw(ground, &format!("v1.{}.{expiry}", first.id)),
        ),
        (
            "signed with half a field",
            sign_raw(ground, &format!("v1.{}.{expiry}.{field}", first.id)),
        ),
        (
            "signed with an odd field",
            sign_raw(
                ground,
                &format!("v1.{}.{expiry}.{field}.{value}.x", first.id),
            ),
        ),
        (
            "signed with an empty part",
            sign_raw(
                ground,
                &format!("v1.{}.{expiry}.{field}.{value}..x", first.id),
            ),
        ),
        (
            "signed with capitals",
            sign_raw(
                ground,
                &format!("v1.{}.{expiry}.X.Y.{field}.{value}", first.id),
            ),
        ),
        (
            "signed with an escape",
            sign_raw(
                ground,
                &format!("v1.{}.{expiry}.x.%41.{field}.{value}", first.id),
            ),
        ),
        (
            "signed with a space",
            sign_raw(
                ground,
                &format!("v1.{}.{expiry}.x.a b.{field}.{value}", first.id),
            ),
        ),
        (
            "value where a field should be",
            signer.sign(expiry, &[("x", field), (value, "x")]),
        ),
        (
            "field twice, same",
            signer.sign(expiry, &[(field, value), (field, value)]),
        ),
        (
            "field twice, other",
            signer.sign(expiry, &[(field, value), (field, "none")]),
        ),
        (
            "field twice, other first",
            signer.sign(expiry, &[(field, "none"), (field, value)]),
        ),
        (
            "longer field",
            signer.sign(expiry, &[(&format!("{field}x"), value)]),
        ),
        (
            "longer value",
            signer.sign(expiry, &[(field, &format!("{value}x"))]),
        ),
        (
            "longer value, with a dash",
            signer.sign(expiry, &[(field, &format!("{value}-plus"))]),
        ),
        ("unknown value", signer.sign(expiry, &[(field, "platinum")])),
        (
            "upper-case MAC",
            format!("{payload}.{}", mac.to_ascii_uppercase()),
        ),
        ("cut MAC", format!("{payload}.{}", &mac[..63])),
        ("half a MAC", format!("{payload}.{}", &mac[..32])),
        ("longer MAC", format!("{payload}.{mac}0")),
        ("flipped MAC", format!("{payload}.{flipped}")),
        ("MAC of zeros", format!("{payload}.{zero}")),
        ("no MAC", payload.to_owned()),
        ("empty MAC", format!("{payload}.")),
        ("MAC with 0x", format!("{payload}.0x{mac}")),
        ("MAC twice", format!("{payload}.{mac}.{mac}")),
        ("point at the end", format!("{good}.")),
        ("point at the beginning", format!(".{good}")),
        ("empty", String::new()),
        ("points only", ".......".to_owned()),
        ("one point", ".".to_owned()),
        ("version in capitals", good.replacen("v1", "V1", 1)),
        ("quoted", format!("\"{good}\"")),
        ("escaped points", good.replace('.', "%2E")),
        ("one escaped letter", good.replacen("v1", "%761", 1)),
        ("a comma after it", format!("{good},x")),
        ("a space inside", good.replacen('.', ". ", 1)),
        ("longest", long_signed(ground, &fields, 1024)),
        (
            "longer than the longest",
            long_signed(ground, &fields, 1025),
        ),
        (
            "many fields",
            signer.sign(
                expiry,
                &(0..40)
                    .map(|_| ("a", "b"))
                    .chain([fields[0]])
                    .collect::<Vec<_>>(),
            ),
        ),
        ("the text of a member", value.to_owned()),
        (
            "prototype",
            signer.sign(expiry, &[("__proto__", value), ("constructor", "x")]),
        ),
    ];
    let mut add = |name: &str, line: String| {
        cases.push(Case::get(Kind::Signature, name, path).with("Cookie", line));
    };
    for (name, text) in values {
        add(name, format!("{cookie}={text}"));
    }
    add("twice", format!("{cookie}={good}; {cookie}={good}"));
    add(
        "with a bad one after it",
        format!("{cookie}={good}; {cookie}=x"),
    );
    add(
        "with a bad one before it",
        format!("{cookie}=x; {cookie}={good}"),
    );
    add(
        "with an empty one before it",
        format!("{cookie}=; {cookie}={good}"),
    );
    add("under a longer name", format!("x{cookie}={good}"));
    add(
        "under a longer name, at its end",
        format!("{cookie}2={good}"),
    );
    add(
        "under its name in capitals",
        format!("{}={good}", cookie.to_ascii_uppercase()),
    );
    add(
        "beside look-alikes",
        format!("x{cookie}=x; {cookie}2=y; {cookie}={good}; {cookie}-x=z"),
    );
    add("inside another cookie", format!("a=x, {cookie}={good}"));
    add(
        "inside another cookie's value",
        format!("a={cookie}={good}"),
    );
    add("with a space before the sign", format!("{cookie} ={good}"));
    add("with a space after the sign", format!("{cookie}= {good}"));
    add(
        "with a tab around it",
        format!("a=b;\t{cookie}={good}\t; c=d"),
    );
    add("without spaces between", format!("a=b;{cookie}={good};c=d"));
    add("between empty pairs", format!(";; ; {cookie}={good};;"));
    add("on no sign", cookie.to_owned());
    add("beside a nameless one", format!("=x; {cookie}={good}; y"));
    let signed_in = || Case::get(Kind::Signature, "", path);
    let in_two = signed_in()
        .with("Cookie", "a=b")
        .with("Cookie", format!("{cookie}={good}"));
    cases.push(in_two.named("in the second of two headers"));
    let twice = signed_in()
        .with("Cookie", format!("{cookie}={good}"))
        .with("Cookie", format!("{cookie}={good}"));
    cases.push(twice.named("in both of two headers"));
    let lower = signed_in().with("cookie", format!("{cookie}={good}"));
    cases.push(lower.named("in a header in small letters"));
    let head = signed_in().with("Cookie", format!("{cookie}={good}"));
    cases.push(head.named("by HEAD").by("HEAD"));
    let split = signed_in()
        .with("Cookie", format!("{cookie}={payload}"))
        .with("Cookie", mac);
    cases.push(split.named("cut over two headers"));
}

/// Signs any payload with the first key: what only a shop that errs would send.
fn sign_raw(ground: &Ground<'_>, payload: &str) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&ground.signer.keys[0].secret).unwrap();
    mac.update(format!("{}.{payload}", ground.signer.site).as_bytes());
    let bytes = mac.finalize().into_bytes();
    let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{payload}.{}", hex.concat())
}

/// A good cookie of just this length.
fn long_signed(ground: &Ground<'_>, fields: &[(&str, &str)], length: usize) -> String {
    let short = ground.signer.sign(ground.expiry, &[("x", "y"), fields[0]]);
    let filler = "y".repeat(length - short.len() + 1);
    ground
        .signer
        .sign(ground.expiry, &[("x", &filler), fields[0]])
}

/// A visitor of whom every facet knows something.
fn known(ground: &Ground<'_>) -> Vec<String> {
    let pairs = ground.signals.cookies.iter();
    let mut all: Vec<String> = pairs
        .filter_map(|(name, values)| Some(format!("{name}={}", values.iter().next_back()?)))
        .collect();
    let purposes: Vec<&str> = ground.signals.purposes.iter().map(String::as_str).collect();
    // A store may ask for no consent at all.
    let purposes = purposes.into_iter().chain(["statistics"]);
    let purposes: Vec<&str> = purposes.collect();
    all.push(format!("hb_consent={}", purposes.join(".")));
    all.push(format!("hb_id={}", "f".repeat(32)));
    all
}

fn cookies(ground: &Ground<'_>, cases: &mut Vec<Case>, path: &str) {
    let known = known(ground);
    let line = known.join("; ");
    let mut others = Vec::new();
    let mut add = |name: &str, bytes: &[u8]| {
        cases.push(Case::get(Kind::Cookie, name, path).with("Cookie", bytes));
    };
    add("a visitor who is known", line.as_bytes());
    add("nothing", b"");
    add("a semicolon", b";");
    add("only signs", b"=; ==; =;=");
    add(
        "32 KB before",
        format!("junk={}; {line}", "j".repeat(32 << 10)).as_bytes(),
    );
    add(
        "32 KB after",
        format!("{line}; junk={}", "j".repeat(32 << 10)).as_bytes(),
    );
    add("longest", fill(&line, 8192).as_bytes());
    add("longer than the longest", fill(&line, 8193).as_bytes());
    add("long but fine", fill(&line, 3000).as_bytes());
    add(
        "very many",
        format!("{}{line}", "a=b; ".repeat(500)).as_bytes(),
    );
    add(
        "not UTF-8 before",
        &[b"x=\xff\xfe; ", line.as_bytes()].concat(),
    );
    add("not UTF-8 at the end", &[line.as_bytes(), b"\xc3"].concat());
    add(
        "not UTF-8 in a name",
        &[b"\xe9=1; ", line.as_bytes()].concat(),
    );
    add("NUL", &[line.as_bytes(), b"; a=\0b"].concat());
    add("a control byte", &[line.as_bytes(), b"; a=\x01b"].concat());
    add(
        "letters beyond ASCII",
        format!("x=\u{e9}\u{2603}; {line}").as_bytes(),
    );
    for pair in &known {
        let (name, value) = pair.split_once('=').unwrap();
        add("alone", pair.as_bytes());
        add("twice", format!("{pair}; {line}").as_bytes());
        add("twice, empty first", format!("{name}=; {line}").as_bytes());
        add(
            "look-alikes only",
            line.replace(pair, &format!("x{name}={value}; {name}2={value}"))
                .as_bytes(),
        );
        add(
            "name in capitals",
            line.replace(pair, &format!("{}={value}", name.to_ascii_uppercase()))
                .as_bytes(),
        );
        add(
            "value in capitals",
            line.replace(pair, &format!("{name}={}", value.to_ascii_uppercase()))
                .as_bytes(),
        );
        add(
            "quoted",
            line.replace(pair, &format!("{name}=\"{value}\""))
                .as_bytes(),
        );
        add(
            "escaped",
            line.replace(
                pair,
                &format!("{name}=%{:02x}{}", value.as_bytes()[0], &value[1..]),
            )
            .as_bytes(),
        );
        add(
            "longer value",
            line.replace(pair, &format!("{name}={value}x")).as_bytes(),
        );
        add(
            "value with a sign",
            line.replace(pair, &format!("{name}={value}=")).as_bytes(),
        );
        add(
            "space before the sign",
            line.replace(pair, &format!("{name} ={value}")).as_bytes(),
        );
        add(
            "space after the sign",
            line.replace(pair, &format!("{name}= {value}")).as_bytes(),
        );
        add(
            "spaces around",
            line.replace(pair, &format!("   {name}={value}   "))
                .as_bytes(),
        );
        add(
            "tabs around",
            line.replace(pair, &format!("\t{name}={value}\t"))
                .as_bytes(),
        );
        add(
            "after a comma",
            line.replace(pair, &format!("a=b, {name}={value}"))
                .as_bytes(),
        );
        add(
            "with attributes",
            line.replace(pair, &format!("{name}={value}; Path=/; HttpOnly"))
                .as_bytes(),
        );
        add(
            "in an array",
            line.replace(pair, &format!("{name}[]={value}")).as_bytes(),
        );
        add("missing", line.replace(pair, "a=b").as_bytes());
        let both = Case::get(Kind::Cookie, "in two headers", path);
        others.push(
            both.with("Cookie", pair.as_bytes())
                .with("Cookie", line.as_bytes()),
        );
    }
    for consent in [
        "",
        ".",
        "personalization",
        "Personalization",
        "personalization.",
        ".personalization",
        "personalization personalization",
        "personalizationx",
        "statistics.personalization.x",
        "personalization,x",
        "personalization%2Ex",
        "all",
        "1",
    ] {
        add(
            "a consent",
            line.replace("hb_consent=", "hb_was=").as_bytes(),
        );
        add(
            "a consent",
            format!(
                "{}; hb_consent={consent}",
                line.replace("hb_consent=", "hb_was=")
            )
            .as_bytes(),
        );
    }
    for id in [
        "",
        "0",
        "00000000000000000000000000000000",
        "ffffffffffffffffffffffffffffffff",
        "7ff00000000000000000000000000000",
        "80000000000000000000000000000000",
        "8000000000000000000000000000000",
        "800000000000000000000000000000000",
        "FFF00000000000000000000000000000",
        "g0000000000000000000000000000000",
        "fff0000000000000000000000000000g",
        "-ff00000000000000000000000000000",
        "+ff00000000000000000000000000000",
        "0xf00000000000000000000000000000",
        " ff00000000000000000000000000000",
    ] {
        add(
            "a visitor's id",
            format!("{}; hb_id={id}", line.replace("hb_id=", "hb_was=")).as_bytes(),
        );
    }
    for words in ["1", "0", "true", "", " 1 ", "1, 1"] {
        others.push(
            Case::get(Kind::Cookie, "a signal of no consent", path)
                .with("Cookie", &line)
                .with("Sec-GPC", words),
        );
    }
    cases.extend(others);
}

/// A cookie line of just this length.
fn fill(line: &str, length: usize) -> String {
    let junk = length - line.len() - "; j=".len();
    format!("{line}; j={}", "j".repeat(junk))
}

fn queries(ground: &Ground<'_>, cases: &mut Vec<Case>, path: &str) {
    let mut all: Vec<String> = [
        "?",
        "?x=.css",
        "?.css",
        "?/x.css",
        "?x=1&x=2",
        "??",
        "?&",
        "?&&=&",
        "?=",
        "?%",
        "?%zz=1",
        "?a=%00",
        "?a=%0d%0aSet-Cookie:%20x=y",
        "?a=b#c",
        "?<script>",
        "?a=\"b\"",
        "?a=b c",
        "?/../",
        "?path=/_v/open/",
        "?a='b'",
        "?a[]=1",
        "?$a={b}",
        "?a|b",
        "?a\\b",
        "?;a=b",
    ]
    .map(str::to_owned)
    .to_vec();
    all.push(format!("?{}", "a=b&".repeat(700)));
    all.push(format!("?x={}", "y".repeat(8 << 10)));
    for (name, values) in &ground.signals.queries {
        let Some(value) = values.iter().next_back() else {
            continue;
        };
        let escaped = format!("%{:02x}{}", value.as_bytes()[0], &value[1..]);
        let capital = value.to_ascii_uppercase();
        for query in [
            format!("{name}={value}"),
            format!("{name}={value}&{name}={value}"),
            format!("{name}={value}&{name}=x"),
            format!("{name}=x&{name}={value}"),
            format!("{name}&{name}={value}"),
            format!("{name}={value}&{name}"),
            name.clone(),
            format!("{name}="),
            format!("{name}={value}&"),
            format!("&{name}={value}"),
            format!("a=b&{name}={value}&c=d"),
            format!("a=b;{name}={value}"),
            format!("x{name}={value}"),
            format!("{name}x={value}"),
            format!("a-{name}={value}"),
            format!("{name}={escaped}"),
            format!("{name}={value}%20"),
            format!("{name}={value}+"),
            format!("{name}=+{value}"),
            format!("{name}={capital}"),
            format!("{name}={value}="),
            format!("{name}=={value}"),
            format!("{name}={value}?{name}=x"),
            format!("?{name}={value}"),
            format!("{name}[]={value}"),
            format!("%{:02x}{}={value}", name.as_bytes()[0], &name[1..]),
            format!("{}={value}", name.to_ascii_uppercase()),
            format!("a={name}={value}"),
            format!("{name}={value}#x"),
            format!("{name}={value}/"),
            format!("{name}={value}.css"),
        ] {
            all.push(format!("?{query}"));
        }
    }
    for query in &all {
        cases.push(Case::get(Kind::Query, "a query", format!("{path}{query}")));
    }
    for bytes in [
        &b"?a=\xff\xfe"[..],
        b"?a=\xc3\xa9",
        b"?\x80",
        b"?a=\0",
        b"?a=\x01",
        b"?a=\x7f",
    ] {
        cases.push(Case::get(
            Kind::Query,
            "odd bytes in a query",
            [path.as_bytes(), bytes].concat(),
        ));
    }
    // On a redirect the query goes along, unless it could break out.
    let bare = path.trim_end_matches('/');
    if !bare.is_empty() {
        for query in &all {
            cases.push(Case::get(
                Kind::Query,
                "a query on a redirect",
                format!("{bare}{query}"),
            ));
        }
        cases.push(Case::get(
            Kind::Query,
            "odd bytes on a redirect",
            [bare.as_bytes(), b"?a=\xc3\xa9"].concat(),
        ));
    }
}

fn ranges(cases: &mut Vec<Case>, path: &str) {
    for range in [
        "bytes=0-9",
        "bytes=5-",
        "bytes=-5",
        "bytes=0-0",
        "bytes=0-0,5-9",
        "bytes=0-4,2-9,-3",
        "bytes=99999999-",
        "bytes=9-3",
        "octets=0-1",
        "bytes=abc",
        "bytes=",
        "bytes=-0",
        "bytes=0-99999999",
        "0-9",
        "bytes=0-9, bytes=5-6",
        "bytes=18446744073709551616-",
    ] {
        let case = Case::get(Kind::Range, "a range", path).with("Range", range);
        let head = case.clone().by("HEAD");
        cases.extend([case, head]);
    }
    cases.push(
        Case::get(Kind::Range, "a range if it is as it was", path)
            .with("Range", "bytes=0-9")
            .with("If-Range", "\"x\""),
    );
    cases.push(
        Case::get(
            Kind::Range,
            "a range of what is not there",
            format!("{path}x.css"),
        )
        .with("Range", "bytes=0-9"),
    );
    let mut known =
        Case::get(Kind::Range, "a range of what is known", path).with("Range", "bytes=0-9");
    known.if_none_match = Some(Tag::Own);
    cases.push(known);
}

fn spoofs(ground: &Ground<'_>, cases: &mut Vec<Case>, path: &str) {
    let mut others = Vec::new();
    let mut add =
        |name: &str, value: &str| cases.push(Case::get(Kind::Spoof, name, path).with(name, value));
    for country in ground
        .signals
        .countries
        .iter()
        .map(String::as_str)
        .chain(["", "XX"])
    {
        for name in [
            "CF-IPCountry",
            "X-Country",
            "X-Country-Code",
            "X-Geo-Country",
            "X-Haberdash-Country",
            "Haberdash-Country",
            "CloudFront-Viewer-Country",
            "x-vercel-ip-country",
            "X-NF-Country",
            "X-Client-Geo-Country",
            "X-AppEngine-Country",
            "Fastly-Geo-Country",
            "X-Akamai-Edgescape",
            "GeoIP-Country-Code",
            "Geo",
            "Country",
            "X-Real-Country",
        ] {
            add(name, country);
        }
        add(
            "Cookie",
            &format!("nf_country={country}; country={country}"),
        );
        add(
            "X-NF-Geo",
            &format!("{{\"country\":{{\"code\":\"{country}\"}}}}"),
        );
        add("CF-Blob", &format!("{{\"country\":\"{country}\"}}"));
    }
    for country in ground.signals.countries.iter().take(3) {
        let address = super::wire::address_of(Some(country)).to_string();
        for name in [
            "X-Forwarded-For",
            "X-Real-IP",
            "True-Client-IP",
            "CF-Connecting-IP",
            "Fastly-Client-IP",
            "X-Client-IP",
            "X-Cluster-Client-IP",
            "Client-IP",
        ] {
            add(name, &address);
        }
        add("Forwarded", &format!("for={address}"));
    }
    let slot = "loyalty.gold";
    let label = ground.signer.keys().token(slot);
    let inside = format!("/_v/{label}/{slot}/index.html");
    for name in [
        "X-Haberdash-Path",
        "X-Haberdash-Variant",
        "X-Haberdash-File",
        "X-Haberdash-Slot",
        "X-Haberdash-Root",
        "X-Haberdash-Now",
        "X-Haberdash-Segment",
        "Haberdash-Path",
        "Haberdash-Variant",
        "Haberdash-Slot",
        "Haberdash-Experiment",
        "x-middleware-rewrite",
        "x-middleware-next",
        "x-middleware-subrequest",
        "X-Original-URL",
        "X-Rewrite-URL",
        "X-Original-URI",
        "X-Accel-Redirect",
        "X-Sendfile",
        "X-Forwarded-Path",
        "X-Forwarded-Prefix",
        "X-Forwarded-Uri",
        "X-Override-URL",
        "Surrogate-Control",
        "xkey",
        "Destination",
        "Content-Location",
    ] {
        add(name, &inside);
        add(name, "1");
    }
    for (name, value) in [
        ("X-HTTP-Method-Override", "POST"),
        ("X-HTTP-Method", "DELETE"),
        ("X-Method-Override", "PURGE"),
        ("X-Forwarded-Host", "evil.example"),
        ("X-Forwarded-Proto", "https"),
        ("X-Host", "evil.example"),
        ("Pragma", "no-cache"),
        ("Cache-Control", "no-cache, max-age=0"),
        ("Cache-Control", "only-if-cached"),
        ("Via", "1.1 evil"),
        ("Surrogate-Capability", "a=\"ESI/1.0\""),
        ("Accept", "application/json"),
        ("Accept", ""),
        ("Upgrade-Insecure-Requests", "1"),
        ("Save-Data", "on"),
        ("DNT", "1"),
        ("Origin", "https://evil.example"),
        ("Authorization", "Basic eDp5"),
        ("X-Haberdash-", "x"),
        ("Haberdash-Experiment", "window=bold"),
    ] {
        add(name, value);
        let bare = path.trim_end_matches('/');
        if !bare.is_empty() {
            others.push(Case::get(Kind::Spoof, name, bare).with(name, value));
        }
    }
    cases.extend(others);
}

fn conditionals(ground: &Ground<'_>, cases: &mut Vec<Case>, path: &str, gated: &[Gated]) {
    let member = gated.iter().map(|(_, cookie, field, value)| {
        format!(
            "{cookie}={}",
            ground.signer.sign(ground.expiry, &[(field, value)])
        )
    });
    let visitors: Vec<String> = std::iter::once(String::new())
        .chain([known(ground).join("; ")])
        .chain(member)
        .collect();
    for visitor in &visitors {
        for tag in [
            Tag::Own,
            Tag::Weak,
            Tag::Other,
            Tag::List,
            Tag::Star,
            Tag::Garbage,
        ] {
            let mut case = Case::get(Kind::Conditional, &format!("{tag:?}"), path);
            if !visitor.is_empty() {
                case.add("Cookie", visitor);
            }
            case.if_none_match = Some(tag);
            let head = case.clone().by("HEAD");
            cases.extend([case, head]);
        }
    }
    for target in ["/nothing/x.css", "/nothing", "/assets/nothing.css"] {
        for tag in [Tag::Star, Tag::Other] {
            let mut case = Case::get(Kind::Conditional, "of what is not there", target);
            case.if_none_match = Some(tag);
            cases.push(case);
        }
    }
    for since in [
        "Mon, 01 Jan 2035 00:00:00 GMT",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Mon, 23 Nov 2026 12:00:00 GMT",
        "yesterday",
        "",
    ] {
        cases.push(Case::get(Kind::Conditional, "since", path).with("If-Modified-Since", since));
    }
}

fn headers(ground: &Ground<'_>, cases: &mut Vec<Case>, path: &str) {
    let mut others = Vec::new();
    let mut add = |name: &str, value: &[u8]| {
        cases.push(Case::get(Kind::Header, name, path).with(name, value));
    };
    for language in ground
        .signals
        .languages
        .iter()
        .map(String::as_str)
        .chain(["en"])
    {
        for text in [
            "{}",
            "{},en",
            "{};q=0.1,en;q=0.9",
            "{}-XX",
            "{}x",
            "x{}",
            "-{}",
            "{}-",
            "{}_XX",
            " {} ",
            ",{}",
            ";{}",
            "*,{}",
            "en,{}",
            "{} ,en",
            "{}\t",
            "q=1,{}",
            "{};{}",
            "\"{}\"",
        ] {
            add("Accept-Language", text.replace("{}", language).as_bytes());
        }
        add("Accept-Language", language.to_ascii_uppercase().as_bytes());
        add("accept-language", language.as_bytes());
        let two = Case::get(Kind::Header, "two Accept-Language", path);
        others.push(
            two.clone()
                .with("Accept-Language", language)
                .with("Accept-Language", "en"),
        );
        others.push(
            two.with("Accept-Language", "en")
                .with("Accept-Language", language),
        );
    }
    for language in [
        &b""[..],
        b"*",
        b",",
        b";",
        b"de\xff",
        b"\xff",
        b"d e",
        b"fr_CA",
        b"FR-ca",
        b"de-DE-1996",
    ] {
        add("Accept-Language", language);
    }
    add("Accept-Language", "de,".repeat(900).as_bytes());
    for host in ground
        .signals
        .referrers
        .iter()
        .map(String::as_str)
        .chain(["elsewhere.example"])
    {
        for text in [
            "https://{}/",
            "http://{}",
            "https://www.{}/a/b?c=d",
            "https://{}:8443/",
            "https://user@{}/",
            "https://user:pw@{}/",
            "https://x{}/",
            "https://{}.evil.example/",
            "https://evil.example/{}",
            "https://evil.example/https://{}/",
            "https://evil.example?{}",
            "https://evil.example#@{}",
            "https://evil.example\\@{}/",
            "https://{}@evil.example/",
            "https://{}\\.evil.example/",
            "https://.{}/",
            "https://{}./",
            "//{}/",
            "{}",
            "{}/",
            "://{}",
            "ftp://{}/",
            "android-app://{}/",
            "https:///{}/",
            "https:/{}/",
            "https://{}?x",
            "https://{}#x",
            " https://{}/ ",
            "https://a b@{}/",
            "https://[::1]/{}",
            "https://%77ww.{}/",
            "https://evil.example:80@{}/",
            "https://{}:80:90/",
            "data:text/html,://{}/",
            "https://a@b@{}/",
        ] {
            add("Referer", text.replace("{}", host).as_bytes());
        }
        add(
            "Referer",
            format!("HTTPS://{}/", host.to_ascii_uppercase()).as_bytes(),
        );
        add("Referrer", format!("https://{host}/").as_bytes());
        others.push(
            Case::get(Kind::Header, "two Referer", path)
                .with("Referer", format!("https://{host}/"))
                .with("Referer", "https://evil.example/"),
        );
    }
    for agent in [
        "",
        "Mobi",
        "mobi",
        "Android",
        "Android Mobi",
        "Mozilla/5.0 (Linux; Android 14) Mobile Safari",
        "Mozilla/5.0 (Linux; Android 14) Safari",
        "iPad",
        "ipad",
        "Tablet",
        "Tablet Mobi",
        "Mozilla/5.0 (X11; Linux x86_64)",
        "Googlebot/2.1 (+http://www.google.com/bot.html)",
        "Mozilla/5.0 (iPhone) Mobile Googlebot",
        "curl/8",
        "Automobil",
        "() { :; }; echo x",
    ] {
        add("User-Agent", agent.as_bytes());
        for hint in ["?1", "?0", "1", " ?1 ", "?1;x", "?1, ?1"] {
            others.push(
                Case::get(Kind::Header, "a hint", path)
                    .with("User-Agent", agent)
                    .with("Sec-CH-UA-Mobile", hint),
            );
        }
    }
    add("User-Agent", b"Mobi\xff\xfe");
    add("User-Agent", b"\xff Mobi");
    add(
        "User-Agent",
        &[b"x".repeat(3000), b"Mobi".to_vec()].concat(),
    );
    add("X-Odd", b"\xff\xfe");
    add("X-Odd", b"a\0b");
    add("X-Odd", b"a\x01b");
    add("X-Long", &b"x".repeat(32 << 10));
    add("Accept-Encoding", b"gzip, br, zstd");
    add("Accept-Encoding", b"identity;q=0");
    add("Accept-Encoding", b"br");
    cases.extend(others);
}

fn paths(ground: &Ground<'_>, cases: &mut Vec<Case>) {
    let pages = ground.shapes();
    let deep = ground
        .routes
        .iter()
        .find(|path| path.matches('/').count() > 2);
    let asset = ground
        .routes
        .iter()
        .find(|path| path.starts_with("/assets/"));
    let mut add = |name: &str, target: Vec<u8>| cases.push(Case::get(Kind::Path, name, target));
    for page in pages.iter().copied().take(3).chain(deep).chain(asset) {
        let inner = page.trim_start_matches('/');
        for (name, text) in [
            ("two slashes before", format!("//{inner}")),
            ("three slashes before", format!("///{inner}")),
            ("two slashes after", format!("{page}/")),
            ("a point before", format!("/./{inner}")),
            ("points before", format!("/../{inner}")),
            ("points after", format!("{page}..")),
            ("points and a slash after", format!("{page}../")),
            ("a point after", format!("{page}.")),
            ("a point and a slash after", format!("{page}./")),
            ("a folder and back", format!("/x/../{inner}")),
            ("a folder and back, escaped", format!("/x/%2e%2e/{inner}")),
            (
                "a folder and back, half escaped",
                format!("/x/.%2E/{inner}"),
            ),
            ("escaped point", format!("/%2e/{inner}")),
            ("escaped slash before", format!("/%2f{inner}")),
            (
                "escaped slash after",
                format!("{}%2F", page.trim_end_matches('/')),
            ),
            (
                "escaped backslash",
                format!("{}%5c", page.trim_end_matches('/')),
            ),
            (
                "backslash after",
                format!("{}\\", page.trim_end_matches('/')),
            ),
            ("backslash before", format!("/\\{inner}")),
            ("escaped question mark", format!("{page}%3fteam=lions")),
            ("escaped number sign", format!("{page}%23x")),
            ("escaped space", format!("{page}%20")),
            ("escaped NUL", format!("{page}%00")),
            ("escaped NUL and an ending", format!("{page}%00.css")),
            ("escaped new line", format!("{page}%0a")),
            ("escaped new lines", format!("{page}%0d%0aX:%20y")),
            ("escaped percent", format!("{page}%25")),
            ("half an escape", format!("{page}%2")),
            ("no escape", format!("{page}%zz")),
            ("escaped beyond ASCII", format!("{page}%c3%a9")),
            ("escaped beyond UTF-8", format!("{page}%ff%fe")),
            ("overlong slash", format!("{page}%c0%af")),
            (
                "parameters",
                format!("{};x=.css", page.trim_end_matches('/')),
            ),
            ("parameters in a folder", format!("{page};x")),
            ("parameters with points", format!("/x/..;/{inner}")),
            ("a star", format!("{page}*")),
            ("a plus", format!("{page}+")),
            ("an at sign", format!("{page}@x/")),
            ("a colon", format!("{page}:x/")),
            ("a comma", format!("{page},x/")),
            ("a dollar", format!("{page}$x")),
            ("an ampersand", format!("{page}&team=lions")),
            ("brackets", format!("{page}[x]")),
            ("braces", format!("{page}{{x}}")),
            ("a quote", format!("{page}\"")),
            ("an apostrophe", format!("{page}'")),
            ("a caret", format!("{page}^")),
            ("a pipe", format!("{page}|x")),
            ("angle brackets", format!("{page}<x>")),
            ("a fragment", format!("{page}#x")),
            ("a space", format!("{page} x")),
            ("a hidden file", format!("{page}.htaccess")),
            ("a tilde", format!("{page}~")),
            ("in another case", page.to_ascii_uppercase()),
            ("8 KB", format!("{page}{}", "a".repeat(8 << 10))),
            ("8 KB of folders", format!("{page}{}", "a/".repeat(4 << 10))),
            ("3 KB", format!("{page}{}", "a".repeat(3 << 10))),
            ("absolute", format!("http://{HOST}{page}")),
            ("absolute, elsewhere", format!("http://evil.example{page}")),
            (
                "the file's folder's file's folder",
                format!("{page}index.html/"),
            ),
            ("capital file", format!("{page}INDEX.HTML")),
        ] {
            add(name, text.into_bytes());
        }
        if let Some(first) = inner.bytes().next() {
            for (name, escape) in [
                ("an escaped letter", format!("%{first:02x}")),
                ("an escaped letter, in capitals", format!("%{first:02X}")),
                ("escaped twice", format!("%25{first:02x}")),
            ] {
                add(name, format!("/{escape}{}", &inner[1..]).into_bytes());
            }
        }
        for odd in [
            &b"\0"[..],
            b"\x01",
            b"\x7f",
            b"\x80",
            b"\xff\xfe",
            b"\xc3\xa9",
            b"\t",
            b"\xe2\x80\xae",
        ] {
            add("odd bytes", [page.as_bytes(), odd].concat());
            add("odd bytes before", [b"/", odd, inner.as_bytes()].concat());
        }
    }
    for text in [
        "",
        "*",
        "x",
        "index.html",
        ".",
        "..",
        "/.",
        "/..",
        "/../",
        "/../../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/..%2f..%2fetc/passwd",
        "/....//",
        "/%",
        "/%%",
        "/~",
        "/~root/",
        "/-/",
        "/_/",
        "/__/",
        "/a~b-c_d.e/",
        "/cgi-bin/x",
        "/server-status",
        "/nginx_status",
        "/.git/config",
        "/.haberdash/pictures/",
        "/_headers",
        "/_redirects",
        "/_worker.js",
        "/_routes.json",
        "/haberdash.yaml",
        "/edge/",
        "/con",
        "/nul.html",
        "/index.html::$DATA",
        "//evil.example/",
        "//evil.example/..",
        "/\\evil.example/",
        "/%5cevil.example/",
        "/%2fevil.example",
        "//evil.example",
        "/http://evil.example/",
        "/a//",
        "//",
        "///",
    ] {
        add("a path", text.as_bytes().to_vec());
    }
}

fn internal(ground: &Ground<'_>, cases: &mut Vec<Case>, gated: &[Gated]) {
    let keys = ground.signer.keys();
    let mut inner: Vec<String> = Vec::new();
    let files: Vec<&String> = ground.manifest.files.keys().collect();
    let secret = files.iter().filter_map(|file| file.strip_prefix("_v/*/"));
    let secret: Vec<&str> = secret.collect();
    let step = (secret.len() / 4).max(1);
    for rest in secret.iter().step_by(step) {
        let label = rest.split('/').next().unwrap();
        inner.push(format!("{}/{rest}", keys.token(label)));
        inner.push(format!("*/{rest}"));
    }
    let open: Vec<&str> = files
        .iter()
        .filter_map(|file| file.strip_prefix("_v/"))
        .filter(|rest| rest.starts_with("open/"))
        .collect();
    let step = (open.len() / 3).max(1);
    inner.extend(open.iter().step_by(step).map(|rest| (*rest).to_owned()));
    inner.extend(["", "open/", "x"].map(str::to_owned));
    let member = gated.first().map(|(_, cookie, field, value)| {
        format!(
            "{cookie}={}",
            ground.signer.sign(ground.expiry, &[(field, value)])
        )
    });
    let some_page = ground
        .routes
        .iter()
        .find(|path| path.ends_with('/') && path.len() > 1);
    let page = some_page.map_or("/about", |path| path.trim_end_matches('/'));
    for rest in &inner {
        let folder = rest.strip_suffix("index.html").unwrap_or(rest);
        let escaped: String = rest.replace('/', "%2f");
        let capital = rest.to_ascii_uppercase();
        let spellings = [
            format!("/_v/{rest}"),
            format!("/_v/{folder}"),
            format!("/_v/{}", folder.trim_end_matches('/')),
            format!("/_v/{rest}/"),
            format!("/_v/{rest}?x=1"),
            format!("//_v/{rest}"),
            format!("///_v/{rest}"),
            format!("/./_v/{rest}"),
            format!("/x/../_v/{rest}"),
            format!("{page}/../_v/{rest}"),
            format!("/x/%2e%2e/_v/{rest}"),
            format!("/x/.%2e/_v/{rest}"),
            format!("/x/%2E./_v/{rest}"),
            format!("{page}/..%2f_v/{rest}"),
            format!("/x/..%2F_v/{rest}"),
            format!("/x/..%5c_v/{rest}"),
            format!("/x/..\\_v/{rest}"),
            format!("/assets/../_v/{rest}"),
            format!("/assets/..%2f_v/{rest}"),
            format!("/assets/%2e%2e%2f_v/{rest}"),
            format!("/%2e/_v/{rest}"),
            format!("/%2f_v/{rest}"),
            format!("/%5f%76/{rest}"),
            format!("/%5Fv/{rest}"),
            format!("/_%76/{rest}"),
            format!("/%255fv/{rest}"),
            format!("/_v%2f{rest}"),
            format!("/_v%2F{escaped}"),
            format!("/_v%5c{rest}"),
            format!("/_v\\{rest}"),
            format!("/\\_v/{rest}"),
            format!("/_V/{rest}"),
            format!("/_V/{capital}"),
            format!("/_v//{rest}"),
            format!("/_v/./{rest}"),
            format!("/_v/x/../{rest}"),
            format!("/_v;x/{rest}"),
            format!("/_v/;x/{rest}"),
            format!("/x/..;/_v/{rest}"),
            format!("/_v%00/{rest}"),
            format!("/_v/{rest}%00"),
            format!("/_v%20/{rest}"),
            format!("/_v./{rest}"),
            format!("/_v::$INDEX_ALLOCATION/{rest}"),
            format!("/%252e%252e/_v/{rest}"),
            format!("/%c0%ae%c0%ae/_v/{rest}"),
            format!("/x/..%c0%af_v/{rest}"),
            format!("/#/../_v/{rest}"),
            format!("/?/../_v/{rest}"),
            format!("/_v/{rest}#x"),
            format!("/ _v/{rest}"),
            format!("/\t_v/{rest}"),
            format!("http://{HOST}/_v/{rest}"),
            format!("http://{HOST}//_v/{rest}"),
            format!("http://_v/{rest}"),
            format!("_v/{rest}"),
            format!("{page}/_v/{rest}"),
            format!("/404.html/../_v/{rest}"),
        ];
        for target in &spellings {
            let case = Case::get(Kind::Internal, "where variants stand", target);
            if let Some(member) = &member {
                cases.push(case.clone().with("Cookie", member));
            }
            cases.push(case);
        }
    }
    for text in [
        "/_haberdash/",
        "/_haberdash",
        "/_haberdash/manifest.json",
        "/_haberdash/routing.json",
        "/_Haberdash/routing.json",
        "/_HABERDASH/manifest.json",
        "/%5fhaberdash/routing.json",
        "//_haberdash/routing.json",
        "/./_haberdash/routing.json",
        "/x/../_haberdash/routing.json",
        "/x/..%2f_haberdash/routing.json",
        "/_haberdash%2frouting.json",
        "/_haberdash/../_haberdash/routing.json",
        "/_haberdash/visitor",
        "/_haberdash/sign-in",
        "/_haberdash/x.css",
        "/_haberdashx/",
        "/_haberdash.json",
        "/_v",
        "/_v.css",
        "/_v.html",
        "/_vx/",
        "/x_v/",
        "/_v-/",
        "/v/",
        "/_/v/",
        "/__v/",
    ] {
        cases.push(Case::get(Kind::Internal, "haberdash's own", text));
    }
    let parts = files.iter().filter(|file| file.starts_with("_haberdash/"));
    for part in parts.take(40) {
        cases.push(Case::get(
            Kind::Internal,
            "where parts stand",
            format!("/{part}"),
        ));
        cases.push(Case::get(
            Kind::Internal,
            "where parts stand",
            format!("//{part}?x"),
        ));
    }
}

fn methods(ground: &Ground<'_>, cases: &mut Vec<Case>) {
    let pages = ground.shapes();
    let targets = pages.iter().take(3).map(|path| (*path).clone());
    let old = ground.table.redirects.keys().next().cloned();
    let others = ["/nothing/", "/_v/open/", "/about", "/..", "/assets/x.css"].map(str::to_owned);
    for target in targets.chain(old).chain(others) {
        for method in [
            "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "TRACE", "PURGE",
            "BAN", "MKCOL", "get", "GETS", "Head", "FOO-BAR",
        ] {
            let mut case = Case::get(Kind::Method, method, &target).by(method);
            if !matches!(method, "HEAD" | "TRACE") {
                case.add("Content-Length", "0");
            }
            cases.push(case);
        }
        let mut case = Case::get(Kind::Method, "POST with a form", &target).by("POST");
        // The body would follow; a client that waits for a word sends none.
        case.add("Content-Length", "0");
        case.add("Content-Type", "application/x-www-form-urlencoded");
        case.add("X-HTTP-Method-Override", "GET");
        cases.push(case);
    }
}
