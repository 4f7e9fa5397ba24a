"""The real s.yaml is in order, and each mistake made in it is refused with a message that names it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from console.functions.variables import Unresolved
from shared.entry.settings import Settings, read_settings
from shared.jobs import keys
from shared.jobs.upload import Upload
from tests.catalogue.pages import page
from tests.cloud.function import MOST_INSTANCES
from tests.cloud.manifest import LEAST, ROOT, Manifest, check_code, load, parse
from tests.cloud.triggers import MOST_OSS_TRIGGERS

TEXT = (ROOT / "s.yaml").read_text("utf-8")


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return load()


def test_the_release_is_that_of_the_project() -> None:
    (version,) = re.findall(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    assert f"  release: {version}\n" in TEXT


def changed(old: str, new: str) -> str:
    assert old in TEXT, f"s.yaml no longer has {old!r}: change this test with it"
    return TEXT.replace(old, new, 1)


def with_triggers(*prefixes_and_suffixes: tuple[str, str], event: str = "oss:ObjectCreated:PutObject") -> str:
    """The real file, with further upload triggers beside the one that `damo` has."""
    extra = "".join(
        f"""
        - triggerName: more
          triggerType: oss
          sourceArn: acs:oss:${{vars.region}}:${{config('AccountID')}}:${{vars.bucket}}
          invocationRole: ${{vars.trigger_role}}
          triggerConfig:
            events: ["{event}"]
            filter: {{key: {{prefix: {prefix}, suffix: "{suffix}"}}}}
