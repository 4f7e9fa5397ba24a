"""A shop of the examples in docs/examples: its server, its page and its consumer, in a cloud in a box."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from tests.catalogue.pages import ROOT
from tests.cloud.accounts import Key
from tests.cloud.box import Cloud
from tests.cloud.function import Function
from tests.scenarios.shop import Shop

EXAMPLES = ROOT / "docs" / "examples"
PREFIX = "uploads/goods/commodity/web/"
TOKEN = "EXAMPLE-shop"


def document(name: str) -> Any:
    return yaml.safe_load((EXAMPLES / name).read_text("utf-8"))  # which reads JSON too


class Webshop:
    """The shop with its server, in a cloud in which the consumer is deployed."""

    def __init__(self, cloud: Cloud, url: str, key: Key) -> None:
        self.cloud, self.url, self.key = cloud, url, key
        self.shop = Shop(cloud)

    def policy(self) -> Any:
        return requests.get(f"{self.url}/policy", timeout=5).json()

    def told(self, source: str) -> Any:
        """The receipt that the shop has of a photo, or None."""
        answer = requests.get(f"{self.url}/photo", {"source": source}, timeout=5)
        return answer.json() if answer.ok else None

    def tell(self, receipt: dict[str, Any], token: str = TOKEN) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return requests.put(f"{self.url}/photo", json=receipt, headers=headers, timeout=5).status_code


def grant(cloud: Cloud, name: str, policy: str, service: str) -> None:
    trust = {"Statement": [{"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": [service]}}]}
    cloud.accounts.ram.create_role(name, trust | {"Version": "1"})
    cloud.accounts.ram.put_policy(name, document(policy))
    cloud.accounts.ram.attach(name, name)


@contextmanager
def served(cloud: Cloud, key: Key, folder: Path) -> Iterator[str]:
    """The address of the shop's server."""
    environment = {
        "OSS_BUCKET": cloud.bucket,
        "UPLOAD_URL": f"{cloud.oss.url}/{cloud.bucket}/",
        "SHOP_DATABASE": str(folder / "shop.sqlite"),
        "SHOP_TOKEN": TOKEN,
        "PORT": "0",
        **named(key),
    }
    command = [sys.executable, "-B", str(EXAMPLES / "shop.py")]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout
        yield server.stdout.readline().strip()
        server.terminate()


def named(key: Key) -> dict[str, str]:
    """A key in the variables that Function Compute has it in."""
    return {f"ALIBABA_CLOUD_{name.upper()}": value for name, value in vars(key).items()}


@pytest.fixture(scope="module")
def webshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Webshop]:
    folder = tmp_path_factory.mktemp("shop")
    with Cloud(timer_seconds=1, qps=50) as cloud:
        for role, service in (("upload", "ecs"), ("receipts", "fc"), ("trigger", "oss")):
            name = f"shop-{role}" if role != "trigger" else "shop-receipts-trigger"
            grant(cloud, name, f"{role}-role.json", f"{service}.aliyuncs.com")
        key = cloud.accounts.assume_role("shop-upload")
        with served(cloud, key, folder) as url:
            props = document("s.yaml")["resources"]["receipts"]["props"]
            props["environmentVariables"] = {"SHOP_URL": url, "SHOP_TOKEN": TOKEN}
            cloud.fc.place(Function.model_validate(props | {"code": str(EXAMPLES)}))
            rules = (EXAMPLES / "cors.xml").read_text("utf-8").replace("https://shop.example.com", url)
            Shop(cloud).raw.put_bucket_cors(rules)
            yield Webshop(cloud, url, key)
