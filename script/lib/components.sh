# shellcheck shell=sh
# What the tests need beside Python: a PostgreSQL server, Chromium, poppler, libfaketime and a token in software.
# shellcheck disable=SC2154  # missing is set by look_for_components

has_postgresql() {
    [ -n "${CME_TEST_POSTGRES_URL:-}" ] && return
    for program in /usr/lib/postgresql/*/bin/postgres; do
        [ -x "$program" ] && return
    done
    return 1
}

# Ubuntu's chromium is a stub that only says to install a snap: a real one tells its version.
has_chromium() {
    browser=${CME_CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || :)}
    [ -n "$browser" ] || return 1
    case $("$browser" --version 2>/dev/null || :) in
        *Chromium* | *Chrome*) export CME_CHROMIUM="$browser" ;;
        *) return 1 ;;
    esac
}

has_poppler() {
    command -v pdftotext >/dev/null 2>&1 && command -v pdftoppm >/dev/null 2>&1 && command -v pdffonts >/dev/null 2>&1
}

has_faketime() {
    for library in /usr/lib/*/faketime/libfaketime.so.1 /usr/lib/faketime/libfaketime.so.1 /usr/local/lib/faketime/libfaketime.so.1; do
        [ -f "$library" ] && return
    done
    command -v faketime >/dev/null 2>&1
}

has_softhsm() {
    command -v softhsm2-util >/dev/null 2>&1
}

# Leaves the missing ones' package names in $missing.
look_for_components() {
    missing=
    has_postgresql || missing="$missing postgresql"
    has_chromium || missing="$missing chromium"
    has_poppler || missing="$missing poppler-utils"
    has_faketime || missing="$missing faketime"
    has_softhsm || missing="$missing softhsm2"
    missing=${missing# }
}

is_debian() {
    [ -r /etc/os-release ] && (. /etc/os-release && [ "$ID" = debian ])
}

install_components() {
    look_for_components
    if [ -n "$missing" ] && [ "$(id -u)" = 0 ] && is_debian; then
        say "Installing for the tests: $missing"
        # shellcheck disable=SC2086  # one package each
        apt_install $missing
        look_for_components
    fi
    [ -z "$missing" ] || name_missing_components
}

# With CI=true nothing may be skipped; a developer's run goes on without, and pytest is told which tests cannot be.
name_missing_components() {
    printf 'Missing for the tests: %s\n' "$missing" >&2
    for component in $missing; do
        case $component in
            postgresql)
                export CME_TEST_SKIP_POSTGRES=1
                advice="apt-get install postgresql, or CME_TEST_POSTGRES_URL=postgresql+psycopg://… of a server to test on" ;;
            chromium)
                export CME_TEST_SKIP_BROWSER=1
                advice="apt-get install chromium on Debian; on Ubuntu, where that is only a pointer to a snap, install a real one and name it in CME_CHROMIUM" ;;
            poppler-utils)
                export CME_TEST_SKIP_POPPLER=1
                advice="apt-get install poppler-utils (macOS: brew install poppler)" ;;
            faketime)
                export CME_TEST_SKIP_FAKETIME=1
                advice="apt-get install faketime (macOS: brew install libfaketime)" ;;
            softhsm2)
                export CME_TEST_SKIP_SOFTHSM=1
                advice="apt-get install softhsm2 (macOS: brew install softhsm)" ;;
        esac
        printf '  %s: %s\n' "$component" "$advice" >&2
    done
    [ "${CI:-}" != true ] || refuse "With CI=true a missing component is a failure."
}
