# shellcheck shell=sh
# Runs the web server and one outbox process side by side; neither outlives the other, nor this script.
# shellcheck disable=SC2154  # bind is set by settings.sh

web=
outbox=
pause=

start_web() {
    # The application is built once and then forked: nothing is connected before the first request.
    .venv/bin/python -m gunicorn --preload --bind "$bind" --worker-class gthread \
        --workers "${CME_WEB_PROCESSES:-2}" --threads "${CME_WEB_THREADS:-8}" \
        --timeout 60 --graceful-timeout 20 --no-control-socket --log-level warning wsgi:app 9>&- &
    web=$!
}

start_outbox() {
    .venv/bin/python -m flask --app wsgi outbox run 9>&- &
    outbox=$!
    outbox_seconds=0
    tell_guard
}

# The guard reads from a pipe whose only writer is this shell. When the pipe closes, this shell is gone, even by
# kill -9, and the guard ends what it was told of.
start_guard() {
    pipe=$CME_INSTANCE/supervisor.$$
    mkfifo "$pipe"
    guard <"$pipe" &
    exec 9>"$pipe"
    rm -f "$pipe"
}

guard() {
    trap '' INT TERM HUP
    processes=
    while read -r line; do processes=$line; done
    # shellcheck disable=SC2086  # a list of process numbers
    [ -z "$processes" ] || kill -TERM $processes 2>/dev/null || :
}

tell_guard() {
    echo "$web $outbox" >&9
}

runs() {
    [ -n "$1" ] && kill -0 "$1" 2>/dev/null
}

# Waits for a moment in a way that a signal can interrupt.
wait_a_second() {
    sleep 1 &
    pause=$!
    wait "$pause" || :
}

stop_all() {
    trap '' INT TERM HUP
    for process in $web $outbox $pause; do kill -TERM "$process" 2>/dev/null || :; done
    patience=150
    while runs "$web" || runs "$outbox"; do
        patience=$((patience - 1))
        if [ "$patience" = 0 ]; then
            for process in $web $outbox; do kill -KILL "$process" 2>/dev/null || :; done
        fi
        sleep 0.2 2>/dev/null || sleep 1
    done
    echo >&9
    exec 9>&-
}

stop_on_signals() {
    trap 'stop_all; say "Stopped."; exit 0' INT TERM HUP
}

give_up() {
    stop_all
    refuse "$1"
}

wait_until_ready() {
    .venv/bin/python script/lib/ready.py "$CME_HOST" "$CME_PORT" "$web" "$CME_PUBLIC_URL" 60 9>&- &
    pause=$!
    verdict=0
    wait "$pause" || verdict=$?
    case $verdict in
        0) ;;
        1) give_up "The web server stopped while it was starting; the lines above say why." ;;
        *) give_up "The web server did not answer /readyz within a minute; the lines above may say why." ;;
    esac
}

# An outbox that dies is started again, but not for ever: five times in quick succession means that it cannot work.
watch() {
    failures=0
    while runs "$web"; do
        wait_a_second
        outbox_seconds=$((outbox_seconds + 1))
        [ "$outbox_seconds" -lt 60 ] || failures=0
        runs "$outbox" && continue
        failures=$((failures + 1))
        [ "$failures" -le 5 ] || give_up "The outbox process keeps stopping, so the server was stopped; the lines above say why."
        say "The outbox process stopped; starting it again."
        start_outbox
    done
    give_up "The web server stopped."
}
