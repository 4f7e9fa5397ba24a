"""A WSGI application behind a real socket on 127.0.0.1, in a thread of its own.

Connections are kept for the next request, as OSS and the vendors keep them: what a new one costs is part of what is
measured here. werkzeug's own server closes each after its answer. An application hangs up on a client by raising
`ConnectionAbortedError`.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, cast
from wsgiref.handlers import SimpleHandler

from werkzeug.serving import DechunkedInput, ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.wsgi import LimitedStream

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_PIECE = 1 << 16


class _Body(LimitedStream):
    """As long as the client said it would be."""

    def on_disconnect(self, error: Exception | None = None) -> None:
        raise ConnectionAbortedError from error


class _Exchange(SimpleHandler):
    """One request and its answer."""

    http_version = "1.1"
    os_environ: dict[str, str] = {}  # noqa: RUF012 - as wsgiref has it; the application sees the request, not this machine
    status: Any
    headers: Any
    environ: Any
    """None once it is answered."""
    keeps = True
    """Whether another request may follow."""

    def cleanup_headers(self) -> None:
        super().cleanup_headers()
        if "Content-Length" not in self.headers:  # only its end says how long the answer is
            self.keeps = False
        if not self.keeps:
            self.headers["Connection"] = "close"
        if self.status.startswith("304"):
            del self.headers["Content-Length"]  # it would be the object's

    def handle_error(self) -> None:
        self.keeps = False
        super().handle_error()


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    # Nagle's algorithm against delayed acknowledgements costs 40 ms an answer: write once, at once.
    disable_nagle_algorithm = True
    wbufsize = -1

    server: _Listener

    def handle_expect_100(self) -> bool:
        super().handle_expect_100()
        self.wfile.flush()  # the body comes only then
        return True

    def run_wsgi(self) -> None:
        environ = self.make_environ()
        body: Any = environ["wsgi.input"]
        if not isinstance(body, DechunkedInput):
            body = _Body(body, int(environ.get("CONTENT_LENGTH") or 0))
            environ["wsgi.input_terminated"] = True
        exchange = _Exchange(body, cast("IO[bytes]", self.wfile), environ["wsgi.errors"], environ)
        exchange.keeps = not (self.close_connection or self.server.is_closing)
        exchange.run(self.server.app)
        is_answered = exchange.environ is None
        self.close_connection = not (is_answered and exchange.keeps)
        while is_answered and body.read(_PIECE):
            pass  # it is not the next request, and whoever is closed upon with bytes unread does not hear the answer

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """A line for every request would bury what the box has to say."""


class _Listener(ThreadedWSGIServer):
    # Joined when the server closes: a thread that is still inside OpenCV when Python ends takes it down with it.
    daemon_threads = False
    is_closing = False

    def __init__(self, app: WSGIApplication, port: int) -> None:
        self.connections: set[Any] = set()
        super().__init__("127.0.0.1", port, app, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)


class Server:
    """Serves `app` from construction until `stop()`; `url` is where."""

    def __init__(self, app: WSGIApplication, port: int = 0) -> None:
        self._listener = _Listener(app, port)
        self.host = f"127.0.0.1:{self._listener.server_port}"
        self.url = f"http://{self.host}"
        self._thread = threading.Thread(target=self._listener.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Hears no more; whoever is not yet through with asking is hung up on."""
        self._listener.is_closing = True
        self._listener.shutdown()
        for connection in list(self._listener.connections):
            with suppress(OSError):  # it may be down already
                connection.shutdown(socket.SHUT_RD)
        self._thread.join()
