
// The list of paths is too long for the function, so the store has it: a root for each path, and for
// `folder/*` one for the rest of a folder.
async function lookUpPaths(path) {
  var at = path.lastIndexOf('/', path.length - 2) + 1;
  if (await lookUp(path, path.slice(0, at), path.slice(at))) return;
  var folder = path.slice(0, path.lastIndexOf('/') + 1);
  while (folder && !await lookUp(folder + '*', folder, '*')) {
    folder = folder.slice(0, folder.lastIndexOf('/', folder.length - 2) + 1);
  }
}

async function lookUp(key, folder, name) {
  if (key.length > 512) return false;
  try {
    var root = await cf.kvs().get(key);
    PATHS[folder] = PATHS[folder] || {};
    PATHS[folder][name] = +root;
    return true;
  } catch (missing) {
    return false;
  }
}
