"""The dispatcher: one command is found and run, and nothing else is imported."""

import os
import signal
import subprocess
import sys
import time

import pytest

from inference.__main__ import commands, main

INFERENCE = [sys.executable, "-m", "inference"]


def test_every_command_has_a_sentence():
    known = commands()
    assert "render" in known
    for name, sentence in known.items():
        assert len(sentence) > 10, f"{name} has no sentence of help"


def test_without_a_command_the_list_is_shown(capsys):
    assert main([]) == 2
    assert "render" in capsys.readouterr().out
    assert main(["--help"]) == 0


def test_an_unknown_command_shows_the_list_and_a_guess(capsys):
    assert main(["rendr"]) == 2
    complaint = capsys.readouterr().err
    assert "There is no command 'rendr'. Did you mean render?" in complaint
    assert "Commands:" in complaint


def test_a_module_that_is_no_command_cannot_be_called(capsys):
    assert main(["__init__"]) == 2
    assert main(["../imaging/decode"]) == 2


def test_help_imports_nothing_heavy():
    script = (
        "import sys; from inference.__main__ import main\n"
        "main(['--help'])\n"
        "try: main(['render', '--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'cv2', 'torch', 'scipy', 'skimage', 'onnxruntime', 'django'} & set(sys.modules)\n"
        "sys.exit(','.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_reader_that_has_had_enough_is_no_error():
    done = subprocess.run(
        f"{sys.executable} -m inference --help | true", shell=True, capture_output=True, text=True
    )
    assert done.stderr == ""


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_ctrl_c_stops_with_a_word_and_no_traceback(tmp_path):
    process = subprocess.Popen(
        [*INFERENCE, "render", "--out", str(tmp_path), "--count", "500", "--size", "128x128"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        # Whoever runs the tests in the background may have Ctrl-C ignored, and children inherit it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("*.jpg")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, complaint = process.communicate(timeout=30)
    assert process.returncode == 130
    assert complaint.rstrip().endswith("Stopped.")
    assert "Traceback" not in complaint
    for path in tmp_path.glob("*.jpg"):
        assert path.read_bytes()[-2:] == b"\xff\xd9"  # whole files only
