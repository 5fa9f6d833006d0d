"""A misspelt keyword of a public function, or of a task or family, is refused by the nearest right one."""

import inspect

import pytest
import torch
from helpers import refused

import mi_lab
from mi_lab.ground.keywords import check_keywords, keywords_of, own_keywords
from mi_lab.ground.names import OPTIONS
from mi_lab.ground.settings import as_type

MADE_BY_HAND = ("CorrelatedGaussians", "Gaussian", "Categorical", "Estimate", "Result", "Comparison")
PUBLIC = sorted({name for name in mi_lab.__all__ if inspect.isfunction(getattr(mi_lab, name))} | set(MADE_BY_HAND))


def arguments(name):
    """What the function takes by position, as far as it is looked at before keywords are."""
    return {"run": ("fig-2a",), "compare": ("x", "y"), "estimate": ("x", "y")}.get(name, ())


@pytest.mark.parametrize("name", PUBLIC)
def test_a_keyword_with_a_letter_too_many_is_refused_by_the_right_one(name):
    public = getattr(mi_lab, name)
    for right in keywords_of(public):
        with refused(f"{name} has no setting '{right}s'; did you mean '{right}'?", error=TypeError):
            public(*arguments(name), **{f"{right}s": 1})


@pytest.mark.parametrize(
    ("name", "wrong", "right"),
    [
        ("estimate", "seed", "seeds"),
        ("estimate", "batchsize", "batch_size"),
        ("compare", "seed", "seeds"),
        ("compare", "max_stepps", "max_steps"),
        ("run", "epoch", "epochs"),
        ("run", "worker", "workers"),
        ("train", "estimator", "estimator_name"),
        ("v_information", "heldout", "held_out"),
        ("ceiling", "sample", "samples"),
    ],
)
def test_settings_that_are_passed_on_are_known_too(name, wrong, right):
    with refused(f"{name} has no setting '{wrong}'; did you mean '{right}'?", error=TypeError):
        getattr(mi_lab, name)(*arguments(name), **{wrong: 1})


def test_a_keyword_like_no_other_is_refused_by_all_of_them():
    with refused("ceiling has no setting 'zzz'; known are: batch_size, samples, seed, task.", error=TypeError):
        mi_lab.ceiling(zzz=1)


@pytest.mark.parametrize("name", PUBLIC)
def test_it_is_told_of_each_setting_once(name):
    with pytest.raises(TypeError) as told:
        getattr(mi_lab, name)(*arguments(name), q7=1)
    names = str(told.value).partition("known are: ")[2].rstrip(".").split(", ")
    assert names == sorted(set(names)) and set(keywords_of(getattr(mi_lab, name))) <= set(names)


@pytest.mark.parametrize("option", OPTIONS.values())
@pytest.mark.parametrize("name", ["estimate", "compare", "train"])
def test_the_numbers_of_estimators_are_settings_too(name, option):
    with refused(f"{name} has no setting '{option}s'; did you mean '{option}'?", error=TypeError):
        getattr(mi_lab, name)(*arguments(name), **{f"{option}s": 1})


@pytest.mark.parametrize("name", PUBLIC)
def test_help_and_editors_still_see_the_signature(name):
    public = getattr(mi_lab, name)
    assert inspect.signature(public).parameters and not {"args", "kwargs"} & set(inspect.signature(public).parameters)
    assert public.__doc__ and public.__name__ == name


def test_right_keywords_reach_the_function_and_its_own_errors_remain():
    @own_keywords
    def double(number, times=2):
        return number * times

    assert double(2) == 4 and double(number=2, times=3) == 6
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'number'"):
        double(times=2)
    check_keywords("double", ["times"], ["number", "times"])


def test_a_class_stays_what_it_was():
    task = mi_lab.CorrelatedGaussians(dim=2, mi=1.0)
    assert task == mi_lab.CorrelatedGaussians(2, 1.0) and isinstance(task, mi_lab.CorrelatedGaussians)
    assert mi_lab.ceiling(task=task, batch_size=8, samples=2).value == mi_lab.ceiling(task, 8, 2).value
    assert torch.is_tensor(mi_lab.Gaussian().null(torch.ones(2, 1)))


@pytest.mark.parametrize(
    ("given", "items"),
    [(False, ()), ("off", ()), ("[5,30]", (5.0, 30.0)), (" [ 5 ] ", (5.0,)), ("5, 30", (5.0, 30.0)), (5, (5.0,))],
)
def test_lists_are_understood_as_yaml_and_a_shell_hand_them_on(given, items):
    assert as_type(tuple[float, ...], "true_mi", given) == items


def test_brackets_in_names_are_left_alone():
    assert as_type(tuple[str, ...], "x", "size [cm],age") == ("size [cm]", "age")
