#!/usr/bin/env bash
# Starts the window on a virtual screen, types a query, takes a screenshot and closes the window as
# its close button does. Usage: window_smoke.sh PROGRAM VIDEO
# SCREENSHOT names the picture to write; VCL_SMOKE_MODEL another model than the bundled one.
set -euo pipefail

program=$1 video=$2
query="a red circle"
model=(${VCL_SMOKE_MODEL:+--model "$VCL_SMOKE_MODEL"})
work=$(mktemp -d)
screenshot=${SCREENSHOT:-$work/screen.png}
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
unset WAYLAND_DISPLAY
# The server chooses a free number and tells it.
mkfifo "$work/display"
Xvfb -displayfd 3 -screen 0 1280x720x24 -nolisten tcp 3>"$work/display" 2>"$work/server.log" &
server=$!
read -r -t 30 number <"$work/display" || { cat "$work/server.log" >&2; exit 1; }
export DISPLAY=:$number

VCL_FRAME_TIMES=1 "$program" --device cpu "${model[@]}" "$video" >"$work/out.log" 2>"$work/err.log" &
app=$!
fail() {
    echo "smoke: $1" >&2
    cat "$work/out.log" "$work/err.log" >&2
    exit 1
}

window=
for _ in $(seq 300); do
    kill -0 "$app" 2>/dev/null || fail "the program ended by itself"
    window=$(xdotool search --onlyvisible --pid "$app" 2>/dev/null | tail -1) || true
    [ -n "$window" ] && xdotool getwindowname "$window" | grep -q "$(basename "$video")" && break
    sleep 0.2
done
[ -n "$window" ] || fail "no window appeared"

# Without a window manager nothing gives the window the keyboard.
xdotool windowfocus --sync "$window"
sleep 1
xdotool key ctrl+f
sleep 0.5
xdotool type --delay 40 "$query"
sleep 0.5
xdotool key Return
sleep "${VCL_SMOKE_WAIT:-6}"
xdotool key h
sleep 1
xdotool key space
sleep 1.5
import -window root "$screenshot" || fail "no screenshot"

close_window "$number" "$window"
for _ in $(seq 150); do
    kill -0 "$app" 2>/dev/null || break
    sleep 0.1
done
kill -0 "$app" 2>/dev/null && fail "the window did not close"
code=0
wait "$app" || code=$?
app=
[ "$code" -eq 0 ] || fail "exit code $code"
cat "$work/out.log"
