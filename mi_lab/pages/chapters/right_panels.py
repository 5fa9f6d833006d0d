"""Who is right where, on one screen: a panel per estimator, a line per task, the truth as diagonal. Without a script.

Radio buttons and the style sheet choose what is shown; a curve opens below its panel.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import groupby

from mi_lab.experiments.fair import TASKS
from mi_lab.ground.costs import steps_per_epoch
from mi_lab.pages import theme
from mi_lab.pages.chapters.who_is_right import CLOSE, Reading, grouped, middle, readings, size_of, stored_parts
from mi_lab.pages.provenance import provenance
from mi_lab.results.store import Result

DEFINED: Mapping[str, str] = {
    "DV": "E[T] − log E′[eᵀ]",
    "MINE": "DV, trained on a moving average of eᵀ",
    "NWJ": "E[T] − E′[eᵀ⁻¹]",
    "JS read through NWJ": "NWJ of T + 1, T a classifier's logit",
    "JS plug-in": "E[T], T a classifier's logit",
    "InfoNCE": "E[log of eᵀ over its mean among N candidates]",
    "SMILE": "E[T] − log E′[eᵀ, T clipped], T of JS",
    "KL-DIME": "E[T], trained as NWJ",
    "interpolated I_α": "between NWJ and InfoNCE, α = 0.01",
    "TUBA": "NWJ of T − log a(x), a learnt",
    "FLO": "NWJ with a baseline of each positive pair",
    "Barber-Agakov": "E[log q(y|x)] + H(Y), q fitted",
    "DoE": "E[log q(y|x) − log r(y)], both fitted",
    "CLUB": "E[log q(y|x)] − E′[log q(y|x)]",
    "L1Out": "E[log of q(y|x) over its mean of the others]",
    "TRE": "sum of E[T] over bridges from p(x, y) to p(x)p(y)",
    "MIENF": "log ratio of one Gaussian behind two flows",
    "MINDE": "distance of two denoisers, one told x",
    "MINDE by gain": "how much less one errs than the other",
    "KSG": "counts of neighbours",
    "Gaussian": "canonical correlations",
    "rank-Gaussian": "canonical correlations of normal scores",
    "cross-fitted plug-in": "a Gaussian copula and a JS critic, fold by fold",
}
"""What each is, in a line: T is a critic, E a mean over pairs, E′ one over negatives."""
_RATIOS = 11  # panels of the first group
_WIDTH, _HEIGHT = 200, 150
_LOW, _HIGH = 0.5, 45.0  # nats, of both axes
_ANY = "any"


def who_is_right(results: Mapping[str, Result] | None = None) -> str:
    """HTML of the screen. Raises ValueError if nothing is stored."""
    results = stored_parts() if results is None else results
    found = [one for result in results.values() for one in readings(result)]
    if not found:
        raise ValueError("no result of fair-<estimator> is stored; run book/experiments/fair.ipynb.")
    settings = sorted({_setting(one) for one in found}, key=_order)
    known = list(DEFINED)
    titles = sorted({one.title for one in found}, key=lambda title: known.index(title) if title in DEFINED else 99)
    groups = {"g0": titles[:_RATIOS], "g1": titles[_RATIOS:]}
    cards = "".join(
        _card(title, group, settings, [one for one in found if one.title == title])
        for group, some in groups.items()
        for title in some
    )
    choices = _radios("setting", "Pairs", {_key(one): _told(one) for one in settings})
    named = {group: ", ".join((some[0], "…", some[-1])) for group, some in groups.items() if some}
    if len(named) < 2:
        named = {}  # nothing to choose, and so nothing hidden
    choices += _radios("group", "Estimators", named) if named else ""
    hidden = "".join(map(_hidden, map(_key, settings))) + f"@media screen{{{''.join(map(_hidden, named))}}}"
    source = provenance(next(iter(results.values())))
    return (
        f"<style>{_STYLE}{hidden}</style>"
        f'<div class="mi-right">{choices}{_legend()}<div class="mi-right-panels">{cards}</div>'
        f'<p class="mi-provenance">{source}, and likewise {len(results) - 1} more</p></div>'
    )


_STYLE = (
    ".mi-right fieldset{border:0;margin:0 0 .4rem;padding:0}.mi-right legend{float:left;font-size:1em;"
    "margin:0 .6rem 0 0;width:auto}.mi-right label{margin-right:.8rem;white-space:nowrap}"
    ".mi-right-panels{display:grid;gap:.6rem;"
    "grid-template-columns:repeat(auto-fill,minmax(150px,1fr))}.mi-right-panels>div{padding:.3rem;"
    "border:1px solid rgba(127,127,127,.4);break-inside:avoid}.mi-right-panels p:first-child{font-size:.8rem;"
    "line-height:1.25;min-height:3.9em;margin:0}"
    ".mi-right svg{width:100%;height:auto;display:block;overflow:visible}.mi-right text"
    "{fill:currentColor;font-size:10px}.mi-right summary{font-size:.8rem}.mi-right-key{font-size:.8rem}"
    ".mi-right-key span{margin-right:.8rem;white-space:nowrap}"
    # on paper stand all estimators, and of the choice of pairs the words of what is shown
    "@media print{.mi-right input,.mi-right label:not(:has(:checked)),"
    ".mi-right fieldset:has([name=mi-right-group]){display:none}}"
)


def _hidden(key: str) -> str:
    return f".mi-right:not(:has(#mi-right-{key}:checked)) .{key}{{display:none}}"


def _setting(one: Reading) -> tuple[int, str]:
    return one.size, one.inputs if one.size > 0 else _ANY


def _order(setting: tuple[int, str]) -> tuple[bool, int, bool]:
    return setting[0] < 0, abs(setting[0]), setting[1] == "normal_scores"


def _key(setting: tuple[int, str]) -> str:
    return f"s{'n' if setting[0] < 0 else ''}{abs(setting[0])}{'r' if setting[1] == 'normal_scores' else ''}"


def _told(setting: tuple[int, str]) -> str:
    return size_of(setting[0]) + (", normal scores" if setting[1] == "normal_scores" else "")


def _radios(name: str, legend: str, choices: Mapping[str, str]) -> str:
    rows = [
        f'<label><input type="radio" name="mi-right-{name}" id="mi-right-{key}"{" checked" * (number == 0)}> '
        f"{escape(told)}</label>"
        for number, (key, told) in enumerate(choices.items())
    ]
    return f"<fieldset><legend>{legend}:</legend>{''.join(rows)}</fieldset>"


def _style(task: str) -> dict[str, str]:
    line = theme.line_of(TASKS.index(task))
    return {"color": str(line["color"]), "dash": ("", "5,2", "2,2")[TASKS.index(task) // 6 % 3]}


def _legend() -> str:
    spans = [
        f'<span><svg viewBox="0 0 22 8" style="display:inline-block;width:22px" aria-hidden="true"><path d="M0 4H22" '
        f'stroke="{_style(task)["color"]}" stroke-dasharray="{_style(task)["dash"]}" stroke-width="2"/></svg> '
        f"{task.replace('_', ' ')}</span>"
        for task in TASKS
    ]
    return f'<p class="mi-right-key">{"".join(spans)}</p>'


def _card(title: str, group: str, settings: Sequence[tuple[int, str]], found: Sequence[Reading]) -> str:
    panels = "".join(_panel(title, setting, [one for one in found if _setting(one) == setting]) for setting in settings)
    told = DEFINED.get(title, "")  # an estimator that is newer than this page has none yet
    caption = f"<p><strong>{escape(title)}</strong><br>{escape(told)}</p>"
    curves = "".join(_curves(found))
    opened = f"<details><summary>Its curves</summary>{curves}</details>" if curves else ""
    return f'<div class="{group}">{caption}{panels}{opened}</div>'


def _at(value: float, length: float) -> float:
    share = math.log(min(max(value, _LOW), _HIGH) / _LOW) / math.log(_HIGH / _LOW)
    return round(share * length, 1)


def _point(mi: float, value: float) -> str:
    return f"{_at(mi, _WIDTH)} {round(_HEIGHT - _at(value, _HEIGHT), 1)}"


def _panel(title: str, setting: tuple[int, str], found: Sequence[Reading]) -> str:
    """Median over seeds against the truth, both on a logarithmic axis; the band is a tenth around the truth."""
    lines, told = [], []
    by_task = groupby(sorted(grouped(found), key=lambda pair: TASKS.index(pair[0].task)), lambda pair: pair[0].task)
    for task, pairs in by_task:
        middles = [(one.mi, middle(many)) for one, many in pairs]
        told.append(f"{task}: " + ", ".join(f"{mi:g} reads {_number(value)}" for mi, value in middles))
        seen = [(mi, value) for mi, value in middles if math.isfinite(value)]
        style = _style(task)
        if seen:
            path = "M" + "L".join(_point(mi, value) for mi, value in seen)
            lines.append(
                f'<path d="{path}" fill="none" stroke="{style["color"]}" stroke-dasharray="{style["dash"]}" '
                f'stroke-width="1.5"><title>{escape(told[-1])}</title></path>'
            )
        for mi, value in middles:
            mark = "×" if not math.isfinite(value) else "▴" if value > _HIGH else "▾" if value < _LOW else "•"
            x, y = _point(mi, value if math.isfinite(value) else _LOW).split()
            lines.append(
                f'<text x="{x}" y="{float(y) + 3}" text-anchor="middle" style="fill:{style["color"]}">{mark}</text>'
            )
    if not told:
        return f'<p class="{_key(setting)}">Not asked here.</p>'
    band = [_point(_LOW / (1 - CLOSE), _LOW), _point(_HIGH, _HIGH * (1 - CLOSE)), _point(_HIGH / (1 + CLOSE), _HIGH)]
    corner = [_point(_LOW, _LOW * (1 + CLOSE)), _point(_LOW, _LOW)]
    ticks = "".join(
        f'<text x="{_at(mi, _WIDTH)}" y="{_HEIGHT + 12}" text-anchor="middle">{mi:g}</text>'
        f'<text x="-4" y="{round(_HEIGHT - _at(mi, _HEIGHT) + 3, 1)}" text-anchor="end">{mi:g}</text>'
        for mi in (1, 5, 20)
    )
    label = f"{title}, {_told(setting)}, estimate against truth in nats. {'; '.join(told)}."
    box = f"-22 -6 {_WIDTH + 30} {_HEIGHT + 24}"
    return (
        f'<svg class="{_key(setting)}" viewBox="{box}" role="img" aria-label="{escape(label)}">'
        f'<path d="M0 0V{_HEIGHT}H{_WIDTH}" fill="none" stroke="currentColor" opacity=".5"/>'
        f'<path d="M{"L".join((*band, *corner))}Z" fill="currentColor" opacity=".18"/>{ticks}{"".join(lines)}</svg>'
    )


def _number(value: float) -> str:
    return f"{value:.3g}" if math.isfinite(value) else "nothing finite"


def _curves(found: Sequence[Reading]) -> Iterator[str]:
    """By task the estimate over the truth against updates on a logarithmic axis, of fresh pairs in batches of 64."""
    usual = [one for one in found if one.size == 64 and one.inputs == "standardised" and one.curve]
    for task in TASKS:
        paths, told = [], []
        for one, many in grouped([one for one in usual if one.task == task]):
            length = min(len(each.curve) for each in many)
            heights = [sorted(each.curve[at] for each in many)[len(many) // 2] / one.mi for at in range(length)]
            if not heights:
                continue
            last = math.log(max(length, 2))
            points = [
                f"{round(200 * math.log(at + 1) / last, 1)} {round(80 - 40 * min(max(value, 0), 2), 1)}"
                for at, value in enumerate(heights)
            ]
            colour = theme.line_of_mi(one.mi)["color"]
            paths.append(f'<path d="M{"L".join(points)}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
            told.append(f"{one.mi:g} nats end at {heights[-1]:.2f} of the truth")
        if paths:
            label = (
                f"{task}, estimate over truth against updates, to {length * steps_per_epoch(64):,}: {'; '.join(told)}."
            )
            yield (
                f'<svg viewBox="-2 -14 206 98" role="img" aria-label="{escape(label)}"><text x="0" y="-4">'
                f'{task.replace("_", " ")}</text><path d="M0 40H200" stroke="currentColor" opacity=".5"/>'
                f'<path d="M0 0V80H200" fill="none" stroke="currentColor" opacity=".5"/>{"".join(paths)}</svg>'
            )
