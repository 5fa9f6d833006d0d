"""What mi_lab imports beyond its core, and which extra brings it."""

import importlib.util

EXTRAS = {
    "book": (
        "IPython",
        "PIL",
        "docutils",
        "fastjsonschema",
        "filelock",
        "joblib",
        "myst_nb",
        "nbformat",
        "plotly",
        "pybtex",
        "sphinx",
    ),
    "sklearn": ("sklearn",),
    "images": ("PIL", "fastjsonschema", "filelock", "joblib", "pooch", "sklearn", "torchvision"),
    "lab": ("IPython", "anywidget", "fastjsonschema", "filelock", "ipywidgets", "joblib", "plotly", "traitlets"),
    "flows": ("zuko",),
    "cluster": ("distributed", "fastjsonschema", "filelock", "joblib"),
}
"""By extra, the modules that are imported from what pyproject.toml lists for it."""


def require(*modules: str) -> None:
    """Raise ModuleNotFoundError, one sentence that names the extra, if one of these modules is not installed."""
    for module in modules:
        if importlib.util.find_spec(module) is None:
            extra = next(name for name, brought in EXTRAS.items() if module in brought)
            raise ModuleNotFoundError(
                f"{module} is not installed; it comes with the extra '{extra}': pip install 'mi_lab[{extra}]'.",
                name=module,
            )
