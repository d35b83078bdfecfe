// Stands for Cloudflare's static assets: files by their exact paths, with tags and types of their own.
export default {
  async fetch(request, env) {
    const path = new URL(request.url).pathname, file = env.LIST[path.slice(1)];
    if (!file) return new Response('Not Found', { status: 404 });
    const { body, status } = await env.FILES.fetch(`http://files${path}`);
    // Its own opinion of caching must not get through.
    const headers = { etag: file.etag, 'content-type': file.type, 'cache-control': 'public, max-age=0, must-revalidate' };
    return new Response(body, { status, headers });
  },
};
