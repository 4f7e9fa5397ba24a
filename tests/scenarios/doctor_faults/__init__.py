"""What can be wrong with an account: a row a fault, a module a service."""

from __future__ import annotations

from tests.scenarios.doctor_faults import of_account, of_bucket, of_functions, of_log, of_roles, of_vendors
from tests.scenarios.doctor_faults.fault import Fault

FAULTS: tuple[Fault, ...] = (
    *of_account.FAULTS,
    *of_vendors.FAULTS,
    *of_bucket.FAULTS,
    *of_roles.FAULTS,
    *of_log.FAULTS,
    *of_functions.FAULTS,
)
