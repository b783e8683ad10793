"""The rules of ``docs/consent.md`` said a second time, as data, by somebody who has never read ``consent/``.

Nothing here is imported from the house. A world is plain data (dicts, lists, strings, times that can be
compared); ``look`` writes down what is the case, one word per question; ``RULES`` is the table, read from top to
bottom: the first line whose every condition is met decides.

A world::

    at              the instant of the question
    reader          kind (task, visitor, administrator, patient, professional), task, owner, fresh, person,
                    delegate, profession, cells {category: none | on_consent | read | write}
    regulator       cells of the profession emergency_regulator
    age             of the patient: under_15, from_15, adult, unknown
    care            [[start, end]]
    delegations     [{id, categories, during}]
    representations [{id, kind (parent, guardian, carer), categories, during}]
    oppositions     [{id, organisation (bool), author, during}]
    emergencies     [{id, during}]
    switches        {regulator, others, masked}
    choices         [{id, target (person, team, profession, newcomer), category, right, allowed, during}];
                    those about newcomers only close
    hidden_new      [{id, category or None, during}]
    discreet        [category]
    category, right, document (None, or {author, masked, shown, filed_at, held_until, secret, opened})
"""

NOTES, SEXUAL_HEALTH = "personal_notes", "maternity_sexual_health"
DELICATE = {SEXUAL_HEALTH, "mental_health", "genetics", "social_care", "directives"}
STRENGTH = ["none", "on_consent", "read", "write"]
PRECISION = ["person", "team", "profession", "newcomer"]
ANY = None  # A line that does not ask this question.

# What a cell gives: (right, cell) -> "default", "choice" or "never". Nobody is given an export by a cell.
CELLS = {
    ("read", "none"): "never", ("read", "on_consent"): "choice", ("read", "read"): "default",
    ("read", "write"): "default", ("deposit", "none"): "never", ("deposit", "on_consent"): "choice",
    ("deposit", "read"): "never", ("deposit", "write"): "default",
}  # fmt: skip

# (rule, what must be the case, allowed, ground). A condition is a word, or a set of words of which one must be true.
RULES = [
    (0, {"kind": "task", "task": {"import", "seed"}, "right": "deposit"}, True, "system_deposit"),
    (0, {"kind": "task"}, False, "system_refused"),
    (1, {"kind": "visitor"}, False, "not_signed_in"),
    (1, {"kind": "administrator"}, False, "administrator"),
    (1, {"owner": False, "category": NOTES}, False, "patient_only"),
    (1, {"kind": "professional", "right": "export"}, False, "export_patient_only"),
    (1, {"kind": "professional", "delegation": "over"}, False, "delegation_over"),
    (1, {"kind": "professional", "delegation": "elsewhere"}, False, "delegation_scope"),
    (1, {"kind": "professional", "cell": "none"}, False, "matrix_never"),
    (1, {"kind": "professional", "gives": "never"}, False, "matrix_read_only"),
    (2, {"owner": True, "taking": True, "held": True}, False, "held"),
    (2, {"owner": True, "taking": True, "discreet": True}, False, "discreet"),
    (2, {"owner": True}, True, "own_dossier"),
    (2, {"representing": True, "age_fits": False}, False, "representation_age"),
    (2, {"representing": True, "in_scope": False}, False, "representation_scope"),
    (2, {"representing": True, "guardian": True, "secret": True}, False, "minor_secret"),
    (2, {"representing": True, "taking": True, "held": True}, False, "held"),
    (2, {"representing": True, "taking": True, "hidden": "masked"}, False, "masked"),
    (2, {"representing": True, "taking": True, "hidden": "new"}, False, "hidden_new"),
    (2, {"representing": True, "guardian": True, "guarded": True}, True, "representative_opened"),
    (2, {"representing": True}, True, "representative"),
    (3, {"opposed": "person"}, False, "opposed_person"),
    (3, {"opposed": "organisation"}, False, "opposed_organisation"),
    (3, {"kind": "professional", "wrote": False, "author_opposed": True}, False, "opposed_author"),
    (3, {"kind": "professional", "wrote": False, "hidden": "masked", "uncovered": False}, False, "masked"),
    (3, {"kind": "professional", "wrote": False, "hidden": "new", "uncovered": False}, False, "hidden_new"),
    (4, {"broken_glass": True}, True, "emergency"),
    (5, {"choice": "person closed"}, False, "choice_person_closed"),
    (5, {"choice": "person open", "in_care": True}, True, "choice_person_open"),
    (5, {"choice": "team closed"}, False, "choice_team_closed"),
    (5, {"choice": "team open", "in_care": True}, True, "choice_team_open"),
    (5, {"choice": "profession closed"}, False, "choice_profession_closed"),
    (5, {"choice": "profession open", "in_care": True}, True, "choice_profession_open"),
    (5, {"choice": "newcomer closed"}, False, "choice_newcomer_closed"),
    (6, {"kind": "professional", "in_care": True, "profession": "emergency_regulator"}, False, "emergency_route_only"),
    (6, {"kind": "professional", "in_care": True, "gives": "default"}, True, "default_open"),
    (6, {"kind": "professional", "in_care": True}, False, "on_consent"),
    (7, {"kind": "patient"}, False, "not_owner"),
    (7, {}, False, "no_relationship"),
]  # fmt: skip

