// One function for both events of a viewer: at the request it rewrites the path, so that the cache
// keeps each variant once; at the response it says how long and for whom the answer holds.
async function handle(event) {
  var http = event.request;
  var request = {
    method: http.method,
    path: http.uri,
    query: typeof http.rawQueryString === 'function' ? http.rawQueryString() || '' : join(http.querystring, '&'),
    country: (http.headers['cloudfront-viewer-country'] || {}).value,
    now: Math.floor(Date.now() / 1000),
    header: function (name) {
      if (name === 'cookie') return join(http.cookies, '; ');
      var header = http.headers[name];
      return header && (header.multiValue || [header]).map(function (one) { return one.value; }).join(', ');
    }
  };
  await lookUpPaths(request.path);
  var answer = await new Promise(function (then) { decide(request, hmac, then); });
  if (event.response) {
    Object.keys(answer.headers).forEach(function (name) {
      event.response.headers[name] = { value: answer.headers[name] };
    });
    return event.response;
  }
  if (!answer.file) {
    var headers = {};
    Object.keys(answer.headers).forEach(function (name) { headers[name] = { value: answer.headers[name] }; });
    return { statusCode: answer.status, headers: headers };
  }
  // Nothing is ever kept at that path, so the distribution answers with its page for 404.
  http.uri = answer.status === 404 ? '/_haberdash/missing' : answer.file;
  return http;
}

function join(values, separator) {
  return Object.keys(values || {}).map(function (name) {
    return (values[name].multiValue || [values[name]]).map(function (one) { return name + '=' + one.value; }).join(separator);
  }).join(separator);
}

// Keys stand in the key-value store that is associated with the function.
function hmac(keyId, message, then) {
  cf.kvs().get('key.' + keyId).then(function (secret) {
    then(secret ? crypto.createHmac('sha256', secret).update(message).digest('hex') : '');
  }, function () { then(''); });
}
