
# The site's files, served as they are; see origin.conf.
backend origin {
    .host = "127.0.0.1";
    .port = "ORIGIN_PORT";
}

# Who may purge, on the socket that is named `purge` and on no other.
acl purgers {
    "127.0.0.1";
    "::1";
}

sub vcl_recv {
    # PARTS {
    # The region's variant is not there: what everyone gets.
    if (req.restarts > 0 && req.esi_level > 0) {
        set req.url = regsub(req.url, "^/_v/[^/]+/[^/]+", "");
        return (hash);
    }
    # PARTS }
    # The decided file is not there.
    if (req.restarts > 0) {
        call haberdash_missing;
        return (MISSING);
    }
    if (req.method == "PURGE" && local.socket == "purge" && client.ip ~ purgers && req.http.xkey-purge) {
        if (xkey.purge(req.http.xkey-purge) == 0) {
            return (synth(200, "Nothing to purge"));
        }
        return (synth(200, "Purged"));
    }
    if (req.method != "GET" && req.method != "HEAD") {
        return (synth(405, "Method Not Allowed"));
    }
    # Lines of one name are one header. Tags are compared; times are not, since variants share them.
    std.collect(req.http.Cookie, "; ");
    std.collect(req.http.Accept-Language);
    std.collect(req.http.If-None-Match);
    std.collect(req.http.Referer);
    std.collect(req.http.Sec-CH-UA-Mobile);
    std.collect(req.http.Sec-GPC);
    std.collect(req.http.User-Agent);
    unset req.http.If-Modified-Since;
    # So many cookies are as good as none.
    if (req.http.Cookie ~ "^.{LONGEST_COOKIES}") {
        unset req.http.Cookie;
    }
    # PARTS {
    if (req.esi_level > 0) {
        # A region, for the visitor who gets the page, and at the page's time.
        var.set("query", req_top.http.Haberdash-Query);
        var.set("now", req_top.http.Haberdash-Now);
        call haberdash_region;
        call haberdash_file;
        return (hash);
    }
    # PARTS }
    var.set("now", std.time2real(now, 0.0));
    if (req.url ~ "\?") {
        var.set("query", regsub(req.url, "^[^?]*\?", ""));
    }
    # PARTS {
    set req.http.Haberdash-Now = var.get("now");
    set req.http.Haberdash-Query = var.get("query");
    # PARTS }
    # An allow-list: what can exist. Everything else is not even looked for.
    if (req.url !~ "CANONICAL") {
        call haberdash_missing;
        return (MISSING);
    }
    set req.url = regsub(req.url, "\?.*$", "");
    call haberdash_redirect;
    if (var.get("to")) {
        # A query that could break out of the header is left behind.
        if (var.get("query") ~ "^[!-~]+$") {
            var.set("to", var.get("to") + "?" + var.get("query"));
        }
        return (synth(301, "Moved Permanently"));
    }
    # No file has a longer name, and the page for what does not exist is not to be had by its own.
    if (req.url == "/404.html" || req.url ~ "^.{LONGEST_PATH}") {
        call haberdash_missing;
        return (MISSING);
    }
    call haberdash_route;
    call haberdash_file;
    return (hash);
}

# The page for what does not exist, in the visitor's variant.
sub haberdash_missing {
    var.set("missing", "yes");
    var.set("experiments", "");
    var.set("folder", "");
    var.set("gated", "");
    # PARTS {
    var.set("skeleton", "");
    # PARTS }
    set req.url = "/404.html";
    call haberdash_not_found;
    call haberdash_file;
}

# The file of the decided variant. It is what the cache goes by.
sub haberdash_file {
    # TOKEN
    if (req.url ~ "/$") {
        set req.url = req.url + "index.html";
    }
    # PARTS {
    if (var.get("skeleton") ~ ".") {
        set req.url = "/_haberdash/esi/page" + req.url;
    }
    # PARTS }
    if (var.get("folder") ~ ".") {
        set req.url = var.get("folder") + req.url;
    }
}

sub vcl_hash {
    hash_data(req.url);
    return (lookup);
}

sub vcl_backend_fetch {
    # The file depends on its name alone. The origin need not know who asks.
    set bereq.http.Host = "HOST";
    unset bereq.http.Accept-Language;
    unset bereq.http.Authorization;
    unset bereq.http.Cookie;
    # PARTS {
    unset bereq.http.Haberdash-Now;
    unset bereq.http.Haberdash-Query;
    # PARTS }
    unset bereq.http.Referer;
    unset bereq.http.User-Agent;
    unset bereq.http.X-Forwarded-For;
    unset bereq.body;
    return (fetch);
}