# Which kind of consent a ground rests on: its identifier is told with the answer.
RESTS_ON = {
    "opposed_person": "opposition", "opposed_organisation": "opposition", "opposed_author": "author_opposition",
    "emergency": "emergency", "hidden_new": "hiding",
    **{f"choice_{target}_{word}": "chosen" for target in PRECISION for word in ("closed", "open")},
    **dict.fromkeys(("representation_age", "representation_scope", "minor_secret"), "representation"),
    **dict.fromkeys(("representative", "representative_opened"), "representation"),
}  # fmt: skip


def answer(world):
    """(rule, allowed, ground, the identifier of what it rests on or None)."""
    seen = look(world)
    for rule, conditions, allowed, ground in RULES:
        if all(_met(seen[name], wanted) for name, wanted in conditions.items()):
            return rule, allowed, ground, seen["ids"].get(RESTS_ON.get(ground))
    raise AssertionError("the last line of the table is always met")


def _met(found, wanted):
    return found in wanted if isinstance(wanted, set) else found == wanted


def in_force(things, world):
    """Those whose range contains the instant, in the order of their identifiers."""
    at = world["at"]
    live = [
        each for each in things if each["during"][0] <= at and (each["during"][1] is None or at < each["during"][1])
    ]
    return sorted(live, key=lambda each: each["id"])


def look(world):
    """Everything that the table asks about, found out one by one, whether or not it will be needed."""
    reader, category, right, document = world["reader"], world["category"], world["right"], world["document"]
    kind, professional = reader["kind"], reader["kind"] == "professional"
    owner = kind == "patient" and reader["owner"]
    cell = reader["cells"].get(category, "none")
    care = [span for span in world["care"] if in_force([{"id": 0, "during": span}], world)]
    seen = {
        "kind": kind, "task": reader["task"], "right": right, "category": category, "owner": owner,
        "profession": reader["profession"], "cell": cell, "gives": CELLS.get((right, cell), "never"),
        "taking": right in ("read", "export"), "in_care": bool(care), "ids": {},
    }  # fmt: skip
    _delegation(world, seen)
    _document(world, seen)
    _representation(world, seen)
    seen["discreet"] = category in world["discreet"] and not reader["fresh"]
    oppositions = in_force(world["oppositions"], world) if professional else []
    general = [each for each in oppositions if each["author"] is None]
    seen["opposed"] = "no"
    if general:
        seen["opposed"] = "organisation" if general[0]["organisation"] else "person"
        seen["ids"]["opposition"] = general[0]["id"]
    about = [each for each in oppositions if document and each["author"] and each["author"] == document["author"]]
    seen["author_opposed"] = bool(about)
    seen["ids"]["author_opposition"] = about[0]["id"] if about else None
    _emergency(world, seen)
    _choice(world, seen, care)
    return seen


