-- Which visitor gets which file. Made by haberdash; the next build makes it anew.
--
-- Apache asks `answer` before it does anything of its own with a request, and everything is
-- answered here: no folder, index, redirect or negotiation of Apache's ever comes in between.

local SITE =
--TABLE

local LONGEST_COOKIES = 8192
local LONGEST_PROOF = 1024

-- Bits of 32-bit numbers: the language's own where it has them, else by halves of bytes.
local native = (loadstring or load)([[
    return function(a, b) return a ~ b end,
           function(a, b) return a & b end,
           function(a, n) return ((a >> n) | (a << (32 - n))) & 0xffffffff end,
           function(a, n) return a >> n end]])
local bxor, band, rotate, shift
if native then
    bxor, band, rotate, shift = native()
else
    local xors, ands = {}, {}
    for a = 0, 15 do
        for b = 0, 15 do
            local x, y, p, q, bit = 0, 0, a, b, 1
            for _ = 1, 4 do
                local m, n = p % 2, q % 2
                if m ~= n then x = x + bit end
                if m == 1 and n == 1 then y = y + bit end
                p, q, bit = (p - m) / 2, (q - n) / 2, bit * 2
            end
            xors[a * 16 + b], ands[a * 16 + b] = x, y
        end
    end
    local function by(halves)
        return function(a, b)
            local sum, unit = 0, 1
            for _ = 1, 8 do
                local m, n = a % 16, b % 16
                sum = sum + halves[m * 16 + n] * unit
                a, b, unit = (a - m) / 16, (b - n) / 16, unit * 16
            end
            return sum
        end
    end
    bxor, band = by(xors), by(ands)
    shift = function(a, n) return math.floor(a / 2 ^ n) end
    rotate = function(a, n)
        local low = a % 2 ^ n
        return (a - low) / 2 ^ n + low * 2 ^ (32 - n)
    end
end

