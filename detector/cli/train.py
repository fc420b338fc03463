"""`detector train`."""

from __future__ import annotations

import click


@click.command()
def train() -> None:
    """Do train."""
