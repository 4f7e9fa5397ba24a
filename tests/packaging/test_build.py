"""What `make build` stages runs on a bare CPython 3.10, from what was bundled and nothing else."""

from __future__ import annotations

import hashlib
import json
import math
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pathspec import PathSpec
from PIL import Image

from tests.cloud.accounts import Accounts
from tests.cloud.box import Cloud
from tests.cloud.fc import Fc
from tests.cloud.manifest import check_code, load
from tests.pictures.known_alpha import answer, known_alpha, write
from tests.scenarios.shop import Shop, photo
from tools.build import ROOT, build, requirements
from tools.python310 import python310
from tools.weights import parts, weigh

STAGED = {name: (ROOT / function.code).resolve() for name, function in load().functions.items()}

MOST_ZIPPED = {"general": 12, "backfill": 12, "listing": 15}
"""Megabytes: what Function Compute fetches before a cold start can begin."""

OWN = {
    "backfill": {"fc2", "websocket"},
    "listing": {"pyvips", "pyvips_binary.libs", "_libvips.abi3.so", "_cffi_backend.cpython-310-x86_64-linux-gnu.so"},
}
"""What lies in the folder of one function and in no other."""

# Run in the staged folder: what was imported from where, and how.
LOOK = """
import json, sys
sys.path[:0] = [sys.argv[1]]
import index
files = [module.__file__ for module in sys.modules.values() if getattr(module, "__file__", None)]
print(json.dumps({
    "handler": callable(index.handler),
    "files": files,
    "fast_crc": sys.modules["crcmod.crcmod"]._usingExtension,
}))
"""

# What a handler imports, and what its clients do when they are first made; and the folders of the libraries in memory.
LOADED = """
import pathlib, sys
sys.path[:0] = [sys.argv[1]]
import httpcore, index
if sys.argv[1].endswith("backfill"):
    import shared.cloud.functions
print(*{name.partition(".")[0] for name, module in sys.modules.items() if module})
mapped = pathlib.Path("/proc/self/maps").read_text().split()
print(*{pathlib.Path(word).parent.name.partition(".")[0] for word in mapped if word.endswith((".so", ".so.42"))})
"""

# A photo and a cutout in, a judgement and listing pictures out, in the folder given.
PICTURES = """
import json, pathlib, sys
sys.path[:0] = [sys.argv[1]]
from shared.listings.make import make
from shared.listings.presets import read_presets
from shared.listings.quality import judge
from shared.listings.subject import Subject
folder = pathlib.Path(sys.argv[2])
subject = Subject.open(folder / "product.jpg", folder / "product.cutout.png")
made = [make(subject, preset, folder) for preset in read_presets("taobao-white+original")]
print(json.dumps({
    "verdict": judge(subject, goods=True).verdict,
    "made": {str(each.path): [each.width, each.height] for each in made},
    "compiled": sys.modules["pyvips"].API_mode,
}))
"""

REFUSING = """
import sys
sys.path[:0] = [sys.argv[1]]
import oss2
from oss2.utils import AESCTRCipher
whole = oss2.Bucket(oss2.ProviderAuthV4(None), "https://oss.example.com", "shop-photos", region="cn-shanghai")
assert not isinstance(whole, oss2.CryptoBucket)
comers = [
    lambda: oss2.CryptoBucket(None, "", ""),
    lambda: oss2.RsaProvider({}),
    lambda: oss2.LocalRsaProvider(),
    lambda: oss2.AliKMSProvider("", "", "", ""),
    lambda: oss2.EncryptionMaterials({}),
    lambda: AESCTRCipher().get_key(),
]
for comer in comers:
    try:
        comer()
    except ImportError as error:
        print(error)
"""


@pytest.fixture(scope="module")
def python() -> str:
    found = python310()
    if found is None:
        pytest.skip("the staged build is for CPython 3.10, and there is none here; $PYTHON310 may name one")
    build(found)
    return found


@pytest.fixture
def staged_fc(python: str) -> Iterator[Fc]:
    fc = Fc(load(), accounts=Accounts(), environment={}, code="staged", timer_seconds=math.inf)
    yield fc
    fc.stop()


