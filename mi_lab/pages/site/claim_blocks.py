"""The ``{claim}`` directive: a claim's heading, its anchor, its verdict and its evidence, in one block of a page.

    ```{claim} mine-stable-below-log-n
    :title: Stable below log N
    MINE below log N: calm, but under the truth (circles).
    ```

The text is the caption of its figure, numbered V1, V2 … on the page; a claim without a figure has none, and the figure
of a claim that waits for a result is drawn once that is stored. A block is written out when the page is read, into
cells that are executed with all others. So print, and the notebook that a page offers, have them too. The page itself
must have made ``tell``, ``evidence`` and ``verdicts``, as book/claims.md does.
"""

import re
from itertools import count
from typing import Any

from mi_lab.ground.names import known
from mi_lab.results.claims.judge import CLAIMS
from mi_lab.results.store import is_stored

_BLOCK = re.compile(r"^```\{claim\} (\S+)\n:title: (.+)\n((?:.+\n)?)```$", re.MULTILINE)
_VERDICT = """\
(claim-{name})=
### {title}

```{{code-cell}} ipython3
:tags: [remove-input]
tell(verdicts["{name}"])
```"""
_FIGURE = """

```{{code-cell}} ipython3
---
mystnb:
  figure:
    name: fig-claim-{name}
    caption: |
      **Fig. V{number}.** {caption}
tags: [remove-input]
---
evidence("{name}")
```"""


def written_out(text: str) -> str:
    """A page with all its blocks written out. Raises ValueError for a name that is no claim's."""
    numbers = count(1)

    def write(block: re.Match[str]) -> str:
        name, title, caption = known("claim", block[1], CLAIMS), block[2], block[3].strip()
        stored = all(map(is_stored, CLAIMS[name].needs))
        figure = _FIGURE.format(name=name, number=next(numbers), caption=caption) if caption and stored else ""
        return _VERDICT.format(name=name, title=title) + figure

    return _BLOCK.sub(write, text)


def write_out(app: Any, page: str, source: list[str]) -> None:
    """For Sphinx, whenever it reads a page."""
    source[0] = written_out(source[0])
