"""The file of SQLite in which the mirror keeps its rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import RLock

from shared.errors import Unavailable
from shared.messages.message import Message

_PATIENCE = 60.0
"""Seconds that another command's writing is waited for."""
_COLUMNS = "source TEXT PRIMARY KEY, etag TEXT, seen INTEGER, body BLOB, about TEXT"
_TABLES = f"""
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
CREATE TABLE IF NOT EXISTS receipts ({_COLUMNS}, status TEXT, code TEXT, capability TEXT, said TEXT, finished_at TEXT,
    calls INTEGER, yuan REAL);
CREATE TABLE IF NOT EXISTS listings ({_COLUMNS}, verdict TEXT);
CREATE INDEX IF NOT EXISTS finished ON receipts (finished_at, source);
CREATE TABLE IF NOT EXISTS steps (number INTEGER);
INSERT INTO steps SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM steps);
"""
"""`about` is the ETag of the upload that a document is about. A file that is no document of ours has no body. `seen` is
the number of the step in which a document was listed or read last."""
_DAMAGED = ("no such table", "Could not decode")
"""How the messages of `OperationalError` begin that mean damage. Others are about locks, rights and full disks."""
_LOST = Message(
    "the copy of the receipts on this machine was deleted or damaged, and is made anew",
    "本机的回执缓存已被删除或损坏，正在重新建立",
)


class CacheLost(Unavailable):
    """The file was deleted or damaged. A new one is in its place, which is empty."""

    def __init__(self) -> None:
        super().__init__("CacheLost", _LOST)


class Cache:
    """Its methods may be called in any thread. They raise `CacheLost`, and what `sqlite3` does for a disk that is full,
    or a file that another command writes to for a minute."""

    def __init__(self, file: Path) -> None:
        self._file, self._lock = file, RLock()
        try:
            self._open()
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise
            self._unlink()
            self._open()

    def close(self) -> None:
        self._writer.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction, one at a time."""
        with self._lock, self._intact(), self._writer:
            yield self._writer

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection of its own: it sees what was there when it began, whatever is written meanwhile. A web server
        goes on with it in whichever of its threads is free."""
        with self._intact(), closing(self._connect()) as tables:
            yield tables

    # ---------------------------------------------------------------- inside

    def _open(self) -> None:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._writer = self._connect()
        self._file.chmod(0o600)  # names of files, and what is wrong with them
        self._inode = self._inode_there()
        self._writer.executescript(_TABLES)

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._file, timeout=_PATIENCE, check_same_thread=False)

    def _inode_there(self) -> int:
        """Zero where there is no file."""
        return self._file.stat().st_ino if self._file.exists() else 0

    @contextmanager
    def _intact(self) -> Iterator[None]:
        if self._inode_there() != self._inode:
            self._make_anew()
            raise CacheLost
        try:
            yield
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise
            self._make_anew()
            raise CacheLost from error

    def _make_anew(self) -> None:
        with self._lock:
            self._writer.close()
            if self._inode_there() == self._inode:  # or else another command has made it anew
                self._unlink()
            self._open()

    def _unlink(self) -> None:
        for each in self._file.parent.glob(f"{self._file.name}*"):
            each.unlink(missing_ok=True)


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    # Python raises DatabaseError itself, and none of its subclasses, for SQLITE_CORRUPT and SQLITE_NOTADB
    # (Modules/_sqlite/util.c).
    return type(error) is sqlite3.DatabaseError or str(error).startswith(_DAMAGED)
