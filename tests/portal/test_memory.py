"""The memory of the machine or of its container."""

from __future__ import annotations

import pytest

from portal.settings.memory import allowed_bytes, machine_bytes


@pytest.fixture
def groups(tmp_path):
    (tmp_path / "outer" / "inner").mkdir(parents=True)
    return tmp_path


def allowed(groups, line: str) -> int:
    own = groups / "own"
    own.write_text(line)
    return allowed_bytes(groups, own)


def test_without_a_limit_it_is_the_machines(groups):
    (groups / "outer" / "memory.max").write_text("max\n")
    assert allowed(groups, "0::/outer/inner\n") == machine_bytes()
    assert allowed_bytes(groups, groups / "not there") == machine_bytes()


def test_the_tightest_group_around_counts(groups):
    (groups / "outer" / "memory.max").write_text("1000000\n")
    (groups / "outer" / "inner" / "memory.max").write_text("2000000\n")
    assert allowed(groups, "0::/outer/inner\n") == 1_000_000


def test_a_container_sees_itself_as_the_root(groups):
    (groups / "memory.max").write_text("3000000\n")
    assert allowed(groups, "0::/\n") == 3_000_000


def test_an_older_kernels_limit_counts(groups):
    (groups / "memory").mkdir()
    (groups / "memory" / "memory.limit_in_bytes").write_text("4000000\n")
    assert allowed(groups, "") == 4_000_000
