"""A stand-in for kioskd's touchscreen side: serves Kiosk/web and the string tables under the real Content-Security-Policy, pushes the screens a
test gives it and keeps the touches it gets. The standard library only."""

import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".json": "application/json"}
POLICY = "default-src 'self'; frame-ancestors http://127.0.0.1:*"


class KioskServer:
    def __init__(self):
        self.touches = []
        self.status = 202
        self.hold = threading.Event()  # cleared: an answer to a touch waits
        self.hold.set()
        self.online = True
        self.page_requests = []
        self._update = None
        self._listeners = []
        self._lock = threading.Lock()
        owner = self

        class Handler(_Handler):
            kiosk = owner

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def push(self, screen, session="s1", revision=1):
        with self._lock:
            self._update = {"session": session, "revision": revision, "screen": screen}
            for listener in self._listeners:
                listener.put(self._update)

    def set_online(self, online):
        """Off: every open stream ends and no new one is taken, as when kioskd has died."""
        with self._lock:
            self.online = online
            if not online:
                for listener in self._listeners:
                    listener.put(None)

    def listen(self):
        with self._lock:
            listener = queue.Queue()
            if self._update:
                listener.put(self._update)
            self._listeners.append(listener)
            return listener

    def forget(self, listener):
        with self._lock:
            self._listeners.remove(listener)

    def close(self):
        self.set_online(False)
        self._http.shutdown()
        self._http.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        path = self.path.split("?")[0]
        if path == "/events":
            self._events()
        elif path.startswith("/pages/"):
            self.kiosk.page_requests.append(path)
            self._page(path.removeprefix("/pages/"))
        elif path.startswith("/camera/"):
            self.kiosk.page_requests.append(path)
            self._page(path.removeprefix("/camera/"))
        else:
            base = ROOT / "Kiosk" / ("strings" if path.startswith("/strings/") else "web")
            name = "index.html" if path == "/" else path.removeprefix("/strings/").removeprefix("/")
            file = (base / name).resolve()
            if file.is_relative_to(base) and file.is_file():
                self._answer(200, TYPES[file.suffix], file.read_bytes())
            else:
                self._answer(404, "text/plain", b"")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path != "/touch" or self.headers.get("X-Kiosk") != "touch":
            self._answer(403, "application/json", b"{}")
            return
        self.kiosk.touches.append(json.loads(body))
        self.kiosk.hold.wait(10)
        self._answer(self.kiosk.status, "application/json", b"")

    def _answer(self, status, kind, body):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(body)

    def _events(self):
        if not self.kiosk.online:
            self._answer(503, "text/plain", b"")
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        listener = self.kiosk.listen()
        try:
            while (update := listener.get()) is not None:
                self.wfile.write(f"event: screen\ndata: {json.dumps(update, ensure_ascii=False)}\n\n".encode())
                self.wfile.flush()
        except OSError:
            pass  # the page went away
        finally:
            self.kiosk.forget(listener)

    def _page(self, name):
        if name == "broken":
            self._answer(404, "text/plain", b"")
            return
        lines = "".join(f'<rect x="60" y="{190 + 44 * i}" width="{470 - (i * 53) % 190}" height="14" fill="#667"/>' for i in range(12))
        picture = (
            '<svg xmlns="http://www.w3.org/2000/svg" width="630" height="891"><rect width="630" height="891" fill="#fff"/>'
            f'<rect x="60" y="80" width="330" height="34" fill="#223"/>{lines}'
            '<circle cx="480" cy="760" r="64" fill="none" stroke="#b22" stroke-width="6"/></svg>')
        self._answer(200, "image/svg+xml", picture.encode())
