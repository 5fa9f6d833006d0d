from mi_lab.experiments.registry import experiment
from mi_lab.experiments.sweep_costs import sweep_flops
from mi_lab.results.store import file_name, results_dir
from mi_lab.runner import report


def test_the_plan_is_section_3_cheapest_first_and_nothing_twice():
    names = [one.name for one in report.plan()]
    assert {"fig-1a", "fig-1c", "fig-2a", "fig-2b", "fig-3ab", "fig-3cd", "fig-13"} <= set(names)
    assert "fig-2a-float32" not in names  # it is Fig. 2a, at that size
    costs = [sweep_flops(experiment(name).spec("report")) for name in names]
    assert costs == sorted(costs)


def test_what_is_stored_is_not_run_again_and_what_is_left_is_told(monkeypatch, capsys):
    begun = []
    monkeypatch.setattr(report, "run", lambda name, profile, device: begun.append((name, profile, device)))
    results_dir().mkdir(parents=True, exist_ok=True)
    (results_dir() / file_name("fig-2a", "report")).touch()
    assert report.main(["fig-1d", "fig-2a", "fig-1b"]) == 0
    assert begun == [("fig-1d", "report", "auto"), ("fig-1b", "report", "auto")]
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("1 of 3 are stored") and "fig-1b: 1 left" in told[2] and told[-1] == "All are stored."
    assert report.main(["fig-1d", "fig-4"]) == 2
    assert "unknown experiment of Section 3 'fig-4'" in capsys.readouterr().err
    assert len(begun) == 2  # nothing was begun
