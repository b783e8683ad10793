"""The page of the measurements says what was measured, and by how much it falls short."""

import json

from benchmarks import page_of_figures
from benchmarks.__main__ import PROGRAMS
from benchmarks.measuring import LIMIT, OURS, PEER, Figure
from benchmarks.page_of_figures import TITLES


def figure(**more):
    return Figure(
        **({"goal": "G1", "name": "facts and one decision", "role": OURS, "value": 50.0, "unit": "µs"} | more)
    )


def test_a_goal_is_met_on_the_right_side():
    assert figure(ratio=2.4, at_most=2.5).met
    assert not figure(ratio=2.6, at_most=2.5).met
    assert figure(ratio=0.8, at_least=0.8).met
    assert not figure(ratio=0.7, at_least=0.8).met
    assert figure(ratio=0.7).met is None


def test_every_goal_has_a_program_and_a_title():
    assert [goal for program in PROGRAMS for goal in program.goals] == [f"G{number}" for number in range(1, 15)]
    assert list(TITLES) == [f"G{number}" for number in range(1, 15)]


def test_the_page_says_what_falls_short_and_what_failed(tmp_path, monkeypatch):
    monkeypatch.setattr(page_of_figures, "_PAGE", tmp_path / "page.md")
    monkeypatch.setattr(page_of_figures, "_KEPT", tmp_path / "kept.json")
    monkeypatch.setattr(page_of_figures, "_NOTES", tmp_path / "notes.md")
    (tmp_path / "notes.md").write_text("Before all.\n\n## G1\n\nWhere the time goes.\n")
    found = tmp_path / "figures"
    rows = (figure(role=LIMIT, name="a look-up", ratio=1.0), figure(ratio=5.0, low=4.5, high=6.0, at_most=2.5),
            figure(role=PEER, name="another", ratio=66.0, low=60.0, high=70.0))  # fmt: skip
    found.write_text("".join(json.dumps(row.__dict__) + "\n" for row in rows))
    page_of_figures.write(found, {"G1"}, failed={"G2": "given up after 5 s"}, load=0.5)
    page = (tmp_path / "page.md").read_text()
    assert "falls short by 100%" in page
    assert "5.00 (4.50 to 6.00)" in page
    assert "given up after 5 s" in page
    assert "Where the time goes." in page
    # A later run of one case keeps the others, and a failure that was mended goes away.
    found.write_text(json.dumps(figure(goal="G2", ratio=2.0, at_most=2.5).__dict__) + "\n")
    page_of_figures.write(found, {"G2"}, failed={}, load=0.5)
    page = (tmp_path / "page.md").read_text()
    assert "5.00 (4.50 to 6.00)" in page
    assert "given up" not in page
