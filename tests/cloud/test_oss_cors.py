"""Which web pages may use a bucket of the local OSS."""

from __future__ import annotations

import oss2
import pytest
import requests

from tests.cloud import oss_world
from tests.cloud.oss_world import World, refusal, web_refusal

running, world, bucket = oss_world.running, oss_world.world, oss_world.bucket

SHOP, OTHER = "https://www.shop.example", "https://other.example"


@pytest.fixture
def ruled(bucket: oss2.Bucket) -> oss2.Bucket:
    """A bucket whose pictures any page may show, and to which the shop's pages may upload."""
    uploads = oss2.models.CorsRule(["https://*.shop.example"], ["PUT", "POST"], ["x-oss-*"], ["ETag"], 600)
    bucket.put_bucket_cors(oss2.models.BucketCors([uploads, oss2.models.CorsRule(["*"], ["GET"])]))
    return bucket


def ask(world: World, origin: str, method: str, headers: str = "") -> requests.Response:
    asked = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    return requests.options(
        f"{world.oss.url}/{world.bucket}/a.jpg", headers={k: v for k, v in asked.items() if v}, timeout=5
    )


def test_a_preflight_is_answered_by_the_first_rule_that_fits(ruled: oss2.Bucket, world: World) -> None:
    answer = ask(world, SHOP, "PUT", "X-Oss-Meta-A, x-oss-date")
    assert answer.status_code == 200
    told = {name.lower(): value for name, value in answer.headers.items() if name.lower().startswith("access-control")}
    assert told == {
        "access-control-allow-origin": SHOP,
        "access-control-allow-methods": "PUT, POST",
        "access-control-allow-headers": "x-oss-meta-a, x-oss-date",
        "access-control-expose-headers": "ETag",
        "access-control-max-age": "600",
    }
    assert ask(world, OTHER, "GET").headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("origin", "method", "headers"),
    [
        (OTHER, "PUT", ""),
        (SHOP, "DELETE", ""),
        (SHOP, "PUT", "authorization"),
        (f"{SHOP}.evil", "PUT", ""),
    ],
)
def test_a_preflight_that_no_rule_fits_is_refused(
    ruled: oss2.Bucket, world: World, origin: str, method: str, headers: str
) -> None:
    assert web_refusal(ask(world, origin, method, headers)) == (403, "AccessForbidden")


def test_without_rules_no_page_may_do_anything(ruled: oss2.Bucket, world: World) -> None:
    assert [rule.allowed_methods for rule in ruled.get_bucket_cors().rules] == [["PUT", "POST"], ["GET"]]
    ruled.delete_bucket_cors()
    assert refusal(ruled.get_bucket_cors) == (404, "NoSuchCORSConfiguration")
    assert web_refusal(ask(world, SHOP, "PUT")) == (403, "AccessForbidden")


@pytest.mark.parametrize(("origin", "allowed"), [(SHOP, SHOP), (OTHER, None)])
def test_the_answer_itself_tells_the_page_too(
    ruled: oss2.Bucket, world: World, origin: str, allowed: str | None
) -> None:
    answer = requests.put(ruled.sign_url("PUT", "a", 60), b"here", headers={"Origin": origin}, timeout=5)
    assert (answer.status_code, answer.headers.get("access-control-allow-origin")) == (200, allowed)


@pytest.mark.parametrize("rule", [oss2.models.CorsRule([SHOP], ["PATCH"]), oss2.models.CorsRule(["*.*"], ["GET"])])
def test_a_rule_that_is_none_is_refused(bucket: oss2.Bucket, rule: oss2.models.CorsRule) -> None:
    assert refusal(bucket.put_bucket_cors, oss2.models.BucketCors([rule])) == (400, "MalformedXML")
