"""python -m emograin, and accelerate launch -m emograin."""

import sys

from .cli import main

sys.exit(main())
