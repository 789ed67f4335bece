"""Settings, read once from the environment: the only reader of `os.environ`.

Owns the names LEARNCITY_*, their defaults and their rules; docs/operations.md documents each, and a test compares.
Every process starts with `load_settings()`; tests build `Settings(...)` by hand.
"""

from __future__ import annotations

import os
import re
import secrets
from datetime import datetime
from pathlib import Path
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from city.clock import Clock, FixedClock, SystemClock
from city.errors import ConfigurationError

PREFIX = "LEARNCITY_"
KNOWN_LANGUAGES = ("zh", "en")
DEFAULT_LIMITS = {
    "pages": "600/minute",
    "search": "120/minute",
    "writes": "60/minute",
    "api": "300/minute",
    "sign_in": "10/5minutes",
}
DEFAULT_SMS_BODY = '{"to": "{phone}", "text": "{text}", "reference": "{reference}"}'
SHORTEST_SECRET = 32
DEMO_PORT = 8000
"""Where `learncity serve` listens unless told otherwise."""
GATEWAY = re.compile(r"https://[^\s/?#@\\]+([/?][^\s#\\]*)?|http://(localhost|127\.0\.0\.1)(:\d+)?(/\S*)?")
HOST_AND_PORT = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(:[0-9]{1,5})?")


