"""A person at a browser without script: reads pages, follows links, fills in the forms that are there.

Nothing is posted that the page does not offer: a field, a choice or a button that is missing fails the journey. CSRF is
enforced, so every form has to carry its token. Sessions end as they do in life: whoever comes back after a night opens
the page again and logs in; a form sent from the old page fails the journey.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from django.test import Client
from django.urls import reverse

from marketplace.models import User
from tests.cast import PASSWORD

Onlooker = Callable[[str, str, Mapping[str, Any]], None]
"""Is told method, path and data of each request, before it is sent."""

CHOSEN = {"checkbox", "radio"}
NEVER_SENT = {"submit", "button", "reset", "image", "file"}


class Page:
    """What the person sees now."""

    def __init__(self, person: Person, answer: Any, path: str) -> None:
        self.person = person
        self.status: int = answer.status_code
        self.path = path
        self.content: bytes = (
            b"".join(answer.streaming_content) if answer.streaming else answer.content
        )
        self.headers = answer.headers
        self.is_html = answer.headers.get("Content-Type", "").startswith("text/html")

    @cached_property
    def soup(self) -> BeautifulSoup:
        """Return what a browser makes of it; nothing of a file."""
        return BeautifulSoup(self.content if self.is_html else "", "html.parser")

    @cached_property
    def text(self) -> str:
        """Return the words of the page, blanks and line breaks left out."""
        seen = BeautifulSoup(str(self.soup.find("main") or self.soup), "html.parser")
        for hidden in seen(["script", "style"]):
            hidden.decompose()
        return re.sub(r"\s+", "", seen.get_text())

    @property
    def links(self) -> dict[str, str]:
        """Return words to address of every link."""
        return {_words(link): str(link["href"]) for link in self.soup.find_all("a", href=True)}

    @property
    def state(self) -> str:
        """Return the badge beside the page's title, without its sign; empty when there is none."""
        badge = BeautifulSoup(str(self.soup.select_one("h1 .mk-badge") or ""), "html.parser")
        for sign in badge.select("[aria-hidden]"):
            sign.decompose()
        return _words(badge)

    def fault(self, field: str) -> str:
        """Return what stands at a field about what was typed there, empty when nothing does."""
        places = self.soup.select(f".mk-field:has([name={field}]) .mk-field-error")
        return _words(places[0]) if places else ""

    def typed(self, button: str, *fields: str) -> dict[str, Any]:
        """Return what stands in those fields of a button's form, as it would be sent."""
        sent = filled(self._forms(button)[0], {})
        return {name: sent.get(name, "") for name in fields}

    def says(self, *sentences: str) -> Page:
        for sentence in sentences:
            assert re.sub(r"\s+", "", sentence) in self.text, f"没有“{sentence}”:{self.text[:800]}"
        return self

    def hides(self, *sentences: str) -> Page:
        for sentence in sentences:
            assert re.sub(r"\s+", "", sentence) not in self.text, f"不应有“{sentence}”"
        return self

    def pair(self, label: str) -> str:
        """Return what a sheet of particulars says under a label."""
        found = [term for term in self.soup.find_all("dt") if _label(term) == label]
        assert found, f"没有“{label}”:{[_label(term) for term in self.soup.find_all('dt')]}"
        return _words(found[0].find_next_sibling("dd"))

    def row(self, *parts: str) -> dict[str, str]:
        """Return the first table row in which all the parts stand, by column title."""
        for row in self.soup.select("tbody tr"):
            cells = {
                str(cell.get("data-label", "")): _words(cell) for cell in row.find_all(["td", "th"])
            }
            if all(part in _words(row) for part in parts):
                return cells
        raise AssertionError(f"没有这样的行:{parts}:{self.text[:2000]}")

    def offers(self, button: str) -> bool:
        return bool(self._forms(button))

    def clicks(self, words: str) -> Page:
        """Follow the link of these words."""
        found = [href for label, href in self.links.items() if label == words]
        found = found or [href for label, href in self.links.items() if words in label]
        assert found, f"没有“{words}”这个链接:{list(self.links)}"
        return self.person.opens(urljoin(self.path, found[0]))

    def submits(self, button: str, status: int = 200, /, **fields: Any) -> Page:
        """Fill in the form of a button as a person would, press it, and follow where it leads."""
        forms = [form for form in self._forms(button) if set(fields) <= set(_named(form))]
        every = [sorted(_named(form)) for form in self._forms(button)]
        assert len(forms) == 1, f"“{button}”应有一个可填 {sorted(fields)} 的表单:{every}"
        data = filled(forms[0], fields) | _pressed(forms[0], button)
        address = urljoin(self.path, str(forms[0].get("action") or self.path))
        if str(forms[0].get("method", "get")).lower() == "post":
            return self.person.posts(address, data, status, self.path)
        return self.person.opens(address, status, data)

    def _forms(self, button: str) -> list[Tag]:
        return [
            form
            for form in self.soup.find_all("form")
            if any(_words(found) == button for found in _buttons(form))
        ]


