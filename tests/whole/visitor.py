"""Somebody at the pages without a browser: follows links, fills forms, keeps cookies, has a passkey of software."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

from tests.portal.accounts.authenticator import SoftAuthenticator


@dataclass
class Form:
    """A form of a page: where it goes and what it would send."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    """Collects the links and forms of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get").lower()))
        elif self.forms and tag == "select":
            self._select = given.get("name", "")
        elif self.forms and tag == "option" and ("selected" in given or self._select not in self.forms[-1].values):
            self.forms[-1].values[self._select] = given.get("value", "")
        elif self.forms and tag in ("input", "textarea") and given.get("name") and _is_sent(given):
            self.forms[-1].values[given["name"]] = given.get("value", "on" if "checked" in given else "")


def _is_sent(field: dict[str, str]) -> bool:
    return field.get("type") not in ("checkbox", "radio", "submit") or "checked" in field


@dataclass(frozen=True)
class Page:
    """What came back."""

    status: int
    address: str
    text: str

    @property
    def links(self) -> list[str]:
        """The paths of this site that the page links to."""
        reader = _Reader()
        reader.feed(self.text)
        here = urlsplit(self.address)
        found = [urlsplit(urljoin(self.address, link)) for link in reader.links]
        return [link._replace(fragment="").geturl() for link in found if link.netloc == here.netloc]

    def form(self, part_of_action: str) -> Form:
        """The form of this action, or else the first whose action holds this text."""
        reader = _Reader()
        reader.feed(self.text)
        fitting = [form for form in reader.forms if part_of_action in form.action]
        return next((form for form in fitting if form.action == part_of_action), fitting[0])


class Visitor:
    """One person, with their cookies."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._opener: OpenerDirector = build_opener(HTTPCookieProcessor(CookieJar()))

    def get(self, address: str) -> Page:
        """Open a page, following redirections."""
        return self._send(Request(urljoin(self.url, address)))

    def submit(self, page: Page, part_of_action: str, **values: str) -> Page:
        """Fill a form of the page and send it."""
        form = page.form(part_of_action)
        address = urljoin(page.address, form.action)
        data = urlencode(form.values | values).encode()
        return self._send(Request(address, data=data, headers={"Referer": page.address, "Origin": self.url}))

    def sign_in(self, login: str, password: str, code: str) -> Page:
        """Come in with both proofs; the page one lands on."""
        asked = self.submit(self.get("/signin/"), "/signin/", login=login, password=password)
        return self.submit(asked, "/signin/code/", code=code)

    def add_passkey(self) -> None:
        """Make a passkey with a software authenticator; needs a sign-in of the last minutes."""
        page = self.get("/security/passkeys/add/")
        form = page.form("/passkeys/add/")
        name = {"name": "Software", "csrfmiddlewaretoken": form.values["csrfmiddlewaretoken"]}
        asked = Request(urljoin(self.url, "/security/passkeys/options/"), data=urlencode(name).encode())
        asked.add_header("Referer", page.address)
        answer = SoftAuthenticator(origin=self.url).create(json.loads(self._send(asked).text))
        self.submit(page, "/passkeys/add/", name="Software", credential=answer)

    def _send(self, request: Request) -> Page:
        try:
            answer = self._opener.open(request, timeout=30)
        except HTTPError as error:
            answer = error
        with answer:
            return Page(answer.status, answer.geturl(), answer.read().decode("utf-8", "replace"))
