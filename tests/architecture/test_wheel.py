"""What is installed without the checkout is whole."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack a wheel of the project outside the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the unpacked package, not the checkout's, from a folder of its own."""
    return subprocess.run(
        [sys.executable, "-m", "detector", *arguments],
        cwd=installed.parent,
        env=os.environ | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_wheel_brings_every_shipped_model(installed: Path) -> None:
    shipped = {path.relative_to(ROOT / "models").as_posix() for path in (ROOT / "models").rglob("*") if path.is_file()}
    packed = installed / "detector" / "models"
    assert {path.relative_to(packed).as_posix() for path in packed.rglob("*") if path.is_file()} == shipped
    assert "call-activity/weights.safetensors" in shipped


def test_an_installed_package_scans_with_the_embedded_model(installed: Path) -> None:
    done = run(installed, "scan", str(ROOT / "examples" / "recordings" / "meadow_20240511_053000Z.flac"))
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) > 1


def test_an_installed_package_lists_its_recipes(installed: Path) -> None:
    done = run(installed, "recipe")
    assert done.returncode == 0, done.stderr
    assert {line.split()[0] for line in done.stdout.splitlines()} == {path.name for path in (ROOT / "models").iterdir()}
