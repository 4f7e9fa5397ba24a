"""`cutout watch`: a line for whatever moves, until it is interrupted."""

from __future__ import annotations

import json
from datetime import datetime
from threading import Event
from typing import Any

from console.account import Account
from console.desk.watcher import Watcher
from console.records.opened import mirror
from console.screen import Screen, one_line
from shared.jobs.keys import UPLOADS
from shared.messages.message import Message

_STYLES = {"done": "green", "rejected": "yellow", "failed": "red", "blocked": "red", "unstored": "red"}
_BEGUN = Message("Watching until Ctrl-C.", "正在监视，按 Ctrl-C 结束。")
_LOOK = Message("a person should look at it", "需要人工查看")


def run(screen: Screen, account: Account, prefix: str = UPLOADS, over: Event | None = None) -> None:
    """Until `KeyboardInterrupt`, or until it is `over`. Raises `ApiError`, `CutoutError`."""
    over = over or Event()
    photos, jobs = account.objects(), account.job_objects()

    def tell(name: str, data: Any) -> None:
        if name in ("photo", "gone") and not data["source"].startswith(prefix):
            return
        if screen.machine and name in ("photo", "gone"):
            print(json.dumps({"event": name, **data}, ensure_ascii=False), flush=True)
        elif name == "photo":
            screen.say(_line(data, screen.language), _STYLES.get(data["stage"], ""))
        elif name == "trouble":
            screen.say(Message(**data["message"]), "yellow")

    with mirror(screen, account) as records:
        watcher = Watcher(photos, jobs, records, tell, lambda: True, listed=True)
        screen.say(_BEGUN, "dim")
        watcher.start()
        try:
            while not over.wait(1):  # in pieces: a wait without an end hears no Ctrl-C on every system
                pass
        finally:
            watcher.stop()


def _line(card: dict[str, Any], language: str) -> str:
    """What happened to a photo: when, in which stage it is now, how long it took, and why it is not served."""
    parts = [f"{datetime.now().astimezone():%H:%M:%S}", f"{card['stage']:<9}", one_line(card["source"])]
    if card["finished_at"]:
        taken = datetime.fromisoformat(card["finished_at"]) - datetime.fromisoformat(card["uploaded_at"])
        parts.append(f"{taken.total_seconds():.1f} s")
    if card["verdict"] == "look":
        parts.append(str(getattr(_LOOK, language)))
    parts += [card["code"], card["message"][language]]
    return "  ".join(filter(None, parts))
