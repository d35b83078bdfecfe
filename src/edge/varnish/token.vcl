    # Gated variants stand under names that only the first key tells.
    if (var.get("gated") ~ "." && blob.length(FIRST_KEY.get()) > 0) {
        var.set("folder", "/_v/" + regsub(digest.hmac_sha256(FIRST_KEY.encode(IDENTITY), "SITE_VARIANT" + var.get("gated")),
            "^0x(.{32}).*$", "\1") + "/" + var.get("gated"));
    }
