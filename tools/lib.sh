# What tools/start and tools/test share: saying what happens, packages, the virtual environment. Sourced, not run.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
VENV=$ROOT/.venv
BEGAN=$SECONDS

say() { printf '%s\n' "$*"; }
step() { printf '\n[%3ds] %s\n' $((SECONDS - BEGAN)) "$*"; }
fail() { printf '\n%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

# packages FILE...: the names in package lists; "[root]" lines only for root
package_names() {
    local marked='^$'
    [ "$(id -u)" = 0 ] || marked='\[root\]'
    grep -hv -e '^#' -e "$marked" "$@" | awk 'NF {print $1}' | sort -u
}

missing_packages() {
    local name
    for name in $(package_names "$@"); do
        dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || echo "$name"
    done
}

# install_packages FILE...: has every listed package installed, or says what to do
install_packages() {
    command -v dpkg-query >/dev/null || fail "this is neither Debian nor Ubuntu: install what $* list by your system's means"
    local missing name
    missing=$(missing_packages "$@")
    if [ -z "$missing" ]; then
        say "  all packages are here"
        return
    fi
    for name in $missing; do
        sed -n "/^$name\( \|$\)/{s/ *\[root\]//; s/^/  + /p; q}" "$@"
    done
    [ "$(id -u)" = 0 ] || fail "these packages are missing and only root can install them:
    sudo apt-get install $(echo $missing)"
    guard_services
    say "  apt-get update"
    apt-get update -qq >"$LOG" 2>&1 || say "  (the package lists could not be renewed; going on with those at hand)"
    say "  apt-get install (log: $LOG)"
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
        -o Dpkg::Options::=--force-confold -o APT::Status-Fd=3 $missing 3> >(show_percent) >>"$LOG" 2>&1 ||
        { tail -5 "$LOG" >&2; fail "apt-get could not install the packages above; the whole log is $LOG"; }
    say "  installed $(echo "$missing" | wc -w) packages"
}

# Daemons that come with packages stay off: the cloud and its tests start what they need themselves.
guard_services() {
    [ -e /usr/sbin/policy-rc.d ] && return
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
}

# Reads apt's status lines; one line a quarter of the way is progress enough for a log and a person alike.
show_percent() {
    local last=-1 now
    while IFS=: read -r _ _ percent text; do
        now=${percent%%.*}
        [[ $now =~ ^[0-9]+$ ]] || continue
        if [ $((now / 25)) -ne $last ]; then last=$((now / 25)); printf '  %3s %% %s\n' "$now" "$text"; fi
    done
}

find_python() {
    local candidate
    for candidate in python3 python3.13 python3.12 python3.11; do
        if command -v $candidate >/dev/null && $candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
            echo $candidate
            return
        fi
    done
    fail "Python 3.11 or later is needed: Debian 12 and Ubuntu 24.04 have it as package python3"
}

# make_venv EXTRAS: has a virtual environment with Essex and these extras, made again when setup.py changed
make_venv() {
    local extras=$1 python stamp wanted
    python=$(find_python)
    stamp=$VENV/.essex-installed
    wanted="$($python -V) $extras $(sha256sum "$ROOT/setup.py" | cut -c1-16)"
    if [ -x "$VENV/bin/python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
        say "  up to date"
        return
    fi
    [ -x "$VENV/bin/pip" ] || { rm -rf "$VENV"; $python -m venv "$VENV" || fail "python3 -m venv failed: is the package python3-venv installed?"; }
    say "  pip install (log: $LOG)"
    "$VENV/bin/pip" install --disable-pip-version-check --no-compile -e "$ROOT[$extras]" 2>&1 | tee -a "$LOG" |
        awk '/^Collecting/ {n++; if (n % 20 == 0) print "  " n " packages looked up"; fflush()}
             /^ *Building wheel for .*started/ {print "  building " $4; fflush()}
             /^Installing collected/ {print "  installing " NF - 3 " packages"; fflush()}'
    [ "${PIPESTATUS[0]}" = 0 ] || { grep -i error "$LOG" | tail -5 >&2; fail "pip could not install Essex; the whole log is $LOG"; }
    # pip would compile one file after another. Templates of code that packages bring do not compile, and need not.
    "$VENV/bin/python" -m compileall -q -j 0 "$VENV/lib" >>"$LOG" 2>&1 || true
    printf '%s' "$wanted" >"$stamp"
}
