if (var.get("COOKIE") ~ PATTERN && blob.length(KEY.get()) > 0) {
    if (digest.hmac_sha256(KEY.encode(IDENTITY), digest.hmac_sha256(KEY.encode(IDENTITY),
            MESSAGE + regsub(var.get("COOKIE"), "^=(.*)\.[^.]*$", "\1")))
        == digest.hmac_sha256(KEY.encode(IDENTITY), "0x" + regsub(var.get("COOKIE"), "^.*\.", ""))) {
        var.set("PROOF", regsub(var.get("COOKIE"), "^=v1\.[^.]+\.[0-9]+(\..*)\.[^.]*$", "\1"));
    }
}
