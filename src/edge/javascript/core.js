// Who gets which file. Made by haberdash from the routing table; do not edit.
//
// `decide` takes a request { method, path, query, country, now, header(name) } and a function
// hmac(keyId, message, then) that gives HMAC-SHA256 in lower-case hexadecimal, and hands on
//   { status, file, headers }   file: where the answer's body is; absent for 301 and 405.
// Where that file does not exist, `decideMissing` gives the page that says so.
//
// Plain ES5: it runs on every edge that runs JavaScript.

function decide(request, hmac, then) {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return then({ status: 405, headers: { allow: 'GET, HEAD', 'cache-control': 'no-store' } });
  }
  var path = request.path;
  // An allow-list: no empty parts, none that begins with a point, nothing escaped.
  if (!/^\/([\w~-][\w.~-]*\/)*([\w~-][\w.~-]*)?$/.test(path) || /^\/_(v|haberdash)(\/|$)/i.test(path)) {
    return decideMissing(request, hmac, then);
  }
  var to = redirect(path);
  if (to) {
    var query = /^[!-~]+$/.test(request.query) ? '?' + request.query : '';
    return then({ status: 301, headers: { location: to + query, 'cache-control': REDIRECT_CACHE } });
  }
  if (path === '/404.html') return decideMissing(request, hmac, then);
  choose(request, ROOTS[rootOf(path)], path, 200, hmac, then);
}

function decideMissing(request, hmac, then) {
  choose(request, ROOTS[NOT_FOUND], '/404.html', 404, hmac, then);
}

// Old paths, folders without their slash, and index files lead to the page.
function redirect(path) {
  if (own(REDIRECTS, path)) return REDIRECTS[path];
  var at = path.lastIndexOf('/') + 1, name = path.slice(at);
  if (name === 'index.html') return path.slice(0, at);
  if (!name || name.indexOf('.') >= 0 || FILES.indexOf(path) >= 0) return '';
  path += '/';
  return own(REDIRECTS, path) ? REDIRECTS[path] : path;
}

// The longest prefix holds, unless the path itself is listed. `*` stands for the rest of a folder.
function rootOf(path) {
  var above = parent(path), names = PATHS[above] || {}, name = path.slice(above.length);
  if (own(names, name)) return names[name];
  for (var folder = path.slice(-1) === '/' ? path : above; folder; folder = parent(folder)) {
    if (PATHS[folder] && PATHS[folder]['*'] >= 0) return PATHS[folder]['*'];
  }
  return 0;
}

// The folder in which a file or folder is; of the root, none.
function parent(path) {
  return path.slice(0, path.slice(0, -1).lastIndexOf('/') + 1);
}

// Walks the root's diagram; the arcs taken spell the name of the variant.
function choose(request, root, path, status, hmac, then) {
  var policy = POLICIES[root[1]];
  // A cookie header that is too long is as good as none.
  var cookies = request.header('cookie') || '';
  var visitor = {
    request: request,
    cookies: once(cookies.length > 8192 ? '' : cookies, ';', trim),
    query: once(request.query, '&', String),
    proven: {}
  };
  prove(visitor, policy.isSigned ? SIGNED : [], hmac, function () {
    var parts = [], node = root[0];
    while (node) {
      var arcs = NODES[node], facet = FACETS[arcs[0]], segment = segmentOf(visitor, facet);
      var arc = arcOf(arcs, segment);
      if (arc === SAME) arc = arcOf(arcs, segment = fallback(facet));
      if (typeof arc === 'number') {
        node = arc;
        if (segment !== fallback(facet)) parts.push([arcs[0], segment]);
      } else {
        node = arc[0];
        for (var i = 1; i < arc.length; i += 2) parts.push([arc[i], arc[i + 1]]);
      }
    }
    var gated = parts.some(function (part) { return FACETS[part[0]].isGated; });
    var label = parts.sort(function (a, b) { return a[0] - b[0]; }).map(function (part) {
      return FACETS[part[0]].id + '.' + FACETS[part[0]].segments[part[1]];
    }).join('~');
    var file = path + (path.slice(-1) === '/' ? 'index.html' : '');
    var answer = { status: status, file: file, headers: headersOf(visitor, policy, status) };
    if (!gated) {
      if (label) answer.file = '/_v/open/' + label + file;
      return then(answer);
    }
    hmac(KEYS[0], SITE + '.variant.' + label, function (mac) {
      answer.file = '/_v/' + mac.slice(0, 32) + '/' + label + file;
      then(answer);
    });
  });
}

// Segments beyond the last arc go the same way.
function arcOf(arcs, segment) {
  return arcs[Math.min(segment + 1, arcs.length - 1)];
}

function fallback(facet) {
  return facet.default || 0;
}

function headersOf(visitor, policy, status) {
  var headers = { 'cache-control': cacheControl(policy, status, visitor.request.now) };
  if (policy.vary) headers.vary = policy.vary;
  var shown = (policy.experiments || []).filter(function (facet) {
    return consents(visitor, FACETS[facet]) && bucket(visitor, FACETS[facet].experiment) >= 0;
  });
  if (shown.length) {
    headers['haberdash-experiment'] = shown.map(function (facet) {
      return FACETS[facet].id + '=' + FACETS[facet].segments[segmentOf(visitor, FACETS[facet])];
    }).join(', ');
  }
  return headers;
}

// Nothing is kept beyond the next switch of a time window.
function cacheControl(policy, status, now) {
  if (policy.isImmutable && status === 200) return 'public, max-age=31536000, immutable';
  if (policy.isPrivate) return 'private, no-cache';
  var left = Infinity;
  (policy.switches || []).forEach(function (at) {
    if (at > now) left = Math.min(left, at - now);
  });
  var shared = left >= 86400 ? 86400 : left >= 3600 ? 3600 : 300;
  return status !== 200 || left < 300 ? 'public, no-cache' : 'public, max-age=300, s-maxage=' + shared;
}

