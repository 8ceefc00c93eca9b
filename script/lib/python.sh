# shellcheck shell=sh
# Finds a Python that is new enough and leaves its path in $python.
# shellcheck disable=SC2034  # read by the files that source this one

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    python=
    if [ -n "${CME_PYTHON:-}" ]; then
        is_new_enough "$CME_PYTHON" || refuse "CME_PYTHON ($CME_PYTHON) is not a Python 3.11 or newer."
        python=$CME_PYTHON
        return
    fi
    for candidate in python3 python3.13 python3.12 python3.11 python3.14 /usr/bin/python3; do
        if command -v "$candidate" >/dev/null 2>&1 && is_new_enough "$candidate"; then
            python=$(command -v "$candidate")
            return
        fi
    done
    if command -v python3 >/dev/null 2>&1; then
        refuse "Python 3.11 or newer is needed, and python3 here is $(python3 --version 2>&1); install a newer one, or name it in CME_PYTHON."
    fi
    refuse "Python 3.11 or newer is needed, and there is no python3 here; install it (on Debian or Ubuntu: apt-get install python3)."
}
