// Puts a symbolic link to `target` in the place of each file that another process makes in `directory`, as soon as it is there.
// socket-swap DIRECTORY TARGET. Runs until it is killed.
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

int main(int argc, char **argv) {
  if (argc != 3) return 64;
  int directory = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int watch = inotify_init1(IN_NONBLOCK);
  if (directory < 0 || watch < 0 || inotify_add_watch(watch, argv[1], IN_CREATE) < 0) return 65;
  puts("watching");
  fflush(stdout);
  char buffer[sizeof(struct inotify_event) + NAME_MAX + 1];
  for (;;) {
    ssize_t length = read(watch, buffer, sizeof buffer);
    if (length <= 0) continue;
    for (char *at = buffer; at < buffer + length;) {
      struct inotify_event *event = (struct inotify_event *)at;
      at += sizeof *event + event->len;
      struct { char name[NAME_MAX + 8]; } link;
      snprintf(link.name, sizeof link.name, "swap");
      if (strcmp(event->name, link.name) == 0) continue;
      unlinkat(directory, link.name, 0);
      if (symlinkat(argv[2], directory, link.name) == 0) renameat(directory, link.name, directory, event->name);
    }
  }
}
