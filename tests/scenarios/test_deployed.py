"""From an empty account to a cutout and back: what was deployed through Function Compute's API serves photos."""

from __future__ import annotations

import json
from pathlib import Path

from console.roles.rights import Deployment
from console.settings import defaults
from tests.cloud.box import Cloud
from tests.cloud.machine import Machine
from tests.cloud.roles import make_roles
from tests.scenarios.shop import Shop, photo, subject_share


def test_an_account_is_empty_serves_a_photo_and_is_empty_again(tmp_path: Path) -> None:
    with Cloud(empty=True, timer_seconds=5) as cloud:
        shop, given = Shop(cloud), cloud.settings()
        shop.upload("uploads/goods/commodity/early.jpg", photo())
        make_roles(cloud.accounts, Deployment(cloud.accounts.uid, cloud.bucket))
        settings = {name: given[name] for name in defaults() if given.get(name)}
        machine = Machine(tmp_path / "machine", cloud.accounts, cloud.openapi.url, settings)
        machine.build()
        deployed = machine.s("deploy", "-y")
        assert deployed.returncode == 0, deployed.stdout

        for key in ("uploads/goods/commodity/a.jpg", "uploads/picwish/cutout/a.jpg", "uploads/damo/background/a.jpg"):
            receipt = shop.wait(shop.upload(key, photo()))
            assert (key, receipt.status) == (key, "done")
            assert 0.05 < subject_share(shop.picture(receipt)) < 0.95
        ordered = machine.s("backfill", "invoke", "-e", '{"prefix": "uploads/goods/"}')
        assert json.loads(ordered.stdout.rpartition("Invoke Result:")[2])["set_going"] == 1
        assert shop.wait("uploads/goods/commodity/early.jpg").status == "done"

        removed = machine.s("remove", "-y")
        assert removed.returncode == 0, removed.stdout
        assert cloud.fc_api.registry.deployed == {}
        assert cloud.fc.instance_pids() == []
        done = len(cloud.fc.invocations)
        shop.upload("uploads/goods/commodity/late.jpg", photo())
        cloud.fc.quiet(5)
        assert len(cloud.fc.invocations) == done
