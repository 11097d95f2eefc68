#!/usr/bin/env bash
# Installs the system packages that vcl needs, only if some are missing, and says what it does.
set -euo pipefail

debian_packages=(
    build-essential pkg-config
    libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev
    gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad
    gstreamer1.0-plugins-ugly gstreamer1.0-libav gstreamer1.0-tools
    libxkbcommon-dev libxkbcommon-x11-0 libwayland-dev libudev-dev
    mesa-vulkan-drivers xvfb xauth xdotool imagemagick
    dbus-daemon desktop-file-utils appstream shared-mime-info
)

missing=()
need_command() { command -v "$1" >/dev/null 2>&1 || missing+=("the command $1"); }
need_library() { pkg-config --exists "$1" 2>/dev/null || missing+=("the library $1"); }
need_element() { gst-inspect-1.0 --exists "$1" 2>/dev/null || missing+=("the GStreamer element $1"); }

need_command cc
need_command pkg-config
need_command gst-inspect-1.0
for library in gstreamer-1.0 gstreamer-app-1.0 gstreamer-video-1.0 gstreamer-pbutils-1.0; do
    need_library "$library"
done
for element in playbin3 qtdemux matroskademux h264parse avdec_h264 x264enc scaletempo; do
    need_element "$element"
done
# Only the tests of the window and of packages need these.
if [ "$(uname -s)" = Linux ]; then
    for command in Xvfb xdotool import dbus-daemon desktop-file-validate appstreamcli update-mime-database; do need_command "$command"; done
    [ -n "$(find /usr/share/vulkan/icd.d /etc/vulkan/icd.d -name '*.json' 2>/dev/null)" ] || missing+=("a Vulkan driver")
fi
if ! command -v cargo >/dev/null 2>&1; then
    echo "vcl is written in Rust: install it from https://rustup.rs, then run this again." >&2
    exit 1
fi
[ ${#missing[@]} -gt 0 ] || exit 0

printf 'vcl needs, and this machine lacks: %s.\n' "$(IFS=,; echo "${missing[*]}" | sed 's/,/, /g')"

if command -v apt-get >/dev/null 2>&1; then
    as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null 2>&1 || {
            echo "Neither root nor sudo here. As root, run: apt-get install ${debian_packages[*]}" >&2
            exit 1
        }
        as_root=(sudo)
    fi
    echo "Installing with apt-get: ${debian_packages[*]}"
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${debian_packages[@]}"
    exit 0
fi

cat >&2 <<'HELP'
Install them and run this again. The packages are called:
  Fedora:  sudo dnf install gcc pkgconf gstreamer1-devel gstreamer1-plugins-base-devel gstreamer1-plugins-good \
               gstreamer1-plugins-bad-free gstreamer1-plugins-ugly gstreamer1-plugin-libav libxkbcommon-devel \
               wayland-devel systemd-devel mesa-vulkan-drivers xorg-x11-server-Xvfb xdotool ImageMagick \
               dbus-daemon desktop-file-utils appstream shared-mime-info
           (x264 and libav come from the RPM Fusion repositories)
  Arch:    sudo pacman -S base-devel pkgconf gstreamer gst-plugins-base gst-plugins-good gst-plugins-bad \
               gst-plugins-ugly gst-libav libxkbcommon wayland vulkan-swrast xorg-server-xvfb xdotool imagemagick dbus desktop-file-utils appstream shared-mime-info
  macOS:   brew install pkgconf gstreamer
HELP
exit 1
