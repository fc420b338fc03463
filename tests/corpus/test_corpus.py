"""A scan of broken files names every fault and finds every call in intact sound: the quick part of the corpus."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.corpus.corpus import Corpus
from tests.corpus.make import GROUPS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return Corpus(Path(tmp_path_factory.mktemp("corpus")) / "made")


@pytest.mark.parametrize("group", GROUPS)
def test_a_broken_file_costs_no_more_than_its_damage(corpus: Corpus, group: str) -> None:
    findings = [str(finding) for finding in corpus.judge(group, GROUPS[group](True))]
    assert not findings, "\n".join(findings)
