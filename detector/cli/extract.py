"""`detector extract`."""

from __future__ import annotations

import click


@click.command()
def extract() -> None:
    """Do extract."""
