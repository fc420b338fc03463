"""The command line: parse, import, call, print. Until a command runs, only Click and the standard library are there."""

from __future__ import annotations

import errno
import os
import sys

import click

from detector.cli.audit import audit
from detector.cli.benchmark import benchmark
from detector.cli.describe import describe
from detector.cli.evaluate import evaluate
from detector.cli.extract import extract
from detector.cli.mine import mine
from detector.cli.recipe import recipe
from detector.cli.scan import scan
from detector.cli.train import train
from detector.cli.tune import tune
from detector.errors import DetectorError

INTERRUPTED = 130
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO}  # nothing that the program can help


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="detector")
def commands() -> None:
    """Find animal sounds in recordings.

    \b
    detector extract ANNOTATIONS RECORDINGS -r RECIPE -o CLIPS    cut training clips
    detector train CLIPS -o MODEL                                 train a network on them
    detector scan RECORDINGS... -m MODEL > detections.csv         find what it has learnt

    Data goes to standard output, messages to standard error. Exit codes: 0 done; 1 done, but some recordings
    failed; 2 wrong usage or configuration; 130 interrupted.
    """  # noqa: D301


for command in (recipe, describe, extract, train, mine, scan, tune, evaluate, benchmark, audit):
    commands.add_command(command)


def main() -> None:
    """Run the command line; show errors that a user can mend as one line, let a bug keep its traceback."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:  # it was closed before we began
            setattr(sys, name, open(os.devnull, "r+", encoding="utf-8"))  # noqa: SIM115, PTH123
    try:
        with commands.make_context("detector", sys.argv[1:]) as context:  # main() would make a closed pipe exit with 1
            code = commands.invoke(context)
    except click.exceptions.Exit as ending:
        code = ending.exit_code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except DetectorError as error:
        click.echo(f"detector: {error}", err=True)
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("detector: interrupted", err=True)
        code = INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing is left to flush into the closed pipe
        code = 0
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        click.echo(f"detector: {error.filename or 'the output'}: cannot be written: {error.strerror}", err=True)
        code = 2
    sys.exit(code)
