"""Text messages: whatever form a gateway wants, nothing of a text becomes part of it; and the settings that name it."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

import httpx
import pytest

from city.config import DEFAULT_SMS_BODY, load_settings
from city.errors import ConfigurationError
from city.sms import GatewayTexter, TextUnsent

EVIL = 'x", "to": "+8613900139000", "{phone} & you=1'


def gateway(
    body: str = DEFAULT_SMS_BODY, answer: int | str = 200, **given: object
) -> tuple[GatewayTexter, list[httpx.Request]]:
    asked: list[httpx.Request] = []

    def answered(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(answer if isinstance(answer, int) else 200, text=str(answer))

    client = httpx.Client(transport=httpx.MockTransport(answered))
    headers = given.pop("headers", {})
    return GatewayTexter("https://sms.example/send", body=body, headers=headers, client=client, **given), asked  # type: ignore[arg-type]


def test_a_gateway_gets_json_in_which_a_text_is_nothing_but_text() -> None:
    texter, asked = gateway(headers={"Authorization": "Bearer abc"})
    texter.send("+8613800138000", EVIL, "learncity-7")
    assert json.loads(asked[0].content) == {"to": "+8613800138000", "text": EVIL, "reference": "learncity-7"}
    assert asked[0].headers["Authorization"] == "Bearer abc"


def test_a_gateway_that_wants_a_form_and_national_numbers_gets_them() -> None:
    texter, asked = gateway("account=city&mobile={national}&mobiles={digits}&content=【学城】{text}")
    texter.send("+8613800138000", EVIL)
    assert parse_qs(asked[0].content.decode()) == {
        "account": ["city"],
        "mobile": ["13800138000"],
        "mobiles": ["8613800138000"],
        "content": [f"【学城】{EVIL}"],
    }
    assert asked[0].headers["Content-Type"].startswith("application/x-www-form-urlencoded")


@pytest.mark.parametrize("answer", [302, 400, 500])
def test_only_a_yes_of_the_gateway_counts(answer: int) -> None:
    texter, _ = gateway(answer=answer)
    with pytest.raises(TextUnsent, match=f"sms.example answered {answer}"):
        texter.send("+8613800138000", "x")


def test_a_gateway_that_says_no_with_200_is_believed_when_its_yes_is_known() -> None:
    gateway(answer='{"code":0}', accepted='"code":0')[0].send("+8613800138000", "x")
    with pytest.raises(TextUnsent, match="did not take it"):
        gateway(answer='{"code":17,"msg":"balance"}', accepted='"code":0')[0].send("+8613800138000", "x")


@pytest.mark.parametrize("body", ['{"to": ', "no form at all", '{"to": "{phone}", "text": "{words}"}'])
def test_a_body_that_cannot_work_is_refused_when_the_worker_starts(body: str) -> None:
    with pytest.raises(ConfigurationError, match="LEARNCITY_SMS_BODY"):
        gateway(body)


@pytest.mark.parametrize(
    ("url", "right"),
    [
        ("https://sms.example/send?v=2", True),
        ("http://127.0.0.1:8099/", True),
        ("http://sms.example/send", False),
        ("https://name:word@sms.example/", False),
        ("ftp://sms.example/", False),
    ],
)
def test_the_gateway_is_spoken_to_over_tls_or_on_this_machine(
    monkeypatch: pytest.MonkeyPatch, url: str, right: bool
) -> None:
    monkeypatch.setenv("LEARNCITY_SMS_URL", url)
    if right:
        assert load_settings().sms_url == url
    else:
        with pytest.raises(ConfigurationError, match="LEARNCITY_SMS_URL"):
            load_settings()


def test_headers_are_read_and_a_wrong_one_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEARNCITY_SMS_HEADERS", "Authorization: Bearer a:b | X-App: city")
    assert load_settings().sms_headers == {"Authorization": "Bearer a:b", "X-App": "city"}
    monkeypatch.setenv("LEARNCITY_SMS_HEADERS", "hush-hush")
    with pytest.raises(ConfigurationError, match="LEARNCITY_SMS_HEADERS") as refused:
        load_settings()
    assert "hush" not in str(refused.value)
