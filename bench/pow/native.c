/* The physical limit beside which our kernels are measured: the same search in C.
 *   native sha1|sha2|sha4 MILLISECONDS    SHA instructions, 1, 2 or 4 nonces interleaved
 *   native lanes MILLISECONDS             4 lanes of 128 bit vectors, the algorithm of our kernel
 *   native find NAME C0 C1 HIGH START LIMIT    the first hit, to compare with node:crypto
 * Prints million nonces per second. Build: cc -O3 -mavx -msha -o native native.c */
#include <immintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define INLINE static inline __attribute__((always_inline))

static const uint32_t initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

static const uint32_t K[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

#define ROTR(x, n) (((x) >> (n)) | ((x) << (32 - (n))))
#define BIG0(x) (ROTR(x, 2) ^ ROTR(x, 13) ^ ROTR(x, 22))
#define BIG1(x) (ROTR(x, 6) ^ ROTR(x, 11) ^ ROTR(x, 25))
#define SMALL0(x) (ROTR(x, 7) ^ ROTR(x, 18) ^ ((x) >> 3))
#define SMALL1(x) (ROTR(x, 17) ^ ROTR(x, 19) ^ ((x) >> 10))

/* One round of FIPS 180-4 on an array s of eight words. */
#define ROUND(s, kw)                                                                              \
  do {                                                                                            \
    uint32_t t = s[7] + BIG1(s[4]) + (s[6] ^ (s[4] & (s[5] ^ s[6]))) + (kw);                      \
    uint32_t u = BIG0(s[0]) + (((s[0] ^ s[1]) & (s[1] ^ s[2])) ^ s[1]);                           \
    s[7] = s[6], s[6] = s[5], s[5] = s[4], s[4] = s[3] + t;                                       \
    s[3] = s[2], s[2] = s[1], s[1] = s[0], s[0] = t + u;                                          \
  } while (0)

/* ---- SHA instructions. Rounds 0 and 1 and the schedule words of the padding are computed once. */

INLINE int64_t search_sha(const int lanes, uint32_t c0, uint32_t c1, uint32_t high, uint32_t start,
                          uint32_t count, uint32_t limit) {
  uint32_t s[8];
  memcpy(s, initial, sizeof s);
  ROUND(s, K[0] + c0);
  ROUND(s, K[1] + c1);
  const __m128i abef = _mm_set_epi32((int)s[0], (int)s[1], (int)s[4], (int)s[5]);
  const __m128i cdgh = _mm_set_epi32((int)s[2], (int)s[3], (int)s[6], (int)s[7]);
  const __m128i w4 = _mm_set_epi32(0, 0, 0, (int)0x80000000), w8 = _mm_setzero_si128();
  const __m128i w12 = _mm_set_epi32(128, 0, 0, 0);
  const __m128i *const k = (const __m128i *)K;
  const __m128i kw4 = _mm_add_epi32(k[1], w4), kw8 = k[2], kw12 = _mm_add_epi32(k[3], w12);
  const __m128i m4 = _mm_sha256msg1_epu32(w4, w8), m8 = _mm_sha256msg1_epu32(w8, w12);
  for (uint32_t i = 0; i < count; i += (uint32_t)lanes) {
    __m128i x[4], y[4], w[4][4];
#define EACH for (int n = 0; n < lanes; n++)
#define FOUR(kw)                                                                                  \
  EACH y[n] = _mm_sha256rnds2_epu32(y[n], x[n], kw);                                              \
  EACH x[n] = _mm_sha256rnds2_epu32(x[n], y[n], _mm_shuffle_epi32(kw, 0x0e));
/* Quad a, which holds msg1 of the words 16 before, becomes the next one; c and d are the last two. */
#define EXTEND(a, c, d)                                                                           \
  EACH w[n][a] = _mm_sha256msg2_epu32(                                                            \
      _mm_add_epi32(w[n][a], _mm_alignr_epi8(w[n][d], w[n][c], 4)), w[n][d]);
#define PREPARE(a, b) EACH w[n][a] = _mm_sha256msg1_epu32(w[n][a], w[n][b]);
    EACH {
      w[n][0] = _mm_set_epi32((int)(start + i + (uint32_t)n), (int)high, (int)c1, (int)c0);
      /* rnds2 swaps the halves: after rounds 0 and 1 in scalar code x is ABEF and y CDGH. */
      x[n] = abef, y[n] = cdgh;
      y[n] = _mm_sha256rnds2_epu32(y[n], x[n], _mm_shuffle_epi32(_mm_add_epi32(w[n][0], k[0]), 0x0e));
      __m128i swap = x[n];
      x[n] = y[n], y[n] = swap;
      w[n][0] = _mm_sha256msg1_epu32(w[n][0], w4);
      w[n][1] = m4, w[n][2] = m8, w[n][3] = w12;
    }
    FOUR(kw4) FOUR(kw8) FOUR(kw12)
    /* W16..19 needs W9..12 + msg1(W0..): alignr(W12, W8). */
    EACH w[n][0] = _mm_sha256msg2_epu32(_mm_add_epi32(w[n][0], _mm_alignr_epi8(w12, w8, 4)), w12);
    FOUR(_mm_add_epi32(w[n][0], k[4]))
    EXTEND(1, 3, 0) PREPARE(3, 0) FOUR(_mm_add_epi32(w[n][1], k[5]))
    EXTEND(2, 0, 1) PREPARE(0, 1) FOUR(_mm_add_epi32(w[n][2], k[6]))
    EXTEND(3, 1, 2) PREPARE(1, 2) FOUR(_mm_add_epi32(w[n][3], k[7]))
    EXTEND(0, 2, 3) PREPARE(2, 3) FOUR(_mm_add_epi32(w[n][0], k[8]))
    EXTEND(1, 3, 0) PREPARE(3, 0) FOUR(_mm_add_epi32(w[n][1], k[9]))
    EXTEND(2, 0, 1) PREPARE(0, 1) FOUR(_mm_add_epi32(w[n][2], k[10]))
    EXTEND(3, 1, 2) PREPARE(1, 2) FOUR(_mm_add_epi32(w[n][3], k[11]))
    EXTEND(0, 2, 3) PREPARE(2, 3) FOUR(_mm_add_epi32(w[n][0], k[12]))
    EXTEND(1, 3, 0) PREPARE(3, 0) FOUR(_mm_add_epi32(w[n][1], k[13]))
    EXTEND(2, 0, 1) FOUR(_mm_add_epi32(w[n][2], k[14]))
    EXTEND(3, 1, 2) FOUR(_mm_add_epi32(w[n][3], k[15]))
    EACH if ((uint32_t)_mm_extract_epi32(x[n], 3) + initial[0] < limit) return (uint32_t)(start + i + (uint32_t)n);
  }
  return -1;
}

/* ---- 4 lanes: what our WebAssembly kernel does, specialised in the same way. */

typedef uint32_t v4 __attribute__((vector_size(16)));

static int64_t search_lanes(uint32_t c0, uint32_t c1, uint32_t high, uint32_t start, uint32_t count,
                            uint32_t limit) {
  uint32_t s[8];
  memcpy(s, initial, sizeof s);
  ROUND(s, K[0] + c0);
  ROUND(s, K[1] + c1);
  ROUND(s, K[2] + high);
  const uint32_t t = s[7] + BIG1(s[4]) + (s[6] ^ (s[4] & (s[5] ^ s[6]))) + K[3];
  const uint32_t first_a = t + BIG0(s[0]) + (((s[0] ^ s[1]) & (s[1] ^ s[2])) ^ s[1]);
  const uint32_t first_e = s[3] + t;
  const uint32_t w16 = SMALL0(c1) + c0, w17 = SMALL1(128u) + SMALL0(high) + c1;
  const uint32_t w18 = SMALL1(w16) + high, w19 = SMALL1(w17) + SMALL0(0x80000000u);
  const uint32_t w31 = SMALL0(w16) + 128, w32 = SMALL0(w17) + w16;
  for (uint32_t i = 0; i < count; i += 4) {
    const uint32_t at = start + i;
    const v4 nonce = {at, at + 1, at + 2, at + 3}, zero = {0, 0, 0, 0};
    v4 a = nonce + first_a, b = zero + s[0], c = zero + s[1], d = zero + s[2];
    v4 e = nonce + first_e, f = zero + s[4], g = zero + s[5], h = zero + s[6];
    v4 bc = b ^ c, ab, u;
    v4 W[64];
/* Both a and e add the sigma of e last: the shortest chain from one e to the next. */
#define STEP(kw)                                                                                  \
  do {                                                                                            \
    const v4 p = h + (kw) + (g ^ (e & (f ^ g))), q = BIG1(e);                                     \
    ab = a ^ b;                                                                                   \
    h = g, g = f, f = e, e = d + p + q, d = c, c = b;                                             \
    u = ((ab & bc) ^ b) + (p + q) + BIG0(a);                                                      \
    b = a, a = u, bc = ab;                                                                        \
  } while (0)
/* Each word right before its round: gcc keeps more of them in registers. */
#define WORD(i, value)                                                                            \
  W[i] = (value);                                                                                 \
  STEP(W[i] + K[i]);
    STEP(K[4] + 0x80000000u);
    _Pragma("GCC unroll 64") for (int r = 5; r < 15; r++) STEP(K[r]);
    STEP(K[15] + 128);
    STEP(K[16] + w16);
    STEP(K[17] + w17);
    WORD(18, SMALL0(nonce) + w18)
    WORD(19, nonce + w19)
    WORD(20, SMALL1(W[18]) + 0x80000000u)
    WORD(21, SMALL1(W[19]))
    WORD(22, SMALL1(W[20]) + 128)
    WORD(23, SMALL1(W[21]) + w16)
    WORD(24, SMALL1(W[22]) + w17)
    _Pragma("GCC unroll 64") for (int r = 25; r < 30; r++) { WORD(r, SMALL1(W[r - 2]) + W[r - 7]) }
    WORD(30, SMALL1(W[28]) + W[23] + SMALL0(128u))
    WORD(31, SMALL1(W[29]) + W[24] + w31)
    WORD(32, SMALL1(W[30]) + W[25] + w32)
    WORD(33, SMALL1(W[31]) + W[26] + SMALL0(W[18]) + w17)
    _Pragma("GCC unroll 64") for (int r = 34; r < 64; r++) {
      WORD(r, SMALL1(W[r - 2]) + W[r - 7] + SMALL0(W[r - 15]) + W[r - 16])
    }
    a += initial[0];
    for (int n = 0; n < 4; n++)
      if (a[n] < limit) return (uint32_t)(at + (uint32_t)n);
  }
  return -1;
}

typedef int64_t search(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
#define SHA(n)                                                                                    \
  static int64_t search_sha##n(uint32_t c0, uint32_t c1, uint32_t high, uint32_t start,           \
                               uint32_t count, uint32_t limit) {                                  \
    return search_sha(n, c0, c1, high, start, count, limit);                                      \
  }
SHA(1)
SHA(2)
SHA(4)

static double milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static search *named(const char *name) {
  if (!strcmp(name, "sha1")) return search_sha1;
  if (!strcmp(name, "sha2")) return search_sha2;
  if (!strcmp(name, "sha4")) return search_sha4;
  if (!strcmp(name, "lanes")) return search_lanes;
  fprintf(stderr, "no search named %s\n", name);
  exit(2);
}

int main(int argc, char **argv) {
  if (argc == 8 && !strcmp(argv[1], "find")) {
    uint32_t v[5];
    for (int n = 0; n < 5; n++) v[n] = (uint32_t)strtoul(argv[3 + n], NULL, 10);
    printf("%lld\n", (long long)named(argv[2])(v[0], v[1], v[2], v[3], 1 << 20, v[4]));
    return 0;
  }
  if (argc != 3) return 2;
  search *const run = named(argv[1]);
  const double length = atof(argv[2]), began = milliseconds();
  double tested = 0, took;
  do {
    run(1, 2, 3, (uint32_t)tested, 1 << 16, 1);
    tested += 1 << 16;
  } while ((took = milliseconds() - began) < length);
  printf("%.3f\n", tested / took / 1e3);
  return 0;
}
