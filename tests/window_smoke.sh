#!/usr/bin/env bash
# Starts the window on a virtual screen, types a query, takes a screenshot and closes the window as
# its close button does; then starts it again and opens the video by typing its path.
# Usage: window_smoke.sh PROGRAM VIDEO
# SCREENSHOT names the picture to write; VCL_SMOKE_MODEL another model than the bundled one.
# Nothing depends on the machine's speed: what is waited for is what the program shows or writes.
set -euo pipefail

program=$1 video=$2
query="a red circle"
model=(${VCL_SMOKE_MODEL:+--model "$VCL_SMOKE_MODEL"})
work=$(mktemp -d)
screenshot=${SCREENSHOT:-$work/screen.png}
export VCL_DATA_DIR=${VCL_DATA_DIR:-$work/data} VCL_CACHE_DIR=${VCL_CACHE_DIR:-$work/cache}
settings=$VCL_DATA_DIR/settings.json
server= app=
finish() {
    [ -z "$app" ] || kill "$app" 2>/dev/null || true
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT

# Sends WM_DELETE_WINDOW, as the close button of a frame does: xdotool learnt that only lately.
# X11's own protocol: connect, ask for two atoms (request 16), send a client message (request 25).
close_window() {
    perl -MIO::Socket::UNIX -e '
        my ($display, $window) = @ARGV;
        my $x = IO::Socket::UNIX->new("/tmp/.X11-unix/X$display") or die "no display: $!";
        sub get { my $n = shift; my $b = ""; while (length $b < $n) { sysread($x, $b, $n - length $b, length $b) or die } $b }
        syswrite $x, pack("a x S4 x2", "l", 11, 0, 0, 0);
        my @head = unpack("C x5 S", get(8)); $head[0] == 1 or die "refused"; get(4 * $head[1]);
        sub reply { my $r; do { $r = get(32) } until ord $r <= 1; ord $r or die "error"; $r }
        sub atom {
            my $name = shift; my $padded = $name . "\0" x (-length($name) % 4);
            syswrite $x, pack("C x S S x2", 16, 2 + length($padded) / 4, length $name) . $padded;
            unpack "x8 L", reply;
        }
        my ($protocols, $delete) = (atom("WM_PROTOCOLS"), atom("WM_DELETE_WINDOW"));
        syswrite $x, pack("C x S L L", 25, 11, $window, 0)
            . pack("C C S L L L5", 33, 32, 0, $window, $protocols, $delete, 0, 0, 0, 0);
        atom("WM_PROTOCOLS"); # The answer tells that the message has gone out.
    ' "$@"
}

export XDG_RUNTIME_DIR=$work
# No desktop behind the screen: no compositor, nobody who could show a file dialog.
export DBUS_SESSION_BUS_ADDRESS=disabled:
unset WAYLAND_DISPLAY
# The server chooses a free number and tells it; it stays as it is when the first window is closed.
mkfifo "$work/display"
Xvfb -displayfd 3 -noreset -screen 0 1280x720x24 -nolisten tcp 3>"$work/display" 2>"$work/server.log" &
server=$!
read -r -t 60 number <"$work/display" || { cat "$work/server.log" >&2; exit 1; }
export DISPLAY=:$number

fail() {
    echo "smoke: $1" >&2
    cat "$work/out.log" "$work/err.log" >&2
    exit 1
}

# Asks again and again, for at most two minutes: wait_until "the words for failing" command...
wait_until() {
    local what=$1
    shift
    for _ in $(seq 600); do
        "$@" && return
        kill -0 "$app" 2>/dev/null || fail "the program ended by itself before $what"
        sleep 0.2
    done
    fail "waited in vain until $what"
}

has_window() {
    window=$(xdotool search --onlyvisible --pid "$app" 2>/dev/null | tail -1) || true
    [ -n "$window" ]
}
is_titled() { xdotool getwindowname "$window" | grep -qF "$1"; }
has_size() { [ "$(xdotool getwindowgeometry --shell "$window" | grep -E '^(WIDTH|HEIGHT)' | xargs)" = "$1" ]; }
remembers() { grep -qF "$1" "$settings" 2>/dev/null; }
shows_colours() {
    import -window root "$screenshot" && [ "$(identify -format %k "$screenshot")" -gt 500 ]
}

start() {
    VCL_FRAME_TIMES=1 "$program" --device cpu "${model[@]}" "$@" >"$work/out.log" 2>"$work/err.log" &
    app=$!
    wait_until "a window appeared" has_window
    # Without a window manager nothing gives the window the keyboard.
    xdotool windowfocus --sync "$window"
}

is_gone() { ! kill -0 "$app" 2>/dev/null; }

close() {
    close_window "$number" "$window"
    for _ in $(seq 600); do
        is_gone && break
        sleep 0.1
    done
    is_gone || fail "the window did not close"
    local code=0
    wait "$app" || code=$?
    app=
    [ "$code" -eq 0 ] || fail "exit code $code"
    cat "$work/out.log"
}

start "$video"
wait_until "the video is open" is_titled "$(basename "$video")"
xdotool windowsize --sync "$window" 1200 680
wait_until "the window has its new size" has_size "WIDTH=1200 HEIGHT=680"
# The field has the keyboard from this key on, whatever comes in one go behind it.
xdotool key ctrl+f
xdotool type "$query"
xdotool key Return
wait_until "the query is asked" remembers "$query"
xdotool key h
wait_until "the picture is on screen" shows_colours
close
# Whole and half points.
grep -A2 window_size "$settings" | tr -d ' \n' | grep -qE '\[1200(\.0)?,680(\.0)?' || fail "the size of the window is not kept"

start
wait_until "the window has the size from before" has_size "WIDTH=1200 HEIGHT=680"
if ! command -v zenity >/dev/null; then
    xdotool key ctrl+o
    # The field comes when no dialog was found; its text is the folder, all of which is replaced.
    sleep 1
    for _ in 1 2 3 4 5 6 7 8; do
        xdotool key ctrl+a
        xdotool type "$(realpath "$video")"
        xdotool key Return
        for _ in 1 2 3 4 5 6 7 8; do
            is_titled "$(basename "$video")" && break 2
            sleep 0.5
        done
    done
    is_titled "$(basename "$video")" || fail "a typed path opens nothing"
fi
close
