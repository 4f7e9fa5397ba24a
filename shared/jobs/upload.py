"""The name of an upload, taken apart once: what it asks for, what it is, and the names of all that belongs to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from shared.errors import Rejected
from shared.jobs.keys import CUTOUTS, JOBS, LISTINGS, MAX_UPLOAD_BYTES, ORDERS, UPLOADS
from shared.messages import uploads as messages
from shared.vendors.capabilities import CAPABILITIES

_COMPANION = re.compile(r"(?P<picture>.+)\.(?P<role>[a-z]+)\.[^./]+", re.DOTALL)
_FOLDER_COMPANION = re.compile(r"_(?P<role>[a-z]+)\.[^./]+")
_OPTION = re.compile(r"(?P<name>[a-z][a-z-]*)=(?P<value>[^=]*)")


class Kind(Enum):
    """What an object under `uploads/` is, by its name and by what its capability takes."""

    PICTURE = "a picture"
    COMPANION = "what is named after the picture beside it: `<picture>.<role>.<ext>`"
    FOLDER_COMPANION = "what belongs to every picture of its folder: `_<role>.<ext>`"
    OTHER = "none of ours: a folder, or a name that begins with a dot or an underscore"


@dataclass(frozen=True)
class Upload:
    """An object under `uploads/`, by its key. Nothing is read from the bucket, and the object need not exist."""

    key: str

    @property
    def kind(self) -> Kind:
        """Read off the name alone: a companion whose picture is missing is one all the same."""
        name = self.key.rpartition("/")[2]
        match = _FOLDER_COMPANION.fullmatch(name)
        if match and match["role"] in self.roles:
            return Kind.FOLDER_COMPANION
        if not self.key.startswith(UPLOADS) or name.startswith((".", "_")) or not name:
            return Kind.OTHER
        return Kind.COMPANION if self.named_after else Kind.PICTURE

    @property
    def fits(self) -> bool:
        """Whether its key leaves room for the names that are made from it; no function takes one that does not."""
        return len(self.key.encode()) <= MAX_UPLOAD_BYTES

    # ---------------------------------------------------------------- what it asks for

    @property
    def group(self) -> str:
        """The first folder, whose function serves the upload."""
        return self.key.removeprefix(UPLOADS).partition("/")[0]

    @property
    def capability(self) -> str:
        """`<group>/<capability>`, the first two folders; empty when there are fewer. It need not be in the table."""
        folders = self.key.removeprefix(UPLOADS).split("/")[:-1]
        return "/".join(folders[:2]) if len(folders) >= 2 else ""

    @property
    def known_capability(self) -> str:
        """The same if it is in the table; else empty. Nothing is called for those others, whatever their folders are
        called: in the queue they are one."""
        return self.capability if self.capability in CAPABILITIES else ""

    @property
    def options(self) -> dict[str, str]:
        """What the folders called `<option>=<value>[,…]` set; a deeper folder wins.

        Raises `Rejected` for a folder with an equals sign that is none: a misspelt option must not pass for a default.
        """
        found: dict[str, str] = {}
        for name in self.key.removeprefix(UPLOADS).split("/")[2:-1]:
            for text in name.split(",") if "=" in name else ():
                pair = _OPTION.fullmatch(text)
                if pair is None:
                    raise Rejected("InvalidOption", messages.INVALID_FOLDER(folder=name, text=text))
                found[pair["name"]] = pair["value"]
        return found

    # ---------------------------------------------------------------- what lies beside it

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles of what may lie beside a picture of its capability; none when it needs nothing, or is none."""
        row = CAPABILITIES.get(self.capability)
        return row.companion_roles if row else ()

    @property
    def named_after(self) -> Upload | None:
        """What this companion is named after, which may be a companion itself; None for anything else."""
        match = _COMPANION.fullmatch(self.key)
        return Upload(match["picture"]) if match and match["role"] in self.roles else None

    @property
    def picture(self) -> Upload | None:
        """The picture beside which this companion lies; None for anything else, a companion of a companion included."""
        beside = self.named_after
        return beside if beside and beside.kind is Kind.PICTURE else None

    @property
    def role(self) -> str:
        """What stands between the last two dots of the name; empty when there are fewer."""
        match = _COMPANION.fullmatch(self.key) or _FOLDER_COMPANION.fullmatch(self.key.rpartition("/")[2])
        return match["role"] if match else ""

    def companion_prefixes(self, role: str) -> tuple[str, str]:
        """What the key of this picture's companion begins with: its own, else the folder's."""
        return f"{self.key}.{role}.", f"{self.folder}_{role}."

    @property
    def folder(self) -> str:
        """With the slash at its end."""
        return self.key[: self.key.rindex("/") + 1]

    @property
    def suffix(self) -> str:
        """What follows the last dot of the name; empty when there is none."""
        _, dot, last = self.key.rpartition("/")[2].rpartition(".")
        return last if dot else ""

    # ---------------------------------------------------------------- the names of what belongs to it

    @property
    def receipt_key(self) -> str:
        return f"{self._below(CUTOUTS)}.json"

    def output_key(self, label: str, extension: str) -> str:
        """The key of a result; `label` is empty when it is the only one."""
        return f"{self._below(CUTOUTS)}.{label}{'.' if label else ''}{extension}"

    @property
    def listing_key(self) -> str:
        """Of the document about its listing pictures."""
        return f"{self._below(LISTINGS)}.json"

    def listing_picture_key(self, preset: str, extension: str) -> str:
        return f"{self._below(LISTINGS)}.{preset}.{extension}"

    def order_key(self, digest: str) -> str:
        """Of an order of listing pictures; `digest`, of up to 38 characters, is that of what it orders."""
        return f"{self._below(ORDERS)}.{digest}.json"

    @property
    def job_key(self) -> str:
        return f"{self._below(JOBS)}.json"

    @property
    def recheck_key(self) -> str:
        """The note that something newer arrived while a job was under way."""
        return f"{self._below(JOBS)}.next"

    def lease_key(self, etag: str, generation: int) -> str:
        """The create-once name that gives the right to move the job on from exactly the state whose ETag is `etag`."""
        return f"{self._below(JOBS)}.{etag}.{generation}.lease"

    @staticmethod
    def of_job(key: str) -> Upload:
        """The upload that the job or the recheck at `key` is about."""
        return Upload(UPLOADS + key.removeprefix(JOBS).rpartition(".")[0])

    def _below(self, prefix: str) -> str:
        return prefix + self.key.removeprefix(UPLOADS)
