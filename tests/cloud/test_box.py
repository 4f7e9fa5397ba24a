"""The box is wired as a deployment is: an upload reaches a function, which can be killed around any of its effects."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import oss2
import psutil
import pytest

from console.roles.plan import compare
from shared.entry.settings import Settings
from shared.jobs import keys
from tests.cloud.box import Cloud
from tests.cloud.effects import Effect, Moment
from tests.cloud.manifest import ROOT
from tests.cloud.openapi_world import account
from tests.cloud.snippets import stage
from tests.cloud.vendor_world import encoded

COPY = """
    import json, os, oss2

    def handler(event, context):
        key = json.loads(event)["events"][0]["oss"]["object"]["key"]
        given = context.credentials
        auth = oss2.ProviderAuthV4(oss2.credentials.StaticCredentialsProvider(
            given.access_key_id, given.access_key_secret, given.security_token))
        bucket = oss2.Bucket(auth, os.environ["OSS_ENDPOINT"], os.environ["OSS_BUCKET"], region=context.region)
        bucket.put_object("cutouts/general/copy", bucket.get_object(key).read())
"""


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    """Its function `general` copies what was uploaded to `cutouts/general/copy`."""
    stage(tmp_path, {"general": COPY})
    with Cloud(code=tmp_path, timer_seconds=math.inf) as cloud:
        yield cloud


@pytest.fixture
def bucket(cloud: Cloud) -> oss2.Bucket:
    given = cloud.settings()
    auth = oss2.AuthV4(given["ALIBABA_CLOUD_ACCESS_KEY_ID"], given["ALIBABA_CLOUD_ACCESS_KEY_SECRET"])
    return oss2.Bucket(auth, given["OSS_ENDPOINT"], given["OSS_BUCKET"], region=given["REGION"])


def test_an_upload_reaches_its_function_which_reaches_the_bucket(cloud: Cloud, bucket: oss2.Bucket) -> None:
    bucket.put_object("uploads/general/common/红 1+2%.jpg", b"a photo")
    cloud.fc.quiet(20)
    assert bucket.get_object("cutouts/general/copy").read() == b"a photo"
    assert [done.outcome for done in cloud.fc.invocations] == ["ok"]


@pytest.mark.parametrize(("moment", "times"), [("before", 1), ("after", 2)])
def test_an_instance_killed_around_an_effect_has_or_has_not_had_it(
    cloud: Cloud, bucket: oss2.Bucket, moment: Moment, times: int
) -> None:
    cloud.kill_on(lambda effect, when: (effect.name, effect.key, when) == ("PutObject", "cutouts/general/copy", moment))
    bucket.put_object("uploads/general/common/a.jpg", b"a photo")
    cloud.fc.quiet(20)
    assert [done.outcome for done in cloud.fc.invocations] == ["killed", "ok"]
    stored = [
        request for request in cloud.oss.requests if request.key == "cutouts/general/copy" and request.status == 200
    ]
    had = [(effect, when) for effect, when in cloud.effects if effect.key == "cutouts/general/copy" and when == "after"]
    assert len(had) == times
    assert stored, "the retry did it"


def test_a_plan_to_kill_passes_over_requests_that_no_instance_makes(cloud: Cloud, bucket: oss2.Bucket) -> None:
    seen: list[Effect] = []

    def any_put(effect: Effect, moment: Moment) -> bool:
        seen.append(effect)
        return effect.name == "PutObject"

    cloud.kill_on(any_put)
    bucket.put_object("uploads/general/common/a.jpg", b"a photo")
    cloud.fc.quiet(20)
    assert seen[0].key == "uploads/general/common/a.jpg"
    assert [done.outcome for done in cloud.fc.invocations] == ["killed", "ok"]


def test_every_vendor_fetches_from_the_bucket_and_may_be_fetched_from(cloud: Cloud, bucket: oss2.Bucket) -> None:
    bucket.put_object("uploads/picwish/cutout/a.png", encoded("PNG"))
    bucket.copy_object(cloud.bucket, "uploads/picwish/cutout/a.png", "work/copy.png")
    bucket.put_object_acl("work/copy.png", oss2.OBJECT_ACL_PUBLIC_READ)
    given = cloud.settings()
    with httpx.Client(trust_env=False, headers={"Authorization": f"APPCODE {given['PICWISH_APPCODE']}"}) as client:
        for path, name, more in (
            ("segmentation", "PICWISH_CUTOUT_ENDPOINT", {}),
            ("watermark", "PICWISH_WATERMARK_ENDPOINT", {"rectangles": '[{"x":1,"y":1,"width":9,"height":9}]'}),
        ):
            form = {"image_url": f"{given['OSS_PUBLIC_ENDPOINT']}/{cloud.bucket}/{keys.WORK}copy.png", **more}
            data = client.post(f"{given[name]}/tasks/visual/{path}", data=form).json()["data"]
            assert urlsplit(data["image"]).netloc in given["RESULT_HOSTS"].split(",")
            assert client.get(data["image"]).status_code == 200
        headers = {"Authorization": f"APPCODE {given['DAMO_APPCODE']}", "X-Ca-Nonce": "once"}
        batch = {"data": {"task_list": [{"image": form["image_url"]}]}}
        response = client.post(f"{given['DAMO_ENDPOINT']}/api/v1/bg-remove/submit", json=batch, headers=headers)
        assert response.json()["success"]
    assert [billed.key for billed in cloud.picwish.ledger] == ["uploads/picwish/cutout/a.png"] * 2
    assert [billed.key for billed in cloud.damo.ledger] == ["uploads/picwish/cutout/a.png"]
    assert {cloud.viapi.result_host, cloud.damo.result_host} < set(given["RESULT_HOSTS"].split(","))


def test_its_settings_are_the_ones_the_code_reads(cloud: Cloud) -> None:
    assert {name.lower() for name in cloud.settings()} <= set(Settings.model_fields)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_on_its_own_it_says_where_it_is_and_ends_cleanly_when_interrupted(how: signal.Signals) -> None:
    command = [sys.executable, "-m", "tests.cloud", "--timer-seconds", "0.2"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as box:
        assert box.stdout is not None
        assert box.stderr is not None
        lines = [next(box.stdout)]
        while not lines[-1].startswith("ALIBABA_CLOUD_ACCESS_KEY_SECRET="):  # the last
            lines.append(next(box.stdout))
        give_up = time.monotonic() + 20
        while not (instances := psutil.Process(box.pid).children()) and time.monotonic() < give_up:
            time.sleep(0.05)
        box.send_signal(how)
        assert box.wait(20) == 0
        assert "Traceback" not in box.stderr.read()
        assert box.stdout.read() == ""
    settings = dict(line.strip().split("=", 1) for line in lines)
    assert settings["OSS_BUCKET"] == "shop-photos"
    assert settings["OSS_ENDPOINT"].startswith("http://127.0.0.1:")
    assert settings["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
    assert instances
    for instance in instances:
        with pytest.raises(ProcessLookupError):
            os.kill(instance.pid, 0)


def test_empty_it_leaves_for_another_terminal_what_the_command_needs(tmp_path: Path) -> None:
    box = [sys.executable, "-m", "tests.cloud", "--timer-seconds", "60", "--empty", "--folder", str(tmp_path)]
    cutout = f"{sys.executable} -c 'from console.main import main; main()'"
    terminal = f'. {tmp_path}/env && "$SERVERLESS_DEVS" -v && {cutout} init --yes --json && {cutout} doctor --json'
    with subprocess.Popen(box, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        while not next(running.stdout).startswith("CUTOUT_ENV_FILE="):  # the last
            pass
        done = subprocess.run(["sh", "-c", terminal], cwd=ROOT, capture_output=True, text=True, check=False)
        running.terminate()
        assert running.wait(20) == 0
    assert done.stdout.startswith("@serverless-devs/s: 3.1.10"), done.stderr
    assert '"code": "NotDeployed"' in done.stdout
    assert "PICWISH_APPCODE=EXAMPLE-picwish-" in (tmp_path / "oss-cutout.env").read_text("utf-8")


def test_with_the_desk_over_it_the_command_finds_what_was_dropped_there(tmp_path: Path) -> None:
    box = [sys.executable, "-m", "tests.cloud", "--desk", "--folder", str(tmp_path)]
    cutout = f"{sys.executable} -c 'from console.main import main; main()'"
    terminal = f". {tmp_path}/env && {cutout} upload {ROOT}/tests/samples --capability general/common --json --yes"
    with subprocess.Popen(box, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        address = next(running.stdout).strip()
        try:
            done = subprocess.run(["sh", "-c", terminal], cwd=ROOT, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            with httpx.Client(base_url=address.partition("/?")[0], trust_env=False) as browser:
                browser.get(address)
                photo = browser.get("/api/photo", params={"source": "uploads/general/common/coffee.jpg"})
            assert photo.json()["name"] == "coffee.jpg"
        finally:
            running.terminate()
            assert running.wait(20) == 0


def test_the_console_finds_the_roles_of_the_box_as_they_should_be(cloud: Cloud) -> None:
    said = {"OSS_BUCKET": cloud.bucket, "LOG_PROJECT": "oss-cutout"}  # s.yaml's own, as the box's roles have it
    console = account(cloud.openapi, cloud.accounts.owner, said, cloud.oss.url)
    compared = [*compare(console)]
    assert {each.role.name for each in compared} == {*cloud.accounts.ram.roles}
    assert [each for each in compared if each.is_missing or each.trust or each.rights or each.policies] == []
