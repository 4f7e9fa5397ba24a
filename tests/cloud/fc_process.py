"""An instance of a function: a process of its own that takes one request at a time, and can be killed."""

from __future__ import annotations

import base64
import json
import selectors
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil

_RUNTIME = Path(__file__).with_name("instance.py")
_START_SECONDS = 60.0
"""How long the import of the function's code may take: the platform counts it apart from the timeout."""
_END_SECONDS = 3.0
"""How long an idle instance may take to end by itself, which it needs to write its coverage."""


@dataclass(frozen=True)
class Answer:
    """What became of a request. `error` is the name of an exception, `timeout` or `killed`; empty: it went well."""

    body: bytes = b""
    error: str = ""
    message: str = ""


@dataclass(frozen=True)
class Program:
    """What instances of a function are made of."""

    command: Sequence[str]
    """The Python to run, with its options."""
    folders: Sequence[Path]
    """Where it imports from, the function's own folder first; that one is its working directory too."""
    handler: str
    environment: Callable[[], Mapping[str, str]]
    """All of an instance that starts now, but for its own id: nothing of this process's own."""
    context: Callable[[], Mapping[str, Any]]
    """What the context of a request says that comes now, but for the request id and the logger."""


class Instance:
    """Started by construction; `write(request_id, line)` gets each line of its log."""

    def __init__(self, program: Program, write: Callable[[str, str], None]) -> None:
        self.program = program
        self._write = write
        self._channel, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [*program.command, str(_RUNTIME), str(theirs.fileno()), program.handler, *map(str, program.folders)],
                cwd=program.folders[0],
                env={**program.environment(), "FC_INSTANCE_ID": f"c-{uuid4()}"},
                bufsize=0,
                start_new_session=True,  # Ctrl-C in the terminal is for us, who end them in order
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=[theirs.fileno()],
            )
        assert self._process.stdout is not None
        self._output = self._process.stdout
        self._received = b""
        self._logged = b""
        self._born = time.monotonic()
        self.started_in: float | None = None
        """Seconds that it took until its code was imported; None before."""
        self.pid = self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def call(self, request_id: str, event: bytes, seconds: float) -> Answer:
        """Starts counting `seconds` when the code has been imported. Once it has answered with `timeout`
        or `killed`, or could not import its code, the instance is dead.
        """
        if self.started_in is None:
            started = self._listen(request_id, _START_SECONDS)
            if isinstance(started, Answer) or "errorType" in started:
                self.kill()
                return started if isinstance(started, Answer) else _failed(started)
            self.started_in = time.monotonic() - self._born
        context = {**self.program.context(), "request_id": request_id}
        request = {"event": base64.b64encode(event).decode(), "context": context}
        with suppress(OSError):  # it died while idle: listening says so
            self._channel.sendall(json.dumps(request).encode() + b"\n")
        answer = self._listen(request_id, seconds)
        if isinstance(answer, Answer):
            self.kill()
            return answer
        return _failed(answer) if "errorType" in answer else Answer(base64.b64decode(answer["body"]))

    def kill(self) -> None:
        """Dead when this returns, in the middle of whatever it was doing."""
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """Lets it end by itself, which it does when there is nothing left to come; then closes what is ours."""
        self._channel.close()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self._output.close()

    def owns(self, client: tuple[str, int]) -> bool:
        """Whether a TCP connection of the instance has this address and port at its end."""
        try:
            connections = psutil.Process(self.pid).net_connections("tcp")
        except psutil.NoSuchProcess:
            return False
        return any(connection.laddr == client for connection in connections)

    def _listen(self, request_id: str, seconds: float) -> dict[str, Any] | Answer:
        """One line from the runtime, or the `Answer` for not getting one. Everything the function logged before
        that line has been written when this returns.
        """
        give_up = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self._channel, selectors.EVENT_READ)
            selector.register(self._output, selectors.EVENT_READ)
            while b"\n" not in self._received:
                if (left := give_up - time.monotonic()) <= 0:
                    self._drain(request_id)
                    return Answer(error="timeout", message=f"Function timed out after {seconds:g} s.")
                ready = {key.fileobj for key, _ in selector.select(left)}
                if self._output in ready and not self._read_log(request_id):
                    selector.unregister(self._output)
                if self._channel in ready:
                    received = self._receive()
                    if not received:
                        self._drain(request_id)
                        return Answer(error="killed", message="The instance ended before it had answered.")
                    self._received += received
        self._drain(request_id)
        line, _, self._received = self._received.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _receive(self) -> bytes:
        try:
            return self._channel.recv(65536)
        except ConnectionResetError:  # it died with our request unread
            return b""

    def _drain(self, request_id: str) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._output, selectors.EVENT_READ)
            while selector.select(0) and self._read_log(request_id):
                pass
        if self._logged:
            self._write(request_id, self._logged.decode(errors="replace"))
            self._logged = b""

    def _read_log(self, request_id: str) -> bytes:
        read = self._output.read(65536)
        *lines, self._logged = (self._logged + read).split(b"\n")
        for line in lines:
            self._write(request_id, line.decode(errors="replace"))
        return read


def _failed(answer: Mapping[str, Any]) -> Answer:
    return Answer(error=answer["errorType"], message=answer["errorMessage"])
