"""How a keyword that a public function does not have is refused: by the nearest right one, as a wrong value is."""

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast

from mi_lab.ground.names import OPTIONS, nearest_of

Public = TypeVar("Public", bound=Callable[..., Any])


def check_keywords(owner: str, given: Iterable[str], names: Iterable[str]) -> None:
    """Raise TypeError, as Python does for an unexpected keyword, for the first that is not among ``names``."""
    names = sorted(set(names))
    for name in given:
        if name not in names:
            raise TypeError(f"{owner} has no setting '{name}'; {nearest_of(name, names)}")


def keywords_of(function: Callable[..., Any]) -> list[str]:
    """The names by which its arguments may be given; ``**options`` are those of the estimators."""
    by_name = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    parameters = inspect.signature(function).parameters
    own = [name for name, parameter in parameters.items() if parameter.kind in by_name]
    return [*own, *OPTIONS.values()] if "options" in parameters else own


def own_keywords(public: Public) -> Public:
    """A function, or a class of which one makes an instance, that refuses keywords it does not have."""
    function = vars(public)["__init__"] if isinstance(public, type) else public
    names = keywords_of(public)

    @functools.wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Any:
        check_keywords(public.__name__, kwargs, names)
        return function(*args, **kwargs)

    if isinstance(public, type):
        public.__init__ = checked  # type: ignore[misc]
        return public
    return cast(Public, checked)
