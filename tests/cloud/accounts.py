"""Who may come in: the keys that the cloud in a box hands out and its servers look up."""

from __future__ import annotations

import secrets
from dataclasses import dataclass


@dataclass(frozen=True)
class Key:
    """An access key; `security_token` is empty for a permanent one, and set for one from STS."""

    access_key_id: str
    access_key_secret: str
    security_token: str = ""


class Accounts:
    """The one account of the box: every key it has handed out, by access key id, and the AppCodes of its purchases."""

    uid = "1234567890123456"

    def __init__(self) -> None:
        self._keys: dict[str, Key] = {}
        self._appcodes: dict[str, str] = {}
        self.owner = self._add(Key("LTAI-EXAMPLE-owner", secrets.token_hex(15)))

    def _add(self, key: Key) -> Key:
        self._keys[key.access_key_id] = key
        return key

    def appcode(self, vendor: str) -> str:
        """The AppCode with which `vendor` was bought in the market, the same one each time."""
        return self._appcodes.setdefault(vendor, f"EXAMPLE-{vendor}-{secrets.token_hex(16)}")

    def assume_role(self) -> Key:
        """A temporary key as STS gives one to a function's instance."""
        return self._add(
            Key(
                f"STS.EXAMPLE{secrets.token_hex(8)}",
                secrets.token_hex(20),
                # Real tokens are several hundred characters long: links signed with one are too.
                "CAIS-EXAMPLE" + secrets.token_urlsafe(480),
            )
        )

    def expire(self, access_key_id: str) -> None:
        """A temporary key's 36 hours are over."""
        del self._keys[access_key_id]

    def find(self, access_key_id: str) -> Key | None:
        return self._keys.get(access_key_id)
