"""From an experiment to its stored result."""

from mi_lab.ground.extras import require

require("filelock", "joblib", "fastjsonschema")
