"""What every page is made of: the frame, the components, the words of dates and numbers.

``templates/base.html`` draws the frame. Blocks a page may fill:

- ``title``    text of the window's title (the house adds " · Carnet");
- ``eyebrow``  one muted line above the heading (text);
- ``heading``  the one ``h1`` (text);
- ``actions``  buttons beside the heading;
- ``content``  everything under the heading;
- ``page``     replaces heading and content together (rarely needed).

Signed-in people get the rail of their audience (``portal.ui.navigation``); a visitor gets the
narrow frame. Nothing has to be put in the context: ``request`` is enough.

Globals of every template: ``_()``, ``ngettext()``, ``url(name, *args, **kwargs)``, ``static(path)``,
``icon(name, size=20)``, ``category_icon(category)``, ``pseudonym(prefix, uuid)``, ``initials(name)``,
``csrf_input``, ``request``, ``messages()``, ``current_language()``, ``now()``.

Filters: ``day`` (20 Nov 2026), ``long_day`` (Monday 23 November 2026), ``short_day`` (20 Nov), ``month``
(November 2026), ``clock`` (22:14), ``moment`` (20 Nov 2026 at 22:14), ``number`` (Decimal, int
or float), ``fingerprint`` (of a hash),
``listing`` (a, b and c).

Macros, imported with ``{% import "components/….html" as … with context %}``; those marked * are for
``{% call %}`` blocks:

- ``layout.html``: ``card(title, id, aside="", level=2)`` *, ``notice(kind, title="")`` * (kinds ``info``,
  ``ok``, ``warn``, ``danger``), ``empty(icon_name, title, text)`` (* may hold the next step),
  ``tag(label, kind="", icon_name="")``, ``glyph(icon_name, kind="")``, ``face(name)``,
  ``button(label, href, kind="", icon_name="")``, ``older(href, label)``, ``back(href, label)``.
- ``forms.html``: ``error_summary(form)``, ``fields(form)`` (all of a form), ``field(bound)``, ``checkbox(bound)``,
  ``submit(label, kind="primary", name="", value="", icon_name="")``,
  ``post_button(action, label, kind="", icon_name="", fields={})`` (a whole form of one button).
- ``charts.html``: ``curve(chart)``, ``bars(chart)``, ``sparkline(chart)``; ``portal.ui.charts`` makes the geometry.
- ``records/parts.html``: ``item_row(item, href)``, ``presentation(view)``, ``value(header)``,
  ``range_tag(header)``, ``series(view)``.

Classes worth knowing: ``stack`` (``tight``, ``wide``), ``cluster`` (``spread``), ``split``, ``grid``, ``scroll``,
``card`` with ``body`` and ``foot``, ``rows`` (``row-link`` inside), ``facts`` (a ``dl`` of ``div``), ``matrix`` (a
table), ``filters``, ``form``, ``meta``, ``proof``, ``unseen`` (for ears only). No inline style or script anywhere.
"""