-- SHA-256 (FIPS 180-4). Its constants are digits of roots of the first primes.
local K, START = {}, {}
do
    local function digits(root)
        return math.floor((root - math.floor(root)) * 4294967296)
    end
    local function cube(prime)
        local root = prime ^ (1 / 3)
        -- One step of Newton's, since powers are not exact to the last bit everywhere.
        return root - (root * root * root - prime) / (3 * root * root)
    end
    local candidate = 2
    while #K < 64 do
        local is_prime = true
        for divisor = 2, candidate - 1 do
            if candidate % divisor == 0 then is_prime = false break end
        end
        if is_prime then
            K[#K + 1] = digits(cube(candidate))
            if #START < 8 then START[#START + 1] = digits(math.sqrt(candidate)) end
        end
        candidate = candidate + 1
    end
end

local function bytes_of(number)
    local a, b, c = shift(number, 24), shift(number, 16) % 256, shift(number, 8) % 256
    return string.char(a, b, c, number % 256)
end

local function sha256(text)
    local size = #text
    text = text .. "\128" .. string.rep("\0", (55 - size) % 64 + 4) .. bytes_of(size * 8)
    local h = { (unpack or table.unpack)(START) }
    local w = {}
    for at = 1, #text, 64 do
        for i = 1, 16 do
            local a, b, c, d = string.byte(text, at + i * 4 - 4, at + i * 4 - 1)
            w[i] = ((a * 256 + b) * 256 + c) * 256 + d
        end
        for i = 17, 64 do
            local x, y = w[i - 15], w[i - 2]
            local s = bxor(bxor(rotate(x, 7), rotate(x, 18)), shift(x, 3))
            local t = bxor(bxor(rotate(y, 17), rotate(y, 19)), shift(y, 10))
            w[i] = (w[i - 16] + s + w[i - 7] + t) % 4294967296
        end
        local a, b, c, d, e, f, g, i = h[1], h[2], h[3], h[4], h[5], h[6], h[7], h[8]
        for n = 1, 64 do
            local s = bxor(bxor(rotate(e, 6), rotate(e, 11)), rotate(e, 25))
            local choice = bxor(g, band(e, bxor(f, g)))
            local t = i + s + choice + K[n] + w[n]
            local u = bxor(bxor(rotate(a, 2), rotate(a, 13)), rotate(a, 22))
            local majority = bxor(band(a, bxor(b, c)), band(b, c))
            i, g, f, e = g, f, e, (d + t) % 4294967296
            d, c, b, a = c, b, a, (t + u + majority) % 4294967296
        end
        local sums = { a, b, c, d, e, f, g, i }
        for n = 1, 8 do h[n] = (h[n] + sums[n]) % 4294967296 end
    end
    local out = {}
    for n = 1, 8 do out[n] = bytes_of(h[n]) end
    return table.concat(out)
end

local function mac(secret, message)
    if #secret > 64 then secret = sha256(secret) end
    secret = secret .. string.rep("\0", 64 - #secret)
    local function pad(byte)
        return (string.gsub(secret, ".", function(c) return string.char(bxor(string.byte(c), byte)) end))
    end
    local inner = sha256(pad(0x36) .. message)
    local digest = sha256(pad(0x5c) .. inner)
    return (string.gsub(digest, ".", function(c) return string.format("%02x", string.byte(c)) end))
end

-- In constant time, so that answers tell nothing about how much of a forged text is right.
local function is_same(a, b)
    local difference = 0
    for i = 1, #a do
        difference = difference + bxor(string.byte(a, i), string.byte(b, i) or 0)
    end
    return difference == 0 and #a == #b
end

-- The first signs, all verify. Secrets come from the environment and are never written.
local keys = {}
for _, key in ipairs(SITE.secrets) do
    local secret = os.getenv(key.env)
    if secret and secret ~= "" then keys[#keys + 1] = { id = key.id, secret = secret } end
end
local signing = SITE.secrets[1] and os.getenv(SITE.secrets[1].env)
if signing == "" then signing = nil end

local function trim(text)
    return (string.gsub(string.gsub(text, "^[\t\n\f\r ]+", ""), "[\t\n\f\r ]+$", ""))
end

-- Parts between separators; of an empty text, one empty part.
local function split(text, separator)
    local parts, from = {}, 1
    while true do
        local at = string.find(text, separator, from, true)
        parts[#parts + 1] = string.sub(text, from, (at or 0) - 1)
        if not at then return parts end
        from = at + 1
    end
end

-- Values by name; `false` for a name that occurs more than once.
local function once(pairs_, tidy)
    local found = {}
    for _, pair in ipairs(pairs_) do
        local at = string.find(tidy(pair), "=", 1, true)
        if at then
            local name, value = string.sub(tidy(pair), 1, at - 1), string.sub(tidy(pair), at + 1)
            if found[name] == nil then found[name] = value else found[name] = false end
        end
    end
    return found
end

local function as_it_is(text) return text end

-- What a request tells of its visitor, each thing when it is asked for.
local Visitor = {}
Visitor.__index = Visitor

function Visitor:header(name)
    return self.request.headers_in[name]
end

function Visitor:cookie(name)
    if not self.cookies then
        local line = self:header("Cookie") or ""
        if #line > LONGEST_COOKIES then line = "" end
        self.cookies = once(split(line, ";"), trim)
    end
    return self.cookies[name] or nil
end

function Visitor:parameter(name)
    if not self.parameters then self.parameters = once(split(self.query, "&"), as_it_is) end
    return self.parameters[name] or nil
end

-- The value of a field of a cookie that proves something: not expired, not forged, of this site.
function Visitor:proven(name, field)
    local cookie = self:cookie(name)
    if not cookie or not signing or #cookie > LONGEST_PROOF then return nil end
    local payload, given = string.match(cookie, "^(.*)%.([^.]*)$")
    if not payload or #given ~= 64 or string.find(given, "[^0-9a-f]") then return nil end
    local parts = split(payload, ".")
    if parts[1] ~= "v1" or #parts < 5 or #parts % 2 == 0 then return nil end
    for _, part in ipairs(parts) do
        if not string.find(part, "^[a-z0-9_-]+$") then return nil end
    end
    if not string.find(parts[3], "^[0-9]+$") or #parts[3] > 12 then return nil end
    if tonumber(parts[3]) <= self.now then return nil end
    for _, key in ipairs(keys) do
        if key.id == parts[2] then
            if not is_same(mac(key.secret, SITE.site .. "." .. payload), given) then return nil end
            local value
            for i = 4, #parts, 2 do
                if parts[i] == field then
                    -- A field that is there twice proves neither value.
                    if value then return nil end
                    value = parts[i + 1]
                end
            end
            return value
        end
    end
    return nil
end

function Visitor:device()
    local agent = self:header("User-Agent") or ""
    local function says(word) return string.find(agent, word, 1, true) ~= nil end
    local is_mobile = self:header("Sec-CH-UA-Mobile") == "?1"
    if says("iPad") or says("Tablet") or (says("Android") and not says("Mobi") and not is_mobile) then
        return "tablet"
    end
    return (is_mobile or says("Mobi")) and "phone" or "desktop"
end

function Visitor:referring_host()
    local url = self:header("Referer") or ""
    local _, at = string.find(url, "://", 1, true)
    if not at then return "" end
    local host = string.match(string.sub(url, at + 1), "^[^/?#\\]*")
    host = string.match(host, "[^@]*$")
    return string.lower(string.match(host, "^[^:]*"))
end

function Visitor:bucket(slice)
    local id = self:cookie("hb_id")
    if not id or #id ~= 32 or string.find(id, "[^0-9a-f]") or slice > 9 then return nil end
    return tonumber(string.sub(id, slice * 3 + 1, slice * 3 + 3), 16)
end

local function matches(wanted, value)
    if wanted == "present" then return value ~= nil end
    for _, one in ipairs(wanted["one-of"]) do
        if one == value then return true end
    end
    return false
end

-- Whether a text ends, or begins, with a part.
local function ends(text, part) return part == "" or string.sub(text, -#part) == part end
local function begins(text, part) return string.sub(text, 1, #part) == part end

local tests = {
    cookie = function(visitor, test) return matches(test.value, visitor:cookie(test.name)) end,
    ["signed-cookie"] = function(visitor, test)
        return matches(test.value, visitor:proven(test.name, test.field))
    end,
    query = function(visitor, test) return matches(test.value, visitor:parameter(test.name)) end,
    country = function(visitor, test)
        local country = string.upper(visitor.request.subprocess_env["HABERDASH_COUNTRY"] or "")
        for _, one in ipairs(test) do
            if string.upper(one) == country then return true end
        end
        return false
    end,
    language = function(visitor, test)
        local first = string.match(visitor:header("Accept-Language") or "", "^[^,;]*")
        first = string.lower(trim(first))
        for _, one in ipairs(test) do
            local rest = string.sub(first, #one + 1)
            if begins(first, one) and (rest == "" or begins(rest, "-")) then return true end
        end
        return false
    end,
    device = function(visitor, test)
        local device = visitor:device()
        for _, one in ipairs(test) do
            if one == device then return true end
        end
        return false
    end,
    referrer = function(visitor, test)
        local host = visitor:referring_host()
        for _, one in ipairs(test) do
            local rest = string.sub(host, 1, math.max(#host - #one, 0))
            if ends(host, one) and (rest == "" or ends(rest, ".")) then return true end
        end
        return false
    end,
    time = function(visitor, test)
        return (not test.from or visitor.now >= test.from)
            and (not test["until"] or visitor.now < test["until"])
    end,
    bucket = function(visitor, test)
        local bucket = visitor:bucket(test.slice)
        return bucket ~= nil and bucket >= test.from and bucket < test["until"]
    end,
}

function Visitor:holds(predicate)
    if predicate.all then
        for _, inner in ipairs(predicate.all) do
            if not self:holds(inner) then return false end
        end
        return true
    elseif predicate.any then
        for _, inner in ipairs(predicate.any) do
            if self:holds(inner) then return true end
        end
        return false
    elseif predicate["not"] then
        return not self:holds(predicate["not"])
    end
    local kind, test = next(predicate.signal)
    return tests[kind](self, test)
end

function Visitor:may_tell(facet)
    if not facet.consent then return true end
    if self:header("Sec-GPC") == "1" then return false end
    for _, purpose in ipairs(split(self:cookie("hb_consent") or "", ".")) do
        if purpose == facet.consent and self:cookie("hb_consent") then return true end
    end
    return false
end

-- The segment of a facet, by place from 0.
function Visitor:segment(place)
    if not self.segments[place] then
        local facet = SITE.facets[place + 1]
        local segment = facet.default
        if self:may_tell(facet) then
            for _, rule in ipairs(facet.rules) do
                if self:holds(rule.when) then segment = rule.segment break end
            end
        end
        self.segments[place] = segment
    end
    return self.segments[place]
end

function Visitor:slot(at)
    while at >= 0 do
        local node = SITE.nodes[at + 1]
        at = node.to[self:segment(node.facet) + 1]
    end
    return SITE.slots[-at]
end

-- The experiments that a page can show and the visitor takes part in.
function Visitor:exposure(policy)
    local shown = {}
    for _, place in ipairs(policy.experiments or {}) do
        local facet = SITE.facets[place + 1]
        if facet.experiment and self:may_tell(facet) and self:bucket(facet.experiment) then
            shown[#shown + 1] = facet.id .. "=" .. facet.segments[self:segment(place) + 1]
        end
    end
    return table.concat(shown, ", ")
end

-- Never deny: only these paths can exist, and each as it came, with nothing decoded.
local function is_canonical(path)
    if path == "/" then return true end
    if not begins(path, "/") then return false end
    local parts = split(string.sub(path, 2), "/")
    local own = string.lower(parts[1])
    if own == "_v" or own == "_haberdash" then return false end
    if parts[#parts] == "" then parts[#parts] = nil end
    for _, part in ipairs(parts) do
        if not string.find(part, "^[A-Za-z0-9_~-][A-Za-z0-9._~-]*$") then return false end
    end
    return #parts > 0
end

local function redirect_of(path)
    if SITE.redirects[path] then return SITE.redirects[path] end
    local folder, name = string.match(path, "^(.*)/([^/]*)$")
    if name == "index.html" then return folder .. "/" end
    if name == "" or string.find(name, ".", 1, true) or SITE.files[path] then return nil end
    return SITE.redirects[path .. "/"] or path .. "/"
end

local function root_of(path)
    if SITE.exact[path] then return SITE.exact[path] end
    local prefix = path
    while true do
        prefix = string.match(prefix, "^.*/")
        if not prefix then return 0 end
        if SITE.prefixes[prefix] then return SITE.prefixes[prefix] end
        prefix = string.sub(prefix, 1, -2)
    end
end

local function media_type(path)
    local name = string.match(path, "[^/]*$")
    local extension = string.match(name, "%.([^.]*)$")
    return extension and SITE.types[string.lower(extension)] or "application/octet-stream"
end

local function cache_control(steps, now)
    local value
    for _, step in ipairs(steps) do
        if now >= step[1] then value = step[2] end
    end
    return value
end

-- Whether `If-None-Match` names the tag. Comparison is weak, as RFC 9110 says.
local function knows(header, tag)
    if trim(header) == "*" then return true end
    for _, one in ipairs(split(header, ",")) do
        if string.gsub(trim(one), "^W/", "") == tag then return true end
    end
    return false
end

local function without_body(r, status)
    r.status = status
    r.headers_out["Content-Length"] = status ~= 304 and "0" or nil
    return apache2.OK
end

local function file_of(path)
    return ends(path, "/") and path .. "index.html" or path
end

-- A regular file and what is known of it.
local function stat(r, file)
    local known = r:stat(r.document_root .. file)
    return known and known.filetype == 1 and known or nil
end

local function serve(r, visitor, path)
    local is_found = path ~= nil
    local root = SITE.roots[(is_found and root_of(path) or SITE["not-found"]) + 1]
    local policy = SITE.policies[root.policy + 1]
    local slot = visitor:slot(root.at)
    local page = file_of(path or "/404.html")
    local file = page
    if slot.label ~= "" then
        local token = "open"
        if slot.gated then
            if not signing then return without_body(r, 404) end
            token = string.sub(mac(signing, SITE.site .. ".variant." .. slot.label), 1, 32)
        end
        file = "/_v/" .. token .. "/" .. slot.label .. page
    end
    local known = stat(r, file)
    if not known then return without_body(r, 404) end
    local headers = r.headers_out
    if policy.vary then headers["Vary"] = table.concat(policy.vary, ", ") end
    headers["Cache-Control"] = cache_control(is_found and policy.found or policy.missing, visitor.now)
    local exposure = visitor:exposure(policy)
    if exposure ~= "" then headers["Haberdash-Experiment"] = exposure end
    if is_found then
        -- Times of files are made of their content, so that no two variants share a tag.
        local tag = string.format('"%x-%x"', math.floor(known.mtime / 1000000), known.size)
        headers["ETag"] = tag
        local given = visitor:header("If-None-Match")
        if given and knows(given, tag) then return without_body(r, 304) end
    end
    r.status = is_found and 200 or 404
    r.content_type = media_type(page)
    headers["Content-Length"] = string.format("%d", known.size)
    if r.method ~= "HEAD" then r:sendfile(r.document_root .. file) end
    return apache2.OK
end

function answer(r)
    if r.method ~= "GET" and r.method ~= "HEAD" then
        r.headers_out["Allow"] = "GET, HEAD"
        r.headers_out["Cache-Control"] = "no-store"
        return without_body(r, 405)
    end
    local target = string.gsub(r.unparsed_uri, "^[hH][tT][tT][pP][sS]?://[^/?]*", "")
    local path, mark, query = string.match(target, "^([^?]*)(%??)(.*)$")
    local visitor = setmetatable({ request = r, query = query, now = os.time(), segments = {} }, Visitor)
    if not is_canonical(path) then return serve(r, visitor, nil) end
    local to = redirect_of(path)
    if to then
        -- A query that could break out of the header is left behind.
        if query == "" or string.find(query, "[^!-~]") then mark, query = "", "" end
        r.headers_out["Location"] = to .. mark .. query
        r.headers_out["Cache-Control"] = SITE["redirect-cache"]
        return without_body(r, 301)
    end
    local is_there = path ~= "/404.html" and stat(r, file_of(path)) ~= nil
    return serve(r, visitor, is_there and path or nil)
end
