"""A stand-in for kiosk-bench's web side: serves Kiosk/bench, answers the state a test gives it and keeps the POSTs. The standard library only."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent / "Kiosk" / "bench"
TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript"}


class BenchServer:
    def __init__(self, state, frame):
        """`frame`: the origin of the touchscreen that the page may frame."""
        self.state = state
        self.posts = []
        owner = self

        class Handler(_Handler):
            bench = owner
            policy = f"default-src 'self'; frame-src 'self' {frame}"

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def close(self):
        self._http.shutdown()
        self._http.server_close()


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        if self.path == "/api/state":
            self._answer(200, "application/json", json.dumps(self.bench.state).encode())
            return
        file = (ROOT / ("index.html" if self.path == "/" else self.path.removeprefix("/"))).resolve()
        if file.is_relative_to(ROOT) and file.is_file():
            self._answer(200, TYPES[file.suffix], file.read_bytes())
        else:
            self._answer(404, "text/plain", b"")

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        allowed = self.headers.get("X-Bench") == "1"
        if allowed:
            self.bench.posts.append((self.path, body))
        self._answer(200 if allowed else 403, "application/json", b"{}")

    def _answer(self, status, kind, body):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", self.policy)
        self.end_headers()
        self.wfile.write(body)
