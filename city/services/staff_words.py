"""What staff and citizens are written when they come in: invitations and one-time codes, in both languages.

Owns: words and how a mail is laid out; decides nothing. Called by `staff_keeping` and `signing_in`.
"""

from __future__ import annotations

from html import escape

from city.localised import LocalisedText

ROLES = {
    "editor": ("编辑", "an editor"),
    "publisher": ("发布人", "a publisher"),
    "desk": ("前台", "the desk"),
    "moderator": ("区审核员", "a district moderator"),
    "planner": ("规划员", "a planner"),
    "administrator": ("市管理员", "a city administrator"),
}


def invitation_words(language: str, role: str, body: LocalisedText, link: str) -> tuple[str, str, str]:
    """Return subject, text and HTML of an invitation."""
    name, _ = body.best(language)
    chinese, english = ROLES[role]
    if language == "zh":
        subject = "邀请您到学城工作台"
        lines = [f"您好：{name}请您做学城的{chinese}。", "请在七天之内打开下面的链接，设好密码和第二步登录："]
        last = "如果您不知道这件事，不用理会这封信。"
    else:
        subject = "You are invited to work on Learncity"
        lines = [f"{name} would like you to be {english} on Learncity.", "Open this link within seven days:"]
        last = "If you do not know what this is about, leave it be."
    return subject, _text(lines, link, last), _html(lines, link, last)


def code_words(language: str, code: str) -> tuple[str, str, str]:
    """Return subject, text and HTML that bring a one-time code; the text alone is short enough for one text message."""
    if language == "zh":
        subject, text = (
            "学城登录用的数字",
            f"【学城】您的六位数字是{code}，十分钟内有效。没有人会向您要这个数字，请别告诉别人。",
        )
    else:
        subject = "Your Learncity code"
        text = f"Learncity: your code is {code}, good for ten minutes. Nobody of us will ever ask you for it."
    return subject, text, f"<p>{escape(text)}</p>"


def _text(lines: list[str], link: str, last: str) -> str:
    return "\n\n".join([*lines, link, last]) + "\n"


def _html(lines: list[str], link: str, last: str) -> str:
    said = "".join(f"<p>{escape(line)}</p>" for line in lines)
    return f'{said}<p><a href="{escape(link)}">{escape(link)}</a></p><p>{escape(last)}</p>'
