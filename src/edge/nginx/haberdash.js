// Signed cookies, and folders that only the key tells. Made by haberdash.
//
// A cookie is v1.<key id>.<expiry>.<field>.<value>[.<field>.<value>...].<mac>. One that does not
// hold proves nothing and is no error. Secrets come from the environment and are never written.

import crypto from 'crypto';

const SITE = "SITE";

// The first signs, all verify.
const KEYS = [
    // KEYS
];

const COOKIE = /^(v1\.([a-z0-9_-]+)\.([0-9]{1,12})((?:\.[a-z0-9_-]+\.[a-z0-9_-]+)+))\.([0-9a-f]{64})$/;

function mac(secret, message) {
    return crypto.createHmac('sha256', secret).update(message).digest('hex');
}

// In constant time, so that answers tell nothing about how much of a forged text is right.
function isSame(a, b) {
    let difference = a.length ^ b.length;
    for (let i = 0; i < a.length; i++) {
        difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
    }
    return difference === 0;
}

// The fields of a cookie (`=` and its value) as `.field.value`, if its signature holds.
function proven(cookie) {
    if (!cookie || cookie.length > 1 + 1024 || !KEYS[0].secret) {
        return '';
    }
    const parts = COOKIE.exec(cookie.slice(1));
    if (!parts || Number(parts[3]) <= Math.floor(Date.now() / 1000)) {
        return '';
    }
    const key = KEYS.filter(k => k.secret && k.id === parts[2])[0];
    if (!key || !isSame(mac(key.secret, SITE + '.' + parts[1]), parts[5])) {
        return '';
    }
    return parts[4];
}

// PROOFS
// The folder of a gated variant.
function tokenOf(label) {
    const secret = KEYS[0].secret;
    if (!secret) {
        return '';
    }
    return mac(secret, SITE + '.variant.' + label).slice(0, 32);
}

function token(r) {
    return tokenOf(r.variables.haberdash_label);
}

export default { token: token/* NAMES */ };
