"""What `learncity serve` refuses before it opens anything."""

from __future__ import annotations

import pytest

from city.config import Settings
from city.errors import ConfigurationError
from web.commands import refuse_open_demo, server_options

SECRET = "s" * 40


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "learn.city.example", ""])
def test_demo_mode_is_not_bound_where_others_could_reach_it(host: str) -> None:
    with pytest.raises(ConfigurationError, match="LEARNCITY_SECRET"):
        refuse_open_demo(Settings(), host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "::1", "localhost"])
def test_demo_mode_may_be_bound_to_this_machine(host: str) -> None:
    refuse_open_demo(Settings(), host)


def test_with_a_secret_any_address_may_be_bound() -> None:
    refuse_open_demo(Settings(secret=SECRET), "0.0.0.0")


def test_forwarded_headers_are_dropped_unless_proxies_are_trusted() -> None:
    assert server_options(Settings())["clear_untrusted_proxy_headers"] is True
    assert server_options(Settings(proxy_hops=1))["clear_untrusted_proxy_headers"] is False
