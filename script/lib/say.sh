# shellcheck shell=sh
# Words for the person at the terminal: progress on stdout, one clear sentence on stderr when it cannot go on.

say() {
    printf '%s\n' "$*"
}

refuse() {
    printf '%s\n' "$*" >&2
    exit 1
}

# quietly SENTENCE COMMAND...: the command's output goes to a log; it is kept, and named, only when the command fails.
quietly() {
    sentence=$1
    shift
    log=$(mktemp "${TMPDIR:-/tmp}/cme-setup.XXXXXX") || refuse "The folder for temporary files (${TMPDIR:-/tmp}) cannot be written."
    if "$@" >"$log" 2>&1 </dev/null; then
        rm -f "$log"
    else
        refuse "$sentence (What was tried is in $log.)"
    fi
}
