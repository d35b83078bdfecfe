
// The lists of paths are too long for the function, so the store has them: where an old path leads, a
// root for each path, and for `folder/*` one for the rest of a folder.
async function lookUpPaths(path) {
  if (path.slice(-1) !== '/') await lookUp(path + '/');
  if (await lookUp(path)) return;
  var folder = path.slice(-1) === '/' ? path : parent(path);
  while (folder && !await lookUp(folder + '*')) folder = parent(folder);
}

async function lookUp(path) {
  var folder = parent(path);
  try {
    var value = await cf.kvs().get(path);
    if (value[0] === '/') {
      REDIRECTS[path] = value;
    } else {
      PATHS[folder] = (PATHS[folder] || '') + ' ' + path.slice(folder.length) + ':' + value;
    }
    return true;
  } catch (missing) {
    return false;
  }
}