@pytest.fixture(scope="module")
def shop(python: str) -> Iterator[Shop]:
    """Time runs faster here: settle comes by every second."""
    with Cloud(code="staged", timer_seconds=1, qps=50, job_seconds=1) as cloud:
        yield Shop(cloud)


def digest(folder: Path) -> str:
    listing = [
        (str(path.relative_to(folder)), path.stat().st_mtime, path.read_bytes() if path.is_file() else b"")
        for path in sorted(folder.rglob("*"))
    ]
    return hashlib.sha256(repr(listing).encode()).hexdigest()


def test_packages_are_chosen_for_the_target_and_not_for_the_python_that_builds() -> None:
    text = "a==1 ; python_full_version < '3.11'\nb==2 ; python_full_version >= '3.11'\nc==3 ; sys_platform == 'win32'\n"
    assert [str(row) for row in requirements(text)] == ["a==1"]


def test_crcmod_comes_with_its_c_extension_or_not_at_all() -> None:
    assert [row.name for row in requirements("crcmod==1.7\n")] == ["crcmod-plus"]


@pytest.mark.parametrize("function", STAGED)
def test_a_staged_handler_imports_in_a_bare_python310_from_bundled_code_alone(python: str, function: str) -> None:
    folder = STAGED[function]
    check_code(load().functions[function], folder)
    command = [python, "-I", "-S", "-X", "utf8", "-c", LOOK, str(folder)]
    looked = subprocess.run(command, env={}, capture_output=True, text=True, check=False)
    assert looked.returncode == 0, looked.stderr
    seen = json.loads(looked.stdout)
    bundled = {path for path in seen["files"] if Path(path).is_relative_to(folder)}
    assert not [path for path in seen["files"] if path not in bundled and "site-packages" in path]
    assert {str(folder / "shared/entry/invocation.py"), str(folder / "oss2/__init__.py")} <= bundled
    assert seen["handler"]
    assert seen["fast_crc"], "without its extension crcmod is 40 times as slow"


