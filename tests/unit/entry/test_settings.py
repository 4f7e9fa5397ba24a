"""The environment is read once, and everything that is wrong with it is said at once."""

from __future__ import annotations

import pytest

from shared.entry.settings import Settings, read_settings
from shared.errors import Misconfigured
from tests.unit.providers import VENDORS


def faults(environment: dict[str, str], *needs: str) -> str:
    with pytest.raises(Misconfigured) as refused:
        read_settings(environment, needs=needs)
    assert refused.value.code == "Settings"
    return refused.value.message


def test_an_empty_environment_has_the_defaults_of_the_design() -> None:
    settings = read_settings({})
    assert settings.oss_endpoint == "https://oss-cn-shanghai-internal.aliyuncs.com"
    assert settings.oss_public_endpoint == "https://oss-cn-shanghai.aliyuncs.com"
    assert settings.viapi_endpoint == "https://imageseg.cn-shanghai.aliyuncs.com"
    assert (settings.region, settings.viapi_qps) == ("cn-shanghai", 2.0)
    assert settings.oss_bucket == settings.jobs_bucket == ""
    assert settings.result_hosts == frozenset()


QUOTAS = tuple(f"{vendor}_qps" for vendor in VENDORS)
NUMBERS = ("capability_qps", "prices")
NO_TEXT = {*QUOTAS, *NUMBERS, "listings", "daily_call_limit", "result_hosts"}


@pytest.mark.parametrize("field", sorted(Settings.model_fields.keys() - NO_TEXT))
def test_every_setting_is_read_from_its_upper_case_name(field: str) -> None:
    settings = read_settings({field.upper(): " given \n"})
    assert getattr(settings, field) == "given"


@pytest.mark.parametrize("field", QUOTAS)
def test_a_quota_is_a_number(field: str) -> None:
    assert getattr(read_settings({field.upper(): "7.5"}), field) == 7.5


@pytest.mark.parametrize("value", ["", " ", "\n"])
def test_an_empty_value_is_not_set(value: str) -> None:
    assert read_settings({"OSS_ENDPOINT": value, "VIAPI_QPS": value}) == Settings()
    assert faults({"OSS_BUCKET": value}, "oss_bucket") == "OSS_BUCKET is not set"


def test_everything_missing_or_wrong_is_named_at_once() -> None:
    said = faults({"VIAPI_QPS": "two", "REGION": "cn-shanghai"}, "oss_bucket", "jobs_bucket", "region")
    assert "OSS_BUCKET is not set" in said
    assert "JOBS_BUCKET is not set" in said
    assert "VIAPI_QPS: " in said
    assert "REGION is not set" not in said


@pytest.mark.parametrize("value", ["0", "-1", "nan", "two", "2,5"])
def test_a_quota_that_lets_nothing_through_is_refused(value: str) -> None:
    assert faults({"VIAPI_QPS": value}).startswith("VIAPI_QPS: ")


def test_what_is_needed_and_given_passes() -> None:
    assert read_settings({"OSS_BUCKET": "shop-photos"}, needs=("oss_bucket",)).oss_bucket == "shop-photos"


def test_variables_of_others_are_passed_over() -> None:
    assert read_settings({"PATH": "/bin", "FC_REGION": "cn-beijing"}) == Settings()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("results.example", {"results.example"}),
        ("127.0.0.1:8080", {"127.0.0.1:8080"}),
        (" a.example , b.example:81,, ", {"a.example", "b.example:81"}),
        (",", set()),
    ],
)
def test_result_hosts_are_a_list_with_commas(text: str, expected: set[str]) -> None:
    assert read_settings({"RESULT_HOSTS": text}).result_hosts == expected


def test_settings_do_not_show_their_secrets() -> None:
    settings = read_settings(
        {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI-EXAMPLE",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "hidden-secret",
            "ALIBABA_CLOUD_SECURITY_TOKEN": "hidden-token",
        }
    )
    assert settings.alibaba_cloud_access_key_secret == "hidden-secret"
    assert settings.alibaba_cloud_security_token == "hidden-token"
    assert "hidden" not in f"{settings!r} {settings}"


