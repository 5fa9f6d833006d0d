"""The book as a web site: Sphinx's side of it, the printed page, the manifest and the licences."""
