"""A shop's server, as small as one can be: its page uploads photos, the consumer tells it what became of them.

A shop has this in its own application, behind its own login, and keeps its photos in its own database.
"""

import hmac
import json
import os
import sqlite3
from contextlib import closing
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from policy import BUCKET, REGION, signed_form

UPLOAD_URL = os.environ.get("UPLOAD_URL", f"https://{BUCKET}.oss-{REGION}.aliyuncs.com/")
DATABASE = os.environ.get("SHOP_DATABASE", "shop.sqlite")
PAGE = Path(__file__).with_name("upload.html")
# The newest receipt stays, in whichever order receipts come, and however often.
KEEP = """
    INSERT INTO photos (source, finished_at, receipt) VALUES (?, ?, ?)
    ON CONFLICT (source) DO UPDATE SET finished_at = excluded.finished_at, receipt = excluded.receipt
    WHERE excluded.finished_at > photos.finished_at
"""


class Shop(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path == "/":
            self.answer(200, PAGE.read_bytes(), "text/html; charset=utf-8")
        elif url.path == "/policy":  # ask here who it is: whoever gets a policy can spend your money for ten minutes
            form = {"url": UPLOAD_URL, "fields": signed_form(datetime.now(timezone.utc))}
            self.answer(200, json.dumps(form).encode())
        elif url.path == "/photo" and (found := photo(*parse_qs(url.query).get("source", [""]))):
            self.answer(200, found.encode())
        else:
            self.answer(404)

    def do_PUT(self) -> None:
        token = f"Bearer {os.environ['SHOP_TOKEN']}"
        if not hmac.compare_digest(self.headers.get("Authorization", "").encode(), token.encode()):
            self.answer(401)
            return
        keep(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.answer(204)

    def answer(self, status: int, body: bytes = b"", content_type: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)


def keep(receipt: dict) -> None:
    finished_at = datetime.fromisoformat(receipt["finished_at"].replace("Z", "+00:00")).timestamp()
    with closing(sqlite3.connect(DATABASE)) as database, database:
        database.execute(KEEP, (receipt["source"], finished_at, json.dumps(receipt)))


def photo(source: str) -> str:
    """The newest receipt of a photo; empty as long as there is none."""
    with closing(sqlite3.connect(DATABASE)) as database:
        found = database.execute("SELECT receipt FROM photos WHERE source = ?", (source,)).fetchone()
    return found[0] if found else ""


if __name__ == "__main__":
    with closing(sqlite3.connect(DATABASE)) as database, database:
        database.execute("CREATE TABLE IF NOT EXISTS photos (source TEXT PRIMARY KEY, finished_at REAL, receipt TEXT)")
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8000"))), Shop)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
