#!/bin/sh
# The parent of a daemon with the option `respawn`: starts it, and starts it again when it crashes. docs/respawn.md has a drawing.
#
# All of it is functions, which the last line calls: a shell reads its script as it goes, and the file may be replaced by then.
# Nothing here forks but for a run, a pause, and the end. What needs /proc (the state file, the note of a healthy run) is left out without it.
#
# shellcheck disable=SC2034,SC2317 # used by eval; called by traps

respawn() {
  first=$1 later=$2 keep=$3     # redirections: of the first run, of later ones, and of this shell once the first run is there
  marker=$4                     # what DAEMONIUM_START is in later runs
  link=$5                       # a socket to the launcher
  lock=$6 pidfile=$7            # this shell holds the lock as long as it lives
  state=$8                      # descriptor of the state file
  shift 8
  statefile=$1
  sockets=$2                    # paths of the sockets that the runs listen on, quoted
  healthy=$3                    # descriptor of a file that a run writes to when it has been up for long enough
  shift
  on=$3 never=$4 limit=$5       # 'failure' or 'always'; statuses that end it, with commas around each; number of tries, or nothing
  delays=$6                     # pauses in seconds, with blanks between; the last is repeated
  core=$7                       # 'nocore': no core dumps
  late=$8                       # 'late': a successor's shell, until the pid file names it
  shift 8

  directory=$PWD
  # This shell may be root's, and PATH the daemon's, whose user may own a directory in it.
  system=/usr/bin:/bin:$PATH
  stopped='' child='' pausing='' hears='' held='' trapped='' status=0 restarts=0 tries=0 rest=$delays
  # shellcheck disable=SC3045 # every /bin/sh has it
  [ "$core" = nocore ] && ulimit -c 0

  trap 'trapped="$trapped TERM"; stop' TERM INT
  trap 'trapped="$trapped HUP"; pass HUP' HUP
  trap 'trapped="$trapped USR1"; pass USR1' USR1
  trap 'trapped="$trapped USR2"; pass USR2' USR2
  # A run says so when it has listeners for signals. The number is below that of SIGTERM: of signals that come at once during `wait`, bash hears
  # the highest, and no other.
  trap 'trapped="$trapped ALRM"; hears=1; deliver' ALRM

  run "$first" "$@"
  # A daemon keeps no directory from being unmounted.
  cd /
  eval "exec $keep"
  await_launcher || has_taken_over || undone
  has_taken_over
  eval "exec $link<&-"
  # Over what the shell of a predecessor has written.
  last=$status status=null
  note null
  status=$last

  while :; do
    [ -n "$child" ] && attend
    is_named || take_back || exit 0
    child=''
    [ -n "$stopped" ] && break
    is_end && break
    if [ -s "/proc/self/fd/$healthy" ]; then
      rest=$delays tries=0
      printf '' >"/proc/self/fd/$healthy"
    fi
    [ -n "$limit" ] && [ "$tries" -ge "$limit" ] && break
    delay=${rest%% *} rest=${rest#* }
    note "$delay"
    pause "$delay"
    [ -n "$stopped" ] && break
    tries=$((tries + 1)) restarts=$((restarts + 1))
    note null
    export DAEMONIUM_START="$marker"
    run "$later" "$@"
  done
  leave
}

# Starts the command in the background. `command` keeps a shell that cannot fork from ending: that is a failure like others.
run() {
  redirections=$1
  shift
  hears='' held='' child='' status=126
  if command eval "{ cd \"\$directory\" 2>/dev/null; exec \"\$@\"; } $redirections &"; then child=$!; fi
  # Asked to stop between the last look and the fork.
  [ -n "$stopped" ] && tell TERM
}

tell() {
  [ -n "$child" ] && kill -s "$1" "$child" 2>/dev/null
}

stop() {
  stopped=1
  # A child that is just being forked loses what the shell has a trap for.
  if [ -n "$pausing" ]; then tell KILL; else tell TERM; fi
}

# A run that has no listeners yet would die of the signal.
pass() {
  if [ -n "$pausing" ]; then return; fi
  if [ -n "$hears" ]; then tell "$1"; else held="$held $1"; fi
}

deliver() {
  [ -n "$stopped" ] && tell TERM
  for signal in $held; do tell "$signal"; done
  held=''
}

# Waits for the child to its end: `wait` returns early, with 128 and the signal's number, when a trap has run.
attend() {
  status=127 seen=''
  while :; do
    trapped=''
    wait "$child"
    code=$?
    # Gone: its status was the one before.
    [ "$code" -eq 127 ] || status=$code
    seen="$seen$trapped"
    if [ -z "$trapped" ] || [ "$code" -eq 127 ]; then break; fi
  done
  # Or the one before was a trap's.
  if [ "$code" -eq 127 ] && [ "$status" -gt 128 ]; then
    case "$seen " in *" $(kill -l "$status") "*) status=127 ;; esac
  fi
}

