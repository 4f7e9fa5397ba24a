"""An address of which nobody should want more than a TLS handshake."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

_SECONDS = 5.0


class TlsAddress:
    """Shakes hands at `url`, on 127.0.0.1, with `certificate` (a PEM file with its key), until `stop()` or to the end
    of a `with` block."""

    def __init__(self, certificate: Path) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._heard: list[bytes] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}"
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def heard(self) -> list[bytes]:
        """What each client said after its handshake, once they have all hung up."""
        give_up = time.monotonic() + _SECONDS
        for thread in list(self._threads):
            thread.join(max(0.0, give_up - time.monotonic()))
            assert not thread.is_alive(), "a client has not hung up"
        return list(self._heard)

    def stop(self) -> None:
        with suppress(OSError):  # it is stopped already
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join()

    def __enter__(self) -> TlsAddress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _accept(self) -> None:
        with suppress(OSError):  # it is stopped
            while True:
                thread = threading.Thread(target=self._speak, args=self._listener.accept()[:1], daemon=True)
                self._threads.append(thread)
                thread.start()

    def _speak(self, connection: socket.socket) -> None:
        connection.settimeout(_SECONDS)
        context = self._context
        with connection, suppress(OSError), context.wrap_socket(connection, server_side=True) as secured:
            try:
                said = secured.recv(1 << 16)
            except ConnectionError:  # it hung up on what a server says after a handshake
                said = b""
            self._heard.append(said)
