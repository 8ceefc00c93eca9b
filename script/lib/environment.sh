# shellcheck shell=sh
# The virtual environment in the checkout, and the locked packages in it.
# shellcheck disable=SC2015,SC2154  # python is set by python.sh, home_root by system.sh

# With pip in it: an environment whose making was interrupted is made anew.
environment_works() {
    [ -x .venv/bin/python ] && is_new_enough .venv/bin/python || return
    set -- .venv/lib/python3*/site-packages/pip/__main__.py
    [ -f "$1" ]
}

make_environment() {
    environment_works && return
    say "Making the virtual environment .venv with $("$python" --version 2>&1)"
    cannot="The virtual environment .venv could not be made in $(pwd); is the folder writable and the disk not full?"
    if "$python" -c 'import ensurepip' 2>/dev/null; then
        quietly "$cannot" "$python" -m venv --clear .venv
    else
        quietly "$cannot" "$python" -m venv --clear --without-pip .venv
        quietly "$cannot" unpack_pip "$(pip_wheel)" .venv/lib/python3*/site-packages
    fi
}

# unpack_pip WHEEL FOLDER: a wheel is a zip archive of what belongs into the folder. Debian's names the system's
# certificates by their path, so without them it is given those that were unpacked into the home folder.
unpack_pip() {
    .venv/bin/python -m zipfile -e "$1" "$2" || return
    [ ! -f /etc/ssl/certs/ca-certificates.crt ] && [ -f "$home_root/ca-certificates.crt" ] || return 0
    sed "s#/etc/ssl/certs/ca-certificates.crt#$home_root/ca-certificates.crt#" "$2/pip/_vendor/certifi/core.py" \
        >"$2/core.new" && mv "$2/core.new" "$2/pip/_vendor/certifi/core.py"
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
