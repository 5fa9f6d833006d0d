"""Values that a chapter computes and its text names."""

from typing import Any

from IPython.core.formatters import format_display_data
from IPython.display import display

_HIDDEN = "application/papermill.record/"  # what MyST-NB knows a glued value by, before its MIME type


def glue(name: str, value: Any) -> None:
    """Keep what would be shown of ``value`` for the role ``{glue:text}`name```; nothing is shown here.

    MyST-NB's own function of this name does the same, and loads all of Sphinx into the chapter's kernel for it.
    """
    data, metadata = format_display_data(value)
    metadata["scrapbook"] = {"name": name, "mime_prefix": _HIDDEN}
    display({_HIDDEN + kind: content for kind, content in data.items()}, raw=True, metadata=metadata)