class Person:
    """Somebody at a browser; logs in when a page asks for it. Without account: a visitor.

    Attributes:
        onlooker: told of each request of anybody before it is sent, and of the pages it is led to.
    """

    onlooker: ClassVar[Onlooker | None] = None

    def __init__(self, account: User | str | None = None, password: str = PASSWORD) -> None:
        self.username = account.get_username() if isinstance(account, User) else account
        self.password = password
        self.client = Client(enforce_csrf_checks=True)

    def opens(self, path: str, status: int = 200, data: Mapping[str, Any] | None = None) -> Page:
        self._looked_at("GET", path, data or {})
        page = self._followed(self.client.get(path, data or {}, follow=True), path)
        if self.username and self._asks_to_log_in(page):
            page = page.submits("登录", username=self.username, password=self.password)
            if status != 200:
                page = self._followed(self.client.get(path, data or {}, follow=True), path)
        assert page.status == status, f"{path}:{page.status} {page.text[:1500]}"
        return page

    def posts(
        self, path: str, data: Mapping[str, Any], status: int = 200, page_path: str = ""
    ) -> Page:
        """Send a form of the page at `page_path`."""
        self._looked_at("POST", path, data)
        came_from = {"referer": urljoin("http://testserver", page_path or path)}
        page = self._followed(self.client.post(path, data, follow=True, headers=came_from), path)
        assert page.status == status, f"{path}:{page.status} {page.text[:800]}"
        if self.username and page_path and not self._is_login(page_path):
            assert not self._asks_to_log_in(page), f"{path}:登录已过期,请重新打开页面再提交。"
        return page

    def comes_back(self) -> None:
        """Be logged in again, for what a visitor may read too and therefore asks for no log-in."""
        if self.username:
            self.goes("marketplace:notification-list")

    def goes(self, name: str, *args: Any, status: int = 200) -> Page:
        """Open a page by its URL name."""
        return self.opens(reverse(name, args=args), status)

    def tries(self, path: str, **data: Any) -> int:
        """Post to an address outside any form, with a valid token, and return the status."""
        self._looked_at("POST", path, data)
        if self.username:
            self.opens(reverse("marketplace:password-change"))
        else:
            self.opens(reverse("marketplace:login"))
        token = self.client.cookies["csrftoken"].value
        answer = self.client.post(path, data | {"csrfmiddlewaretoken": token})
        return answer.status_code

    def _followed(self, answer: Any, path: str) -> Page:
        chain = [urljoin(path, address) for address, _ in getattr(answer, "redirect_chain", [])]
        for address in chain:
            self._looked_at("GET", address, {})
        return Page(self, answer, chain[-1] if chain else path)

    def _looked_at(self, method: str, path: str, data: Mapping[str, Any]) -> None:
        if Person.onlooker is not None:
            Person.onlooker(method, urlsplit(path).path, data)

    def _asks_to_log_in(self, page: Page) -> bool:
        return self._is_login(page.path)

    def _is_login(self, path: str) -> bool:
        return urlsplit(path).path == reverse("marketplace:login")


def filled(form: Tag, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a browser sends: what stands in the form, with what the person typed or ticked."""
    data: dict[str, Any] = {}
    for name, controls in _named(form).items():
        if name not in fields:
            standing = [value for control in controls for value in _standing(control)]
            if standing:
                data[name] = standing if len(standing) > 1 else standing[0]
            continue
        value = fields[name]
        offered = {choice for control in controls for choice in _choices(control)}
        if value is True:
            value = next(iter(offered))
        for wanted in value if isinstance(value, list | tuple) else [value]:
            assert not offered or str(wanted) in offered, f"{name}:{wanted} 不在 {sorted(offered)}"
        if value is not False:
            data[name] = value
    return data


def _named(form: Tag) -> dict[str, list[Tag]]:
    found: dict[str, list[Tag]] = {}
    for control in form.find_all(["input", "select", "textarea"]):
        if control.get("name") and not control.has_attr("disabled"):
            found.setdefault(str(control["name"]), []).append(control)
    return found


def _standing(control: Tag) -> list[str]:
    kind = str(control.get("type", "text")).lower()
    if control.name == "textarea":
        return [control.get_text().removeprefix("\n")]
    if control.name == "select":
        options = control.find_all("option")
        chosen = [option for option in options if option.has_attr("selected")]
        chosen = chosen or ([] if control.has_attr("multiple") else options[:1])
        return [str(option.get("value", option.get_text())) for option in chosen]
    if kind in NEVER_SENT or (kind in CHOSEN and not control.has_attr("checked")):
        return []
    return [str(control.get("value", "on" if kind in CHOSEN else ""))]


def _choices(control: Tag) -> list[str]:
    if control.name == "select":
        return [
            str(option.get("value", option.get_text())) for option in control.find_all("option")
        ]
    if str(control.get("type", "")).lower() in CHOSEN:
        return [str(control.get("value", "on"))]
    return []


def _buttons(form: Tag) -> list[Tag]:
    found = form.find_all("button")
    return [button for button in found if button.get("type", "submit") == "submit"]


def _pressed(form: Tag, words: str) -> dict[str, str]:
    button = next(found for found in _buttons(form) if _words(found) == words)
    return {str(button["name"]): str(button.get("value", ""))} if button.get("name") else {}


def _label(term: Tag) -> str:
    summary = term.find("summary")
    return _words(summary or term)


def _words(tag: Tag | None) -> str:
    return re.sub(r"\s+", "", tag.get_text()) if tag else ""
