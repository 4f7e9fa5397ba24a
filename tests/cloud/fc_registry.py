"""The functions of the account, as they were deployed through Function Compute's API."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from pydantic import BaseModel, ValidationError

from tests.cloud.accounts import Accounts
from tests.cloud.acs3 import Refused
from tests.cloud.fc import Fc
from tests.cloud.fc_package import checksum
from tests.cloud.function import MOST_INSTANCES, Function
from tests.cloud.triggers import OssTrigger

REGION = "cn-shanghai"
Model = TypeVar("Model", bound=BaseModel)


def now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Neighbours:
    """What other services say when something is deployed; by default, that everything is there."""

    missing_log: Callable[[str, str], str] = lambda project, logstore: ""
    """`project`, `logstore`, or nothing: what is missing of a logstore in a project."""
    has_bucket: Callable[[str], bool] = lambda bucket: True
    fetch: Callable[[str, str], bytes | None] = lambda bucket, key: None
    """An object."""


@dataclass
class Facts:
    """What Function Compute notes beside something."""

    id: str = field(default_factory=lambda: str(uuid4()))
    created: str = field(default_factory=now)
    modified: str = field(default_factory=now)
    description: str = ""
    """Of a trigger."""


@dataclass(frozen=True)
class Package:
    """Code, unpacked in `folder`; `checksum` and `size` (bytes) are its zip's."""

    folder: Path
    checksum: str
    size: int


@dataclass
class Deployed:
    function: Function
    package: Package
    facts: Facts = field(default_factory=Facts)
    triggers: dict[str, Facts] = field(default_factory=dict)
    """By name, beside what the function has of them."""
    asynchronous: Facts = field(default_factory=Facts)

    @property
    def arn(self) -> str:
        return f"acs:fc:{REGION}:{Accounts.uid}:functions/{self.function.deployed_name}"


class Registry:
    """`fc` runs what is deployed; code is unpacked in `folder`."""

    def __init__(self, accounts: Accounts, fc: Fc, folder: Path, neighbours: Neighbours) -> None:
        self.accounts = accounts
        self.fc = fc
        self.neighbours = neighbours
        self.deployed: dict[str, Deployed] = {}
        """By the function's name in the account."""
        self.instances = MOST_INSTANCES
        """The account's quota in the region."""
        self.rules: list[OssTrigger] = []
        """Rules on buckets that people made in OSS's console. No API is documented that shows them."""
        self._folder = folder

    def find(self, name: str) -> Deployed:
        if name not in self.deployed:
            raise Refused(404, "FunctionNotFound", f"function '{name}' does not exist")
        return self.deployed[name]

    def add(self, deployed: Deployed) -> None:
        self.deployed[deployed.function.deployed_name] = deployed
        self.fc.place(deployed.function)

    def change(self, deployed: Deployed, **changes: Any) -> None:
        """Gives the function other values, by the names of `Function`'s fields."""
        deployed.function = deployed.function.model_copy(update=changes)
        self.fc.place(deployed.function)

    def remove(self, deployed: Deployed) -> None:
        del self.deployed[deployed.function.deployed_name]
        self.fc.remove(deployed.function.name)

    def admit_role(self, access_key_id: str, role: str, service: str) -> None:
        """Refuses a role that the caller may not hand on, that is not there, or that `service` may not assume."""
        if not self.accounts.allows(access_key_id, ("ram:PassRole", role)):
            raise Refused(403, "AccessDenied", f"the caller is not authorized to perform 'ram:PassRole' on '{role}'")
        name = role.rpartition("/")[2]
        # No document says with what words, and whether a function with such a role is refused at once.
        if not role.startswith(f"acs:ram::{Accounts.uid}:") or self.accounts.ram.role(name) is None:
            raise invalid(f"role '{role}' does not exist")
        if not self.accounts.ram.trusts(name, service):
            raise invalid(f"{service} is not authorized to assume role '{role}'")

    def unpack(self, name: str, code: object) -> Package:
        """Code as CreateFunction takes it: a zip, in Base64 or as an object in OSS."""
        if not isinstance(code, dict) or not {*code} <= {"zipFile", "ossBucketName", "ossObjectName", "checksum"}:
            raise invalid("code is not an InputCodeLocation")
        archive = self._archive(code)
        found = checksum(archive)
        if code.get("checksum", found) != found:
            raise invalid("the checksum of the code package is another")
        folder = self._folder / found / name
        try:
            with zipfile.ZipFile(io.BytesIO(archive)) as package:
                package.extractall(folder, [each for each in package.namelist() if self._takes(each)])
        except zipfile.BadZipFile:
            raise invalid("the code package is no zip") from None
        return Package(folder, found, len(archive))

    def _takes(self, path: str) -> bool:
        """Packages are for the Python of Function Compute: who runs by this machine's has packages of its own."""
        return self.fc.runs_packages or path.partition("/")[0] in ("index.py", "shared")

    def _archive(self, code: Mapping[str, str]) -> bytes:
        if "zipFile" in code:
            try:
                return base64.b64decode(code["zipFile"], validate=True)
            except ValueError:
                raise invalid("zipFile is not Base64") from None
        bucket, key = code.get("ossBucketName", ""), code.get("ossObjectName", "")
        archive = self.neighbours.fetch(bucket, key)
        if archive is None:
            raise Refused(403, "AccessDenied", f"unable to access object {key} in bucket {bucket}")
        return archive


def checked(model: type[Model], document: Mapping[str, Any]) -> Model:
    """The model; what it does not take is refused, without the value, which may be a secret."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        said = first["msg"].removeprefix("Value error, ").removeprefix("InvalidArgument: ")
        raise invalid(f"{where}: {said}" if where else said) from None


def object_of(body: Any, *names: str) -> dict[str, Any]:
    """A request's body. No document says what becomes of a field that the API does not know: here it is refused, unless
    it is empty, as SDK and component send some."""
    if not isinstance(body, dict):
        raise invalid("the body is not a JSON object")
    if unknown := [name for name, value in body.items() if name not in names and value not in (None, [], {})]:
        raise invalid(f"{unknown[0]} is not known")
    return {name: value for name, value in body.items() if name in names}


def invalid(message: str) -> Refused:
    return Refused(400, "InvalidArgument", message)
