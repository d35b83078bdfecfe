
// The lists of paths are too long for the function, so the store has them: where an old path leads, a
// root for each path, and for `folder/*` one for the rest of a folder.
async function lookUpPaths(path) {
  if (path.slice(-1) !== '/') await lookUp(path + '/');
  if (await lookUp(path)) return;
  var folder = path.slice(0, path.lastIndexOf('/') + 1);
  while (folder && !await lookUp(folder + '*')) {
    folder = folder.slice(0, folder.lastIndexOf('/', folder.length - 2) + 1);
  }
}

async function lookUp(path) {
  var at = path.lastIndexOf('/', path.length - 2) + 1, folder = path.slice(0, at);
  try {
    var value = await cf.kvs().get(path);
    if (value[0] === '/') {
      REDIRECTS[path] = value;
    } else {
      PATHS[folder] = PATHS[folder] || {};
      PATHS[folder][path.slice(at)] = +value;
    }
    return true;
  } catch (missing) {
    return false;
  }
}
