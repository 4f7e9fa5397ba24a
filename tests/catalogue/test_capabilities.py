"""The catalogue polices itself: what a row needs elsewhere is there, and a failing test says what to do."""

from __future__ import annotations

import pytest

from shared.errors import Rejected
from shared.jobs import keys
from shared.jobs.upload import Upload
from shared.vendors.capabilities import CAPABILITIES, capability, of_group, vendor_options
from shared.vendors.capability import Capability
from shared.vendors.options import Areas, Colour, OneOf, Option, SomeOf
from tests.cloud.manifest import ROOT, load
from tests.cloud.stand_ins import STAND_INS
from tests.unit.providers import VENDORS

ROWS = sorted(CAPABILITIES.values(), key=lambda row: row.name)
GROUPS = sorted({row.name.partition("/")[0] for row in ROWS})
FORMATS = {"jpg", "png", "bmp", "webp", "gif", "tiff", "heic"}

every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
every_group = pytest.mark.parametrize("group", GROUPS)


@every_row
def test_a_row_is_named_after_its_group_and_itself(row: Capability) -> None:
    parts = row.name.split("/")
    assert len(parts) == 2, f"{row.name}: a name is <group>/<capability>, the first two folders of an upload"
    for part in parts:
        assert part.replace("-", "").isalpha(), f"{row.name}: folders are lower-case words and hyphens"
        assert part == part.lower(), f"{row.name}: folders are lower-case words and hyphens"
    assert CAPABILITIES[row.name] is row


@every_row
def test_a_row_has_what_people_and_the_vendor_call_it(row: Capability) -> None:
    assert row.title, f"{row.name}: say what the vendor's console calls it"
    assert row.action, f"{row.name}: say which action of the vendor it is"
    assert row.provider in VENDORS, f"{row.name}: the wiring has no vendor {row.provider}: see shared/entry/wiring.py"


@every_row
def test_a_row_takes_a_picture_first_and_at_most_one_more(row: Capability) -> None:
    roles = list(row.fields)
    assert roles[0] == "image", f"{row.name}: the field of the picture itself comes first"
    assert len(roles) <= 2, f"{row.name}: the line knows of one second picture"
    assert len(set(row.fields.values())) == len(roles), f"{row.name}: two pictures in one field"
    assert row.companion_roles[:1] == tuple(roles[1:])
    assert Upload(f"uploads/{row.name}/a.jpg").roles == row.companion_roles


@every_row
def test_the_limits_of_a_row_can_be_met(row: Capability) -> None:
    limits = row.limits
    assert limits.formats <= FORMATS, f"{row.name}: {limits.formats - FORMATS} are not OSS's names of formats"
    assert {"jpg", "png"} <= limits.formats, f"{row.name}: pictures are reshaped to JPEG and masks to PNG"
    assert 1 <= limits.min_side < limits.max_side
    assert limits.max_bytes > 100_000, f"{row.name}: limits are in bytes"
    assert {24, 32} <= limits.png_bits <= {1, 2, 4, 8, 16, 24, 32, 48, 64}


@every_row
def test_the_options_of_a_row_can_be_set_by_a_folder(row: Capability) -> None:
    for name, option in row.options.items():
        assert name.replace("-", "").isalpha(), f"{row.name}: option {name} is not kebab-case"
        assert name == name.lower(), f"{row.name}: option {name} is not kebab-case"
        assert option.accepted, f"{row.name}: say which values of {name} the vendor documents"
        values = option.values if isinstance(option, OneOf | SomeOf) else ()
        assert not any(set("/,=") & set(value) for value in values), f"{row.name}: no folder can say {name}"
        assert option.field not in row.fields.values()


@every_row
def test_a_substitute_exists_and_is_still_offered(row: Capability) -> None:
    if row.substitute:
        assert row.substitute in CAPABILITIES, f"{row.name}: there is no {row.substitute}"
        assert not CAPABILITIES[row.substitute].substitute, f"{row.name}: {row.substitute} has gone, too"


@every_group
def test_a_group_has_a_function_that_serves_it(group: str) -> None:
    index = ROOT / "functions" / group / "index.py"
    assert index.is_file(), f"write functions/{group}/index.py: handler = on_upload({group!r})"
    assert f'handler = on_upload("{group}")' in index.read_text("utf-8"), f"{index} does not serve {group}"


@every_group
def test_a_group_has_a_trigger(group: str) -> None:
    function = load().functions.get(group)
    assert function is not None, f"add the function {group} to s.yaml"
    prefixes = [trigger.affixes.prefix for trigger in function.oss_triggers]
    assert prefixes == [f"uploads/{group}/"], f"give {group} in s.yaml one trigger, for uploads/{group}/"


def test_no_function_waits_for_uploads_of_a_group_that_has_no_row() -> None:
    triggers = [trigger for function in load().functions.values() for trigger in function.oss_triggers]
    assert sorted(trigger.affixes.prefix for trigger in triggers) == [
        keys.ORDERS,
        *(f"uploads/{group}/" for group in GROUPS),
        Upload(keys.WAKE).folder,
    ]


def test_a_capability_is_found_by_its_name() -> None:
    assert capability("general/common").action == "SegmentCommonImage"


def test_an_unknown_capability_is_refused_with_those_of_its_group() -> None:
    with pytest.raises(Rejected) as refused:
        capability("general/cat")
    assert refused.value.code == "UnknownCapability"
    assert "no capability general/cat" in refused.value.message
    for row in of_group("general"):
        assert row.name in refused.value.message


