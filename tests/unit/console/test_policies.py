"""Documents are compared by what they allow and whom they trust."""

from __future__ import annotations

from typing import Any

import pytest

from console.roles.policies import Difference, Right, compare_rights, principals

GET, PUT, DELETE = "oss:GetObject", "oss:PutObject", "oss:DeleteObject"
UPLOADS, JOBS = "acs:oss:*:1:shop/uploads/goods/*", "acs:oss:*:1:shop/jobs/goods/*"


def allow(action: Any, resource: Any, effect: str = "Allow", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "1", "Statement": [*statements]}


NEEDED = document(allow([GET], [UPLOADS]), allow([GET, PUT], [JOBS]))
IF_AT_HOME = {"IpAddress": {"acs:SourceIp": "10.0.0.0/8"}}


@pytest.mark.parametrize(
    "same",
    [
        document(allow([PUT, GET], JOBS), allow(GET, UPLOADS)),
        document(allow(GET, [JOBS, UPLOADS]), allow(PUT, [JOBS])),
        document(allow(GET, [UPLOADS, JOBS, UPLOADS]), allow([PUT, GET], [JOBS])),
        document(allow(GET, "acs:oss:*:1:shop/uploads/goods/a/*"), *NEEDED["Statement"]),
        document(*(statement | {"Condition": {}} for statement in NEEDED["Statement"])),
    ],
)
def test_the_same_rights_written_otherwise_are_the_same(same: dict[str, Any]) -> None:
    assert not compare_rights(NEEDED, same)


@pytest.mark.parametrize(
    ("found", "missing", "extra"),
    [
        (document(allow(GET, [UPLOADS, JOBS])), [(PUT, JOBS)], []),
        (document(*NEEDED["Statement"], allow(DELETE, JOBS)), [], [(DELETE, JOBS)]),
        (document(*NEEDED["Statement"], allow(GET, "acs:oss:*:1:shop/*")), [], [(GET, "acs:oss:*:1:shop/*")]),
        (document(allow("oss:*", "*")), [], [("oss:*", "*")]),
        (document(*NEEDED["Statement"], allow(PUT, "*", "Deny")), [(f"Deny {PUT}", "*")], []),
        (
            document(allow(GET, [UPLOADS, JOBS]), allow(PUT, JOBS, Condition=IF_AT_HOME)),
            [(PUT, JOBS)],
            [(PUT, JOBS)],
        ),
        (
            document(*NEEDED["Statement"], {"Effect": "Allow", "NotAction": "ram:*", "Resource": JOBS}),
            [],
            [("NotAction ram:*", JOBS)],
        ),
    ],
)
def test_each_right_too_many_and_too_few_is_named(
    found: dict[str, Any], missing: list[Right], extra: list[Right]
) -> None:
    assert compare_rights(NEEDED, found) == Difference(tuple(missing), tuple(extra))


def test_who_may_assume_a_role() -> None:
    def assume(principal: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, **more}

    trust = document(
        assume({"Service": ["fc.aliyuncs.com", "oss.aliyuncs.com"]}),
        assume({"RAM": "acs:ram::1:root"}, Condition=IF_AT_HOME),
    )
    assert principals(trust) == {
        "Service fc.aliyuncs.com",
        "Service oss.aliyuncs.com",
        "on conditions, RAM acs:ram::1:root",
    }
