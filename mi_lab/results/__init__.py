"""What was measured, and the verdicts it gives on the report's claims. Needs no torch."""

from mi_lab.ground.extras import require

require("jsonschema")