def _delegation(world, seen):
    seen["delegation"] = "none needed"
    if world["reader"]["delegate"] is None:
        return
    live = in_force(world["delegations"], world)
    fitting = [each for each in live if world["category"] in each["categories"]]
    seen["delegation"] = "fits" if fitting else ("elsewhere" if live else "over")


def _document(world, seen):
    document = world["document"]
    seen.update(wrote=False, held=False, hidden="no")
    if document is None:
        return
    # Whoever acts in another's name has that one's sight, not their own: never more than the one named.
    seen["wrote"] = document["author"] is not None and document["author"] == world["reader"]["person"]
    seen["held"] = document["held_until"] is not None and world["at"] < document["held_until"]
    hiding = [
        each
        for each in in_force(world["hidden_new"], world)
        if each["category"] in (None, world["category"])
        and document["filed_at"] is not None
        and document["filed_at"] >= each["during"][0]
    ]
    if document["masked"]:
        seen["hidden"] = "masked"
    elif hiding and not document["shown"]:
        seen["hidden"] = "new"
        seen["ids"]["hiding"] = hiding[0]["id"]


def _representation(world, seen):
    document, category = world["document"], world["category"]
    live = in_force(world["representations"], world) if world["reader"]["kind"] == "patient" else []
    seen["representing"] = bool(live) and not world["reader"]["owner"]
    seen.update(guardian=False, age_fits=False, in_scope=False, guarded=False, secret=False)
    if not live:
        return
    ages = {"parent": {"under_15", "from_15"}, "guardian": {"under_15", "from_15"}, "carer": {"adult"}}
    fitting = [each for each in live if world["age"] in ages[each["kind"]]]
    reaching = [each for each in fitting if category in each["categories"]]
    first = (reaching or fitting or live)[0]
    seen["ids"]["representation"] = first["id"]
    seen["guardian"] = first["kind"] in ("parent", "guardian")
    seen["age_fits"] = bool(fitting)
    seen["in_scope"] = bool(reaching)
    seen["guarded"] = category == SEXUAL_HEALTH or (world["age"] == "from_15" and category in DELICATE)
    opened = document is not None and document["opened"]
    if document is not None:
        seen["secret"] = (document["secret"] or seen["guarded"]) and not opened
    else:
        seen["secret"] = seen["guarded"] and world["right"] == "deposit"


def _emergency(world, seen):
    reader = world["reader"]
    live = in_force(world["emergencies"], world)
    ceiling = min(seen["cell"], world["regulator"].get(world["category"], "none"), key=STRENGTH.index)
    switch = "regulator" if reader["profession"] == "emergency_regulator" else "others"
    seen["broken_glass"] = (
        reader["kind"] == "professional"
        and reader["delegate"] is None
        and bool(live)
        and world["right"] == "read"
        and ceiling in ("read", "write")
        and world["switches"][switch]
    )
    seen["uncovered"] = seen["broken_glass"] and world["switches"]["masked"]
    seen["ids"]["emergency"] = live[0]["id"] if live else None


def _choice(world, seen, care):
    asked = [
        each
        for each in in_force(world["choices"], world)
        if (each["category"], each["right"]) == (world["category"], world["right"])
        and (each["target"] != "newcomer" or (care and all(span[0] >= each["during"][0] for span in care)))
    ]
    seen["choice"] = "none"
    for target in PRECISION:
        for allowed, word in ((False, "closed"), (True, "open")):
            found = [each for each in asked if (each["target"], each["allowed"]) == (target, allowed)]
            if found and seen["choice"] == "none" and world["reader"]["kind"] == "professional":
                seen["choice"] = f"{target} {word}"
                seen["ids"]["chosen"] = found[0]["id"]
