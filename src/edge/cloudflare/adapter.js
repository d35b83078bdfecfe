export default {
  fetch(http, env) {
    const read = (file) => env.ASSETS.fetch(new URL(file, http.url));
    return serve(http, http.cf && http.cf.country, (id) => env[SECRETS[id]], read);
  },
};

