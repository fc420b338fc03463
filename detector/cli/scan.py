"""`detector scan`."""

from __future__ import annotations

import click


@click.command()
def scan() -> None:
    """Do scan."""
