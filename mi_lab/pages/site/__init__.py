"""The book as a web site: Sphinx's side of it, the printed page, the manifest and the licences."""

from mi_lab.ground.extras import require

require("docutils", "filelock", "myst_nb", "nbformat", "pybtex", "sphinx")
