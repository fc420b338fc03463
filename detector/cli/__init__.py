"""The command line: parse, import, call, print. Until a command runs, only Click and the standard library are there."""

from __future__ import annotations

import errno
import os
import sys
import traceback

import click

from detector.cli.audit import audit
from detector.cli.benchmark import benchmark
from detector.cli.decoders import without_decoder_messages
from detector.cli.describe import describe
from detector.cli.evaluate import evaluate
from detector.cli.extract import extract
from detector.cli.messages import droppable_messages, say, show
from detector.cli.mine import mine
from detector.cli.recipe import recipe
from detector.cli.scan import scan
from detector.cli.train import train
from detector.cli.tune import tune
from detector.errors import DetectorError
from detector.interruption import Terminated, ending_signals

INTERRUPTED = 130
ENDED = {INTERRUPTED: "interrupted"}
BUG = 70  # EX_SOFTWARE of sysexits.h
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
    failed; 2 wrong usage or configuration; 70 a bug in the program; 130 interrupted; 129, 143 terminated.
    """  # noqa: D301


for command in (recipe, describe, extract, train, mine, scan, tune, evaluate, benchmark, audit):
    commands.add_command(command)


def main() -> None:
    """Run the command line; show errors that a user can mend as one line, let a bug keep its traceback."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:  # it was closed before we began
            setattr(sys, name, open(os.devnull, "r+", encoding="utf-8"))  # noqa: SIM115, PTH123
    with without_decoder_messages(), droppable_messages():
        try:
            with ending_signals(leave):
                code = flushed(outcome())
        except KeyboardInterrupt as error:  # a second one, while the first was at work
            code = ended_by(error)
    sys.exit(code)


def outcome() -> int:  # noqa: PLR0911 (one for each way to end)
    """Run the command; give its exit code."""
    context = None
    try:
        with commands.make_context("detector", sys.argv[1:]) as context:  # main() would make a closed pipe exit with 1
            commands.invoke(context)
    except (DetectorError, click.ClickException) as error:
        return show(error, context)
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    except (KeyboardInterrupt, click.Abort) as error:
        code = ended_by(error)
        say(ENDED.get(code, "terminated"))
        return code
    except BrokenPipeError:  # `| head` has seen enough
        return 0
    except OSError as error:
        return cannot_be_written(error) if error.errno in NO_ROOM else bug()
    except Exception:  # noqa: BLE001 (its traceback is shown)
        return bug()
    return 0


def ended_by(error: BaseException) -> int:
    """Give the exit code of a program that a signal ended."""
    return 128 + error.number if isinstance(error, Terminated) else INTERRUPTED


def leave(number: int) -> None:
    """End the process at once: a signal came while modules were imported, and there is nothing to clean up."""
    code = 128 + number
    say(ENDED.get(code, "terminated"))
    os._exit(code)


def flushed(code: int) -> int:
    """Hand on what is left for standard output; give the exit code, which a full disk changes and a closed pipe not."""
    try:
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python would try once more
        if not isinstance(error, BrokenPipeError) and code in {0, 1}:
            return cannot_be_written(error, "standard output")
    return code


def cannot_be_written(error: OSError, name: str = "the output") -> int:
    """Say that there is no room."""
    say(f"{error.filename or name}: cannot be written: {error.strerror}")
    return 2


def bug() -> int:
    """Show the traceback of what must not happen."""
    traceback.print_exc()
    say("this is a bug in the program; please report it, with the lines above and your command")
    return BUG
