# shellcheck shell=sh
# Everything a fresh clone needs before it can run. To be sourced, from the checkout's top folder: it exports where
# unpacked libraries lie.

# shellcheck source=script/lib/say.sh
. script/lib/say.sh
# shellcheck source=script/lib/python.sh
. script/lib/python.sh
# shellcheck source=script/lib/system.sh
. script/lib/system.sh
# shellcheck source=script/lib/environment.sh
. script/lib/environment.sh

# server_lock: what the server needs; a few settings need more.
server_lock() {
    case ${CME_FILES:-}/${CME_SIGNING_KEY:-} in
        s3:* | */pkcs11:*) echo requirements-extras.lock ;;
        *) echo requirements.lock ;;
    esac
}

# bootstrap LOCK
bootstrap() {
    if environment_works; then
        python=.venv/bin/python
    else
        find_python
    fi
    prepare_system
    make_environment
    install_lock "$1"
}