sub vcl_backend_response {
    unset beresp.http.Last-Modified;
    unset beresp.http.Set-Cookie;
    unset beresp.http.Vary;
    if (beresp.status == 200) {
        # A deployment purges what it replaces.
        set beresp.ttl = 1d;
        set beresp.grace = 1h;
        # PARTS {
        if (bereq.url ~ "^(?:/_v/[^/]+/[^/]+)?/_haberdash/esi/") {
            set beresp.do_esi = true;
        }
        # PARTS }
        return (deliver);
    }
    if (beresp.status == 404) {
        # Names can be made up without end; they must not fill the cache.
        set beresp.ttl = 30s;
        set beresp.grace = 0s;
        return (deliver);
    }
    # What was good stays while the origin is ill.
    if (bereq.is_bgfetch) {
        return (abandon);
    }
    set beresp.ttl = 0s;
    set beresp.uncacheable = true;
    return (deliver);
}

sub vcl_deliver {
    # PARTS {
    if (req.esi_level > 0) {
        if (resp.status == 200) {
            return (deliver);
        }
        if (req.restarts == 0) {
            return (restart);
        }
        # No error page belongs inside a page.
        return (synth(200, "No such region"));
    }
    # PARTS }
    if (resp.status == 404 && !var.get("missing")) {
        return (restart);
    }
    unset resp.http.Age;
    unset resp.http.Via;
    unset resp.http.X-Varnish;
    unset resp.http.xkey;
    if (resp.status != 200 && resp.status != 206 && resp.status != 304) {
        set resp.http.Cache-Control = "no-store";
        return (deliver);
    }
    if (var.get("missing")) {
        # There is nothing to compare with at a path that does not exist.
        set resp.status = 404;
        set resp.reason = "Not Found";
        unset resp.http.ETag;
    }
    # PARTS {
    if (var.get("skeleton") ~ ".") {
        # What is put together has no tag of its own.
        unset resp.http.ETag;
        unset resp.http.Accept-Ranges;
        if (req.http.If-None-Match ~ "^\*$" && !var.get("missing")) {
            return (synth(304, "Not Modified"));
        }
    }
    # PARTS }
    # Varnish compares one tag alone, so lists are searched here. Commas around make it exact.
    if (req.http.If-None-Match !~ "^\*$"
        && !str.contains("," + regsuball(regsuball(req.http.If-None-Match, "[\t ]*,[\t ]*", ","), "(^|,)W/", "\1") + ",",
            "," + resp.http.ETag + ",")) {
        unset req.http.If-None-Match;
    }
    elseif (resp.http.ETag) {
        set req.http.If-None-Match = resp.http.ETag;
    }
    call haberdash_headers;
    return (deliver);
}

sub haberdash_headers {
    set resp.http.Cache-Control = var.get("cache-control");
    if (var.get("vary") ~ ".") {
        set resp.http.Vary = var.get("vary");
    }
    if (var.get("experiments") ~ "^, ") {
        set resp.http.Haberdash-Experiment = regsub(var.get("experiments"), "^, ", "");
    }
}

sub vcl_synth {
    # PARTS {
    if (req.esi_level > 0) {
        synthetic("");
        return (deliver);
    }
    # PARTS }
    unset resp.http.Server;
    unset resp.http.X-Varnish;
    if (resp.status == 301) {
        set resp.http.Location = var.get("to");
        set resp.http.Cache-Control = "REDIRECT_CACHE";
        return (deliver);
    }
    if (resp.status == 404) {
        return (deliver);
    }
    # PARTS {
    if (resp.status == 304) {
        call haberdash_headers;
        return (deliver);
    }
    # PARTS }
    set resp.http.Cache-Control = "no-store";
    set resp.http.Content-Type = "text/plain; charset=utf-8";
    if (resp.status == 405) {
        set resp.http.Allow = "GET, HEAD";
    }
    synthetic(resp.reason + {"
"});
    return (deliver);
}

sub vcl_backend_error {
    if (bereq.is_bgfetch) {
        return (abandon);
    }
    set beresp.http.Content-Type = "text/plain; charset=utf-8";
    set beresp.http.Retry-After = "5";
    set beresp.ttl = 0s;
    set beresp.uncacheable = true;
    synthetic({"The site is not to be had at the moment.
"});
    return (deliver);
}
