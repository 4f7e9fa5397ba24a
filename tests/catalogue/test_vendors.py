"""A vendor that the wiring knows is known wherever else it must be, and a failing test says where it is not."""

from __future__ import annotations

import pytest

from shared.entry.settings import Settings
from shared.errors import Misconfigured
from shared.jobs.upload import Upload
from shared.messages.message import Message
from shared.vendors.capabilities import CAPABILITIES
from shared.vendors.capability import Capability
from shared.vendors.error_codes import UNPAID
from tests.catalogue.pages import page
from tests.cloud.manifest import load
from tests.cloud.stand_ins import STAND_INS
from tests.reliability.shapes import SHAPES
from tests.unit.providers import ERROR_CODES, VENDORS, secrets_of, settings_of

every_vendor = pytest.mark.parametrize("vendor", VENDORS)


def rows_of(vendor: str) -> list[Capability]:
    return [row for row in CAPABILITIES.values() if row.provider == vendor]


def groups(rows: list[Capability]) -> set[str]:
    return {row.name.partition("/")[0] for row in rows}


def deployed(vendor: str) -> set[str]:
    """The vendor's variables that s.yaml sets: all but Alibaba's own addresses, which have a default."""
    return {
        name
        for name in settings_of(vendor)
        if not str(Settings.model_fields[name.lower()].default).startswith("https://")
    }


@every_vendor
def test_a_vendor_has_a_capability(vendor: str) -> None:
    assert rows_of(vendor), f"no row of shared/vendors/capabilities.py has provider={vendor!r}"


@every_vendor
def test_a_vendor_has_a_stand_in(vendor: str) -> None:
    assert vendor in STAND_INS, f"write a stand-in for {vendor}, and a row for it in tests/cloud/stand_ins.py"


def test_a_stand_in_is_of_a_vendor_that_the_wiring_knows() -> None:
    assert set(STAND_INS) <= set(VENDORS), "add a row to `providers` in shared/entry/wiring.py"


@every_vendor
def test_the_calls_a_second_that_were_bought_of_a_vendor_are_a_setting(vendor: str) -> None:
    assert f"{vendor}_qps" in Settings.model_fields, f"add {vendor}_qps to shared/entry/settings.py"


@every_vendor
def test_a_vendor_has_a_table_of_error_codes_in_which_a_call_that_is_not_paid_is_the_operators(vendor: str) -> None:
    kinds = ERROR_CODES[vendor]
    assert kinds, f"add a table {vendor.upper()} to shared/vendors/error_codes.py"
    unpaid = kinds.get(UNPAID)
    assert unpaid, f"add UNPAID to {vendor.upper()} in shared/vendors/error_codes.py"
    assert unpaid.error is Misconfigured


@every_vendor
def test_the_advice_on_a_vendors_codes_is_there_in_both_languages(vendor: str) -> None:
    for code, kind in ERROR_CODES[vendor].items():
        written = isinstance(kind.advice, Message) or kind.advice == ""
        assert written, (
            f"{vendor.upper()}, {code}: put {kind.advice!r} into shared/messages/vendors.py, with its Chinese"
        )


@every_vendor
def test_the_readme_names_what_a_vendor_cannot_be_called_without(vendor: str) -> None:
    text = page("README.md")
    missing = [name for name in settings_of(vendor) if Settings.model_fields[name.lower()].default == ""]
    missing = [name for name in missing if f"`{name}`" not in text]
    assert not missing, (
        f"README.md, where it says `s deploy`: name {missing}, and wherever it names the vendors, {vendor}"
    )


@every_vendor
def test_the_documents_say_which_functions_have_a_vendors_secrets(vendor: str) -> None:
    text = page("docs/settings.md")
    for secret in secrets_of(vendor):
        holders = " and ".join(f"`{name}`" for name in (*sorted(groups(rows_of(vendor))), "settle"))
        row = f"| `{secret}` | {holders} |"
        assert row in text, f"put this into the table of secrets in docs/settings.md: {row}"


@every_vendor
def test_settle_has_every_setting_of_a_vendor(vendor: str) -> None:
    missing = deployed(vendor) - load().functions["settle"].environment.keys()
    assert not missing, f"settle calls every vendor: add {sorted(missing)} to its environmentVariables in s.yaml"


@every_vendor
def test_the_functions_of_a_vendors_uploads_have_every_setting_of_it(vendor: str) -> None:
    functions = load().functions
    for group in groups(rows_of(vendor)) & functions.keys():  # test_capabilities.py says which function is missing
        missing = deployed(vendor) - functions[group].environment.keys()
        assert not missing, f"add {sorted(missing)} to the environmentVariables of {group} in s.yaml"


@every_vendor
def test_no_other_function_has_a_setting_of_a_vendor(vendor: str) -> None:
    needed = {"settle", *groups(rows_of(vendor))}
    for function in load().functions.values():
        found = set(settings_of(vendor)) & function.environment.keys()
        assert function.name in needed or not found, f"{function.name} calls no {vendor}: take {sorted(found)} from it"


@pytest.mark.parametrize("group", sorted(groups([*CAPABILITIES.values()])))
def test_a_group_has_a_role_of_its_own(group: str) -> None:
    function = load().functions.get(group)
    assert function is not None, f"add the function {group} to s.yaml"
    role = f"oss-cutout-{group}"
    assert function.role.endswith(f":role/{role}"), f"give {group} in s.yaml the role {role}"


def way(row: Capability) -> tuple[str, bool, bool, bool]:
    """What makes a capability's crash points differ from another's: the vendor, whether it is polled, whether there
    are two pictures, and whether a call has several uploads."""
    return row.provider, row.asynchronous, row.companion is not None, row.batch > 1


@pytest.mark.parametrize("row", {way(row): row for row in CAPABILITIES.values()}.values(), ids=lambda row: row.name)
def test_every_way_of_serving_an_upload_has_its_crash_points_tried(row: Capability) -> None:
    tried = {way(CAPABILITIES[Upload(upload).capability]) for shape in SHAPES for upload in shape.served}
    assert way(row) in tried, f"add a shape to tests/reliability/shapes.py for {row.provider}: an upload of {row.name}"
