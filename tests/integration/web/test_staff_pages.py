"""How staff come in by the pages, invite, shut out, admit, and find a form again whose sign-in ended."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from city.model import Staff
from city.model.people import Role
from city.second_factor import SecondFactor
from city.services.permissions import Actor
from city.services.staff_keeping import Invitation
from tests.integration.web.conftest import Site
from tests.page_client import Page, PageClient
from tests.staff_members import add_staff, enter

PASSWORD = "violet harbour ninety lamps"
MAIL = "mei@library.example"


def operator_of(site: Site) -> int:
    with site.database.reading() as work:
        return work.operators.all()[0].id


def invited(site: Site, role: str = "publisher") -> str:
    """Invite somebody; return the path of the link."""
    operator = operator_of(site) if role in ("editor", "publisher", "desk") else None
    made = site.parts.staff_keeping.invite(Actor.system(), Invitation(MAIL, role, operator))
    return "/" + made.link.split("/", 3)[3]


def digits(site: Site, page: Page | None = None, later: int = 0) -> str:
    """Return what the telephone shows: of the square on a page, else of what is set up."""
    row, now = member(site), site.parts.system_clock.now() + timedelta(seconds=30 * later)
    sealed = row.totp_secret if page is None else page.form_of("设")[1]["offer"]
    return SecondFactor(site.parts.settings.signing_key()).code(sealed, row.id, now)


def member(site: Site) -> Staff:
    with site.database.reading() as work:
        found = work.staff.by_email(MAIL)
    assert found is not None
    return found


def come_in(site: Site, browser: PageClient, role: str = "publisher") -> Page:
    """Take an invitation up, with a second step; return the overview."""
    page = browser.get(invited(site, role)).press("去第二步", name="梅", password=PASSWORD)
    assert page.h1 == "设置第二步"
    page = page.press("设置好了", code=digits(site, page))
    assert page.h1 == "请抄下这些备用码" and len(re.findall(r">[a-z2-9]{5}-[a-z2-9]{5}<", page.source)) == 10
    return page.follow("我抄好了")


def test_from_the_link_of_an_invitation_to_the_first_page(small_site: Site) -> None:
    browser = small_site.browser()
    page = come_in(small_site, browser)
    assert page.h1 == "概览" and "湖滨图书馆，发布人" in page.text
    assert page.response.headers["Cache-Control"] == "private, no-store"
    assert page.link("同事").endswith("/zh/o/staff")


def test_signing_in_with_password_and_digits_and_out_again(small_site: Site) -> None:
    come_in(small_site, small_site.browser())
    browser = small_site.browser()
    page = browser.get("/zh/o/staff")
    assert page.h1 == "工作人员登录"
    wrong = page.press("下一步", email=MAIL, password="not this one", expect=400)
    assert "邮箱和密码对不上" in wrong.main and f'value="{MAIL}"' in wrong.source
    page = wrong.press("下一步", email=MAIL.upper(), password=PASSWORD)
    assert page.h1 == "第二步"
    assert page.press("进入", code="123", expect=400).main.count("数字不对") == 2
    assert browser.get("/zh/o/").h1 == "第二步", "half signed in is not in"
    page = page.press("进入", code=digits(small_site, later=1))
    assert page.h1 == "同事", "and leads where the person was going"
    page = page.press("退出")
    assert page.h1 == "工作人员登录" and browser.get("/zh/o/staff").h1 == "工作人员登录"


def test_signing_out_clears_what_the_browser_keeps(small_site: Site) -> None:
    browser = small_site.browser()
    _, fields = come_in(small_site, browser).form_of("退出")
    answer = browser.http.post("/zh/o/sign-out", data=fields)
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'


def _cookie(browser: PageClient) -> str:
    found = browser.http.get_cookie("staff_session")
    return found.value if found else ""


def test_a_session_id_chosen_by_somebody_else_is_never_taken_over(small_site: Site) -> None:
    come_in(small_site, small_site.browser())
    browser, seen = small_site.browser(), ["chosen-by-somebody-else"]
    browser.http.set_cookie("staff_session", seen[0])
    page = browser.get("/zh/o/sign-in").press("下一步", email=MAIL, password=PASSWORD)
    seen.append(_cookie(browser))
    page.press("进入", code=digits(small_site, later=1))
    seen.append(_cookie(browser))
    assert len(set(seen)) == 3
    assert [small_site.parts.staff_access.member_of(token) is not None for token in seen] == [False, False, True]


def test_ten_wrong_passwords_and_the_eleventh_is_not_looked_at(tmp_path, sqlite_database) -> None:  # type: ignore[no-untyped-def]
    from tests.integration.web.conftest import GENEROUS, open_site

    site = open_site(sqlite_database, tmp_path, limits=GENEROUS | {"sign_in": "10/5minutes"})
    browser = site.browser()
    come_in(site, browser)
    page = browser.get("/zh/o/sign-in")
    for n in range(10):
        page.press("下一步", email=MAIL, password=f"guess {n}", expect=400)
    refused = page.press("下一步", email=MAIL, password=PASSWORD, expect=429)
    assert "试得太多了" in refused.main and int(refused.response.headers["Retry-After"]) > 0


def end_sign_ins(site: Site, staff_id: int) -> None:
    """Let the half hour pass."""
    with site.database.writing() as work:
        for row in work.staff_login_sessions.of_staff(staff_id):
            row.seen_at -= timedelta(minutes=31)
        work.commit()


def test_a_form_whose_sign_in_ended_comes_back_as_typed_and_nothing_was_sent(small_site: Site) -> None:
    chief = add_staff(small_site.database, Role.ADMINISTRATOR, name="总管")
    browser = small_site.browser()
    enter(browser, chief)
    page = browser.get("/zh/o/bodies")
    typed = {"name_zh": "夜校中心 <一>", "slug": "night-school", "phone": "0300 641 7000", "district": "hubin"}
    end_sign_ins(small_site, chief)
    asked = _post_with_referer(page, "加进来", typed, expect=403)
    assert asked.h1 == "工作人员登录" and "您写的都留着" in asked.main and "夜校中心" not in asked.source
    form, kept = asked.press("当一回总管").form_of("回到我的表单")
    back = Page(browser, browser.http.post(form.get("action", ""), data=kept))
    assert back.status == 200 and not back.parse_errors
    assert back.h1 == "机构" and "还没有送出" in back.main
    _, fields = back.form_of("加进来")
    assert {name: fields[name] for name in typed} == typed and "reviewed" not in fields
    with small_site.database.reading() as work:
        assert work.operators.by_slug("night-school") is None, "nothing is sent without a press"
    back.press("加进来")
    with small_site.database.reading() as work:
        assert work.operators.by_slug("night-school") is not None


def _post_with_referer(page: Page, button: str, typed: dict[str, str], *, expect: int) -> Page:
    form, fields = page.form_of(button)
    fields.pop("reviewed", None)
    page.client.headers["Referer"] = f"http://localhost{page.address}"
    return page.client.post(form.get("action", ""), fields | typed, expect=expect)


def test_what_one_typed_does_not_come_back_to_another(small_site: Site) -> None:
    first = add_staff(small_site.database, Role.ADMINISTRATOR, name="总管甲")
    add_staff(small_site.database, Role.ADMINISTRATOR, name="总管乙")
    browser = small_site.browser()
    enter(browser, first)
    page = browser.get("/zh/o/bodies")
    end_sign_ins(small_site, first)
    asked = _post_with_referer(page, "加进来", {"name_zh": "夜校中心"}, expect=403)
    _, fields = asked.form_of("当一回总管乙")
    inside = asked.press("当一回总管乙")
    assert inside.h1 == "概览"
    again = {"csrf_token": fields["csrf_token"], "kept": fields["kept"]}
    inside.client.post("/zh/o/as-typed", again, expect=404)


@pytest.mark.parametrize("role", ["publisher", "administrator"])
def test_inviting_shutting_out_and_letting_in_again(small_site: Site, role: str) -> None:
    browser, operator = small_site.browser(), operator_of(small_site)
    own = add_staff(small_site.database, Role(role), operator_id=operator if role == "publisher" else None, name="主人")
    colleague = add_staff(small_site.database, Role.EDITOR, operator_id=operator, name="小李")
    enter(browser, own)
    page = browser.get("/zh/o/staff")
    wrong = page.press("发出邀请", email="nobody", role="desk", operator=str(operator), expect=400)
    assert "这不是电子邮箱" in wrong.main
    made = page.press("发出邀请", email="new@library.example", role="desk", operator=str(operator))
    assert "new@library.example" in made.main and made.follow("打开邀请").h1 == "接受邀请"
    browser.get("/zh/o/staff").press("作废")
    assert "new@library.example" not in browser.get("/zh/o/staff").main
    other = small_site.browser()
    enter(other, colleague)
    assert "进不来了" in browser.get("/zh/o/staff").press("停用").main
    assert other.get("/zh/o/").h1 == "工作人员登录"
    assert "又可以进来了" in browser.get("/zh/o/staff").press("恢复").main


def test_a_publisher_s_form_cannot_invite_for_the_city_or_another_operator(small_site: Site) -> None:
    browser = small_site.browser()
    own = add_staff(small_site.database, Role.PUBLISHER, operator_id=operator_of(small_site))
    enter(browser, own)
    page = browser.get("/zh/o/staff")
    page.press("发出邀请", email="x@city.example", role="administrator", expect=400)
    page.press("发出邀请", email="y@city.example", role="desk", operator="99")
    with small_site.database.reading() as work:
        found = {
            row.email: row.operator_id for row in work.staff_invitations.open_ones(small_site.parts.system_clock.now())
        }
    assert found == {"y@city.example": operator_of(small_site)}, "the form's own operator counts for nothing"


def test_changing_password_and_second_step_asks_for_both_again(small_site: Site) -> None:
    browser = small_site.browser()
    come_in(small_site, browser)
    page = browser.get("/zh/o/me")
    better = "seven quiet rivers at dusk"
    assert "不是您现在的密码" in page.press("换密码", current="x", code="1", new=better, expect=400).main
    page = page.press("换密码", current=PASSWORD, code=digits(small_site, later=1), new=better)
    assert "密码改好了" in page.main
    page = browser.get("/zh/o/me/second-step", expect=200)
    assert "用它对准这个方块" in page.main


def test_an_administrator_admits_closes_and_reads_the_log(small_site: Site) -> None:
    chief = add_staff(small_site.database, Role.ADMINISTRATOR, name="总管")
    browser = small_site.browser()
    enter(browser, chief)
    page = browser.get("/zh/o/bodies")
    wrong = page.press("加进来", name_zh="", slug="A b", expect=400)
    assert "代号不对" in wrong.main
    page = page.press("加进来", name_zh="夜校中心", slug="night-school", district="hubin")
    assert "夜校中心" in page.main
    assert "已停用" in page.press("停用", nth=1).main
    log = browser.get("/zh/o/audit")
    assert "总管" in log.main and "night-school" in log.main
    assert "记录完整" in log.press("检查记录是否完整").main


def test_every_page_of_the_portal_is_right_in_english_too(small_site: Site) -> None:
    chief = add_staff(small_site.database, Role.ADMINISTRATOR, name="Chief")
    browser = small_site.browser()
    enter(browser, chief, language="en")
    for path in ("", "staff", "bodies", "audit", "me", "me/second-step", "sign-in"):
        browser.get(f"/en/o/{path}")
