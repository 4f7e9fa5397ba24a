"""Every vendor of the wiring, with an example for each setting that it cannot be called without."""

from __future__ import annotations

from dataclasses import replace

from shared.cloud.ports import Credentials
from shared.entry import wiring
from shared.entry.settings import Settings, read_settings
from shared.vendors import error_codes
from shared.vendors.error_codes import ErrorKind
from shared.vendors.protocol import PollingProvider, Provider

CREDENTIALS = Credentials("EXAMPLE-id", "EXAMPLE-secret")
VENDORS = tuple(wiring.providers(Settings(), CREDENTIALS))


ERROR_CODES: dict[str, dict[str, ErrorKind]] = {vendor: getattr(error_codes, vendor.upper(), {}) for vendor in VENDORS}
"""Each vendor's table; empty where there is none of its name in shared/vendors/error_codes.py."""


def settings_of(vendor: str) -> tuple[str, ...]:
    """The variables that are about one vendor: their names begin with its name."""
    return tuple(name.upper() for name in Settings.model_fields if name.startswith(f"{vendor}_"))


def secrets_of(vendor: str) -> tuple[str, ...]:
    """Those of them that nobody else may read."""
    return tuple(name for name in settings_of(vendor) if not Settings.model_fields[name.lower()].repr)


def environment(appcode: str = "EXAMPLE-appcode") -> dict[str, str]:
    """A value for each variable of a vendor that has no default."""
    return {
        name: appcode if name in secrets_of(vendor) else f"https://{name.lower().replace('_', '-')}.example"
        for vendor in VENDORS
        for name in settings_of(vendor)
        if Settings.model_fields[name.lower()].default == ""
    }


def providers(secret: str = "") -> dict[str, Provider]:
    """All vendors' dialects; `secret` is the one that each of them authenticates with, unless empty."""
    credentials = replace(CREDENTIALS, access_key_secret=secret, security_token=secret) if secret else CREDENTIALS
    return wiring.providers(read_settings(environment(secret or "EXAMPLE-appcode")), credentials)


def polling_providers() -> dict[str, PollingProvider]:
    """Those of them that may accept a task and finish it later."""
    return {name: each for name, each in providers().items() if isinstance(each, PollingProvider)}
