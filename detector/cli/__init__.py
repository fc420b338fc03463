"""The command line. A command parses its options, imports what it needs, calls the library and prints the result.

Modules of the library are imported when a command runs, so that `--help` is fast.
"""

from __future__ import annotations

import errno
import os
import sys
import traceback

import click

from detector.cli.audit import audit
from detector.cli.benchmark import benchmark
from detector.cli.classify import classify
from detector.cli.convert import convert
from detector.cli.decoders import without_decoder_messages
from detector.cli.describe import describe
from detector.cli.detect import detect
from detector.cli.evaluate import evaluate
from detector.cli.extract import extract
from detector.cli.info import info
from detector.cli.merge import merge
from detector.cli.messages import droppable_messages, say, show
from detector.cli.mine import mine
from detector.cli.recipe import recipe
from detector.cli.scan import scan
from detector.cli.stopping import explain_stop
from detector.cli.summary import summary
from detector.cli.train import train
from detector.cli.tune import tune
from detector.errors import DetectorError
from detector.interruption import Terminated, ending_signals

INTERRUPTED = 130
ENDED = {INTERRUPTED: "interrupted"}
BUG = 70  # EX_SOFTWARE of sysexits.h
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO}  # errors of the disk, not of the program


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="detector")
def commands() -> None:
    """Find animal sounds in recordings.

    \b
    detector extract ANNOTATIONS RECORDINGS -r RECIPE -o CLIPS    cut training clips
    detector train CLIPS -o MODEL                                 train a network on them
    detector scan RECORDINGS... -m MODEL > detections.csv         find these sounds

    Data goes to standard output, messages to standard error. Exit codes: 0 done; 1 done, but some recordings
    failed; 2 wrong usage or configuration; 70 a bug in the program; 130 interrupted; 129, 143 terminated.
    """  # noqa: D301


for command in (
    *(recipe, describe, info, extract, train, mine),
    *(scan, classify, detect, merge, convert),
    *(tune, evaluate, summary, benchmark, audit),
):
    commands.add_command(command)


def main() -> None:
    """Run the command line. Errors that a user can correct are shown as one line, a bug with its traceback."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:  # it was closed before the program began
            setattr(sys, name, open(os.devnull, "r+", encoding="utf-8"))  # noqa: SIM115, PTH123 (open to the end)
    with without_decoder_messages(), droppable_messages():
        try:
            with ending_signals(end_process):
                code = flush_output(run_command())
        except KeyboardInterrupt as error:  # a second one, while the first is being handled
            code = signal_code(error)
    sys.exit(code)


def run_command() -> int:  # noqa: PLR0911 (one for each way to end)
    """Run the command; return its exit code."""
    context = None
    try:
        with commands.make_context("detector", sys.argv[1:]) as context:  # Click's main() exits with 1 on closed pipes
            commands.invoke(context)
    except (DetectorError, click.ClickException) as error:
        return show(error, context)
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    except (KeyboardInterrupt, click.Abort) as error:
        code = signal_code(error)
        say(ENDED.get(code, "terminated"))
        return code
    except BrokenPipeError:  # the reader has closed the pipe, as `| head` does
        return 0
    except OSError as error:
        return report_unwritable(error) if error.errno in NO_ROOM else report_bug()
    except Exception:  # noqa: BLE001 (its traceback is shown)
        return report_bug()
    return 0


def signal_code(error: BaseException) -> int:
    """Return the exit code of a program that a signal ended."""
    return 128 + error.number if isinstance(error, Terminated) else INTERRUPTED


def end_process(number: int) -> None:
    """End the process at once, for a signal that arrived during an import when there was nothing to clean up."""
    code = 128 + number
    explain_stop()
    say(ENDED.get(code, "terminated"))
    os._exit(code)


def flush_output(code: int) -> int:
    """Flush standard output; return the exit code, which a full disk changes and a closed pipe does not."""
    try:
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python would flush again at exit, and fail
        if not isinstance(error, BrokenPipeError) and code in {0, 1}:
            return report_unwritable(error, "standard output")
    return code


def report_unwritable(error: OSError, name: str = "the output") -> int:
    """Say that an output cannot be written; return the exit code."""
    say(f"{error.filename or name}: cannot be written: {error.strerror}")
    return 2


def report_bug() -> int:
    """Show the traceback of an unexpected error; return the exit code."""
    traceback.print_exc()
    say("this is a bug in the program; please report it with the lines above and your command")
    return BUG
