#!/bin/sh
# boot.sh TREE CHECKOUT NODE CGROUP INIT...: runs INIT as pid 1 of new namespaces, over a root that is TREE below and memory above: what it writes is gone with it.
# When INIT reboots, it runs anew over the same root: reboot(2) in a pid namespace is a SIGHUP to whatever waits for its pid 1.
# CHECKOUT is there, read-only; programs in /srv find its packages; NODE is /usr/bin/node. With a CGROUP ('' is none) it has a cgroup of its own there, as systemd needs one.
set -e
export TREE="$1" CHECKOUT="$2" NODE="$3" CGROUP="$4"
shift 4
if [ -n "$CGROUP" ]; then
  mkdir -p "$CGROUP"
  echo $$ > "$CGROUP/cgroup.procs"
fi
BOOT='
mount -t overlay -o "lowerdir=$TREE,upperdir=/mnt/upper,workdir=/mnt/work" overlay /mnt/root
R=/mnt/root
mount -t proc proc "$R/proc"
mount -t sysfs -o ro sysfs "$R/sys"
[ -z "$CGROUP" ] || mount -t cgroup2 cgroup2 "$R/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$R/dev"
for n in null zero full random urandom tty fuse; do
  [ ! -e "/dev/$n" ] || { : > "$R/dev/$n"; mount --bind "/dev/$n" "$R/dev/$n"; }
done
mkdir "$R/dev/pts" "$R/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$R/dev/pts"
ln -s pts/ptmx "$R/dev/ptmx"
ln -s /proc/self/fd "$R/dev/fd"
mount -t tmpfs -o mode=755 tmpfs "$R/run"
mount -t tmpfs -o mode=1777 tmpfs "$R/tmp"
: > "$R/usr/bin/node"
mount --bind "$NODE" "$R/usr/bin/node"
mkdir -p "$R/checkout"
mount --bind "$CHECKOUT" "$R/checkout"
mount -o remount,bind,ro "$R/checkout"
ln -sfn /checkout/node_modules "$R/srv/node_modules"
hostname box
ip link set lo up
cd "$R"
mkdir .outside
pivot_root . .outside
umount -l /.outside
rmdir /.outside
exec env -i container=unshare PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
'
export BOOT
exec unshare --mount --propagation private /bin/sh -c '
mount -t tmpfs -o mode=755 machine /mnt && mkdir /mnt/upper /mnt/work /mnt/root || exit 1
ended=129
while [ $ended = 129 ]; do
  unshare --pid --mount --uts --ipc --net --cgroup --fork --kill-child --propagation private /bin/sh -ec "$BOOT" init "$@"
  ended=$?
done
exit $ended
' machine "$@"
