"""How Sphinx builds these pages: `sphinx-build docs docs/_build`."""

project = "detrun"
copyright = "the authors of detrun"
extensions = ["myst_parser"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "detrun"
myst_heading_anchors = 3
nitpicky = True
