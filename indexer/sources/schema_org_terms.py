"""What schema.org says beside when and where: prices, ages, audiences, languages, levels, topics, state, pictures.

Owns: the certain readings of these properties. What is not certain is left out and, where a citizen would miss it, is
told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any

from city.localised import LocalisedText
from city.services.records import RecordStatus
from city.terms import Attendance, Audience, Kind, Price
from indexer.sources import Finding
from indexer.sources.schema_org import (
    Graph,
    Node,
    Texts,
    first,
    is_true,
    listed,
    stated,
    texts,
    types,
    web_address,
    word,
)
from indexer.sources.topic_words import topic_of
from indexer.sources.wording import plain_line

LARGEST_PRICE = Decimal(1_000_000)
MOST_PRICES = 20
LARGEST_AGE = 120
LARGEST_SEATS = 100_000
FREE = frozenset({"free", "free of charge", "免费", "免費", "gratis"})
AMOUNT = re.compile(r"(?:[¥￥$£€]|HK\$|RMB)?\s*(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?\s*(?:元)?")
CURRENCIES = {"¥": "CNY", "￥": "CNY", "RMB": "CNY", "元": "CNY", "HK$": "HKD", "£": "GBP", "€": "EUR"}
AT_LEAST: Texts = {"zh-Hans": "最低", "en": "from"}
AT_MOST: Texts = {"zh-Hans": "最高", "en": "up to"}
AMOUNTS: Mapping[str, Texts] = {
    "price": {}, "lowPrice": AT_LEAST, "minPrice": AT_LEAST, "highPrice": AT_MOST, "maxPrice": AT_MOST,
}  # fmt: skip
AGES = re.compile(r"(\d{1,3})?\s*(?:-|–|to|至|到)\s*(\d{1,3})?|(\d{1,3})\s*(\+|岁以上|and (?:over|above))?")
LEVELS = {
    "beginner": "beginner", "beginners": "beginner", "初级": "beginner", "入门": "beginner", "零基础": "beginner",
    "intermediate": "intermediate", "中级": "intermediate",
    "advanced": "advanced", "expert": "advanced", "高级": "advanced",
}  # fmt: skip
AUDIENCES = {
    Audience.CHILDREN: "child|children|kids|儿童|少儿|兒童",
    Audience.ADOLESCENTS: "teen|teens|teenagers|adolescents|youth|young people|青少年",
    Audience.PARENTS_WITH_CHILDREN: "family|families|parents with children|parents and children|亲子|親子",
    Audience.OLDER_PEOPLE: "older people|older adults|seniors|senior citizens|elderly|老年人|长者|長者",
    Audience.JOBSEEKERS: "jobseekers|job seekers|unemployed|求职者",
    Audience.MIGRANT_WORKERS: "migrant workers|外来务工人员|新市民",
    Audience.EVERYONE: "everyone|general public|public|all|公众|市民|大众",
}
AUDIENCE_OF = {name: audience for audience, names in AUDIENCES.items() for name in names.split("|")}
LANGUAGES = {"english": "en", "chinese": "zh", "mandarin": "zh", "cantonese": "yue", "中文": "zh", "普通话": "zh",
             "英语": "en", "英文": "en", "粤语": "yue", "粵語": "yue"}  # fmt: skip
TAG = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
STATUSES = {
    "EventCancelled": RecordStatus.CANCELLED, "Cancelled": RecordStatus.CANCELLED,
    "EventPostponed": RecordStatus.POSTPONED,
    "EventScheduled": RecordStatus.PUBLISHED, "EventRescheduled": RecordStatus.PUBLISHED,
    "EventMovedOnline": RecordStatus.PUBLISHED,
}  # fmt: skip
MODES = {
    "onlineeventattendancemode": Attendance.ONLINE, "online": Attendance.ONLINE, "distance learning": Attendance.ONLINE,
    "offlineeventattendancemode": Attendance.IN_PERSON, "onsite": Attendance.IN_PERSON,
    "in-person": Attendance.IN_PERSON, "in person": Attendance.IN_PERSON, "face to face": Attendance.IN_PERSON,
    "mixedeventattendancemode": Attendance.MIXED, "blended": Attendance.MIXED, "hybrid": Attendance.MIXED,
}  # fmt: skip


def _last_part(value: Any) -> str:
    """Return the name at the end of an enumeration's address."""
    return re.split(r"[/#:]", word(value).rstrip("/"))[-1]


def kind_of(node: Node, undeclared: str) -> str:
    """Return the kind that the types declare, `undeclared` where they declare none."""
    names = set(types(node))
    if names & {"Course", "CourseInstance"}:
        return Kind.COURSE
    if names & {"TouristTrip", "Trip", "RouteGuide", "Route"}:
        return Kind.ROUTE
    return Kind.EVENT if names else undeclared


