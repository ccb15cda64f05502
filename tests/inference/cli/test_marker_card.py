"""``python -m inference marker-card`` on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from inference.__main__ import main


def test_the_command_writes_the_card_or_says_why_not(
    tmp_path: Path,
    capsysbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "card.pdf"
    assert main(["marker-card", "--size", "credit-card", "--paper", "letter", "-o", str(out)]) == 0
    assert out.read_bytes().startswith(b"%PDF-")
    capsysbinary.readouterr()
    assert main(["marker-card", "-o", "-"]) == 0
    assert capsysbinary.readouterr().out.startswith(b"%PDF-")
    assert main(["marker-card", "--url", "nowhere", "-o", str(tmp_path / "other.pdf")]) == 1
    assert b"Give it whole" in capsysbinary.readouterr().err
    assert main(["marker-card", "-o", str(tmp_path / "missing" / "card.pdf")]) == 1
    assert b"cannot be written" in capsysbinary.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["card.pdf"]
    monkeypatch.chdir(tmp_path)
    assert main(["marker-card", "--number", "2"]) == 0
    told = capsysbinary.readouterr().out
    assert told.startswith(b"hairline-card-a5-2.pdf: print it at 100 %") and b"ruler" in told
    assert (tmp_path / "hairline-card-a5-2.pdf").read_bytes().startswith(b"%PDF-")
