"""Ten defences taken away one by one: the test that shows each of them fails then, so it does show it.

A mark of ``docs/asvs.md`` is worth something only if its assertion notices that the defence is gone.
"""

from __future__ import annotations

import contextlib

import pytest

from portal import middleware
from portal.accounts import gates, hashing, sessions, throttling, views
from portal.administration import taking
from tests.portal import test_crawl
from tests.portal.accounts import test_closed, test_hashing, test_signing_in, test_throttling
from tests.portal.accounts.conftest import browser, people  # noqa: F401 (fixtures)
from tests.portal.administration import test_taking
from tests.portal.test_crawl import clients, production, shell  # noqa: F401 (fixtures)


def the_nonce(patch):
    patch.setattr(middleware.secrets, "choice", lambda letters: letters[0])


def the_look_at_where_a_request_comes_from(patch):
    patch.setattr(middleware, "_is_foreign", lambda _request: False)


def the_limit_of_a_body(patch):
    patch.setattr(middleware.LimitsMiddleware, "process_view", lambda *_given: None)


def the_doubt_about_a_proxy(patch):
    patch.setattr(middleware, "_is_our_proxy", lambda _address: True)


def the_headers(patch):
    patch.setattr(middleware.HeadersMiddleware, "__call__", lambda self, request: self.get_response(request))


def the_wait_after_wrong_passwords(patch):
    patch.setattr(throttling, "_seconds_left", lambda *_given: 0)


def the_line_before_the_hash(patch):
    patch.setattr(hashing._Hands, "place", lambda *_given: contextlib.nullcontext(True))


def the_new_key_of_a_session(patch):
    patch.setattr(sessions.SessionStore, "cycle_key", lambda _self: None)


def the_second_factor(patch):
    patch.setattr(gates, "needs_password_only", lambda _view: True)


def the_look_at_the_way_back(patch):
    patch.setattr(views, "safe_path", lambda _request, wanted: wanted)


def the_quote_before_a_formula(patch):
    patch.setattr(test_taking, "safe", lambda cell: cell)
    patch.setattr(taking, "safe", lambda cell: cell, raising=False)


# A defence, and the marked test with what it is called with (names of fixtures, or values).
REMOVED = [
    (the_nonce, test_crawl.test_a_nonce_is_of_one_answer, ("clients",), ()),
    (
        the_look_at_where_a_request_comes_from,
        test_crawl.test_another_site_may_lead_here_and_load_nothing,
        ("clients",),
        ("cross-site", "cors", "empty", 403),
    ),
    (the_limit_of_a_body, test_crawl.test_a_file_larger_than_any_is_refused_before_it_is_read, ("rf",), ()),
    (the_doubt_about_a_proxy, test_crawl.test_only_our_proxy_is_believed, ("shell",), ("203.0.113.9", False)),
    (the_headers, test_crawl.test_no_folder_is_listed, ("shell",), ()),
    (
        the_wait_after_wrong_passwords,
        test_throttling.test_five_tries_are_free_then_each_waits_twice_as_long,
        ("people", "browser"),
        (),
    ),
    (
        the_line_before_the_hash,
        test_hashing.test_of_many_strangers_at_once_no_more_stand_in_line_than_there_are_places,
        (),
        (),
    ),
    (the_new_key_of_a_session, test_signing_in.test_the_session_key_changes_at_each_rise, ("people", "browser"), ()),
    (
        the_second_factor,
        test_closed.test_half_a_sign_in_is_sent_to_the_second_factor_from_everywhere,
        ("people", "browser"),
        (),
    ),
    (
        the_look_at_the_way_back,
        test_signing_in.test_the_way_back_never_leads_elsewhere,
        ("people", "browser"),
        ("https://evil.example/",),
    ),
    (the_quote_before_a_formula, test_taking.test_no_cell_is_a_formula, (), ("=1+1",)),
]


def test_ten_at_least_are_taken_away_and_each_is_marked():
    assert len({remove for remove, *_rest in REMOVED}) >= 10
    for _remove, test, *_rest in REMOVED:
        assert [mark.name for mark in test.pytestmark].count("asvs") == 1, test.__name__


@pytest.mark.parametrize(("remove", "test", "fixtures", "values"), REMOVED, ids=[each[0].__name__ for each in REMOVED])
def test_without_it_the_test_fails(request, monkeypatch, remove, test, fixtures, values):
    given = [request.getfixturevalue(name) for name in fixtures]
    remove(monkeypatch)
    with pytest.raises(AssertionError):
        test(*given, *values)