def status_of(chain: Sequence[Node]) -> tuple[str, bool]:
    """Return the state and whether it was moved online; a state that is not known counts as scheduled."""
    names = [_last_part(value) for value in listed(stated(chain, "eventStatus"))]
    state = next((STATUSES[name] for name in names if name in STATUSES), RecordStatus.PUBLISHED)
    return state, "EventMovedOnline" in names


def attendance_of(chain: Sequence[Node], *, is_virtual: bool, has_place: bool, moved_online: bool) -> str:
    """Return how one takes part: as stated, else as the locations say."""
    modes = listed(stated(chain, "eventAttendanceMode", "courseMode"))
    said = {MODES[name] for mode in modes if (name := _last_part(mode).lower()) in MODES}
    if moved_online:
        return Attendance.ONLINE
    if len(said) > 1:
        return Attendance.MIXED
    if said:
        return next(iter(said))
    if is_virtual:
        return Attendance.MIXED if has_place else Attendance.ONLINE
    return Attendance.IN_PERSON


def prices(graph: Graph, chain: Sequence[Node], language: str) -> tuple[tuple[dict[str, Any], ...], list[Finding]]:
    """Return the price tiers, and remarks on amounts that could not be read."""
    findings: list[Finding] = []
    offers = graph.nodes(stated(chain, "offers"))
    found = (tier for node in offers for tier in _tiers(graph, node, language, findings))
    tiers = list(islice(found, MOST_PRICES))
    if not tiers and is_true(stated(chain, "isAccessibleForFree")):
        tiers = [Price(0).as_json()]
    distinct = {(row["amount_minor"], row["currency"], tuple(row["label"].items())): row for row in tiers}
    return tuple(distinct.values()), findings[:MOST_PRICES]


def _tiers(
    graph: Graph, offer: Node, language: str, findings: list[Finding], *, is_inner: bool = False
) -> Iterable[dict[str, Any]]:
    """Yield the tiers of an offer; of one that gathers others (AggregateOffer) those of the others."""
    if not is_inner and (nested := graph.nodes(offer.get("offers"))):
        for inner in nested:
            yield from _tiers(graph, inner, language, findings, is_inner=True)
        return
    name = texts(offer.get("name"), language, field="offers.name")
    for node in (offer, *graph.nodes(offer.get("priceSpecification"))):
        currency = word(node.get("priceCurrency")) or word(offer.get("priceCurrency"))
        label = name or texts(node.get("name"), language, field="offers.name")
        for field, extra in AMOUNTS.items():
            if not listed(node.get(field)) or (
                field == "highPrice" and word(node[field]) == word(node.get("lowPrice"))
            ):
                continue
            price = _price("0" if _is_nothing(node[field]) else word(node[field]), currency, field, findings)
            if price is not None:
                yield Price(*price, LocalisedText(label or extra)).as_json()


def _is_nothing(value: Any) -> bool:
    return first(value) == 0 and not isinstance(first(value), bool)


def _price(said: str, currency: str, field: str, findings: list[Finding]) -> tuple[int, str] | None:
    """Return (minor units, currency); raises nothing: an amount that is not certain is told and left out."""
    if said.lower() in FREE:
        return 0, _currency(currency) or "CNY"
    amount = _amount(said)
    money = _currency(currency) or next((code for sign, code in CURRENCIES.items() if sign in said), "")
    if amount == 0:
        return 0, money or "CNY"
    if amount is None or not money:
        what = "The price has no currency" if amount is not None else "This is not a price"
        remedy = '"price": 20, "priceCurrency": "CNY"'
        findings.append(Finding(f"{what}: it is left out.", field=f"offers.{field}", value=said, remedy=remedy))
        return None
    return int(amount * 100), money


def _amount(said: str) -> Decimal | None:
    found = AMOUNT.fullmatch(said)
    try:
        amount = Decimal((found[1].replace(",", "") + (found[2] or "")) if found else said)
    except InvalidOperation:
        return None
    return amount.quantize(Decimal("0.01")) if amount.is_finite() and 0 <= amount < LARGEST_PRICE else None


def _currency(said: str) -> str:
    code = CURRENCIES.get(said, said.upper())
    return code if re.fullmatch(r"[A-Z]{3}", code) else ""


