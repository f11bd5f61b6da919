// Passes a descriptor to another process by SCM_RIGHTS, and keeps what is passed.
//   descriptors keep SOCKET         listens there, and keeps what it is sent; prints `kept FD`
//   descriptors send SOCKET FD      sends FD to who listens there, and stays
//   descriptors dbus SOCKET FD      the same to a dbus-daemon as it is, in the middle of a message that never ends
//   descriptors name SOCKET FD PID  as `send`, after writing PID into the file at FD; prints `wrote`, or the errno's name
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void die(const char *what) {
  perror(what);
  exit(70);
}

static struct sockaddr_un address(const char *path) {
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  strncpy(name.sun_path, path, sizeof name.sun_path - 1);
  return name;
}

static int dial(const char *path) {
  int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_un name = address(path);
  if (s < 0 || connect(s, (struct sockaddr *)&name, sizeof name) < 0) die("connect");
  return s;
}

static void give(int s, int fd, char byte) {
  char control[CMSG_SPACE(sizeof fd)] = {0};
  struct iovec data = {.iov_base = &byte, .iov_len = 1};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof fd);
  memcpy(CMSG_DATA(header), &fd, sizeof fd);
  if (sendmsg(s, &message, 0) != 1) die("sendmsg");
}

static void keep(const char *path) {
  int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_un name = address(path);
  if (s < 0 || bind(s, (struct sockaddr *)&name, sizeof name) < 0 || listen(s, 8) < 0) die("listen");
  printf("listening\n");
  fflush(stdout);
  for (;;) {
    int peer = accept(s, NULL, NULL), fd;
    char byte, control[CMSG_SPACE(sizeof fd)];
    struct iovec data = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    if (peer < 0 || recvmsg(peer, &message, 0) != 1 || CMSG_FIRSTHDR(&message) == NULL) die("recvmsg");
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
    printf("kept %d\n", fd);
    fflush(stdout);
  }
}

static void say(int s, const char *text, size_t length, const char *answer) {
  if (write(s, text, length) != (ssize_t)length) die("write");
  if (answer == NULL) return;
  char line[256] = {0};
  for (size_t count = 0; count < sizeof line - 1 && strchr(line, '\n') == NULL; count++)
    if (read(s, line + count, 1) != 1) die("read");
  if (strncmp(line, answer, strlen(answer)) != 0) {
    fprintf(stderr, "expected %s, got %s", answer, line);
    exit(71);
  }
}

static size_t field(char *message, size_t at, char code, char type, const char *text) {
  at = (at + 7) / 8 * 8;
  unsigned length = strlen(text);
  char head[] = {code, 1, type, 0};
  memcpy(message + at, head, 4);
  memcpy(message + at + 4, &length, 4);
  memcpy(message + at + 8, text, length + 1);
  return at + 8 + length + 1;
}

// The call org.freedesktop.DBus.Hello, on a little-endian machine.
static size_t hello(char *message) {
  unsigned serial = 1;
  memcpy(message, "l\1\0\1", 4);
  memcpy(message + 8, &serial, 4);
  size_t end = field(message, 16, 1, 'o', "/org/freedesktop/DBus");
  end = field(message, end, 3, 's', "Hello");
  end = field(message, end, 2, 's', "org.freedesktop.DBus");
  end = field(message, end, 6, 's', "org.freedesktop.DBus");
  unsigned fields = end - 16;
  memcpy(message + 12, &fields, 4);
  return (end + 7) / 8 * 8;
}

// Until its answer has come, what is sent is read in a way that loses descriptors.
static void greet(int s) {
  char id[16], hex[33] = {0}, line[64];
  snprintf(id, sizeof id, "%d", getuid());
  for (size_t at = 0; at < strlen(id); at++) sprintf(hex + 2 * at, "%02x", id[at]);
  int length = snprintf(line, sizeof line, "%cAUTH EXTERNAL %s\r\n", 0, hex);
  say(s, line, length, "OK ");
  say(s, "NEGOTIATE_UNIX_FD\r\n", 19, "AGREE_UNIX_FD");
  say(s, "BEGIN\r\n", 7, NULL);
  char message[512] = {0};
  say(s, message, hello(message), NULL);
  if (read(s, message, sizeof message) <= 0) die("read");
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "keep") == 0) keep(argv[2]);
  if (argc < 4) return 64;
  int fd = atoi(argv[3]);
  if (strcmp(argv[1], "name") == 0 && argc == 5) {
    dprintf(1, "%s\n", ftruncate(fd, 0) == 0 && pwrite(fd, argv[4], strlen(argv[4]), 0) > 0 ? "wrote" : strerrorname_np(errno));
  }
  int s = dial(argv[2]);
  if (strcmp(argv[1], "dbus") == 0) greet(s);
  give(s, fd, 'l');
  dprintf(1, "sent\n");
  for (;;) pause();
}