class Settings(BaseSettings):
    """Frozen settings of one process."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    database_url: str = Field("", description="SQLAlchemy address of the catalogue; empty: SQLite in the data folder")
    search_url: str = Field("", description="address of Elasticsearch; empty: the embedded engine in the data folder")
    search_api_key: str = Field("", description="API key sent to Elasticsearch")
    search_ca: Path | None = Field(None, description="file with the certificate authority of Elasticsearch")
    data_dir: Path = Field(Path("var"), description="folder of index, artefacts, reports and outboxes")
    secret: str = Field("", description="key that signs cookies and forms; without it the site runs in demo mode")
    now: datetime | None = Field(None, description="fixes the catalogue's clock (demo mode only), with its offset")
    timezone: str = Field("Asia/Shanghai", description="IANA name of the city's time zone")
    languages: Annotated[tuple[str, ...], NoDecode] = Field(
        KNOWN_LANGUAGES, description="languages of the site, the default first"
    )
    hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        ("localhost", "127.0.0.1"), description="host names the site answers to, separated by commas"
    )
    feed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="internal hosts (host or host:port) that feeds may be fetched from although not public"
    )
    proxy_hops: int = Field(0, ge=0, le=5, description="number of trusted proxies in front of the site")
    mail_url: str = Field(
        "", description="SMTP address, smtp://name:password@host:587; empty: a file outbox in the data folder"
    )
    sms_url: str = Field(
        "", description="address of the gateway for text messages; empty: a file outbox in the data folder"
    )
    sms_body: str = Field(
        DEFAULT_SMS_BODY,
        description="what the gateway is sent: JSON or a form with {phone}, {digits}, {national}, {text}, {reference}",
    )
    sms_headers: Annotated[dict[str, str], NoDecode] = Field(
        {}, description="headers the gateway wants, like Authorization: Bearer abc; several separated by |"
    )
    sms_accepted: str = Field(
        "", description='text that stands in the gateway\'s answer when it took a message, like "code":0'
    )
    site_url: str = Field(
        "", description="address of the site in mails; empty: https:// and the first of the hosts, in demo mode http://"
    )
    limits: Annotated[dict[str, str], NoDecode] = Field(
        DEFAULT_LIMITS, description="rate limits that differ from the default, like search=60/minute,api=100/minute"
    )

    @field_validator("languages", "hosts", "feed_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("languages")
    @classmethod
    def _known_languages(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or set(value) - set(KNOWN_LANGUAGES):
            raise ValueError(f"name one or more of {', '.join(KNOWN_LANGUAGES)}, separated by commas")
        return value

    @field_validator("site_url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if value and not re.fullmatch(r"https?://[A-Za-z0-9.:\[\]_-]+(/[A-Za-z0-9/._~-]*)?", value):
            raise ValueError("write it like https://learn.city.example")
        return value

    @field_validator("sms_url")
    @classmethod
    def _guarded_address(cls, value: str) -> str:
        if value and not GATEWAY.fullmatch(value):
            raise ValueError("write it like https://sms.example/send; plain http is for this machine only")
        return value

    @field_validator("sms_headers", mode="before")
    @classmethod
    def _named_headers(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [part.partition(":") for part in value.split("|") if part.strip()]
        if any(not re.fullmatch(r"[A-Za-z0-9-]+", name.strip()) or not held.strip() for name, _, held in pairs):
            raise ValueError("write it like Authorization: Bearer abc, several separated by |")
        return {name.strip(): held.strip() for name, _, held in pairs}

    @field_validator("feed_hosts")
    @classmethod
    def _hosts_with_ports(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [host for host in value if not HOST_AND_PORT.fullmatch(host)]
        if wrong:
            raise ValueError(f"{wrong[0]!r} is no host: write host or host:port, like feeds.internal:8080")
        return tuple(host.lower() for host in value)

    @field_validator("limits", mode="before")
    @classmethod
    def _merge_limits(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [part.partition("=") for part in value.split(",") if part.strip()]
        unknown = sorted({name.strip() for name, _, _ in pairs} - set(DEFAULT_LIMITS))
        if unknown:
            raise ValueError(f"no limit is called {', '.join(unknown)}; the names are {', '.join(DEFAULT_LIMITS)}")
        return DEFAULT_LIMITS | {name.strip(): limit.strip() for name, _, limit in pairs}

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as unknown:
            raise ValueError("write an IANA zone name, like Asia/Shanghai") from unknown
        return value

    @field_validator("now", mode="before")
    @classmethod
    def _iso(cls, value: object) -> object:
        """Read ISO 8601 only: pydantic would take a bare year for seconds since 1970."""
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return datetime.fromisoformat(value)
        except ValueError as unreadable:
            raise ValueError("write it like 2025-12-16T09:00:00+08:00") from unreadable

    @field_validator("now")
    @classmethod
    def _aware(cls, value: datetime | None) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("give the offset too, like 2025-12-16T09:00:00+08:00")
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.secret and self.now is not None:
            raise ValueError(f"{PREFIX}NOW is for demo mode only: unset it, or unset {PREFIX}SECRET")
        if self.secret and len(self.secret) < SHORTEST_SECRET:
            raise ValueError(f"{PREFIX}SECRET is too short: use at least {SHORTEST_SECRET} random characters")
        return self

    @property
    def demo(self) -> bool:
        """True when no secret was set: sample sign-in exists and only loopback may be bound."""
        return not self.secret

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def catalogue_clock(self) -> Clock:
        """The clock of the catalogue, fixed by LEARNCITY_NOW when that is set."""
        return FixedClock(self.now, self.zone) if self.now else self.system_clock

    @property
    def system_clock(self) -> Clock:
        """Real time, for breakers, limits and login sessions."""
        return SystemClock(self.zone)

    @property
    def effective_database_url(self) -> str:
        """The database address, with SQLite in the data folder as the default."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'learncity.db').resolve()}"

    @property
    def site_address(self) -> str:
        """Where the links of mails lead, without a slash at the end."""
        if self.site_url:
            return self.site_url.rstrip("/")
        return f"http://{self.hosts[0]}:{DEMO_PORT}" if self.demo else f"https://{self.hosts[0]}"

    def signing_key(self) -> str:
        """Return the key for cookies and forms; in demo mode a random one that is kept in the data folder."""
        return self.secret or _kept_secret(self.data_dir / "demo-secret")


def _kept_secret(path: Path) -> str:
    """Read the demo secret, or make one with owner-only rights; two processes starting together agree on one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip() or _replaced_secret(path)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secret := secrets.token_urlsafe(48))
    return secret


def _replaced_secret(path: Path) -> str:
    """Replace an empty secret file, left by a process that was killed between making and writing it."""
    path.unlink(missing_ok=True)
    return _kept_secret(path)


def load_settings() -> Settings:
    """Read the settings from the environment; raises ConfigurationError with a sentence for each wrong one."""
    try:
        return Settings()
    except ValidationError as wrong:
        raise ConfigurationError("\n".join(_sentence(error) for error in wrong.errors())) from wrong


def _sentence(error: object) -> str:
    """One line for one pydantic error: the setting, what was given, what would be right (never a secret's value)."""
    details = dict(error)  # type: ignore[call-overload]
    where = "_".join(str(part) for part in details["loc"]).upper()
    reason = str(details["msg"]).removeprefix("Value error, ")
    if not where:
        return f"The settings do not fit together: {reason}."
    shown = "" if any(word in where for word in ("SECRET", "KEY", "HEADERS")) else f" is {str(details['input'])[:80]!r}"
    return f"{PREFIX}{where}{shown}: {reason}."