"""
        for prefix, suffix in prefixes_and_suffixes
    )
    return changed("\n  backfill:\n", extra + "\n  backfill:\n")


def test_the_real_file_is_in_order_and_has_a_folder_for_every_function(manifest: Manifest) -> None:
    folders = {path.name for path in (ROOT / "functions").iterdir() if (path / "index.py").is_file()}
    assert set(manifest.functions) == set(manifest.resources) == folders


def test_an_upload_fires_once_however_it_was_made(manifest: Manifest) -> None:
    for function in manifest.functions.values():
        for trigger in function.oss_triggers if function.name not in ("settle", "listing") else ():
            # `*` would fire for every part of a multipart upload.
            assert trigger.config.events == [
                "oss:ObjectCreated:PutObject",
                "oss:ObjectCreated:PostObject",
                "oss:ObjectCreated:CompleteMultipartUpload",
                "oss:ObjectCreated:CopyObject",
            ]


def test_each_trigger_lies_in_its_functions_own_upload_folder(manifest: Manifest) -> None:
    prefixes = {f.name: [t.affixes.prefix for t in f.oss_triggers] for f in manifest.functions.values()}
    assert prefixes.pop("backfill") == []
    assert prefixes.pop("settle") == [Upload(keys.WAKE).folder]
    assert prefixes.pop("listing") == [keys.ORDERS]
    assert prefixes == {name: [f"uploads/{name}/"] for name in prefixes}


def test_the_docs_say_how_many_triggers_are_left_for_a_shops_own(manifest: Manifest) -> None:
    ours = sum(len(function.oss_triggers) for function in manifest.functions.values())
    said = page("docs/operating.md").replace("\n", " ")
    sentence = f"A bucket takes {MOST_OSS_TRIGGERS} triggers, of which `s.yaml` uses {ours},"
    assert sentence in said, f"docs/operating.md is to say: {sentence}"


def test_the_docs_say_how_many_instances_are_reserved(manifest: Manifest) -> None:
    ours = sum(function.concurrency.reserved for function in manifest.functions.values())
    sentence = f"The functions reserve {ours} instances of the {MOST_INSTANCES} that an account has"
    assert sentence in page("docs/settings.md").replace("\n", " "), f"docs/settings.md is to say: {sentence}"


def test_a_shops_own_trigger_on_receipts_overlaps_with_none_of_ours(manifest: Manifest) -> None:
    for function in manifest.functions.values():
        for trigger in function.oss_triggers:
            prefix = trigger.affixes.prefix
            assert not prefix.startswith(keys.CUTOUTS)
            assert not keys.CUTOUTS.startswith(prefix)


def test_the_deployers_environment_chooses_bucket_and_account(manifest: Manifest) -> None:
    chosen = load(environment={"OSS_BUCKET": "other-photos", "JOBS_BUCKET": "jobs"}).functions["general"]
    assert [trigger.bucket for trigger in chosen.oss_triggers] == ["other-photos"]
    assert (chosen.environment["OSS_BUCKET"], chosen.environment["JOBS_BUCKET"]) == ("other-photos", "jobs")
    assert manifest.functions["general"].environment["JOBS_BUCKET"] == "", "the same bucket"
    assert chosen.role == "acs:ram::1234567890123456:role/oss-cutout-general"


@pytest.mark.parametrize("environment", [{}, {"OSS_BUCKET": ""}])
def test_a_bucket_that_nobody_named_stops_the_deployment(environment: dict[str, str]) -> None:
    with pytest.raises(Unresolved, match=r"env\('OSS_BUCKET'\) not found"):
        load(environment=environment)


def test_a_blank_variable_means_the_default(manifest: Manifest) -> None:
    assert load(environment=LEAST | {"VIAPI_QPS": "", "LOG_PROJECT": "", "JOBS_BUCKET": ""}) == manifest


def test_settle_is_made_first_so_that_its_bell_hangs_before_anybody_rings_it(manifest: Manifest) -> None:
    first = next(iter(manifest.functions.values()))
    assert [trigger.affixes.prefix for trigger in first.oss_triggers] == [Upload(keys.WAKE).folder]


def test_what_limits_a_bill_or_mends_a_path_can_be_deployed() -> None:
    of_everyone = {"DAILY_CALL_LIMIT": "500", "CAPABILITY_QPS": "goods/commodity=10", "PRICES": "goods/commodity=0.003"}
    of_everyone["LISTINGS"] = "goods/commodity=taobao-white+original"
    chosen = load(environment=LEAST | of_everyone | {"DAMO_MATTING_PATH": "/api/v1/inst-mat/query"}).functions
    for name, value in of_everyone.items():
        assert {function.environment[name] for function in chosen.values()} == {value}, "it is everyone's"
    for name in ("damo", "settle"):
        assert chosen[name].environment["DAMO_MATTING_PATH"] == "/api/v1/inst-mat/query"


def test_every_variable_is_a_setting_that_the_code_reads(manifest: Manifest) -> None:
    of_libraries = {"VIPS_CONCURRENCY", "MALLOC_ARENA_MAX"}  # libvips and glibc read them themselves
    known = {name.upper() for name in Settings.model_fields} | of_libraries
    for function in manifest.functions.values():
        assert set(function.environment) <= known
        read_settings(function.environment)


def test_all_that_is_not_alibabas_own_can_be_set_in_the_environment_of_the_deployment() -> None:
    addresses = {
        name.upper() for name, field in Settings.model_fields.items() if str(field.default).startswith("https://")
    } | {"REGION", "INVOKE_ENDPOINT"}
    names = {name.upper() for name in Settings.model_fields} - addresses
    chosen = {name: "chosen" for name in names if not name.startswith("ALIBABA_CLOUD_")}
    functions = load(environment=chosen).functions
    service = {"INVOKE_SERVICE": chosen.pop("INVOKE_SERVICE")}
    assert functions["settle"].environment == chosen, "settle speaks to every vendor"
    everyones = {"OSS_BUCKET", "JOBS_BUCKET", "CAPABILITY_QPS", "PRICES", "LISTINGS", "DAILY_CALL_LIMIT"}
    everyones.add("RESULT_HOSTS")
    assert functions["backfill"].environment == service | dict.fromkeys(everyones, "chosen"), "and backfill to none"


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("memorySize: 512", "memorysize: 512", "memorysize"),
        ("runtime: python3.10", "runtime: python3.12", "runtime"),
        ("cpu: 0.35", "cpu: 0.33", "0.05"),
        ("cpu: 0.35", "cpu: 0.1", "1:4"),
        ("cpu: 0.35", "cpu: 0.6", "1:1"),
        ("memorySize: 512", "memorySize: 500", "memorySize"),
        ("diskSize: 512", "diskSize: 1024", "diskSize"),
        ("    diskSize: 512\n", "", "diskSize"),
        ("    cpu: 0.35\n", "", "cpu"),
        ("internetAccess: true", "internetAccess: true\n    instanceConcurrency: 10", "instanceConcurrency"),
        ("OSS_BUCKET: ${vars.bucket}", "OSS_BUCKET: 7", "OSS_BUCKET"),
        ("OSS_BUCKET: ${vars.bucket}", "OSS_BUCKET: ${vars.bukcet}", "vars.bukcet"),
        ("${env('OSS_BUCKET')}", "${env('PHOTO_BUCKET')}", "env('PHOTO_BUCKET') not found"),
        ("JOBS_BUCKET:", "FC_SERVICE: ''\n      JOBS_BUCKET:", "'FC_SERVICE' is reserved by Function Compute"),
        ("JOBS_BUCKET:", "securityToken: ''\n      JOBS_BUCKET:", "'securityToken' is reserved by Function Compute"),
        ("JOBS_BUCKET:", "_JOBS: ''\n      JOBS_BUCKET:", "a letter, then"),
        ("JOBS_BUCKET:", f"LONG: {'x' * 4096}\n      JOBS_BUCKET:", "bytes of environment variables: 4096"),
        ("      qualifier: LATEST\n", "", "qualifier"),
        ("qualifier: LATEST", "qualifier: live", "LATEST"),
        ("OSS_BUCKET: ${vars.bucket}", "OSS_BUCKET: ${file('./bucket')}", "file('./bucket')"),
        ("name: function", "name: functoin", "functoin"),
        ("role/oss-cutout-general", "role/oss-Cutout-general", "role"),
        ("role/oss-cutout-settle", "role/oss-cutout-general", "same role"),
        ("./.build/settle", "./.build/general", "same code"),
        ("functionName: oss-cutout-settle", "functionName: oss-cutout-general", "same deployed_name"),
        ("timeout: 120", "timeout: 86400", "timeout 86400"),
        ("maxAsyncRetryAttempts: 8", "maxAsyncRetryAttempts: 9", "maxAsyncRetryAttempts"),
        ("maxAsyncEventAgeInSeconds: 86400", "maxAsyncEventAgeInSeconds: 2592000", "maxAsyncEventAgeInSeconds"),
        ("reservedConcurrency: 1", "reservedConcurrency: 2", "reservedConcurrency 1"),
        ("reservedConcurrency: 4", "reservedConcurrency: 17", "adds up to"),
        ("invocationRole: ${vars.trigger_role}", "invocationRole: aliyunosseventnotificationrole", "invocationRole"),
        ("invocationRole: ${vars.trigger_role}", "", "invocationRole"),
        ("oss:ObjectCreated:PutObject", "ObjectCreated:PutObject", "events"),
        ("oss:ObjectCreated:PutObject", "oss:ObjectCreated:Put", "events"),
        ("            filter:\n", "            bucketName: shop-photos\n            filter:\n", "bucketName"),
        ("              key:\n", "              Key:\n", "Key"),
        ("                prefix: uploads", "                Prefix: uploads", "Prefix"),
        ('                suffix: ""\n', "", "suffix"),
        ("prefix: uploads/general/", 'prefix: ""', "cutouts/"),
        ("prefix: uploads/general/", "prefix: jobs/general/", "jobs/"),
        ("prefix: uploads/general/", "prefix: wor", "work/"),
        ('"@every 1m"', '"@every 0m"', "cronExpression"),
        ('"@every 1m"', '"@every 30s"', "cronExpression"),
        ('"@every 1m"', '"* * * * *"', "cronExpression"),
        ('"@every 1m"', '"0 0 25 * * *"', "cronExpression"),
        ("JOBS_BUCKET:", "SOME_APPCODE: EXAMPLE\n      JOBS_BUCKET:", "SOME_APPCODE"),
        ("JOBS_BUCKET:", "SOME_APPCODE: ${env('D', 'EXAMPLE')}\n      JOBS_BUCKET:", "SOME_APPCODE"),
        ("JOBS_BUCKET:", "A_TOKEN: ${vars.bucket}\n      JOBS_BUCKET:", "A_TOKEN"),
    ],
)
def test_a_mistake_is_refused_by_name(old: str, new: str, named: str) -> None:
    with pytest.raises(ValueError, match=re.escape(named)):
        parse(changed(old, new))


@pytest.mark.parametrize("expression", ["@every 5m", "0 30 4 * * *", "CRON_TZ=Asia/Shanghai 0 0 4 * * *"])
def test_other_schedules_that_fc_takes_are_taken(expression: str) -> None:
    assert parse(changed("@every 1m", expression)).functions["settle"].timers[0].config.expression == expression


def test_a_secret_from_the_deployers_environment_is_taken() -> None:
    text = changed("JOBS_BUCKET:", "SOME_APPCODE: ${env('SOME_APPCODE', '')}\n      JOBS_BUCKET:")
    functions = parse(text, environment=LEAST | {"SOME_APPCODE": "EXAMPLE"}).functions
    assert functions["general"].environment["SOME_APPCODE"] == "EXAMPLE"


def test_a_missing_secret_stops_the_deployment() -> None:
    with pytest.raises(Unresolved, match="SOME_APPCODE"):
        parse(changed("JOBS_BUCKET:", "SOME_APPCODE: ${env('SOME_APPCODE')}\n      JOBS_BUCKET:"))


@pytest.mark.parametrize(
    ("prefix", "suffix", "event"),
    [
        ("uploads/general/animal/", "", "oss:ObjectCreated:PutObject"),
        ("uploads/", ".jpg", "oss:ObjectCreated:PutObject"),
        ("uploads/general/", "", "oss:ObjectCreated:*"),
    ],
)
def test_overlapping_triggers_are_refused(prefix: str, suffix: str, event: str) -> None:
    with pytest.raises(ValueError, match="overlapping"):
        parse(with_triggers((prefix, suffix), event=event))


@pytest.mark.parametrize(
    ("pairs", "event"),
    [
        ([("uploads/generals/", "")], "oss:ObjectCreated:PutObject"),
        ([("uploads/general/", "")], "oss:ObjectCreated:AppendObject"),
    ],
)
def test_triggers_that_differ_on_one_axis_are_taken(pairs: list[tuple[str, str]], event: str) -> None:
    assert parse(with_triggers(*pairs, event=event))


def test_triggers_whose_suffixes_differ_are_taken() -> None:
    """One more, and that of `damo` changed: a release with more functions may have room for no second one."""
    one = 'prefix: uploads/damo/, suffix: ""'
    more = with_triggers(("uploads/damo/", ".png"))
    assert more.count(one) == 1
    assert parse(more.replace(one, 'prefix: uploads/damo/, suffix: ".jpg"'))


def test_an_eleventh_trigger_on_a_bucket_is_refused() -> None:
    free = 10 - sum(len(function.oss_triggers) for function in load().functions.values())
    assert parse(with_triggers(*((f"uploads/more-{n:02}/", "") for n in range(free))))
    with pytest.raises(ValueError, match="11 triggers"):
        parse(with_triggers(*((f"uploads/more-{n:02}/", "") for n in range(free + 1))))


def test_code_without_the_handlers_module_is_refused(manifest: Manifest, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"index\.py"):
        check_code(manifest.functions["general"], tmp_path)
    (tmp_path / "index.py").touch()
    check_code(manifest.functions["general"], tmp_path)


def test_a_role_is_one_functions_own(manifest: Manifest) -> None:
    for function in manifest.functions.values():
        assert function.role.endswith(f":role/oss-cutout-{function.name}")
