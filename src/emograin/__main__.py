"""Entry point of `python -m emograin` and `accelerate launch -m emograin`."""

import sys

from .cli.app import main

sys.exit(main())