def test_an_unknown_group_is_refused_with_all_there_are() -> None:
    with pytest.raises(Rejected) as refused:
        capability("gene/common")
    assert all(name in refused.value.message for name in CAPABILITIES)


@every_row
def test_the_stand_in_has_drawn_up_the_action_from_the_manual_as_well(row: Capability) -> None:
    stand_in = STAND_INS.get(row.provider)
    assert stand_in is not None, f"write a stand-in for {row.provider}, and a row for it in tests/cloud/stand_ins.py"
    assert row.action in stand_in.actions, f"add {row.action} to {stand_in.written_in}, from the vendor's manual"


@every_group
def test_the_rows_of_a_group_are_its_own(group: str) -> None:
    assert {row.name for row in of_group(group)} == {name for name in CAPABILITIES if name.startswith(f"{group}/")}


def test_a_capability_that_is_none_needs_no_second_picture() -> None:
    assert Upload("uploads/a.jpg").roles == Upload("uploads/general/cat/a.jpg").roles == ()


def test_options_are_told_to_the_vendor_in_its_words() -> None:
    row = CAPABILITIES["general/common"]
    assert vendor_options(row, {"return-form": "whiteBK"}) == {"ReturnForm": "whiteBK"}
    assert vendor_options(row, {}) == {}


def documented(option: Option) -> list[tuple[str, dict[str, str], dict[str, str]]]:
    """Values that the vendor documents, each with the options it needs beside it and the words for it."""
    match option:
        case OneOf(field, values):
            return [(value, {}, {field: value}) for value in values]
        case SomeOf(field, values):
            alone: list[tuple[str, dict[str, str], dict[str, str]]] = [
                (value, {}, {f"{field}.1": value}) for value in values
            ]
            return [*alone, ("+".join(values), {}, {f"{field}.{n}": value for n, value in enumerate(values, 1)})]
        case Colour(field, (other, value)):
            return [(colour, {other: value}, {field: colour}) for colour in ("000000", "ffffff", "00FF7f")]
        case Areas(field):
            return [
                (text, {}, {field: text}) for text in ('[{"x":0,"y":0,"width":1,"height":1}]', "admission's to judge")
            ]


UNDOCUMENTED = ("", "no such value", "MASK", "#ff0000", "ff000", "ff00000", "gg0000", "ff0000\n", "1 ", "+", "٣")


@every_row
def test_every_documented_value_of_every_option_passes_in_the_vendors_words(row: Capability) -> None:
    for name, option in row.options.items():
        for value, beside, words in documented(option):
            assert vendor_options(row, {name: value, **beside}) == {**words, **vendor_options(row, beside)}


@every_row
def test_a_value_the_vendor_does_not_document_is_refused_for_every_option(row: Capability) -> None:
    for name, option in row.options.items():
        if isinstance(option, Areas):
            continue  # held against the picture's sides
        for value in UNDOCUMENTED:
            with pytest.raises(Rejected) as refused:
                vendor_options(row, {name: value, "format": "jpg"} if isinstance(option, Colour) else {name: value})
            assert refused.value.code == "InvalidOption"
            assert refused.value.message == f"{name} is {value!r}; {row.name} takes {option.accepted.en}"


def test_a_background_colour_counts_only_with_a_jpeg() -> None:
    cutout = CAPABILITIES["picwish/cutout"]
    vendor_fields = {"bg_color": "ff0000", "format": "jpg"}
    assert vendor_options(cutout, {"bg-color": "ff0000", "format": "jpg"}) == vendor_fields
    assert vendor_options(cutout, {"format": "jpg", "bg-color": "ff0000"}) == vendor_fields
    for beside in ({}, {"format": "png"}, {"type": "person"}):
        with pytest.raises(Rejected, match="bg-color counts only with format=jpg") as refused:
            vendor_options(cutout, {"bg-color": "ff0000", **beside})
        assert refused.value.code == "UselessOption"
    assert cutout.options["bg-color"].accepted.en == "RRGGBB in hexadecimal, only with format=jpg"


@every_row
def test_an_option_that_counts_only_with_another_one_is_told_which_exists(row: Capability) -> None:
    for option in row.options.values():
        if isinstance(option, Colour):
            other, value = option.only_with
            assert vendor_options(row, {other: value})


def test_several_values_of_one_option_are_numbered_as_the_vendor_numbers_them() -> None:
    cloth = CAPABILITIES["goods/cloth"]
    assert vendor_options(cloth, {"cloth-class": "tops+hat"}) == {"ClothClass.1": "tops", "ClothClass.2": "hat"}
    for wrong in ("tops+", "", "tops+tops", "tops,hat", "gloves"):
        with pytest.raises(Rejected, match="cloth-class"):
            vendor_options(cloth, {"cloth-class": wrong})


def test_an_option_the_vendor_does_not_document_is_refused_with_those_it_does() -> None:
    with pytest.raises(Rejected, match=r"general/common has no option colour; it has return-form") as refused:
        vendor_options(CAPABILITIES["general/common"], {"colour": "red"})
    assert refused.value.code == "UnknownOption"
    with pytest.raises(Rejected, match=r"general/vehicle has no option return-form; it has none"):
        vendor_options(CAPABILITIES["general/vehicle"], {"return-form": "mask"})


@pytest.mark.parametrize("value", ["whitebk", "", "mask "])
def test_a_value_the_vendor_does_not_document_is_refused_with_those_it_does(value: str) -> None:
    with pytest.raises(Rejected, match=r"general/common takes mask, whiteBK, crop") as refused:
        vendor_options(CAPABILITIES["general/common"], {"return-form": value})
    assert repr(value) in refused.value.message