def run(python: str, script: str, folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [python, "-I", "-S", "-W", "error", "-c", script, str(folder), *arguments],
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("function", MOST_ZIPPED)
def test_a_function_is_light_enough_to_be_fetched_at_a_cold_start(python: str, function: str) -> None:
    assert weigh(STAGED[function]).zipped <= MOST_ZIPPED[function]


@pytest.mark.parametrize("function", sorted(STAGED.keys() - {"general"}))
def test_a_function_is_what_general_is_but_for_its_own_module_and_packages(python: str, function: str) -> None:
    """So none is heavier, and none bundles what nobody imports; they share the files, which are linked."""
    general, other = (
        {path.relative_to(folder): path.stat().st_ino for path in folder.rglob("*") if path.is_file()}
        for folder in (STAGED["general"], STAGED[function])
    )
    assert general.keys() <= other.keys()
    assert {path.parts[0] for path in other.keys() - general.keys()} == OWN.get(function, set())
    assert {path.name.partition(".")[0] for path in general if general[path] != other[path]} == {"index"}


@pytest.mark.parametrize("function", MOST_ZIPPED)
def test_nothing_is_bundled_that_nobody_imports(python: str, function: str) -> None:
    loaded = set(run(python, LOADED, STAGED[function]).split())
    assert {weight.part for weight in parts(STAGED[function])} - {"ours"} <= loaded


def test_the_bundled_libvips_makes_listing_pictures_in_a_bare_python310(python: str, tmp_path: Path) -> None:
    picture = known_alpha("product", 600, 450)
    write(picture, answer(picture), tmp_path)
    said = json.loads(run(python, PICTURES, STAGED["listing"], str(tmp_path)))
    assert (said["verdict"], said["compiled"]) == ("ok", True)
    assert list(said["made"].values()) == [[800, 800], [600, 450]]
    for path, size in said["made"].items():
        with Image.open(path) as shown:
            assert list(shown.size) == size
            assert shown.convert("RGBA").getpixel((2, 2)) in {(255, 255, 255, 255), (0, 0, 0, 0)}


def test_whoever_comes_for_encryption_is_told_that_it_was_left_out(python: str) -> None:
    said = run(python, REFUSING, STAGED["general"]).splitlines()
    assert len(said) == 6
    assert all("left out of this build" in line for line in said), said


def test_a_staged_handler_answers(staged_fc: Fc) -> None:
    elsewhere = {
        "eventName": "ObjectCreated:PutObject",
        "eventSource": "acs:oss",
        "eventTime": "2026-11-21T08:00:00.000Z",
        "region": "cn-hangzhou",
        "oss": {
            "bucket": {"name": "shop-photos"},
            "object": {"key": "uploads/general/common/a.jpg", "eTag": "0" * 32, "size": 1},
        },
    }
    answer = staged_fc.invoke("general", json.dumps({"events": [elsewhere]}).encode())
    assert answer.error == "", staged_fc.logs
    assert any("cn-hangzhou" in line.text for line in staged_fc.logs)


@pytest.mark.parametrize("function", STAGED)
def test_every_module_is_compiled_so_that_no_cold_start_compiles_it(python: str, function: str) -> None:
    folder = STAGED[function]
    for name in ("index", "shared/entry/wiring", "oss2/api", "httpx/_client", "pydantic/main"):
        source = folder / f"{name}.py"
        compiled = source.parent / "__pycache__" / f"{source.stem}.cpython-310.pyc"
        # The second word of the header: 1 is a hash that is not checked, so no file is looked at twice.
        assert compiled.read_bytes()[4:8] == b"\x01\0\0\0"


@pytest.mark.parametrize("function", STAGED)
def test_no_tests_no_metadata_and_no_stubs_are_deployed(python: str, function: str) -> None:
    folder = STAGED[function]
    found = [path for pattern in ("*.dist-info", "tests", "SelfTest", "*.pyi", "bin") for path in folder.rglob(pattern)]
    assert found == []


@pytest.mark.parametrize("function", STAGED)
def test_fcignore_holds_nothing_of_the_build_back(python: str, function: str) -> None:
    ignored = PathSpec.from_lines("gitignore", (ROOT / ".fcignore").read_text("utf-8").splitlines())
    assert ignored.match_file("tests/packaging/test_build.py")
    files = [path for path in STAGED[function].rglob("*") if path.is_file()]
    # Whether patterns count from the code folder or from s.yaml's is the deploying tool's affair: either will do.
    for start in (STAGED[function], ROOT):
        assert list(ignored.match_files(path.relative_to(start) for path in files)) == []


def test_building_again_makes_the_same_bytes(python: str) -> None:
    before = {name: digest(folder) for name, folder in STAGED.items()}
    build(python)
    assert {name: digest(folder) for name, folder in STAGED.items()} == before


@pytest.mark.parametrize(
    "name",
    [
        "general/common/红鞋 1+2%.jpg",
        "general/hd-common/asynchronous.jpg",
        "portrait/skin/several.jpg",
        "picwish/cutout/public copy.jpg",
        "damo/background/in a batch.jpg",
    ],
)
def test_a_photo_is_served_by_what_is_deployed(shop: Shop, name: str) -> None:
    key = shop.upload(f"uploads/{name}", photo())
    assert (shop.wait(key).status, shop.billed(key)) == ("done", 1)


def test_what_is_deployed_finds_and_invokes_what_nobody_was_told_of(shop: Shop) -> None:
    told, shop.cloud.oss.on_event = shop.cloud.oss.on_event, lambda document: None
    key = shop.upload("uploads/goods/commodity/lost.jpg", photo())
    shop.cloud.oss.on_event = told
    time.sleep(1.1)  # a receipt of the same second would be looked at once more
    answer = shop.cloud.fc.invoke("backfill", json.dumps({"prefix": "uploads/goods/"}).encode())
    assert json.loads(answer.body)["set_going"] == 1, answer
    assert (shop.wait(key).status, shop.billed(key)) == ("done", 1)
    assert shop.cloud.gateway.invoked == ["oss-cutout-goods"]
