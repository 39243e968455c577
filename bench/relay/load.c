// Load for one relay: a sender, receivers and at most one module, in one thread that never waits for
// anything but the relay. Everything travels over loopback; what it prints is one line of JSON.
//
//   load HOST P2P_PORT API_PORT RELAY_PID LINKS DATA_BYTES WARMUP_MS MEASURED_MS MODULE(0|1) FIRST
//
// Every item is unique (a sequence number in its data, from FIRST on). Receivers count bytes; the first one also adds
// up the sequence numbers, so that a loss cannot hide behind a duplicate.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ANNOUNCE_HEADER = 12, NOTIFICATION_HEADER = 8, VERDICT = 8, DATA_TYPE = 1337 };
enum { BLOCK = 128 * 1024, READ = 256 * 1024, LINKS_MAX = 64, PATIENCE_MS = 5000 };

struct reader {
  int fd;
  size_t held;
  uint8_t bytes[READ + 65536];
};

static int links, data_bytes, frame_bytes;
static struct sockaddr_in address;
static int epoll, sender, receivers[LINKS_MAX];
static struct reader checked, module;
static uint64_t received_bytes[LINKS_MAX], checked_items, checked_sum, notified;
static uint8_t *block;
static size_t block_bytes, block_sent, block_frames;
static uint64_t sequence, start;
static uint8_t verdicts[1 << 20];
static size_t verdict_bytes, verdict_sent;

static void die(const char *what) {
  fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
  exit(1);
}

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void put16(uint8_t *at, unsigned value) {
  at[0] = value >> 8;
  at[1] = value;
}

static unsigned get16(const uint8_t *at) { return at[0] << 8 | at[1]; }

static void write_all(int fd, const void *bytes, size_t length) {
  for (size_t done = 0; done < length;) {
    ssize_t n = write(fd, (const char *)bytes + done, length - done);
    if (n <= 0) die("write");
    done += n;
  }
}

static void read_all(int fd, void *bytes, size_t length) {
  for (size_t done = 0; done < length;) {
    ssize_t n = read(fd, (char *)bytes + done, length - done);
    if (n <= 0) die("the relay closed a connection");
    done += n;
  }
}

static int open_socket(int port) {
  int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  address.sin_port = htons(port);
  if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address)) die("connect");
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

/// INIT, VERIFY with nonce 0 (right at a difficulty of 0 bits), OK.
static int open_link(int port) {
  static const uint8_t verify[12] = {0, 12, 505 >> 8, 505 & 255};
  uint8_t answer[12];
  int fd = open_socket(port);
  read_all(fd, answer, 12);
  write_all(fd, verify, sizeof verify);
  read_all(fd, answer, 4);
  return fd;
}

static void watch(int fd, uint32_t events, uint32_t tag, int operation) {
  struct epoll_event event = {.events = events, .data.u32 = tag};
  if (epoll_ctl(epoll, operation, fd, &event)) die("epoll_ctl");
}

static void build_block(void) {
  frame_bytes = ANNOUNCE_HEADER + data_bytes;
  block_frames = BLOCK / frame_bytes > 0 ? BLOCK / frame_bytes : 1;
  block_bytes = block_frames * frame_bytes;
  block_sent = block_bytes;
  block = calloc(1, block_bytes);
  for (size_t at = 0; at < block_bytes; at += frame_bytes) {
    put16(block + at, frame_bytes);
    put16(block + at + 2, 507);
    put16(block + at + 6, DATA_TYPE);
    block[at + 8] = 5;
    memset(block + at + ANNOUNCE_HEADER, 0x5a, data_bytes);
  }
}

static void number_block(void) {
  for (size_t at = 0; at < block_bytes; at += frame_bytes, sequence++) {
    put16(block + at + 4, sequence & 0xffff);
    memcpy(block + at + ANNOUNCE_HEADER, &sequence, sizeof sequence);
  }
  block_sent = 0;
}

/// Whole blocks only, so that the last frame is never half of one. Returns whether there is more to do.
static int send_some(int may_begin) {
  for (;;) {
    if (block_sent == block_bytes) {
      if (!may_begin && sequence > start) return 0;
      number_block();
    }
    ssize_t n = send(sender, block + block_sent, block_bytes - block_sent, MSG_DONTWAIT);
    if (n < 0) {
      if (errno == EAGAIN) return 1;
      die("send");
    }
    block_sent += n;
  }
}

static void count_receiver(int index) {
  static uint8_t sink[READ];
  ssize_t n = recv(receivers[index], sink, sizeof sink, MSG_DONTWAIT | MSG_TRUNC);
  if (n == 0) die("the relay closed a link");
  if (n > 0) received_bytes[index] += n;
}

/// Reads once and hands each whole frame on. Returns how many bytes came.
static size_t read_frames(struct reader *from, void (*on_frame)(const uint8_t *)) {
  ssize_t n = recv(from->fd, from->bytes + from->held, READ, MSG_DONTWAIT);
  if (n == 0) die("the relay closed a connection");
  if (n < 0) return 0;
  size_t end = from->held + n, at = 0;
  while (end - at >= 4 && end - at >= get16(from->bytes + at)) {
    on_frame(from->bytes + at);
    at += get16(from->bytes + at);
  }
  memmove(from->bytes, from->bytes + at, end - at);
  from->held = end - at;
  return n;
}

static void check_item(const uint8_t *frame) {
  uint64_t number;
  memcpy(&number, frame + ANNOUNCE_HEADER, sizeof number);
  checked_items++;
  checked_sum += number;
}

