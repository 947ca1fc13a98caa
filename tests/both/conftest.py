"""These files run under CPython here, and on the MicroPython VM by tests/kneecore/test_both_on_the_vm.py."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
