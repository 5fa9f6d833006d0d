"""The page of claims in words: each verdict with its reason and scale. Its figures are in ``evidence``."""

from collections.abc import Mapping, Sequence
from html import escape

from IPython.display import Markdown

from mi_lab.experiments.registry import experiment
from mi_lab.experiments.sweep_specs import Sweep
from mi_lab.pages.provenance import differences
from mi_lab.results.claims.judge import Verdict, counts, judge_all
from mi_lab.results.claims.outcome import VERDICTS, word_of
from mi_lab.results.store import Result, load


def summary(verdicts: Mapping[str, Verdict]) -> str:
    """One sentence that counts the verdicts."""
    number = counts(verdicts)
    told = ", ".join(f"{number[word]} {word}" for word in VERDICTS if number[word])
    return f"{len(verdicts)} claims: {told}"


def overview(verdicts: Mapping[str, Verdict]) -> Markdown:
    """Every claim with its section and verdict, and the seeds and the share of the length it stands on.

    A table whose claims are links to their evidence; ``mi-book.js`` puts a choice of section and verdict above it.
    """
    head = ("section", "claim", "verdict", "seeds", "share of the report's epochs")
    titles = "".join(f'<th scope="col">{escape(title)}</th>' for title in head)
    rows = "\n".join(_row(name, v, head) for name, v in verdicts.items())
    return Markdown(
        '<div class="mi-table mi-words mi-claims"><div tabindex="0" role="group" aria-label="Claims"><table>\n'
        f"<thead><tr>{titles}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table></div></div>"
    )


def _row(name: str, v: Verdict, head: Sequence[str]) -> str:
    link = f'<a href="#claim-{name}">{escape(v.claim.says)}</a>'
    cells = zip(head, (v.claim.section, link, _word(v), _seeds(v), _share(v)), strict=True)
    return "<tr>" + "".join(f'<td data-title="{escape(title)}">{cell}</td>' for title, cell in cells) + "</tr>"


def rule() -> Markdown:
    """The rule by which the parts of a claim make its verdict, as it is written beside the function."""
    told = " ".join((word_of.__doc__ or "").split()).removeprefix("The verdict. ")
    return Markdown("\n".join(f"- {line}" for line in told.replace(". ", ".\n").splitlines()))


def tell(verdict: Verdict) -> Markdown:
    """A claim, its verdict and reason, the scale it was tested at and what would change the verdict."""
    claim = verdict.claim
    lines = [
        f'{escape(claim.says)} (<a href="{claim.page}">Section {claim.section}</a> of the report.)',
        f"{_word(verdict)} {escape(verdict.sentence)}",
        "\n".join(f"- *{part.state.capitalize()}:* {escape(part.says)}" for part in verdict.parts),
        f"*What would change it:* {escape(claim.would_change)}",
    ]
    if verdict.files:
        lines.insert(3, f"*Tested at:* {'; '.join(_scale(load(name)) for name in claim.needs)}.")
    return Markdown("\n\n".join(line for line in lines if line))


def verdicts_of(*names: str) -> Markdown:
    """The verdicts on these claims as a list, for the chapter that treats them."""
    told = [
        f"- {escape(v.claim.says)} **{v.word.capitalize()}.** {escape(v.sentence)} "
        f'<a href="claims.html#claim-{name}">Evidence</a>'
        for name, v in judge_all(names).items()
    ]
    return Markdown("\n".join(told))


def _word(verdict: Verdict) -> str:
    return f'<span class="mi-verdict mi-{verdict.word.replace(" ", "-")}">{verdict.word}</span>'


def _seeds(verdict: Verdict) -> str:
    return "–" if verdict.seeds is None else str(verdict.seeds)


def _share(verdict: Verdict) -> str:
    """As a percentage that is not rounded to nothing."""
    return "–" if verdict.share is None else f"{100 * verdict.share:.2g} %".replace("1e+02", "100")


def _scale(result: Result) -> str:
    """An experiment's size in a few words."""
    spec, report = result.spec, experiment(result.experiment).report
    if not (isinstance(spec, Sweep) and isinstance(report, Sweep)):
        return f"{result.experiment} ({', '.join(differences(spec, report)) or 'as in the report'})"
    epochs = f"{spec.epochs} epochs" if spec.epochs == report.epochs else f"{spec.epochs} of {report.epochs} epochs"
    sizes = f"N = {min(spec.batch_size)}" + (f" to {max(spec.batch_size)}" if len(spec.batch_size) > 1 else "")
    seeds = "one seed" if len(spec.seeds) == 1 else f"{len(spec.seeds)} seeds"
    return f"{result.experiment} ({critic_name(spec)}, {sizes}, {epochs}, {seeds})"


def critic_name(spec: Sweep) -> str:
    """'2×512', or '128-64' where the layers differ."""
    widths = set(spec.hidden)
    return f"{len(spec.hidden)}×{widths.pop()}" if len(widths) == 1 else "-".join(map(str, spec.hidden))
