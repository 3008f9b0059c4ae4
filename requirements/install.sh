#!/usr/bin/env bash
# Build .venv from a hashed lock, without resolving anything: `requirements/install.sh core|dev|extra`.
# A stamp in .venv holds the checksum of the installed lock, so that a second run returns at once.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

kind=${1:?core, dev or extra}
case "$kind" in
  core) lock=requirements.lock holders='core dev extra' ;;
  dev) lock=requirements-dev.lock holders='dev extra' ;;
  extra) lock=requirements-extra.lock holders='extra' ;;
  *) echo "用法:requirements/install.sh core|dev|extra" >&2; exit 2 ;;
esac
venv=.venv
python="$venv/bin/python"

say() { printf '\033[1m==> %s\033[0m\n' "$*"; }

is_supported() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
  local candidate
  for candidate in ${PYTHON:-} python3.11 python3.12 python3.13 python3 python; do
    if command -v "$candidate" >/dev/null && is_supported "$candidate"; then
      command -v "$candidate"
      return
    fi
  done
  echo "没有找到 Python 3.11 或更新的版本;可用 PYTHON=/路径/python3 指定。" >&2
  return 1
}

# Each lock holds everything of the one before (core, dev, extra), at the same versions.
checksum() { cat requirements.lock requirements-dev.lock requirements-extra.lock | cksum; }

is_installed() {
  local wanted has
  wanted=$(checksum)
  [ -x "$python" ] || return 1
  for has in $holders; do
    [ "$(cat "$venv/.$has" 2>/dev/null)" = "$wanted" ] && return 0
  done
  return 1
}

# Show one line per package, or a counter on a terminal; keep the rest for the case of a failure.
show_progress() {
  awk -v total="$1" -v terminal="$2" '
    /^Ignoring / { total-- }
    /^(Collecting|Processing) / {
      count++
      if (terminal) printf "\r    %d/%d %-44s", count, total, $2
      else if (count % 10 == 0 || count == total) printf "    %d/%d\n", count, total
      fflush()
    }
    /^Installing collected/ { printf (terminal ? "\r    " : "    ") "正在安装 %-50s\n", "……"; fflush() }
    /^ERROR|^error/ { print > "/dev/stderr" }'
}

install_with_uv() {
  [ -x "$python" ] || uv venv --quiet --python "$(find_python)" "$venv"
  uv pip install --compile-bytecode --python "$python" --no-deps --require-hashes -r "$lock"
}

install_with_pip() {
  if [ ! -x "$python" ]; then
    "$(find_python)" -m venv "$venv" || {
      rm -rf "$venv"
      echo "建立虚拟环境失败:Debian、Ubuntu 请先安装 python3-venv。" >&2
      return 1
    }
  fi
  local total terminal=0
  total=$(grep -c '^[a-z]' "$lock")
  [ -t 1 ] && terminal=1
  "$python" -m pip install --no-input --disable-pip-version-check --progress-bar off \
    --no-deps --require-hashes -r "$lock" 2>&1 | show_progress "$total" "$terminal"
}

if is_installed; then
  say "运行环境已就绪(.venv)"
  exit 0
fi
say "准备运行环境:按 $lock 安装 $(grep -c '^[a-z]' "$lock") 个软件包到 .venv(首次约一分钟)"
if command -v uv >/dev/null && uv --version >/dev/null 2>&1; then
  install_with_uv
else
  install_with_pip
fi
checksum >"$venv/.$kind"
say "运行环境已就绪:$("$python" --version)"
