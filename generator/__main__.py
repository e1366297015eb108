"""``python -m generator`` is the command ``pipelines``."""

import sys

from generator.cli import main

sys.exit(main())
