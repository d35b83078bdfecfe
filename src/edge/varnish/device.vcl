
# Class of device: the client's hint, then its name.
sub haberdash_device {
    if (req.http.User-Agent ~ "iPad|Tablet"
        || (req.http.User-Agent ~ "Android" && req.http.User-Agent !~ "Mobi" && req.http.Sec-CH-UA-Mobile != "?1")) {
        var.set("device", "tablet");
    }
    elseif (req.http.Sec-CH-UA-Mobile == "?1" || req.http.User-Agent ~ "Mobi") {
        var.set("device", "phone");
    }
    else {
        var.set("device", "desktop");
    }
}
