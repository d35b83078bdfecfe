//! Signing keys from the environment.

use crate::{
    diagnostic::{Code, Diagnostic, Diagnostics},
    model::Store,
    routing::{Key, Keys},
};

/// The shortest secret that is safe, in bytes: that of the hash.
const SHORTEST: usize = 32;

/// The keys that the configuration names; the development key, with a warning, where the
/// environment has none and some facet is read from a signed cookie.
pub(super) fn keys(store: &Store, diagnostics: &mut Diagnostics) -> Keys {
    let config = &store.config;
    let mut keys = Vec::new();
    let mut is_first_set = false;
    for (place, key) in config.keys.iter().enumerate() {
        let Some(secret) = std::env::var_os(&key.env).filter(|secret| !secret.is_empty()) else {
            continue;
        };
        let secret = secret.into_encoded_bytes();
        if secret.len() < SHORTEST {
            diagnostics.push(
                Diagnostic::project(
                    Code::WeakKey,
                    format!(
                        "the key in `{}` has {} bytes; at least {SHORTEST} are safe",
                        key.env,
                        secret.len()
                    ),
                )
                .hint("make one with `openssl rand -hex 32`"),
            );
        }
        is_first_set |= place == 0;
        keys.push(Key {
            id: key.id.clone(),
            secret,
        });
    }
    if is_first_set {
        return Keys::new(&config.site, keys);
    }
    if needs_key(store) {
        let missing = match config.keys.first() {
            Some(key) => format!("`{}` is not set", key.env),
            None => "haberdash.yaml names no key under `keys`".to_owned(),
        };
        diagnostics.push(Diagnostic::project(
            Code::DevelopmentKey,
            format!(
                "{missing}: signed cookies use the development key, which must not be deployed"
            ),
        ));
    }
    Keys::development(&config.site, config.keys.first().map(|key| key.id.as_str()))
}

fn needs_key(store: &Store) -> bool {
    let mut is_signed = false;
    for rule in store.facets.facets.iter().flat_map(|facet| &facet.rules) {
        rule.when.each_signal(&mut |signal| {
            is_signed |= matches!(signal, crate::model::Signal::SignedCookie { .. });
        });
    }
    is_signed
}
