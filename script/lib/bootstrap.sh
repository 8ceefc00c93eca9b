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