function segmentOf(visitor, facet) {
  if (!consents(visitor, facet)) return fallback(facet);
  for (var i = 0; i < facet.rules.length; i++) {
    var found = match(visitor, facet, facet.rules[i]);
    if (found >= 0) return found;
  }
  return fallback(facet);
}

function consents(visitor, facet) {
  return !facet.consent || visitor.request.header('sec-gpc') !== '1' &&
    (visitor.cookies('hb_consent') || '').split('.').indexOf(facet.consent) >= 0;
}

// A rule is [test, segment]; [signal, { value: segment }]; or [signal], whose value is the segment's id.
function match(visitor, facet, rule) {
  var to = rule[1];
  if (to >= 0) return holds(visitor, rule[0]) ? to : -1;
  var value = valueOf(visitor, rule[0]);
  return to ? own(to, value) ? to[value] : -1 : facet.segments.indexOf(value);
}

// A test is ['and' | 'or' | 'not', tests…] or a signal with the values that it may have.
function holds(visitor, test) {
  var request = visitor.request, values = test[test.length - 1];
  switch (test[0]) {
    case 'and': return test.slice(1).every(function (part) { return holds(visitor, part); });
    case 'or': return test.slice(1).some(function (part) { return holds(visitor, part); });
    case 'not': return !holds(visitor, test[1]);
    case 'time': return request.now >= test[1] && request.now < test[2];
    case 'bucket':
      var drawn = bucket(visitor, test[1]);
      return drawn >= test[2] && drawn < test[3];
    case 'language':
      var first = trim((request.header('accept-language') || '').split(/[,;]/)[0]).toLowerCase();
      return values.some(function (tag) { return first === tag || first.slice(0, tag.length + 1) === tag + '-'; });
    case 'referrer':
      var host = referringHost(request.header('referer') || '');
      return values.some(function (name) { return host === name || host.slice(-1 - name.length) === '.' + name; });
    default:
      var value = valueOf(visitor, test);
      return value !== undefined && (values === true || values.indexOf(value) >= 0);
  }
}

function valueOf(visitor, signal) {
  switch (signal[0]) {
    case 'cookie': return visitor.cookies(signal[1]);
    case 'signed': return visitor.proven[signal[1]](signal[2]);
    case 'query': return visitor.query(signal[1]);
    case 'country': return visitor.request.country ? visitor.request.country.toUpperCase() : undefined;
    case 'device': return device(visitor.request);
  }
}

function device(request) {
  var agent = request.header('user-agent') || '', mobile = request.header('sec-ch-ua-mobile') === '?1';
  var says = function (word) { return agent.indexOf(word) >= 0; };
  if (says('iPad') || says('Tablet') || says('Android') && !says('Mobi') && !mobile) return 'tablet';
  return mobile || says('Mobi') ? 'phone' : 'desktop';
}

function referringHost(url) {
  var at = url.indexOf('://');
  if (at < 0) return '';
  return url.slice(at + 3).split(/[\/?#\\]/)[0].split('@').pop().split(':')[0].toLowerCase();
}

// Three digits of the visitor's random id, as a number below 4096; -1 without one.
function bucket(visitor, slice) {
  var id = visitor.cookies('hb_id');
  return id && /^[0-9a-f]{32}$/.test(id) && slice < 10 ? parseInt(id.substr(slice * 3, 3), 16) : -1;
}

// Values by name; what is there twice is not there.
function once(text, separator, clean) {
  var found = {};
  text.split(separator).forEach(function (pair) {
    pair = clean(pair);
    var at = pair.indexOf('='), name = '$' + pair.slice(0, at);
    if (at >= 0) found[name] = own(found, name) ? undefined : pair.slice(at + 1);
  });
  return function (name) { return own(found, '$' + name) ? found['$' + name] : undefined; };
}

// Reads the fields of those signed cookies whose signature is valid:
// v1.<key>.<expiry>.<field>.<value>….<mac>
function prove(visitor, names, hmac, then) {
  if (!names.length) return then();
  var cookie = visitor.cookies(names[0]) || '', rest = names.slice(1);
  var form = /^(v1\.([a-z0-9_-]+)\.(\d{1,12})((\.[a-z0-9_-]+\.[a-z0-9_-]+)+))\.([0-9a-f]{64})$/.exec(cookie);
  visitor.proven[names[0]] = once('', ';', trim);
  if (cookie.length > 1024 || !form || form[3] <= visitor.request.now || KEYS.indexOf(form[2]) < 0) {
    return prove(visitor, rest, hmac, then);
  }
  hmac(form[2], SITE + '.' + form[1], function (mac) {
    if (equal(mac, form[6])) {
      visitor.proven[names[0]] = once(form[4].replace(/\.([^.]+)\.([^.]+)/g, '$1=$2;'), ';', trim);
    }
    prove(visitor, rest, hmac, then);
  });
}

// In constant time.
function equal(a, b) {
  var differs = a.length ^ b.length;
  for (var i = 0; i < b.length; i++) differs |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return differs === 0;
}

function trim(text) {
  var space = ' \t\n\f\r', from = 0, to = text.length;
  while (from < to && space.indexOf(text[from]) >= 0) from++;
  while (to > from && space.indexOf(text[to - 1]) >= 0) to--;
  return text.slice(from, to);
}

function own(object, name) {
  return Object.prototype.hasOwnProperty.call(object, name);
}
