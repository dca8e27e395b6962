"""A static server for a page that uses oidc-client-ts: the page, the documented module, and npm's own files."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.live.node import FOLDER

PACKAGES = FOLDER / "node_modules"
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>App</title><link rel="icon" href="data:,">
<script type="importmap">{"imports": {"oidc-client-ts": "/oidc-client-ts.js", "jwt-decode": "/jwt-decode.js"}}</script>
<script type="module">
  import { manager } from '/signet.js'
  window.manager = manager
  const asked = new URLSearchParams(location.search)
  if (asked.has('code') || asked.has('error')) await manager.signinCallback()
  else if (asked.has('state')) await manager.signoutCallback()
  history.replaceState(null, '', '/')
  const user = await manager.getUser()
  document.querySelector('h1').textContent = user ? user.profile.sub : 'Nobody'
</script><h1></h1></html>"""


class PageSite:
    """`with PageSite() as site: site.module = …`; `module` is the code that sets the library up."""

    module = ""

    def __enter__(self) -> "PageSite":
        site = self

        class Files(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                kind, text = site.file(self.path.partition("?")[0])
                self.send_response(200 if text else 404)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Files)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def file(self, path: str) -> tuple[str, str]:
        code = "text/javascript; charset=utf-8"
        if path == "/":
            return "text/html; charset=utf-8", PAGE
        if path == "/signet.js":
            return code, self.module
        if path == "/oidc-client-ts.js":
            return code, (PACKAGES / "oidc-client-ts/dist/esm/oidc-client-ts.js").read_text()
        if path == "/jwt-decode.js":
            return code, (PACKAGES / "jwt-decode/build/esm/index.js").read_text()
        return "text/plain", ""
