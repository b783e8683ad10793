"""``make scan``: a scanner against the whole house over TLS, signed in as each audience; what it finds fails.

A house with its demo people is opened in a folder that is thrown away, and a second web server speaks https on it with
a certificate made for the occasion. Each audience signs in as a person does, with password, one-time code and, for
staff, a passkey of software; the scanner gets their cookies. Everything stays on 127.0.0.1, and every scan has an end:
``SCAN_SECONDS`` for finding pages, as much for each kind of attack at most.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.request import HTTPCookieProcessor, HTTPSHandler, build_opener

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from portal.demo.people import PASSWORD
from portal.running.launching import granian_options
from tests.whole.running import BASE, RunningHouse
from tests.whole.visitor import Visitor

SCANNER = BASE / "build" / "scan" / "bin" / "wapiti"
REPORTS = BASE / "build" / "scan-reports"
# What is left out speaks to servers outside, tries names of other people's products, guesses passwords, which the house
# answers with a wait, or (ldap) takes any two answers that differ for a directory: there is none, and forms do answer a
# tenth letter otherwise than the first.
MODULES = (
    "backup,cookieflags,crlf,csp,csrf,exec,file,htaccess,http_headers,https_redirect,methods,permanentxss,redirect,"
    "sql,ssl,upload,xss"
)
# Leaving would end the scan, and so would ending one's own account, factors and sessions.
LEFT_ALONE = ("/signout/*", "/language/*", "/security/sessions/*", "/record/keeping/close/*", "/signin/*")


@dataclass(frozen=True)
class Audience:
    """One person of the demo, and where their pages begin."""

    name: str
    login: str
    begins: tuple[str, ...]
    passkey: bool = False


AUDIENCES = (
    Audience("visitor", "", ("/signin/", "/welcome/", "/recover/", "/callback/", "/never/", "/log/checkpoint")),
    Audience(
        "patient", "mehdi.belkacem@carnet.example", ("/home/", "/record/", "/sharing/", "/accesses/", "/letters/")
    ),
    Audience("professional", "nadia.lefevre@carnet.example", ("/pro/", "/pro/delegations/", "/pro/accesses/"), True),
    Audience("administrator", "irene.vidal@carnet.example", ("/administration/", "/administration/people/"), True),
)


def main() -> int:
    """Scan, print what was found; 1 if anything is above informational or an audience saw none of its pages."""
    if not SCANNER.is_file():
        print(f"{SCANNER} is missing; run `make scan`, which installs it.", file=sys.stderr)
        return 2
    REPORTS.mkdir(parents=True, exist_ok=True)
    wanted = sys.argv[1:] or [audience.name for audience in AUDIENCES]
    with tempfile.TemporaryDirectory() as folder:
        house = RunningHouse.open(Path(folder) / "carnet")
        try:
            with _https(house, Path(folder)) as site:
                found = [_scanned(house, site, each, Path(folder)) for each in AUDIENCES if each.name in wanted]
        finally:
            house.stop()
    return 1 if any(found) else 0


@dataclass(frozen=True)
class Site:
    """The house over TLS."""

    url: str
    trust: ssl.SSLContext


@contextmanager
def _https(house: RunningHouse, folder: Path) -> Iterator[Site]:
    """A web server of production's kind, on the database of ``house``, that speaks https alone."""
    certificate, key = _certificate(folder)
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port = trial.getsockname()[1]
    url = f"https://localhost:{port}"
    command = [sys.executable, "-m", "granian", *granian_options(port)]
    command += ["--ssl-certificate", str(certificate), "--ssl-keyfile", str(key), "portal.wsgi:application"]
    with (REPORTS / "web.log").open("wb") as log:
        web = subprocess.Popen(
            command,
            cwd=BASE,
            env=house.environment | {"SITE_URL": url},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        _wait_until_open(port, web)
        yield Site(url, ssl.create_default_context(cafile=str(certificate)))
    finally:
        web.send_signal(signal.SIGTERM)
        web.wait(60)


def _wait_until_open(port: int, web: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and web.poll() is None:
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit(f"the web does not answer; its reasons are in {REPORTS / 'web.log'}")


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of an hour for localhost, and its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=12))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, secret


def _scanned(house: RunningHouse, site: Site, audience: Audience, folder: Path) -> int:
    """How much was found above informational, for one audience; all of it is printed."""
    cookies = folder / f"{audience.name}-cookies.json"
    cookies.write_text(json.dumps(_signed_in(house, site, audience)))
    report = REPORTS / f"{audience.name}.json"
    report.unlink(missing_ok=True)
    _run_scanner(site, audience, cookies, report, folder / audience.name)
    told = json.loads(report.read_text())
    pages = told["infos"]["crawled_pages_nbr"]
    found = [
        (name, each)
        for part in ("vulnerabilities", "anomalies")
        for name, all_of_it in told[part].items()
        for each in all_of_it
        if each["level"] > 0
    ]
    print(f"{audience.name}: {pages} pages, {len(found)} findings above informational")
    for name, each in found:
        print(f"  level {each['level']} {name}: {each['method']} {each['path']} {each['parameter']} {each['info']}")
    if pages < 2 * len(audience.begins):
        print(f"  only {pages} pages were seen: the session ended, or nothing was found")
        return 1
    return len(found)


def _signed_in(house: RunningHouse, site: Site, audience: Audience) -> dict[str, object]:
    """The cookies of a person who came in with both factors, as the scanner reads them."""
    jar, visitor = CookieJar(), Visitor(site.url)
    visitor._opener = build_opener(HTTPCookieProcessor(jar), HTTPSHandler(context=site.trust))
    if audience.login:
        page = visitor.sign_in(audience.login, PASSWORD, house.code(audience.login))
        if audience.passkey:
            visitor.add_passkey()
        if visitor.get(audience.begins[0]).status != 200:
            raise SystemExit(f"{audience.login} did not come in: {page.address}")
    kept = {
        cookie.name: {"value": cookie.value, "expires": None, "secure": True, "port": None, "version": 0}
        for cookie in jar
    }
    # The scanner calls a host without a dot so, as Python's cookies do.
    return {".localhost.local": {"/": kept}}


def _run_scanner(site: Site, audience: Audience, cookies: Path, report: Path, folder: Path) -> None:
    seconds = os.environ.get("SCAN_SECONDS", "240")
    command: list[str | Path] = [SCANNER, "-u", f"{site.url}/", "--scope", "domain", "--cookie", cookies]
    for address in audience.begins:
        command += ["--start", f"{site.url}{address}"]
    for address in LEFT_ALONE if audience.login else LEFT_ALONE[:1]:
        command += ["--exclude", f"{site.url}{address}"]
    command += ["--module", MODULES, "--max-scan-time", seconds, "--max-attack-time", seconds, "--depth", "6"]
    command += ["--max-links-per-page", "40", "--max-files-per-dir", "20", "--max-parameters", "20", "--tasks", "4"]
    command += [
        "--skip",
        "csrfmiddlewaretoken",
        "--flush-session",
        "--no-bugreport",
        "--verbose",
        "1",
        "--timeout",
        "30",
    ]
    command += ["--store-session", folder / "sessions", "--store-config", folder / "config"]
    command += ["--format", "json", "--output", report]
    with report.with_suffix(".log").open("wb") as log:
        subprocess.run(command, stdout=log, stderr=log, check=False, timeout=int(seconds) * 40)
    if not report.is_file():
        raise SystemExit(f"the scanner wrote no report; its words are in {report.with_suffix('.log')}")


if __name__ == "__main__":
    sys.exit(main())
