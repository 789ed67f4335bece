"""Settings: what the environment may say, and the sentences for what it may not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from city.config import Settings, load_settings
from city.errors import ConfigurationError

A_SECRET = "a-secret-of-at-least-thirty-two-letters"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("SECRET", "NOW", "TIMEZONE", "LANGUAGES", "HOSTS", "LIMITS", "PROXY_HOPS", "DATABASE_URL"):
        monkeypatch.delenv(f"LEARNCITY_{name}", raising=False)
    return monkeypatch


def test_without_a_secret_the_site_is_a_demo(environment: pytest.MonkeyPatch) -> None:
    assert load_settings().demo
    environment.setenv("LEARNCITY_SECRET", A_SECRET)
    assert not load_settings().demo


def test_now_fixes_the_catalogues_clock_and_leaves_real_time_alone(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LEARNCITY_NOW", "2025-12-16T09:00:00+08:00")
    settings = load_settings()
    assert settings.catalogue_clock.now() == datetime(2025, 12, 16, 1, tzinfo=UTC)
    assert settings.system_clock.now() > datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("NOW", "2025", "2025-12-16T09:00:00"),
        ("NOW", "2025-12-16T09:00:00", "offset"),
        ("TIMEZONE", "Mars/Olympus", "IANA"),
        ("LANGUAGES", "zh,xx", "zh, en"),
        ("LIMITS", "hurry=3/minute", "no limit is called hurry"),
        ("PROXY_HOPS", "-1", "PROXY_HOPS"),
        ("SECRET", "short", "too short"),
        ("FEED_HOSTS", "http://feeds.internal", "host:port"),
    ],
)
def test_a_wrong_setting_is_named_with_what_would_be_right(
    environment: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    environment.setenv(f"LEARNCITY_{name}", value)
    with pytest.raises(ConfigurationError, match=said):
        load_settings()


def test_a_secret_is_never_repeated_in_an_error(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LEARNCITY_SECRET", "hunter2")
    with pytest.raises(ConfigurationError) as refused:
        load_settings()
    assert "hunter2" not in str(refused.value)


def test_a_fixed_clock_beside_a_secret_is_refused(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LEARNCITY_SECRET", A_SECRET)
    environment.setenv("LEARNCITY_NOW", "2025-12-16T09:00:00+08:00")
    with pytest.raises(ConfigurationError, match="demo mode only"):
        load_settings()


def test_a_limit_that_is_not_named_keeps_its_default(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LEARNCITY_LIMITS", "search=5/minute")
    limits = load_settings().limits
    assert limits["search"] == "5/minute"
    assert limits["pages"] == Settings().limits["pages"]
