#!/usr/bin/env bash
# Installs vcl from this folder, or takes it away again.
# Usage: install.sh [--remove] [PREFIX]
# PREFIX is /usr/local for root, else ~/.local.
# GStreamer with its plugins (base, good, bad, ugly, libav) comes from your distribution.
set -euo pipefail

remove=
if [ "${1:-}" = --remove ]; then remove=1; shift; fi
if [ "$(id -u)" -eq 0 ]; then prefix=${1:-/usr/local}; else prefix=${1:-$HOME/.local}; fi
cd "$(dirname "$0")"

# What was installed is what lies here: the list is the folder itself.
while IFS= read -r file; do
    if [ -n "$remove" ]; then
        rm -f "$prefix/$file"
    else
        install -D -m "$(stat -c %a "$file")" "$file" "$prefix/$file"
    fi
done < <(find bin share -type f | sort)

entry=$prefix/share/applications/app.vcl.Vcl.desktop
# The folder may not be on the PATH of the desktop.
[ -n "$remove" ] || sed -i "s|^Exec=vcl|Exec=\"$prefix/bin/vcl\"|; s|^TryExec=vcl|TryExec=$prefix/bin/vcl|" "$entry"
if [ -n "$remove" ]; then
    find bin share -depth -type d | while IFS= read -r folder; do
        rmdir --ignore-fail-on-non-empty "$prefix/$folder" 2>/dev/null || true
    done
fi

# Desktops find out by themselves in the end; this makes it at once.
if command -v update-desktop-database >/dev/null; then update-desktop-database -q "$prefix/share/applications" || true; fi
if command -v gtk-update-icon-cache >/dev/null; then gtk-update-icon-cache -qtf "$prefix/share/icons/hicolor" || true; fi

if [ -n "$remove" ]; then
    echo "vcl is removed from $prefix. What you made with it is still in ${XDG_DATA_HOME:-~/.local/share}/vcl."
else
    echo "vcl is installed in $prefix."
    command -v gst-inspect-1.0 >/dev/null || ldconfig -p 2>/dev/null | grep -q libgstreamer-1.0 ||
        echo "It needs GStreamer 1.20 or later, which seems to be missing here."
fi
