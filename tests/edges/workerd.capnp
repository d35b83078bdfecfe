# Cloudflare's runtime around the Worker; the harness fills in what is in braces.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    ( name = "worker", worker = (
        modules = [
          (name = "worker.js", esModule = embed "worker.js"),
          (name = "keys.js", esModule = embed "keys.js") ],
        compatibilityDate = "2026-01-01",
        bindings = [ (name = "ASSETS", service = "assets"){secrets} ] ) ),
    ( name = "assets", worker = (
        modules = [ (name = "assets.js", esModule = embed "assets.js") ],
        compatibilityDate = "2026-01-01",
        bindings = [ (name = "FILES", service = "files"), (name = "LIST", json = embed "files.json") ] ) ),
    ( name = "files", disk = (path = "{public}") ),
  ],
  sockets = [ ( name = "http", address = "127.0.0.1:{port}", http = (cfBlobHeader = "CF-Blob"), service = "worker" ) ],
);
