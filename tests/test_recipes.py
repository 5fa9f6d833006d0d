"""The three recipes of CONTRIBUTING.md, followed to the letter in a copy of the package: no other file is touched."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.slow


class Copy:
    """The package and the page of claims in a folder of their own; ``changed`` are the files that were edited there."""

    def __init__(self, folder):
        self.folder, self.changed = folder, set()
        shutil.copytree(ROOT / "mi_lab", folder / "mi_lab", ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "book").mkdir()
        shutil.copy(ROOT / "book" / "claims.md", folder / "book")

    def before(self, name, place, new):
        """Put ``new`` before the only place in a file that reads so."""
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert text.count(place) == 1, place
        path.write_text(text.replace(place, new + place), encoding="utf-8")
        self.changed.add(name)

    def run(self, code):
        done = subprocess.run([sys.executable, "-c", code], cwd=self.folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-3000:]


@pytest.fixture
def copy(tmp_path):
    return Copy(tmp_path)


def test_a_new_estimator_is_two_files(copy):
    record = '    Record("toy", ("toy",), Shown(("Toy",), "Nobody (1900)"), option="share"),\n'
    copy.before("mi_lab/ground/records.py", '    Record("ksg",', record)
    copy.before(
        "mi_lab/estimation/bounds.py",
        "def dv_gradient(",
        'def toy(positive: Tensor, negative: Tensor, share: float = 0.5) -> Tensor:\n    """A share of NWJ."""\n'
        "    return share * nwj(positive, negative)\n\n\n",
    )
    entry = '    "toy": lambda share=0.5: Estimator(nwj_gradient, {"toy": partial(toy, share=share)}, nwj),\n'
    copy.before("mi_lab/estimation/bounds.py", '    "tuba": lambda', entry)
    assert len(copy.changed) == 2
    copy.run("""
import torch

import mi_lab
from mi_lab.experiments.beyond import consistencies, parts, staircases
from mi_lab.lab.comparison import compare_parameters
from mi_lab.pages.chapters.beyond_the_report import catalogue
from mi_lab.pages.figures import curves_of

small = {"workers": 1, "progress": False, "device": "cpu", "true_mi": 2, "hidden": 4}
toy, nwj = (mi_lab.run(f"beyond-{name}-gaussian", "smoke", **small).runs[0]["curves"][name] for name in ("toy", "nwj"))
assert all(abs(2 * a - b) < 1e-3 for a, b in zip(toy["mean"], nwj["mean"], strict=True)), (toy, nwj)
figure = curves_of(mi_lab.run("beyond-toy-cubic", "smoke", **small), "toy")
assert figure.layout.meta["alt"].startswith("Toy estimates")
assert "<td>Toy</td><td>ratio</td><td>derangement</td><td>share</td><td>Nobody (1900)</td>" in catalogue().data
assert all("toy" in names for names in (parts("blobs"), staircases(), consistencies()))
task = mi_lab.CorrelatedGaussians(dim=1, mi=1.0)
x, y = task.sample(500, torch.Generator().manual_seed(0))
quick = {"progress": False, "hidden": (4,), "max_steps": 50, "seeds": 0}
halves, wholes = mi_lab.compare(x, y, ["toy", "nwj"], **quick), mi_lab.compare(x, y, ["toy", "nwj"], share=1.0, **quick)
(toy, _), (whole_toy, whole_nwj) = halves.estimates, wholes.estimates
assert abs(2 * toy.mi - whole_toy.mi) < 1e-6
assert whole_toy.mi == whole_nwj.mi == mi_lab.estimate(x, y, "toy", share=1.0, **quick).mi
[curve] = mi_lab.train([task], 0, estimator_name="toy", share=0.0, batch_size=512, epochs=1, hidden=4, device="cpu")
assert curve.curves["toy"]["mean"] == [0.0]
assert compare_parameters({"estimators": "toy", "share": "0", "max_steps": 50, "seeds": 0}).table()[0]["mi"] == 0
""")


def test_a_new_task_is_one_file(copy):
    copy.before(
        "mi_lab/estimation/transforms.py",
        '        Map("spiral",',
        '        Map("tripled", lambda y: 3 * y, lambda y: y / 3),\n',
    )
    assert len(copy.changed) == 1
    copy.run("""
from mi_lab import run
from mi_lab.pages.chapters.your_runs import figures_of

small = {"workers": 1, "progress": False, "device": "cpu"}
swept = run("fig-2a", "smoke", task="tripled", true_mi=2, hidden=4, epochs=1, batch_size=64, **small)
assert swept.overrides["task"] == "tripled" and list(figures_of(swept)) == ["nwj"]
climbed = run("staircase-nwj", "smoke", tasks="tripled", hidden=4, **small)
assert list(figures_of(climbed)) == ["tripled"]
read = run("untrained", "smoke", tasks="gaussian,tripled", true_mi=1, dim=1, pairs=500, **small)
assert abs(read.runs[0]["values"]["gaussian"] - read.runs[1]["values"]["gaussian"]) < 1e-3
""")


def test_a_new_figure_with_its_experiment_and_its_claim_is_three_files(copy):
    copy.before(
        "mi_lab/experiments/gaussians.py",
        '    _make("fig-1d-dv",',
        '    _make("fig-0", "nwj", "nwj", _sweep("nwj", _SMALL), epochs=1, true_mi=(2.5,), batch_size=(64,)),\n',
    )
    copy.before(
        "mi_lab/results/claims/on_nwj.py",
        "CLAIMS = (\n",
        'def is_low(results: Results) -> Outcome:\n    """An epoch is not enough."""\n'
        '    end = final(results["fig-0"].runs[0], "nwj")\n'
        '    seen = part("It ends under 2 nats.", end < 2)\n'
        '    return Outcome((seen,), f"It ends at {end:.1f}.", {"end": end})\n\n\n',
    )
    claim = """\
    Claim(
        "nwj-needs-time", "3.2", "NWJ needs time.", ("fig-0",), is_low, "A faster critic.",
        Evidence("curves", "fig-0", readout="nwj"),
    ),
"""
    copy.before("mi_lab/results/claims/on_nwj.py", '    Claim(\n        "nwj-bias-grows"', claim)
    block = "```{claim} nwj-needs-time\n:title: Time\nNWJ after one epoch.\n```\n\n"
    copy.before("book/claims.md", "```{claim} nwj-bias-grows\n", block)
    assert len(copy.changed) == 3
    copy.run("""
import re
from pathlib import Path

from mi_lab import run
from mi_lab.pages.chapters.evidence import evidence
from mi_lab.pages.chapters.verdicts import tell, verdicts_of
from mi_lab.pages.figures import draw
from mi_lab.pages.site.claim_blocks import written_out
from mi_lab.results.claims.judge import CLAIMS, judge_all

verdicts = judge_all(["nwj-needs-time"])
assert verdicts["nwj-needs-time"].word == "not run at this scale"
run("fig-0", workers=1, progress=False, device="cpu")
verdicts = judge_all(["nwj-needs-time"])
page = written_out(Path("book/claims.md").read_text(encoding="utf-8"))
assert re.findall(r"^\\(claim-(.*)\\)=$", page, flags=re.M) == list(CLAIMS)
assert ">reproduced</span>" in tell(verdicts["nwj-needs-time"]).data
assert 'tell(verdicts["nwj-needs-time"])' in page and 'evidence("nwj-needs-time")' in page
assert evidence("nwj-needs-time").layout.meta["alt"] == draw("fig-0").layout.meta["alt"]
assert "NWJ needs time." in verdicts_of("nwj-needs-time").data
""")
