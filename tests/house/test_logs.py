"""No log line holds a value: not from a message, not from an exception, not from an address."""

import json
import logging
from types import SimpleNamespace

import pytest

from portal.logs import FieldsFormatter

CANARY = "Aliénor Quatremaille"


def line(message, *args, error=None, **fields):
    record = logging.LogRecord("portal", logging.ERROR, "here.py", 1, message, args, None)
    record.__dict__.update(fields)
    if error is not None:
        record.exc_info = (type(error), error, error.__traceback__)
    return FieldsFormatter().format(record)


def raised():
    try:
        try:
            raise KeyError(CANARY)
        except KeyError as cause:
            raise ValueError(f"no {CANARY} here") from cause
    except ValueError as error:
        return error


def test_arguments_are_left_out_except_small_numbers():
    written = line("Imported %s in %d s for %d", CANARY, 3, 279035412345678)
    assert "Quatremaille" not in written
    assert "279035412345678" not in written
    assert json.loads(written)["message"] == "Imported … in 3 s for …"


def test_mappings_are_left_out():
    assert json.loads(line("Task %(name)s failed", {"name": CANARY}))["message"] == "Task %(name)s failed"


def test_celery_names_its_task_and_not_the_arguments():
    record = logging.LogRecord("celery.app.trace", logging.INFO, "x.py", 1, "Task %(name)s done", (), None)
    record.args = {"name": "notifications.follow_log", "args": CANARY}
    written = FieldsFormatter().format(record)
    assert json.loads(written)["task"] == "notifications.follow_log"
    assert "Quatremaille" not in written


@pytest.mark.asvs("v5.0.0-16.2.5", "v5.0.0-16.3.4")
def test_an_exception_is_its_type_and_place():
    written = line("It failed", error=raised())
    assert "Quatremaille" not in written
    parsed = json.loads(written)
    assert parsed["error"] == ["builtins.ValueError", "builtins.KeyError"]
    assert parsed["frames"][0].endswith("raised")


def test_the_words_of_an_exception_are_no_message():
    error = raised()
    parsed = json.loads(line(str(error), error=error))
    assert parsed["message"] == "ValueError"


def test_a_request_is_its_route():
    request = SimpleNamespace(resolver_match=SimpleNamespace(view_name="patient:category"), path=f"/{CANARY}")
    parsed = json.loads(line("%s: %s", "Not Found", f"/{CANARY}", request=request, status_code=404))
    assert (parsed["route"], parsed["status"], parsed["message"]) == ("patient:category", 404, "…: …")


@pytest.mark.asvs("v5.0.0-16.2.4", "v5.0.0-16.4.1")
def test_a_line_stays_one_line():
    assert "\n" not in line("first\nsecond %s", "\r\nthird")


@pytest.mark.parametrize("message", [ValueError(CANARY), {"name": CANARY}])
def test_an_object_as_message_is_its_type(message):
    assert "Quatremaille" not in line(message)


def test_django_speaks_through_it(settings):
    loggers = [settings.LOGGING["root"], *settings.LOGGING["loggers"].values()]
    handlers = {name for logger in loggers for name in logger["handlers"]}
    assert {settings.LOGGING["handlers"][name]["formatter"] for name in handlers} == {"fields"}
    assert settings.LOGGING["formatters"]["fields"]["()"] == "portal.logs.FieldsFormatter"
