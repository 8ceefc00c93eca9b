# shellcheck shell=sh
# The settings a start needs before Python can read them: mode, address, instance folder, secret key.

# Of a demonstration everything has a default; production is told what it must know, and guesses nothing.
choose_mode() {
    export CME_MODE="${CME_MODE:-demonstration}"
    case $CME_MODE in
        demonstration) ;;
        production)
            for name in CME_PUBLIC_URL CME_SECRET_KEY CME_DATABASE_URL; do
                eval "value=\${$name:-}"
                # shellcheck disable=SC2154  # set by eval
                [ -n "$value" ] || refuse "With CME_MODE=production, $name must be set (see docs/operations.md)."
            done
            ;;
        *) refuse "CME_MODE must be demonstration or production, not '$CME_MODE'." ;;
    esac
}

# Leaves $bind, host and port as an address writes them.
choose_address() {
    export CME_HOST="${CME_HOST:-127.0.0.1}" CME_PORT="${CME_PORT:-8000}"
    case $CME_PORT in
        '' | *[!0-9]* | ??????*) refuse "CME_PORT must be a number from 1 to 65535, not '$CME_PORT'." ;;
    esac
    { [ "$CME_PORT" -ge 1 ] && [ "$CME_PORT" -le 65535 ]; } ||
        refuse "CME_PORT must be a number from 1 to 65535, not '$CME_PORT'."
    case $CME_HOST in
        *:*) bind="[$CME_HOST]:$CME_PORT" ;;
        *) bind="$CME_HOST:$CME_PORT" ;;
    esac
    export CME_PUBLIC_URL="${CME_PUBLIC_URL:-http://$bind}"
}

# The folder for everything this installation writes; nobody else may look inside.
make_instance() {
    export CME_INSTANCE="${CME_INSTANCE:-$(pwd)/instance}"
    umask 077
    { mkdir -p "$CME_INSTANCE" && chmod 700 "$CME_INSTANCE"; } 2>/dev/null ||
        refuse "The folder $CME_INSTANCE cannot be made, or belongs to somebody else."
    [ -w "$CME_INSTANCE" ] || refuse "The folder $CME_INSTANCE cannot be written."
}

# Made once, so that nobody is signed out by a restart.
read_secret_key() {
    [ -z "${CME_SECRET_KEY:-}" ] || return 0
    file=$CME_INSTANCE/secret-key
    if [ ! -s "$file" ]; then
        .venv/bin/python -c 'import secrets; print(secrets.token_urlsafe(48))' >"$file.new"
        mv "$file.new" "$file"
    fi
    CME_SECRET_KEY=$(cat "$file") || refuse "The secret key in $file cannot be read."
    export CME_SECRET_KEY
}
