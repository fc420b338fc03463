"""What was measured, in one file that stays: the results and speeds of any number of work folders."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from detector.errors import ConfigurationError
from trials.files import write_whole
from trials.result import Result, as_result, read_results
from trials.speed import read_speeds
from trials.tables import newest
from trials.trial import Bench


@dataclass(frozen=True)
class Record:
    """Results by the names of their files, and the speeds of scans by the fingerprints of recipes."""

    results: dict[str, Result]
    speeds: dict[str, float]


def read_record(place: Path) -> Record:
    """Read a work folder, or a file that `keep_record` wrote."""
    if place.is_dir():
        return Record({result.name: result for result in read_results(place)}, read_speeds(place))
    try:
        content = json.loads(place.read_text(encoding="utf-8"))
        results = [as_result(one) for one in content["results"]]
        return Record({result.name: result for result in results}, dict(content["speeds"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(f"{place}: is neither a work folder nor a record of one: {error}") from error


def orders(record: Record, benches: Mapping[str, Bench], data: Path, work: Path) -> Iterator[list[str]]:
    """Give the words of `quality.py` that make the results of a record in `work`, final figures first."""
    places = {"DATA": str(data), "WORK": str(work)}
    for development in (False, True):
        stage = [result for result in record.results.values() if result.development == development]
        for (name, _), row in newest(stage).items():
            if name not in benches:
                raise ConfigurationError(f"a result is of the set {name!r}; there are {', '.join(benches)}")
            words = shlex.split(row.command(benches[name]))[2:]
            shown = dict.fromkeys(table for result in row.results for table in result.tables)
            yield [*(places.get(word, word) for word in words), *(f"--table={table}" for table in shown)]


def keep_record(work: Path, path: Path) -> None:
    """Add what a work folder holds to a file; what was measured again takes the place of the older one."""
    new = read_record(work)
    old = read_record(path) if path.exists() else Record({}, {})
    results = [asdict(result) for _, result in sorted((old.results | new.results).items())]
    speeds = dict(sorted((old.speeds | new.speeds).items()))
    lines = ",\n".join(json.dumps(one) for one in results)
    write_whole(path, f'{{"results": [\n{lines}\n],\n"speeds": {json.dumps(speeds, indent=0)}}}\n')
