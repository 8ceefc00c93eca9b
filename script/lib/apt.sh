# shellcheck shell=sh
# Debian packages, with root (installed) and without (downloaded and unpacked into a folder).

no_packages="Debian's packages could not be fetched with apt-get; check the network and the package sources, then run this again."

apt_install() {
    quietly "$no_packages" apt_install_now "$@"
}

# The lists are fetched only when what is known does not suffice: on most machines they are there.
apt_install_now() {
    export DEBIAN_FRONTEND=noninteractive
    apt-get -o Acquire::Retries=0 install -y --no-install-recommends "$@" && return
    apt-get -o Acquire::Retries=1 update && apt-get install -y --no-install-recommends "$@"
}

unpack_packages() {
    quietly "$no_packages" unpack_packages_now "$@"
}

# Private lists and archives, but the machine's own record of what is installed: only what is missing comes down.
apt_in_home() {
    apt-get -o Dir::State="$apt/state" -o Dir::State::status=/var/lib/dpkg/status -o Dir::Cache="$apt/cache" \
        -o Dir::Log="$apt/log" -o Debug::NoLocking=1 -o APT::Sandbox::User= "$@"
}

# Every step names its own failure: a command that is being tested runs without "set -e".
unpack_packages_now() (
    root=$1
    shift
    apt=$root.apt
    rm -rf "$apt" || exit 1
    mkdir -p "$root" "$apt/state/lists/partial" "$apt/cache/archives/partial" "$apt/log" || exit 1
    apt_in_home update || exit 1
    apt_in_home install -y --no-install-recommends --download-only "$@" || exit 1
    for archive in "$apt"/cache/archives/*.deb; do
        case ${archive##*/} in
            libc6_* | libc-bin_*) ;; # the running loader and its C library belong together
            *) dpkg -x "$archive" "$root" || exit 1 ;;
        esac
    done
    rm -rf "$apt"
    write_fonts_conf "$root" && join_certificates "$root"
)

# What the package's own script would do with update-ca-certificates.
join_certificates() {
    if [ -d "$1/usr/share/ca-certificates" ]; then
        find "$1/usr/share/ca-certificates" -name '*.crt' -exec cat {} + >"$1/ca-certificates.crt"
    fi
}

# The packaged configuration names absolute folders that a home folder does not have.
write_fonts_conf() {
    escaped=$(printf '%s' "$1" | sed -e 's/&/\&amp;/g' -e 's/</\&lt;/g')
    cat >"$1/fonts.conf" <<XML
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>$escaped/usr/share/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <dir prefix="xdg">fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
  <alias><family>sans-serif</family><prefer><family>DejaVu Sans</family></prefer></alias>
  <alias><family>serif</family><prefer><family>DejaVu Serif</family></prefer></alias>
  <alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
XML
}
