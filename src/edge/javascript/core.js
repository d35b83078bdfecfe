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
  if (!isCanonical(path)) return decideMissing(request, hmac, then);
  var to = redirect(path);
  if (to) {
    var query = /^[!-~]+$/.test(request.query) ? '?' + request.query : '';
    return then({ status: 301, headers: { location: to + query, 'cache-control': REDIRECT_CACHE } });
  }
  if (path === '/404.html') return decideMissing(request, hmac, then);
  choose(request, rootOf(path), path, 200, hmac, then);
}

// An allow-list: no empty parts, none that begins with a point, nothing escaped.
function isCanonical(path) {
  return /^\/([\w~-][\w.~-]*\/)*([\w~-][\w.~-]*)?$/.test(path) && !/^\/_(v|haberdash)(\/|$)/i.test(path);
}

function decideMissing(request, hmac, then) {
  choose(request, NOT_FOUND, '/404.html', 404, hmac, then);
}

// Old paths, folders without their slash, and index files lead to the page.
function redirect(path) {
  var folder = path.slice(0, path.lastIndexOf('/') + 1), name = path.slice(folder.length);
  if (REDIRECTS[path]) return REDIRECTS[path];
  if (name === 'index.html') return folder;
  if (!name || /\./.test(name) || FILES.indexOf(path) >= 0) return '';
  return REDIRECTS[path + '/'] || path + '/';
}

// The longest prefix holds, unless the path itself is listed. `*` stands for the rest of a folder.
function rootOf(path) {
  var folder = parent(path), root = rootIn(folder, path.slice(folder.length));
  if (path.slice(-1) === '/') folder = path;
  while (folder && !(root >= 0)) {
    root = rootIn(folder, '*');
    folder = parent(folder);
  }
  return root || 0;
}

// Every name stands with its root in one text, since that is short.
function rootIn(folder, name) {
  return parseInt((PATHS[folder] || '').split(' ' + name + ':')[1], 10);
}

// The folder in which a file or folder is; of the root, none.
function parent(path) {
  return path.slice(0, path.slice(0, -1).lastIndexOf('/') + 1);
}

