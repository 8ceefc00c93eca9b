# shellcheck shell=sh
# Brings the system libraries that WeasyPrint loads: through apt-get as root, unpacked into the home folder otherwise.

# shellcheck disable=SC2154  # python is set by python.sh

# shellcheck source=script/lib/apt.sh
. script/lib/apt.sh

home_root="${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/cme-platform/root"

# Words of probe.py to Debian's packages.
packages_for() {
    for word in "$@"; do
        case $word in
            pango) echo libpango-1.0-0 ;;
            pangoft2) echo libpangoft2-1.0-0 ;;
            harfbuzz-subset) echo libharfbuzz-subset0 ;;
            fonts) echo fonts-dejavu-core ;;
            certificates) echo ca-certificates ;;
            pip) echo python3-pip-whl ;;
        esac
    done
}

join() {
    echo "$*"
}

missing_words() {
    "$python" script/lib/probe.py "$home_root" || refuse "Python ($python) could not look for the system libraries."
    if ! environment_works && ! pip_can_be_had; then echo pip; fi
}

# Debian's python3 comes without ensurepip; its python3-pip-whl holds the wheel that ensurepip would unpack.
pip_can_be_had() {
    "$python" -c 'import ensurepip' 2>/dev/null || [ -n "$(pip_wheel)" ]
}

pip_wheel() {
    for wheel in /usr/share/python-wheels/pip-*.whl "$home_root"/usr/share/python-wheels/pip-*.whl; do
        if [ -f "$wheel" ]; then
            echo "$wheel"
            return
        fi
    done
}

# Makes what was unpacked into the home folder visible to every program started from here.
use_home_root() {
    for folder in "$home_root"/usr/lib/*-linux-gnu* "$home_root"/lib/*-linux-gnu*; do
        if [ -d "$folder" ]; then
            LD_LIBRARY_PATH="$folder${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
        fi
    done
    export LD_LIBRARY_PATH
    if [ ! -f /etc/fonts/fonts.conf ] && [ -z "${FONTCONFIG_FILE:-}" ]; then
        export FONTCONFIG_FILE="$home_root/fonts.conf"
    fi
    if [ ! -f /etc/ssl/certs/ca-certificates.crt ] && [ -f "$home_root/ca-certificates.crt" ] && [ -z "${SSL_CERT_FILE:-}" ]; then
        export SSL_CERT_FILE="$home_root/ca-certificates.crt" PIP_CERT="${PIP_CERT:-$home_root/ca-certificates.crt}"
    fi
}

need_brew_packages() {
    prefix=$(brew --prefix 2>/dev/null || echo /usr/local)
    export DYLD_FALLBACK_LIBRARY_PATH="$prefix/lib:${DYLD_FALLBACK_LIBRARY_PATH:-/usr/local/lib:/usr/lib}"
    [ -z "$(missing_words)" ] || refuse "On macOS, first run: brew install pango python@3.12"
}

prepare_system() {
    if [ "$(uname -s)" = Darwin ]; then
        need_brew_packages
        return
    fi
    words=$(missing_words)
    if [ -n "$words" ] && [ -d "$home_root" ]; then
        use_home_root
        words=$(missing_words)
    fi
    [ -n "$words" ] || return 0
    # shellcheck disable=SC2046,SC2086  # one word each, by design
    set -- $(packages_for $words)
    # shellcheck disable=SC2086
    command -v apt-get >/dev/null 2>&1 ||
        refuse "Missing here: $(join $words); install Pango, HarfBuzz, a font, CA certificates and Python's venv with this system's package manager."
    if [ "$(id -u)" = 0 ]; then
        say "Installing system packages: $*"
        apt_install "$@"
    else
        say "Unpacking system packages into $home_root: $*"
        unpack_packages "$home_root" "$@"
        use_home_root
    fi
    words=$(missing_words)
    # shellcheck disable=SC2086
    [ -z "$words" ] || refuse "Still missing after installing $*: $(join $words)."
}
