"""What a GPU would meet, where there is none: that tensors are where they belong, and that no step waits for one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch.utils.backend_registration

ROOT = Path(__file__).parents[2]
needs_python_backends = pytest.mark.skipif(
    not hasattr(torch.utils.backend_registration, "_setup_privateuseone_for_python_backend"),
    reason="this torch can't make up a device",
)


@needs_python_backends
@pytest.mark.parametrize(
    "options",
    ["bf16 --task weighted --flash", "bf16 --task several", "fp16 --task several --flash", "fp32 --task one"],
)
def test_a_step_stays_on_its_device_and_waits_for_nothing(options: str) -> None:
    command = [sys.executable, "-W", "ignore", "-m", "tests.unit.other_device", *options.split()]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
