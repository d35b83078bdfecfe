if (var.get("COOKIE") !~ "^=v1\.[a-z0-9_-]+\.[0-9]{1,12}(?:\.[a-z0-9_-]+\.[a-z0-9_-]+)+\.[0-9a-f]{64}$"
    || var.get("COOKIE") ~ "^.{1026}") {
    return;
}
if (std.real(regsub(var.get("COOKIE"), "^=v1\.[^.]+\.([0-9]+)\..*$", "\1"), 0.0) <= std.real(var.get("now"), 0.0)) {
    return;
}
# Signatures are signed once more before they are compared: how long that takes tells nothing.
# KEYS
