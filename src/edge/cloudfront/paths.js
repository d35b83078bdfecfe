
// The lists of paths are too long for the function, so the store has them: where an old path leads, a
// root for each path, and for `folder/*` one for the rest of a folder. Their names begin with the build's, so that
// a function never reads the lists of another build.
async function lookUpPaths(path) {
  if (!isCanonical(path)) return;
  if (path.slice(-1) !== '/') await lookUp(path + '/');
  if (await lookUp(path)) return;
  // No deeper folder is listed.
  var names = path.split('/'), folder = names.slice(0, Math.min(names.length - 1, DEPTH)).join('/') + '/';
  while (folder && !await lookUp(folder + '*')) folder = parent(folder);
}

async function lookUp(path) {
  var folder = parent(path);
  try {
    var value = await cf.kvs().get(BUILD + path);
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
