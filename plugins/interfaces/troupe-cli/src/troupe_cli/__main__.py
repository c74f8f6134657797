"""`python -m troupe_cli` is `troupe`."""

from __future__ import annotations

import sys

from troupe_cli.program import main

sys.exit(main())
