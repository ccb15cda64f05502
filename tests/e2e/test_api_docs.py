"""The page of the programming interface works under the policy, with the reader's own session."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.browser


def test_the_page_lists_every_call_and_tries_one(page: Any) -> None:
    page.goto("/api/docs/")
    page.wait_for_selector(".opblock")
    assert page.locator(".opblock").count() > 20
    call = page.locator(".opblock", has=page.locator('[data-path="/api/v1/assets/"]')).first
    call.locator(".opblock-summary").click()
    page.wait_for_url("**/api/docs/#/assets/assets_list")  # so that the call can be pointed to
    call.get_by_role("button", name="Try it out").click()
    call.get_by_role("button", name="Execute").click()
    answer = call.locator(".live-responses-table tbody .response-col_status").first
    answer.wait_for()
    assert answer.inner_text().startswith("200")
