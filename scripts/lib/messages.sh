# shellcheck shell=bash
# What people see: messages, progress, questions, and how a script ends.

PROBLEMS='' # what check_ functions found

say() { printf '%s\n' "$*"; }
note() { printf '  %s\n' "$*"; }

# die MESSAGE ends the script; every message says what to do next.
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

add_problem() { PROBLEMS="$PROBLEMS  - $*"$'\n'; }

# report_problems ends the script with all that the checks found.
report_problems() {
  [ -z "$PROBLEMS" ] || die "before anything is done, please mend:"$'\n'"${PROBLEMS%$'\n'}"
}

# show_progress keeps one line up to date on a terminal, and adds one every half
# minute elsewhere.
show_progress() {
  if [ -t 1 ]; then
    printf '\r  %s (%s s)\033[K' "$1" "$2"
    PROGRESS=shown
  elif [ $(($2 % 30)) -eq 0 ]; then
    note "$1 ($2 s)"
  fi
}

end_progress() {
  [ -z "${PROGRESS:-}" ] || printf '\r\033[K'
  PROGRESS=''
}

# confirm QUESTION goes on only after a yes.
confirm() {
  local answer
  [ -z "$ASSUME_YES$DRY_RUN" ] || return 0
  [ -t 0 ] || die "nobody is there to ask: add --yes"
  read -r -p "$1 [y/N] " answer
  case $answer in y | Y | yes) ;; *) die "nothing was changed" ;; esac
}

# watch_exit says where the script stopped, and that it can go on from there.
watch_exit() {
  SCRATCH=$(mktemp -d)
  trap 'exit 130' INT
  trap 'exit 143' TERM
  trap 'leave "$?"' EXIT
}

leave() {
  rm -rf "$SCRATCH"
  if [ "$1" -ne 0 ] && [ -n "$STEP" ]; then
    printf '\nstopped at "%s". What is done stays done: run %s again to go on.\n' "$STEP" "$0" >&2
  fi
}
