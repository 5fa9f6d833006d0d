import re
from pathlib import Path

import pytest
from helpers import refused

from mi_lab.pages.chapters import verdicts as page
from mi_lab.pages.chapters.evidence import evidence
from mi_lab.pages.site.claim_blocks import written_out
from mi_lab.results.claims.judge import CLAIMS, judge, judge_all
from mi_lab.results.claims.outcome import NOT_RUN
from mi_lab.results.store import is_stored

BOOK = Path(__file__).parents[2] / "book"
STORED = [
    name
    for name, claim in CLAIMS.items()
    if claim.evidence and all(is_stored(needed, BOOK / "results") for needed in claim.needs)
]


@pytest.fixture(autouse=True)
def stored(committed_results, monkeypatch):
    monkeypatch.setenv("MI_LAB_RESULTS", str(committed_results))


def test_every_claim_has_its_place_on_the_page_and_is_told_there():
    text = written_out((BOOK / "claims.md").read_text(encoding="utf-8"))
    assert re.findall(r"^\(claim-(.*)\)=$", text, flags=re.M) == list(CLAIMS)
    assert re.findall(r'^tell\(verdicts\["(.*)"\]\)$', text, flags=re.M) == list(CLAIMS)
    # a figure for every claim that curves decided: one whose results come to be stored needs its figure here
    assert re.findall(r'^evidence\("(.*)"\)$', text, flags=re.M) == STORED


def test_a_block_is_written_out_as_heading_verdict_and_numbered_evidence():
    block = "```{claim} nwj-bias-grows\n:title: The bias grows\nBy truth.\n```\n"
    exact = "```{claim} xor-interaction-is-minus-one-bit\n:title: Minus one bit\n```\n"
    text = written_out(f"Before.\n\n{block}\n{exact}\n{block}\nAfter.\n")
    assert text.startswith("Before.\n\n(claim-nwj-bias-grows)=\n### The bias grows\n\n```{code-cell} ipython3\n")
    assert text.endswith('evidence("nwj-bias-grows")\n```\n\nAfter.\n') and "{claim}" not in text
    assert [text.count(f"      **Fig. V{n}.** By truth.\n") for n in (1, 2, 3)] == [1, 1, 0]
    assert text.count("evidence(") == 2 and text.count("tell(") == 3
    with refused("unknown claim 'nwj-bias-grow'", "'nwj-bias-grows'"):
        written_out(block.replace("grows", "grow", 1))


def test_a_figure_waits_for_its_results(tmp_path, monkeypatch):
    block = "```{claim} nwj-bias-grows\n:title: The bias grows\nBy truth.\n```\n"
    assert "evidence(" in written_out(block)
    monkeypatch.setenv("MI_LAB_RESULTS", str(tmp_path))
    assert "evidence(" not in written_out(block) and 'tell(verdicts["nwj-bias-grows"])' in written_out(block)


def test_evidence_is_small_described_and_traceable():
    for name in STORED:
        figure = evidence(name)
        assert len(figure.to_json()) < 60_000 and figure.layout.height < 430, name
        assert len(figure.layout.meta["alt"]) > 40 and figure.layout.meta["table"]["rows"], name
        commands = figure.layout.meta["provenance"].count("papermill book/experiments/")
        assert 1 <= commands <= len(CLAIMS[name].needs), name


def test_every_claim_that_was_judged_by_curves_has_evidence():
    judged = {name for name, verdict in judge_all().items() if verdict.files}
    assert judged == set(STORED)


def test_a_claim_is_told_with_verdict_reason_scale_and_what_would_change_it(tmp_path):
    verdict = judge("nwj-saturates-at-log-n")
    told = page.tell(verdict).data
    for part in (f">{verdict.word}</span>", verdict.sentence, "fig-2b (2×512, N = 64 to 8192, 40 of 1000 epochs"):
        assert part in told
    assert 'href="nwj.html"' in told and "*What would change it:*" in told
    assert "*Tested at:*" not in page.tell(judge("sae-lambda-trades-off", tmp_path)).data


def test_chapters_and_summary_repeat_the_verdicts_word_for_word():
    verdict = judge("js-plugin-not-monotone")
    told = page.verdicts_of("js-plugin-not-monotone").data
    assert f"**{verdict.word.capitalize()}.** {verdict.sentence}" in told
    assert 'href="claims.html#claim-js-plugin-not-monotone"' in told
    verdicts = judge_all()
    missing = sum(v.word == NOT_RUN for v in verdicts.values())
    assert page.summary(verdicts).startswith(f"{len(CLAIMS)} claims: ")
    assert f"{missing} not run at this scale" in page.summary(verdicts)
    assert page.overview(verdicts).data.count("<tr>") == 1 + len(CLAIMS)


def test_chapters_type_no_verdict_by_hand():
    for name in ("mine", "nwj", "js"):
        text = (BOOK / f"{name}.md").read_text(encoding="utf-8")
        assert not re.search(r"\breproduce[sd]?\b", text), name
        assert "verdicts_of(" in text