# The launcher's one word: the start has worked. Its end means that it is gone, or that the start has failed.
await_launcher() {
  while
    trapped=''
    ! read -r _ <&"$link"
  do
    [ -n "$trapped" ] || return 1
  done
}

# There is no daemon to start again: says how it ended, and takes all of the start along. A successor whose predecessor was killed knows better than
# this shell whether it is the daemon: if it is not, it ends this shell.
undone() {
  [ -n "$child" ] && attend
  child=''
  has_taken_over && return
  trap '' PIPE
  printf '\n{"type":"shell","status":%d}\n' "$status" >&"$link"
  kill -9 0
}

# After an upgrade the pid file names the successor's shell, to which all of this belongs then: pid file, sockets, state file.
is_named() {
  named=''
  read -r named _ <"/proc/self/fd/$lock"
  [ "$named" = $$ ]
} 2>/dev/null

has_taken_over() {
  [ -n "$late" ] && is_named && late=''
}

# The pid file names a successor's shell that was killed when nobody was left to undo the upgrade; or this shell cannot read it.
take_back() {
  [ -z "$named" ] && return
  [ -z "$late" ] && ! kill -0 "$named" && printf '%s\n' $$ >"/proc/self/fd/$lock"
} 2>/dev/null

# An end that is meant to be one. Deaths by SIGHUP, SIGINT, SIGPIPE and SIGTERM are, as for Restart=on-failure of systemd.
is_end() {
  case $status in
    0 | 129 | 130 | 141 | 143) [ "$on" = failure ] && return 0 ;;
  esac
  case $never in *",$status,"*) return 0 ;; esac
  return 1
}

# One line of 128 bytes, in place.
note() {
  printf 'respawn %-119s\n' "{\"restarts\":$restarts,\"status\":$status,\"delay\":$1}" 1<>"/proc/self/fd/$state"
} 2>/dev/null

pause() {
  [ "$1" = 0 ] && return
  last=$status
  rest_for "$1"
  # A sleep that takes no fractions, that somebody has killed, or that could not be forked.
  if [ "$status" -ne 0 ] && [ -z "$stopped" ]; then rest_for 1; fi
  if [ "$status" -ne 0 ] && [ -z "$stopped" ]; then spin; fi
  status=$last
}

# Without the lock, which a sleep would keep when this shell is killed.
rest_for() {
  child='' status=126 pausing=1
  if command eval 'PATH=$system sleep "$1" 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&- </dev/null >/dev/null 2>&1 &'; then
    child=$!
    [ -n "$stopped" ] && tell KILL
    attend
  fi
  child='' pausing=''
}

# No process is to be had, so nothing can wait for this shell: to the next full second.
spin() {
  read -r before _ </proc/uptime || return
  now=$before
  while [ "${now%.*}" = "${before%.*}" ] && [ -z "$stopped" ]; do read -r now _ </proc/uptime || return; done
} 2>/dev/null

# What the last run ended with stays to be read, unless all is well; and a reign that is not over, which the next start ends by what is written there.
leave() {
  trap '' TERM INT HUP USR1 USR2 ALRM
  note null
  # shellcheck disable=SC3013 # dash, BusyBox and bash have it; without, the file is left, and stale
  if [ "$pidfile" -ef "/proc/self/fd/$lock" ]; then
    [ -n "$stopped" ] || [ "$status" -eq 0 ] || statefile=$pidfile
    # No more than a daemon writes: one that was broken into may have made it endless. What holds the lock beside this shell is taken for the daemon.
    { lease=$(eval "exec $lock<&-"; PATH=$system head -c 4096 <"/proc/self/fd/$state"); } 2>/dev/null
    case $lease in *'"state":"leading"'* | *'"state":"yielded"'*) statefile=$pidfile ;; esac
    # As long as this shell has the sockets, no other process has any of these names.
    eval "set -- $sockets"
    for file do
      shift
      [ -S "$file" ] && set -- "$@" "$file"
    done
    eval "PATH=\$system rm -f -- \"\$@\" \"\$pidfile\" \"\$statefile\" $lock<&-"
  fi
  exit "$status"
}

respawn "$@"
