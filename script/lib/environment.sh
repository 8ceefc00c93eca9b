# shellcheck shell=sh
# The virtual environment in the checkout, and the locked packages in it.
# shellcheck disable=SC2154  # python is set by python.sh

environment_works() {
    [ -x .venv/bin/python ] && is_new_enough .venv/bin/python
}

make_environment() {
    environment_works && return
    say "Making the virtual environment .venv with $("$python" --version 2>&1)"
    cannot="The virtual environment .venv could not be made in $(pwd); is the folder writable and the disk not full?"
    if "$python" -c 'import ensurepip' 2>/dev/null; then
        quietly "$cannot" "$python" -m venv --clear .venv
    else
        wheel=$(pip_wheel)
        quietly "$cannot" "$python" -m venv --clear --without-pip .venv
        # A wheel is a zip archive that Python can run: pip installs itself.
        quietly "$cannot" .venv/bin/python "$wheel/pip" install --no-index --disable-pip-version-check "$wheel"
    fi
}

# install_lock LOCK: only when this very lock is not yet in the environment. The copy is made last, so an
# interrupted installation is tried again.
install_lock() {
    cmp -s "$1" ".venv/$1.installed" && return
    say "Installing the Python packages of $1"
    quietly "The Python packages of $1 could not be installed; check the network and the disk, then run this again." \
        .venv/bin/python -m pip install --require-hashes --disable-pip-version-check --retries 2 --requirement "$1"
    cp "$1" ".venv/$1.installed"
}