def test_a_fault_does_not_show_secrets_either() -> None:
    secret = {"ALIBABA_CLOUD_ACCESS_KEY_SECRET": "hidden-secret", "VIAPI_QPS": "two"}
    assert "hidden" not in faults(secret, "oss_bucket")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("goods/commodity=10,portrait/hair=2", {"goods/commodity": 10.0, "portrait/hair": 2.0}),
        (" goods/commodity = 0.5 , ", {"goods/commodity": 0.5}),
        (",", {}),
    ],
)
@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_of_single_capabilities_are_a_list_with_commas(
    name: str, text: str, expected: dict[str, float]
) -> None:
    settings = read_settings({name.upper(): text})
    assert dict(getattr(settings, name)) == expected
    assert isinstance(hash(settings), int)


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ("goods/comodity=1", "there is no capability goods/comodity"),
        ("=1", "there is no capability"),
        ("goods/commodity", "is not <group>/<capability>=<number>"),
        ("goods/commodity=", "is not <group>/<capability>=<number>"),
        ("goods/commodity=ten", "is not <group>/<capability>=<number>"),
        ("goods/commodity=nan", "is not <group>/<capability>=<number>"),
        ("goods/commodity=1e9", "is not <group>/<capability>=<number>"),
        ("goods/commodity=-1", "must be"),
        ("portrait/body=1,portrait/body=1", "portrait/body is named twice"),
    ],
)
@pytest.mark.parametrize("name", NUMBERS)
def test_what_is_wrong_with_the_number_of_a_capability_is_said(name: str, item: str, said: str) -> None:
    message = faults({name.upper(): f"portrait/head=1,{item}"})
    assert message.startswith(f"{name.upper()}: ")
    assert said in message


def test_everything_wrong_in_a_list_of_numbers_is_named_at_once() -> None:
    both = faults({"CAPABILITY_QPS": "goods/comodity=1,goods/cloth=0,portrait/hair=3", "PRICES": "x=1", "REGION": "a"})
    for said in (
        "there is no capability goods/comodity",
        "goods/cloth=0 must be more than 0",
        "portrait/hair=3 is over 2: the vendor sells no more calls a second of it",
        "PRICES: there is no capability x",
    ):
        assert said in both


def test_a_price_may_be_nothing() -> None:
    assert dict(read_settings({"PRICES": "goods/commodity=0"}).prices) == {"goods/commodity": 0.0}


def test_settings_can_tell_instances_apart() -> None:
    assert hash(read_settings({"OSS_BUCKET": "a"})) != hash(read_settings({"OSS_BUCKET": "b"}))


def test_a_limit_is_a_whole_number_and_none_by_default() -> None:
    assert read_settings({}).daily_call_limit is None
    assert read_settings({"DAILY_CALL_LIMIT": "0"}).daily_call_limit == 0
    for wrong in ("-1", "1.5", "many"):
        with pytest.raises(Misconfigured, match="DAILY_CALL_LIMIT"):
            read_settings({"DAILY_CALL_LIMIT": wrong})


def test_listings_of_single_capabilities_are_a_list_with_commas() -> None:
    settings = read_settings({"LISTINGS": "goods/commodity=taobao-white+original, general/common=amazon-main"})
    assert settings.listings == (("goods/commodity", "taobao-white+original"), ("general/common", "amazon-main"))
    assert isinstance(hash(settings), int)


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ("goods/comodity=original", "there is no capability goods/comodity"),
        ("goods/commodity", "goods/commodity cannot be: listing is ''"),
        ("goods/commodity=orignal", "goods/commodity=orignal cannot be: listing is 'orignal'"),
        ("scenery/change-sky=original", "listing pictures cannot be made of what scenery/change-sky returns"),
    ],
)
def test_what_is_wrong_with_the_listing_of_a_capability_is_said(item: str, said: str) -> None:
    assert said in faults({"LISTINGS": f"general/common=original,{item}"})
