# shellcheck shell=bash
# Steps, and the commands of which they consist: run, shown, or tried again.

CHANGES=0  # how much this run changed
STEP=''    # what is being done, for the message when it fails
COMMAND=() # set by complete and complete_for_cluster
ERROR=''   # set by try
INPUT=''   # what try gives to a command, which must not be in its arguments

# step TITLE COMMAND... says what is done, and how long it took or that nothing was.
step() {
  local start=$SECONDS changes=$CHANGES
  STEP=$1
  shift
  say "$STEP"
  "$@"
  if [ "$CHANGES" -eq "$changes" ]; then
    note "unchanged"
  elif [ -z "$DRY_RUN" ]; then
    note "done in $((SECONDS - start)) s"
  fi
  STEP=''
}

# quote prints a command as it could be pasted into a shell.
quote() {
  local word
  for word in "$@"; do
    case $word in
      '' | *[!A-Za-z0-9_./:=@,+-]*) printf " '%s'" "${word//\'/\'\\\'\'}" ;;
      *) printf ' %s' "$word" ;;
    esac
  done
}

trace() {
  [ -z "$VERBOSE" ] || printf '  $%s\n' "$(quote "${COMMAND[@]}")" >&2
}

# try COMMAND... runs what complete makes of it and keeps its messages in ERROR. It
# gets INPUT as its standard input, which must not be in its arguments.
try() {
  complete "$@"
  trace
  ERROR=$("${COMMAND[@]}" 2>&1 >/dev/null < <(printf '%s' "${INPUT:-}"))
}

# change WHAT COMMAND... says what it changes and does it, or shows the command.
change() {
  change_patiently '' "$@"
}

# change_patiently REFUSAL WHAT COMMAND... does so again, for five minutes, while
# the error matches a pattern: what Azure has granted or created takes a while to
# be known everywhere.
change_patiently() {
  local refusal=$1 what=$2 tries=31 waited=0
  shift 2
  CHANGES=$((CHANGES + 1))
  note "$what"
  if [ -n "$DRY_RUN" ]; then
    complete "$@"
    note "would run:$(quote "${COMMAND[@]}")"
    return
  fi
  until try "$@"; do
    tries=$((tries - 1))
    if [ -z "$refusal" ] || [ "$tries" -eq 0 ] || ! grep -qE "$refusal" <<<"$ERROR"; then
      end_progress
      die "$what failed: $(explain_failure "$ERROR")"
    fi
    show_progress "not known everywhere yet; trying again" "$waited"
    sleep 10
    waited=$((waited + 10))
  done
  end_progress
}

# wait_until WHAT MINUTES COMMAND... runs a command every ten seconds until it
# succeeds; a status above 1 ends the waiting.
wait_until() {
  local what=$1 limit=$(($2 * 60)) waited=0 status
  shift 2
  [ -z "$DRY_RUN" ] || return 0
  while
    status=0
    "$@" || status=$?
    [ "$status" -ne 0 ]
  do
    [ "$status" -eq 1 ] || exit 1
    if [ "$waited" -ge "$limit" ]; then
      end_progress
      die "waited $((limit / 60)) minutes: $what"
    fi
    show_progress "$what" "$waited"
    sleep 10
    waited=$((waited + 10))
  done
  end_progress
}
