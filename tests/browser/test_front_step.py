"""The first thing a stranger meets."""


def test_a_stranger_is_led_to_the_sign_in_page(page, site):
    answer = page.goto("/")
    assert answer.status == 200
    assert page.url.startswith(f"{site.url}/signin/")
    assert page.locator("form input[type=password]").count() == 1
