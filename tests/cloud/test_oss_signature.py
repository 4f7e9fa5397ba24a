"""Whose request the local OSS takes: signatures, links and keys."""

from __future__ import annotations

from collections.abc import Callable

import oss2
import pytest
import requests

from tests.cloud import oss_world
from tests.cloud.accounts import Key
from tests.cloud.oss_world import World, refusal, web_refusal

_MINUTE = 60.0
_DAY = 24 * 3600.0
running, world, bucket = oss_world.running, oss_world.world, oss_world.bucket


def stale(world: World, bucket: oss2.Bucket, url: str) -> str:
    world.ahead = 61
    return url


@pytest.mark.parametrize(
    ("spoil", "refused"),
    [
        (lambda world, bucket, url: url.replace("/a?", "/b?"), (403, "SignatureDoesNotMatch")),
        (
            lambda world, bucket, url: url.replace("x-oss-expires=60", "x-oss-expires=61"),
            (403, "SignatureDoesNotMatch"),
        ),
        (lambda world, bucket, url: url + "&x-oss-process=image/info", (403, "SignatureDoesNotMatch")),
        (lambda world, bucket, url: url[:-4] + "0000", (403, "SignatureDoesNotMatch")),
        (lambda world, bucket, url: url.replace("LTAI", "LTBI"), (403, "InvalidAccessKeyId")),
        (lambda world, bucket, url: url.replace("cn-shanghai", "cn-hangzhou"), (400, "InvalidArgument")),
        (lambda world, bucket, url: url.replace("%2Foss%2F", "%2Fs3%2F"), (400, "InvalidArgument")),
        (lambda world, bucket, url: url.replace("OSS4-HMAC-SHA256", "OSS2"), (403, "AccessDenied")),
        (lambda world, bucket, url: url.split("?")[0], (403, "AccessDenied")),
        (lambda world, bucket, url: bucket.sign_url("GET", "a", 7 * 86400 + 1), (400, "InvalidArgument")),
        (stale, (403, "AccessDenied")),
    ],
)
def test_a_link_that_is_not_in_order_is_refused(
    bucket: oss2.Bucket, world: World, spoil: Callable[[World, oss2.Bucket, str], str], refused: tuple[int, str]
) -> None:
    bucket.put_object("a", b"a")
    bucket.put_object("b", b"b")
    url = bucket.sign_url("GET", "a", 60)
    assert requests.get(url, timeout=5).content == b"a"
    assert web_refusal(requests.get(spoil(world, bucket, url), timeout=5)) == refused
    assert world.oss.requests[-1].access_key_id == ""


@pytest.mark.parametrize(
    ("ahead", "says"),
    [(59, ""), (63, "Request has expired."), (-14 * _MINUTE, ""), (-16 * _MINUTE, "Request is not valid yet.")],
)
def test_a_link_lives_from_its_date_to_its_expiry(bucket: oss2.Bucket, world: World, ahead: float, says: str) -> None:
    bucket.put_object("a", b"a")
    url = bucket.sign_url("GET", "a", 61)
    world.ahead = ahead
    answer = requests.get(url, timeout=5)
    assert (answer.status_code, says in answer.text) == (403 if says else 200, True)


def test_a_link_may_live_for_seven_days_and_is_good_for_its_method_only(bucket: oss2.Bucket, world: World) -> None:
    bucket.put_object("a", b"a")
    url = bucket.sign_url("GET", "a", 7 * 86400)
    world.ahead = 7 * _DAY - 60
    assert requests.get(url, timeout=5).content == b"a"
    assert requests.put(url, data=b"b", timeout=5).status_code == 403


def test_a_link_binds_the_headers_that_it_names(bucket: oss2.Bucket) -> None:
    url = bucket.sign_url("PUT", "a", 60, headers={"If-Shop": "1"}, additional_headers=["if-shop"])
    assert requests.put(url, data=b"a", headers={"If-Shop": "2"}, timeout=5).status_code == 403
    assert requests.put(url, data=b"a", headers={"If-Shop": "1"}, timeout=5).status_code == 200


@pytest.mark.parametrize(("ahead", "fine"), [(14 * _MINUTE, True), (16 * _MINUTE, False), (-16 * _MINUTE, False)])
def test_a_clock_may_be_wrong_by_fifteen_minutes(bucket: oss2.Bucket, world: World, ahead: float, fine: bool) -> None:
    world.ahead = ahead
    if fine:
        assert bucket.put_object("a", b"").status == 200
    else:
        assert refusal(bucket.put_object, "a", b"") == (403, "RequestTimeTooSkewed")


def test_a_temporary_key_needs_its_token(world: World) -> None:
    key, other = world.accounts.assume_role(), world.accounts.assume_role()
    bucket = world.client(key)
    bucket.put_object("a", b"a")
    assert requests.get(bucket.sign_url("GET", "a", 60), timeout=5).content == b"a"
    assert world.oss.requests[-1].access_key_id == key.access_key_id
    for token, code in (("", "InvalidAccessKeyId"), (other.security_token, "InvalidSecurityToken")):
        thief = world.client(Key(key.access_key_id, key.access_key_secret, token))
        assert refusal(thief.get_object, "a") == (403, code)
        assert web_refusal(requests.get(thief.sign_url("GET", "a", 60), timeout=5)) == (403, code)


def test_a_wrong_secret_an_unknown_key_and_another_region_are_refused(world: World) -> None:
    owner = world.accounts.owner
    for client, refused in (
        (world.client(Key(owner.access_key_id, "wrong")), (403, "SignatureDoesNotMatch")),
        (world.client(Key("LTAI-EXAMPLE-nobody", "wrong")), (403, "InvalidAccessKeyId")),
        (world.client(region="cn-hangzhou"), (400, "InvalidArgument")),
    ):
        assert refusal(client.put_object, "a", b"") == refused
    old = oss2.Bucket(oss2.Auth(owner.access_key_id, owner.access_key_secret), world.oss.url, world.bucket)
    assert refusal(old.put_object, "a", b"") == (403, "AccessDenied")
    assert requests.get(old.sign_url("GET", "a", 60), timeout=5).status_code == 403
    stranger = oss2.Bucket(oss2.AnonymousAuth(), world.oss.url, world.bucket)
    assert refusal(stranger.get_object, "a") == (403, "AccessDenied")
