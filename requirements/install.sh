#!/bin/sh
# sh requirements/install.sh run|test|all
# Finds the newest Python that Hairline runs on and has it fill .venv with a pinned set.
set -eu
cd "$(dirname "$0")/.."

suits() {
  "$1" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' \
    2>/dev/null
}

if suits .venv/bin/python; then
  exec .venv/bin/python requirements/install.py "$1"
fi
for python in ${PYTHON:-} python3.14 python3.13 python3.12 python3.11 python3 python; do
  if suits "$python"; then
    exec "$python" requirements/install.py "$1"
  fi
done

found=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || echo none)
case $found in
  3.11|3.12|3.13|3.14)
    echo "Python $found is here, but without venv. Install it, on Debian and Ubuntu with:" \
      "sudo apt install python3-venv" ;;
  none)
    echo "No Python was found. Install Python 3.11, 3.12, 3.13 or 3.14 and run this again." ;;
  *)
    echo "Python $found is here; Hairline needs 3.11, 3.12, 3.13 or 3.14. Install one of these" \
      "beside it and run this again, or name it: make demo PYTHON=/path/to/python3.12" ;;
esac >&2
exit 1