// Walks the root's diagram; the arcs taken spell the name of the variant.
function choose(request, root, path, status, hmac, then) {
  var policy = POLICIES[ROOTS[root * 2 + 1]], isSigned = policy[3];
  // A cookie header that is too long is as good as none.
  var cookies = request.header('cookie') || '';
  var visitor = Object.create(request);
  visitor.cookie = once(cookies.length > 8192 ? '' : cookies, ';', trim);
  visitor.parameter = once(request.query, '&', String);
  visitor.proven = {};
  prove(visitor, isSigned ? SIGNED : [], hmac, function () {
    var parts = [], node = ROOTS[root * 2];
    while (node) {
      var arcs = NODES[node], facet = FACETS[arcs[0]], segment = segmentOf(visitor, facet);
      var arc = arcOf(arcs, segment);
      if (arc === SAME) arc = arcOf(arcs, segment = 0);
      if (typeof arc === 'number') {
        node = arc;
        if (segment) parts.push([arcs[0], segment]);
      } else {
        node = arc[0];
        for (var i = 1; i < arc.length; i += 2) parts.push([arc[i], arc[i + 1]]);
      }
    }
    var gated = parts.some(function (part) { return FACETS[part[0]].isGated; });
    var label = parts.sort(function (a, b) { return a[0] - b[0]; }).map(function (part) {
      return FACETS[part[0]].id + '.' + FACETS[part[0]].segments[part[1]];
    }).join('~');
    // Of pages that the edge puts together the skeleton.
    var file = (policy[4] || '') + path + (path.slice(-1) === '/' ? 'index.html' : '');
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

function headersOf(visitor, policy, status) {
  var headers = { 'cache-control': cacheControl(policy[0], status, visitor.now) };
  if (policy[1]) headers.vary = policy[1];
  var shown = [];
  policy[2].forEach(function (place) {
    var facet = FACETS[place];
    if (consents(visitor, facet) && bucket(visitor, facet.experiment) >= 0) {
      shown.push(facet.id + '=' + facet.segments[segmentOf(visitor, facet)]);
    }
  });
  if (shown.length) headers['haberdash-experiment'] = shown.join(', ');
  return headers;
}

// A page is PRIVATE, FOR GOOD, or for everyone until the next of a list of instants.
function cacheControl(kind, status, now) {
  if (kind === PRIVATE) return 'private, no-cache';
  if (kind === FOR_GOOD && status === 200) return 'public, max-age=31536000, immutable';
  var left = Infinity;
  if (kind.length) kind.forEach(function (at) {
    if (at > now) left = Math.min(left, at - now);
  });
  var shared = left >= 86400 ? 86400 : left >= 3600 ? 3600 : 300;
  return status !== 200 || left < 300 ? 'public, no-cache' : 'public, max-age=300, s-maxage=' + shared;
}

function segmentOf(visitor, facet) {
  var found = -1;
  for (var i = 0; i < facet.rules.length && !(found >= 0) && consents(visitor, facet); i++) {
    found = match(visitor, facet, facet.rules[i]);
  }
  return found >= 0 ? found : 0;
}

function consents(visitor, facet) {
  return !facet.consent || visitor.header('sec-gpc') !== '1' &&
    (visitor.cookie('hb_consent') || '').split('.').indexOf(facet.consent) >= 0;
}

// A rule is [test, segment]; [signal, { value: segment }]; or [signal], whose value is the segment's id.
function match(visitor, facet, rule) {
  var to = rule[1];
  if (to >= 0) return holds(visitor, rule[0]) ? to : -1;
  var value = valueOf(visitor, rule[0]);
  return to ? to[value] : facet.segments.indexOf(value);
}

// A test is ['and' | 'or' | 'not', tests…] or a signal with the values that it may have.
function holds(visitor, test) {
  var values = test[test.length - 1], tests = test.slice(1);
  var each = function (test) { return holds(visitor, test); };
  switch (test[0]) {
    case 'and': return tests.every(each);
    case 'or': return tests.some(each);
    case 'not': return !each(test[1]);
    case 'time': return visitor.now >= test[1] && visitor.now < test[2];
    case 'bucket':
      var drawn = bucket(visitor, test[1]);
      return drawn >= test[2] && drawn < test[3];
    case 'language':
      var first = trim((visitor.header('accept-language') || '').split(/[,;]/)[0]).toLowerCase();
      return values.some(function (tag) { return (first + '-').indexOf(tag + '-') === 0; });
    case 'referrer':
      var url = /:\/\/([^\/?#\\]*)/.exec(visitor.header('referer') || '') || ['', ''];
      var host = '.' + url[1].split('@').pop().split(':')[0].toLowerCase();
      return values.some(function (name) { return host.slice(-1 - name.length) === '.' + name; });
    default:
      var value = valueOf(visitor, test);
      return value !== undefined && (values === true || values.indexOf(value) >= 0);
  }
}

function valueOf(visitor, signal) {
  switch (signal[0]) {
    case 'cookie': return visitor.cookie(signal[1]);
    case 'signed': return visitor.proven[signal[1]](signal[2]);
    case 'query': return visitor.parameter(signal[1]);
    case 'country': return visitor.country ? visitor.country.toUpperCase() : undefined;
    case 'device': return device(visitor);
  }
}

function device(request) {
  var agent = request.header('user-agent') || '', mobile = request.header('sec-ch-ua-mobile') === '?1';
  mobile = mobile || /Mobi/.test(agent);
  return /iPad|Tablet/.test(agent) || /Android/.test(agent) && !mobile ? 'tablet' : mobile ? 'phone' : 'desktop';
}

// Three digits of the visitor's random id, as a number below 4096; -1 without one.
function bucket(visitor, slice) {
  var id = visitor.cookie('hb_id');
  return id && /^[0-9a-f]{32}$/.test(id) && slice < 10 ? parseInt(id.substr(slice * 3, 3), 16) : -1;
}

// Values by name; what is there twice is not there.
function once(text, separator, clean) {
  var found = Object.create(null);
  text.split(separator).forEach(function (pair) {
    pair = clean(pair);
    var at = pair.indexOf('='), name = pair.slice(0, at);
    if (at >= 0) found[name] = name in found ? undefined : pair.slice(at + 1);
  });
  return function (name) { return found[name]; };
}

// Reads the fields of those signed cookies whose signature is valid:
// v1.<key>.<expiry>.<field>.<value>….<mac>
function prove(visitor, names, hmac, then) {
  if (!names.length) return then();
  var cookie = visitor.cookie(names[0]) || '', rest = names.slice(1);
  var form = /^(v1\.([a-z0-9_-]+)\.(\d{1,12})((\.[a-z0-9_-]+\.[a-z0-9_-]+)+))\.([0-9a-f]{64})$/.exec(cookie);
  visitor.proven[names[0]] = once('', ';', trim);
  if (cookie.length > 1024 || !form || form[3] <= visitor.now || KEYS.indexOf(form[2]) < 0) {
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
