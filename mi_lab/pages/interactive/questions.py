"""Questions that a page asks and answers by itself: what a reader expects of a figure, and the number of an exercise.

Without JavaScript, and in a notebook, the answer stands behind a click.
"""

import json
from collections.abc import Mapping, Sequence
from html import escape

from IPython.display import HTML


def predict(question: str, choices: Sequence[str], right: int, said: str) -> HTML:
    """Two to four choices; whichever is taken, ``said`` tells how the measured curve answers.

    Parameters
    ----------
    question : str
        What will be seen.
    choices : sequence of str
        Short answers.
    right : int
        The place of the one that was measured, from the stored runs.
    said : str
        What the runs show, in a sentence.
    """
    if not 2 <= len(choices) <= 4 or not 0 <= right < len(choices):
        raise ValueError(f"a question needs two to four choices and one of them right, not {len(choices)} and {right}.")
    return _question("predict", question, said, {"choices": list(choices), "right": right})


def which(*measured: bool) -> int:
    """The place of the one choice that was measured. Raises ValueError if not exactly one was."""
    if sum(measured) != 1:
        raise ValueError(f"one of the choices must be what was measured, and it is {sum(measured)} of them.")
    return measured.index(True)


def number(question: str, value: float, within: float, said: str, slips: Mapping[str, float] | None = None) -> HTML:
    """A number to type: right if it is ``within`` so much of ``value``; a slip is named by the words that explain it.

    Parameters
    ----------
    question : str
        What is asked, with the unit.
    value, within : float
        The answer and its tolerance, in that unit.
    said : str
        What is said when it is right.
    slips : mapping of str to float, optional
        Words for a mistake, and the number that it gives.
    """
    if any(abs(wrong - value) <= 2 * within for wrong in (slips or {}).values()):
        raise ValueError("a slip gives the right number; choose a smaller tolerance.")
    return _question("number", question, said, {"value": value, "within": within, "slips": list((slips or {}).items())})


def _question(kind: str, question: str, said: str, data: Mapping[str, object]) -> HTML:
    payload = json.dumps({"kind": kind, **data}, separators=(",", ":")).replace("<", "\\u003c")
    choices = data.get("choices")
    offered = f" ({' · '.join(map(escape, choices))})" if isinstance(choices, list) else ""
    return HTML(f"""\
<div class="mi-ask">
<script type="application/json">{payload}</script>
<p class="mi-question">{escape(question)}<span class="mi-offered">{offered}</span></p>
<details><summary>Answer</summary><p>{escape(said)}</p></details>
</div>""")
