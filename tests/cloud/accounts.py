"""Who may come in: the keys that the cloud in a box hands out and its servers look up."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from tests.cloud.ram import Right
from tests.cloud.ram_state import RamState


@dataclass(frozen=True)
class Key:
    """An access key; `security_token` is empty for a permanent one, and set for one from STS."""

    access_key_id: str
    access_key_secret: str
    security_token: str = ""


class Accounts:
    """The one account of the box: every key it has handed out, by access key id, the roles behind the temporary ones,
    and the AppCodes of its purchases."""

    uid = "1234567890123456"

    def __init__(self) -> None:
        self._keys: dict[str, Key] = {}
        self._appcodes: dict[str, str] = {}
        self._roles: dict[str, str] = {}
        """By access key id, the role it was given for."""
        self.ram = RamState()
        """Roles and their policies, which may be changed at any time."""
        self.used: dict[str, set[Right]] = {}
        """By role, what it was granted and has made use of, as the policies are written."""
        self.refused: list[tuple[str, Right]] = []
        """What roles were refused, with the role's name before it."""
        self.owner = self._add(Key("LTAI-EXAMPLE-owner", secrets.token_hex(15)))

    def _add(self, key: Key) -> Key:
        self._keys[key.access_key_id] = key
        return key

    def appcode(self, vendor: str) -> str:
        """The AppCode with which `vendor` was bought in the market, the same one each time."""
        return self._appcodes.setdefault(vendor, f"EXAMPLE-{vendor}-{secrets.token_hex(16)}")

    def assume_role(self, name: str = "") -> Key:
        """A temporary key as STS gives one to a function's instance, with the rights of the role called so; without a
        name, of one that may do everything."""
        key = Key(
            f"STS.EXAMPLE{secrets.token_hex(8)}",
            secrets.token_hex(20),
            # Real tokens are several hundred characters long: links signed with one are too.
            "CAIS-EXAMPLE" + secrets.token_urlsafe(480),
        )
        if name:
            self._roles[key.access_key_id] = name
        return self._add(key)

    def role_of(self, access_key_id: str) -> str:
        """The name of the role that a temporary key was given for; empty for other keys."""
        return self._roles.get(access_key_id, "")

    def allows(self, access_key_id: str, right: Right) -> bool:
        """Whether the holder of a key may do this: the owner may do everything, a role what its policies say."""
        role = self.role_of(access_key_id)
        return not role or self.role_allows(role, right)

    def role_allows(self, role: str, right: Right) -> bool:
        """Whether a role may do this. One that was never made may do everything: with a single stand-in there is nobody
        to make roles."""
        policies = self.ram.rights(role)
        if policies is None:
            return True
        if not policies.allows(right):
            self.refused.append((role, right))
            return False
        self.used.setdefault(role, set()).update(policies.uses(right))
        return True

    def expire(self, access_key_id: str) -> None:
        """A temporary key's 36 hours are over."""
        del self._keys[access_key_id]

    def find(self, access_key_id: str) -> Key | None:
        return self._keys.get(access_key_id)
