"""Where things lie in the bucket; nothing else spells a prefix.

Everything about the upload `uploads/X` is called X.something under a sibling prefix, so no two uploads share
a name and anyone can compute one without asking.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timezone

from shared.errors import Rejected

UPLOADS = "uploads/"
CUTOUTS = "cutouts/"
JOBS = "jobs/"
QUEUE = "queue/"
WORK = "work/"
CALLS = "calls/"
BACKFILL = "backfill/"

OWNER = f"{QUEUE}.owner.json"
"""Which capabilities' backlogs settle is at."""
WAKE = "wake/settle"
"""Written to have settle come at once: its trigger listens there."""

MAX_UPLOAD_BYTES = 980
"""The longest key an upload may have, in UTF-8: the names made from it must fit OSS's 1,023 bytes."""

_COMPANION = re.compile(r"(?P<image>.+)\.(?P<role>[a-z]+)\.[^./]+", re.DOTALL)
_FOLDER_COMPANION = re.compile(r"_(?P<role>[a-z]+)\.[^./]+")
_MOMENT = "%Y%m%dT%H%M%S.%fZ"
_NO_CAPABILITY = "-/-"
"""There the whole upload is named, since somebody may call two folders so."""
_QUEUE_ENTRY = re.compile(
    rf"{QUEUE}(?P<stage>[a-z]+)/(?P<capability>[^/]*/[^/]*)/(?P<due>\d{{8}}T\d{{6}}\.\d{{6}}Z)/(?P<rest>.+)", re.DOTALL
)
_LEASE = re.compile(rf"(?P<name>{JOBS}.+)\.(?P<etag>[^./]+)\.\d+\.lease", re.DOTALL)
_OPTION = re.compile(r"(?P<name>[a-z][a-z-]*)=(?P<value>[^=]*)")


def is_upload(key: str) -> bool:
    """Whether `key` may be a picture: no folder, and no name that begins with a dot or an underscore."""
    name = key.rpartition("/")[2]
    return key.startswith(UPLOADS) and not name.startswith((".", "_")) and name != ""


def suffix(key: str) -> str:
    """What follows the last dot of the name; empty when there is none."""
    _, dot, last = key.rpartition("/")[2].rpartition(".")
    return last if dot else ""


def capability_name(key: str) -> str:
    """The first two folders of an upload; empty when there are fewer."""
    folders = key.removeprefix(UPLOADS).split("/")[:-1]
    return "/".join(folders[:2]) if len(folders) >= 2 else ""


def options(key: str) -> dict[str, str]:
    """What the folders called `<option>=<value>[,…]` set.

    Raises `Rejected` for a folder with an equals sign that is none: a misspelt option must not pass for a default.
    """
    found: dict[str, str] = {}
    for name in key.removeprefix(UPLOADS).split("/")[2:-1]:
        for text in name.split(",") if "=" in name else ():
            pair = _OPTION.fullmatch(text)
            if pair is None:
                raise Rejected("InvalidOption", f"in the folder {name!r}, {text!r} is no <option>=<value> (lower case)")
            found[pair["name"]] = pair["value"]  # a deeper folder speaks last
    return found


def receipt(upload: str) -> str:
    return f"{_sibling(CUTOUTS, upload)}.json"


def output(upload: str, label: str, extension: str) -> str:
    """The address of a picture; `label` is empty when it is the only one."""
    return f"{_sibling(CUTOUTS, upload)}.{label}{'.' if label else ''}{extension}"


def job(upload: str) -> str:
    return f"{_sibling(JOBS, upload)}.json"


def lease(job_key: str, etag: str, generation: int) -> str:
    """The create-once name that gives the right to move a job on from exactly the state whose ETag is `etag`."""
    return f"{job_key.removesuffix('.json')}.{etag}.{generation}.lease"


def state_of(lease_key: str) -> tuple[str, str] | None:
    """The key and the ETag of the state that a lease is about; None for a name that is no lease of ours."""
    match = _LEASE.fullmatch(lease_key)
    return (f"{match['name']}.json", match["etag"]) if match else None


def recheck(upload: str) -> str:
    """The note that something newer arrived while a job was under way."""
    return f"{_sibling(JOBS, upload)}.next"


def jobs_below(folder: str) -> str:
    """Where the jobs of uploads below `folder` lie; of all uploads when it is empty."""
    return _sibling(JOBS, folder)


def receipts_below(folder: str) -> str:
    """Where the receipts of uploads below `folder` lie, and their pictures."""
    return _sibling(CUTOUTS, folder)


def queue_entry(stage: str, due: datetime, upload: str) -> str:
    """The name that holds the turn of a job: those of one stage of a capability sort by when they are due."""
    capability = capability_name(upload)
    rest = upload.removeprefix(UPLOADS)
    if capability not in ("", _NO_CAPABILITY):
        rest = rest.removeprefix(f"{capability}/")
    return f"{lane(stage, capability)}{due.astimezone(timezone.utc).strftime(_MOMENT)}/{rest}"


def lane(stage: str, capability: str) -> str:
    """Where these turns lie."""
    return f"{QUEUE}{stage}/{capability or _NO_CAPABILITY}/"


def read_queue_entry(key: str) -> tuple[str, str, datetime, str] | None:
    """Stage, capability, moment and upload of a turn; None for a name that is none."""
    match = _QUEUE_ENTRY.fullmatch(key)
    if match is None:
        return None
    try:
        due = datetime.strptime(match["due"], _MOMENT).replace(tzinfo=timezone.utc)
    except ValueError:
        return None
    left_out = "" if match["capability"] == _NO_CAPABILITY else f"{match['capability']}/"
    upload = f"{UPLOADS}{left_out}{match['rest']}"
    return match["stage"], capability_name(upload), due, upload


def upload_of(key: str) -> str:
    """The upload that a job or a sequel speaks of."""
    return UPLOADS + key.removeprefix(JOBS).rpartition(".")[0]


def call(day: str, number: int) -> str:
    """The create-once name of a day's call."""
    return f"{CALLS}{day}/{number}"


def progress(prefix: str) -> str:
    """Where a backfill of `prefix` says how far it has come."""
    return f"{_sibling(BACKFILL, prefix)}progress.json"


def copy(job_id: str, number: int, extension: str) -> str:
    """A plain name for the copy of a job's picture: 32 hex digits that nobody can guess."""
    return f"{WORK}{hashlib.sha256(f'{job_id}/{number}'.encode()).hexdigest()[:32]}.{extension}"


def folder(key: str) -> str:
    return key[: key.rindex("/") + 1]


def companion_prefixes(upload: str, role: str) -> tuple[str, str]:
    """What the name of `upload`'s second picture begins with: its own, else the folder's."""
    return f"{upload}.{role}.", f"{folder(upload)}_{role}."


def image_of(key: str, roles: tuple[str, ...]) -> str:
    """The upload beside which `key` lies in one of `roles`; empty when it does not, by its name."""
    match = _COMPANION.fullmatch(key)
    return match["image"] if match and match["role"] in roles else ""


def serves_folder(key: str, roles: tuple[str, ...]) -> bool:
    """Whether `key` lies beside every upload of its folder, in one of `roles`."""
    match = _FOLDER_COMPANION.fullmatch(key.rpartition("/")[2])
    return match is not None and match["role"] in roles


def _sibling(prefix: str, upload: str) -> str:
    return prefix + upload.removeprefix(UPLOADS)