def ages(graph: Graph, chain: Sequence[Node]) -> tuple[int | None, int | None]:
    """Return the lowest and highest age, None where none is stated."""
    for node in (*graph.nodes(stated(chain, "ageRange")), *graph.nodes(stated(chain, "audience"))):
        low = _age(stated([node], "minValue", "suggestedMinAge", "requiredMinAge"))
        high = _age(stated([node], "maxValue", "suggestedMaxAge", "requiredMaxAge"))
        if low is not None or high is not None:
            return _ordered(low, high)
    found = AGES.fullmatch(word(stated(chain, "typicalAgeRange")))
    if found is None:
        return None, None
    if found[3]:
        return _ordered(_age(found[3]), None if found[4] else _age(found[3]))
    return _ordered(_age(found[1]), _age(found[2]))


def _age(value: Any) -> int | None:
    value = first(value)
    said = value if isinstance(value, (int, float)) and not isinstance(value, bool) else word(value)
    try:
        age = int(float(said))
    except (ValueError, OverflowError):
        return None
    return age if 0 <= age <= LARGEST_AGE else None


def _ordered(low: int | None, high: int | None) -> tuple[int | None, int | None]:
    """Return both, or none where they contradict each other; from 0 on says nothing."""
    if low is not None and high is not None and low > high:
        return None, None
    return low or None, high


def audiences(graph: Graph, chain: Sequence[Node]) -> tuple[str, ...]:
    """Return the audiences whose words are certain."""
    said = []
    for value in listed(stated(chain, "audience")):
        node = graph.resolved(value)
        names = stated([node], "audienceType", "educationalRole", "name") if isinstance(node, dict) else node
        said += [part.strip().lower() for name in listed(names) for part in re.split(r"[,;、/]", word(name))]
    return tuple(dict.fromkeys(str(AUDIENCE_OF[name]) for name in said if name in AUDIENCE_OF))


def languages(chain: Sequence[Node]) -> tuple[str, ...]:
    """Return the tags of the languages something is held in, as far as they can be told."""
    found = []
    for value in listed(stated(chain, "inLanguage")):
        said = word(value.get("alternateName")) or word(value) if isinstance(value, dict) else word(value)
        tag = LANGUAGES.get(said.lower()) or (said if TAG.fullmatch(said) else "")
        found += ["zh" if tag.lower().startswith(("zh", "cmn")) else tag.split("-")[0].lower()] if tag else []
    return tuple(dict.fromkeys(found))


def level(chain: Sequence[Node]) -> str:
    """Return beginner, intermediate or advanced where one of them is stated, "" otherwise."""
    said = (word(value).lower() for value in listed(stated(chain, "level", "educationalLevel", "coursePrerequisites")))
    return next((LEVELS[name] for name in said if name in LEVELS), "")


def seats(value: Any) -> int | None:
    """Return the number of seats there are; how many remain is another question."""
    said = word(value)
    return int(said) if said.isascii() and said.isdigit() and int(said) <= LARGEST_SEATS else None


def topics(chain: Sequence[Node]) -> tuple[tuple[str, ...], list[str]]:
    """Return topics of the controlled list that the record's words name whole, and the words that name none."""
    words = []
    for name in ("about", "keywords", "activity", "category", "facilityType", "teaches"):
        for value in listed(stated(chain, name)):
            words += [part.strip() for part in re.split(r"[,;、，；]", word(value)) if part.strip()]
    found = {said: topic for said in words if (topic := topic_of(said))}
    return tuple(dict.fromkeys(found.values())), [said for said in words if said not in found]


def contact(graph: Graph, chain: Sequence[Node]) -> str:
    """Return whom to ask: a name, a telephone number, a mail address, as far as they are stated."""
    for name in ("contactPoint", "organizer", "provider", "performer", "publisher"):
        for node in graph.nodes(stated(chain, name)):
            inner = next(iter(graph.nodes(node.get("contactPoint"))), node)
            ways = [word(inner.get("telephone")), word(inner.get("email")).removeprefix("mailto:")]
            said = [plain_line(part) for part in (word(node.get("name")), *ways) if part]
            if any(ways):
                return " · ".join(dict.fromkeys(said))[:300]
    return next((text for name in ("organizer", "provider") if (text := _name_of(graph, stated(chain, name)))), "")


def _name_of(graph: Graph, value: Any) -> str:
    node = graph.resolved(first(value))
    said = word(node.get("name")) if isinstance(node, dict) else word(node)
    return "" if said.startswith(("https://", "http://")) else said[:300]


def picture(graph: Graph, chain: Sequence[Node], language: str, base: str = "") -> dict[str, Any]:
    """Return the first picture with what it shows, {} where there is none."""
    for value in listed(stated(chain, "image")):
        node = graph.resolved(value)
        address = web_address([node, *listed(node.get("contentUrl"))] if isinstance(node, dict) else node, base)
        if address:
            said = stated([node], "caption", "description", "name") if isinstance(node, dict) else None
            return {"address": address, "text": texts(said, language, field="image.caption")}
    return {}