static void accept_item(const uint8_t *frame) {
  uint8_t *verdict = verdicts + verdict_bytes;
  if (verdict_bytes + VERDICT > sizeof verdicts) die("verdicts pile up");
  memcpy(verdict, (const uint8_t[]){0, 8, 503 >> 8, 503 & 255, frame[4], frame[5], 0, 1}, VERDICT);
  verdict_bytes += VERDICT;
  notified++;
}

static void answer_module(void) {
  while (verdict_sent < verdict_bytes) {
    ssize_t n =
        send(module.fd, verdicts + verdict_sent, verdict_bytes - verdict_sent, MSG_DONTWAIT);
    if (n < 0) {
      if (errno != EAGAIN) die("send to the API");
      watch(module.fd, EPOLLIN | EPOLLOUT, LINKS_MAX + 1, EPOLL_CTL_MOD);
      return;
    }
    verdict_sent += n;
  }
  if (verdict_bytes > 0) watch(module.fd, EPOLLIN, LINKS_MAX + 1, EPOLL_CTL_MOD);
  verdict_bytes = verdict_sent = 0;
}

static int is_all_there(void) {
  for (int link = 0; link < links; link++)
    if (received_bytes[link] != (sequence - start) * frame_bytes) return 0;
  return 1;
}

/// Sends for `ms` and waits until every receiver has everything. Returns how long that took, in ms.
static double run(double ms) {
  double begin = now_ms(), moved = begin, time = begin;
  int more = 1, wanted = 1;
  watch(sender, EPOLLOUT, LINKS_MAX, EPOLL_CTL_MOD);
  while (more || !is_all_there()) {
    struct epoll_event events[LINKS_MAX + 2];
    int count = epoll_wait(epoll, events, LINKS_MAX + 2, 100);
    time = now_ms();
    if (count > 0) moved = time;
    else if (time - moved > PATIENCE_MS) return -1;
    for (int i = 0; i < count; i++) {
      uint32_t tag = events[i].data.u32;
      if (tag == LINKS_MAX) more = send_some(time - begin < ms);
      else if (tag == LINKS_MAX + 1) {
        if (events[i].events & EPOLLIN && verdict_bytes < sizeof verdicts / 2)
          read_frames(&module, accept_item);
        answer_module();
      } else if (tag == 0) received_bytes[0] += read_frames(&checked, check_item);
      else count_receiver(tag);
    }
    if (!more && wanted) watch(sender, 0, LINKS_MAX, EPOLL_CTL_MOD), wanted = 0;
  }
  return now_ms() - begin;
}

/// User and system time of the relay's process with all its threads, in s.
static double relay_cpu(int pid) {
  char path[64], line[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  FILE *file = fopen(path, "r");
  if (!file) return 0;
  line[fread(line, 1, sizeof line - 1, file)] = 0;
  fclose(file);
  unsigned long user, kernel;
  char *after_name = strrchr(line, ')');
  if (!after_name ||
      sscanf(after_name, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &kernel) != 2)
    return 0;
  return (double)(user + kernel) / sysconf(_SC_CLK_TCK);
}

static double own_cpu(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
         (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

int main(int argc, char **argv) {
  if (argc != 11) {
    fprintf(stderr, "usage: see the first lines of load.c\n");
    return 2;
  }
  int p2p_port = atoi(argv[2]), api_port = atoi(argv[3]), pid = atoi(argv[4]);
  links = atoi(argv[5]);
  data_bytes = atoi(argv[6]);
  sequence = start = strtoull(argv[10], NULL, 10);
  double warmup_ms = atof(argv[7]), measured_ms = atof(argv[8]);
  address.sin_family = AF_INET;
  if (links < 1 || links > LINKS_MAX || data_bytes < 8 || !inet_aton(argv[1], &address.sin_addr))
    die("bad arguments");
  epoll = epoll_create1(0);
  build_block();

  for (int link = 0; link < links; link++) {
    receivers[link] = open_link(p2p_port);
    watch(receivers[link], EPOLLIN, link, EPOLL_CTL_ADD);
  }
  checked.fd = receivers[0];
  sender = open_link(p2p_port);
  watch(sender, 0, LINKS_MAX, EPOLL_CTL_ADD);
  if (atoi(argv[9])) {
    uint8_t notify[8] = {0, 8, 501 >> 8, 501 & 255, 0, 0, DATA_TYPE >> 8, DATA_TYPE & 255};
    module.fd = open_socket(api_port);
    write_all(module.fd, notify, sizeof notify);
    watch(module.fd, EPOLLIN, LINKS_MAX + 1, EPOLL_CTL_ADD);
  }
  // The subscription is not acknowledged. If it should come too late, items are missing and show.
  usleep(200 * 1000);

  // The first block alone: a module that is asked for the first time is given time to answer.
  double ms = run(0);
  if (ms >= 0) ms = run(warmup_ms);
  double own = own_cpu(), relay = relay_cpu(pid);
  uint64_t first = sequence;
  if (ms >= 0) ms = run(measured_ms);
  uint64_t sent = sequence - start;
  int right = checked_items == sent && checked_sum == sent * start + sent * (sent - 1) / 2;
  printf("{\"sent\":%lu,\"items\":%lu,\"seconds\":%.4f,\"isComplete\":%s,\"missing\":%ld,\"notified\":%lu,"
         "\"loadCpu\":%.3f,\"relayCpu\":%.3f}\n",
         sent, sequence - first, ms / 1e3, ms >= 0 && right ? "true" : "false",
         (long)(sent - checked_items), notified, own_cpu() - own, relay_cpu(pid) - relay);
  return 0;
}
