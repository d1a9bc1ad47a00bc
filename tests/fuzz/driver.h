/* SPDX-License-Identifier: Apache-2.0 */
/*
 * driver: one fuzzer, two engines. A fuzzer defines fuzz_one() and fuzz_seeds() and includes this
 * file.
 *
 * With -DFUZZ_LIBFUZZER it is libFuzzer's target. Without, it is a program that mutates the seeds:
 *
 *   build-address-undefined/fuzz/protobuf [--seconds N] [--rounds N] [--seed N] [--round N] [FILE
 * or DIRECTORY]...
 *
 * Each round depends on the seed and its own number only, so `--round N` alone replays the one that
 * crashed. Without options it runs FUZZ_SECONDS (10) seconds. Files named are further seeds.
 * `--write DIRECTORY` writes the seeds as files, a corpus for libFuzzer.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Looks at one input, which ends exactly where its memory does. Crashes when something is wrong. */
static int fuzz_one(const uint8_t *data, size_t size);
/* Calls fuzz_seed() for every seed. */
static void fuzz_seeds(void);
static void fuzz_seed(const void *bytes, size_t size);

#ifdef FUZZ_LIBFUZZER

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_one(data, size);
}

/* libFuzzer has a corpus of its own. */
static void fuzz_seed(const void *bytes, size_t size)
{
    (void)bytes, (void)size, (void)fuzz_seeds;
}

#else

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FUZZ_SEEDS_MAX = 4096, FUZZ_BYTES_MAX = 1 << 16 };

static struct fuzz_input {
    uint8_t *bytes;
    size_t size;
} fuzz_corpus[FUZZ_SEEDS_MAX];
static size_t fuzz_corpus_count;
static uint64_t fuzz_random, fuzz_round_number, fuzz_run_seed = 1;
static const char *fuzz_name;

static void fuzz_seed(const void *bytes, size_t size)
{
    if (fuzz_corpus_count == FUZZ_SEEDS_MAX || size > FUZZ_BYTES_MAX)
        return;
    struct fuzz_input *input = &fuzz_corpus[fuzz_corpus_count++];
    input->bytes = malloc(size + 1);
    input->size = size;
    if (size)
        memcpy(input->bytes, bytes, size);
}

static void fuzz_seed_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    static uint8_t bytes[FUZZ_BYTES_MAX + 1];
    size_t size = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    if (file) {
        fclose(file);
        fuzz_seed(bytes, size);
    }
}

static void fuzz_seed_path(const char *path)
{
    DIR *folder = opendir(path);
    if (!folder) {
        fuzz_seed_file(path);
        return;
    }
    for (struct dirent *entry; (entry = readdir(folder));) {
        char name[1024];
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.')
            fuzz_seed_file(name);
    }
    closedir(folder);
}

static void fuzz_write_seeds(const char *directory)
{
    for (size_t i = 0; i < fuzz_corpus_count; i++) {
        char name[1024];
        snprintf(name, sizeof name, "%s/seed-%zu", directory, i);
        FILE *file = fopen(name, "wb");
        if (file) {
            fwrite(fuzz_corpus[i].bytes, 1, fuzz_corpus[i].size, file);
            fclose(file);
        }
    }
}

/* --- mutation ------------------------------------------------------------------------------- */

static uint64_t fuzz_next(void)
{
    uint64_t x = fuzz_random += UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

static size_t fuzz_below(size_t limit)
{
    return limit ? (size_t)(fuzz_next() % limit) : 0;
}

/* Puts `size` bytes in at `at`; the buffer has room for FUZZ_BYTES_MAX. */
static void fuzz_insert(uint8_t *bytes, size_t *inout_size, size_t at, const uint8_t *from,
                        size_t size)
{
    if (*inout_size + size > FUZZ_BYTES_MAX)
        return;
    memmove(bytes + at + size, bytes + at, *inout_size - at);
    memcpy(bytes + at, from, size);
    *inout_size += size;
}

static void fuzz_mutate(uint8_t *bytes, size_t *inout_size)
{
    static const uint8_t odd[] = {0x00, 0x01, 0x7F, 0x80, 0xFF, 0xFE,
                                  '"',  '{',  '[',  '\\', '-',  '.'};
    const struct fuzz_input *other = &fuzz_corpus[fuzz_below(fuzz_corpus_count)];
    uint8_t piece[16];
    size_t size = *inout_size, at = fuzz_below(size),
           run = 1 + fuzz_below(size - at < 32 ? size - at : 32);
    switch (fuzz_below(8)) {
    case 0:
        if (size)
            bytes[at] ^= (uint8_t)(1u << fuzz_below(8));
        break;
    case 1:
        if (size)
            bytes[at] = odd[fuzz_below(sizeof odd)];
        break;
    case 2:
        if (size)
            bytes[at] = (uint8_t)(bytes[at] + (fuzz_below(2) ? 1 : -1));
        break;
    case 3: /* cut a run out */
        if (at + run <= size) {
            memmove(bytes + at, bytes + at + run, size - at - run);
            *inout_size -= run;
        }
        break;
    case 4: /* say a run twice */
        if (at + run <= size && run <= sizeof piece) {
            memcpy(piece, bytes + at, run);
            fuzz_insert(bytes, inout_size, at, piece, run);
        }
        break;
    case 5: /* noise, often a long varint */
        for (size_t i = 0; i < sizeof piece; i++)
            piece[i] = (uint8_t)(fuzz_next() | (i % 3 ? 0x80 : 0));
        fuzz_insert(bytes, inout_size, at, piece, 1 + fuzz_below(sizeof piece));
        break;
    case 6: /* a part of another seed */
        if (other->size) {
            size_t from = fuzz_below(other->size);
            fuzz_insert(bytes, inout_size, at, other->bytes + from, fuzz_below(other->size - from));
        }
        break;
    default:
        *inout_size = fuzz_below(4) ? size : at;
    }
}

/* --- running -------------------------------------------------------------------------------- */

static void fuzz_run(uint64_t round)
{
    static uint8_t bytes[FUZZ_BYTES_MAX];
    fuzz_round_number = round;
    fuzz_random = fuzz_run_seed * UINT64_C(0x2545F4914F6CDD1D) + round;
    const struct fuzz_input *seed = &fuzz_corpus[fuzz_below(fuzz_corpus_count)];
    size_t size = seed->size;
    memcpy(bytes, seed->bytes, size);
    if (round < fuzz_corpus_count) { /* first every seed as it is */
        seed = &fuzz_corpus[round];
        size = seed->size;
        memcpy(bytes, seed->bytes, size);
    } else {
        for (size_t i = 1 + fuzz_below(6); i > 0; i--)
            fuzz_mutate(bytes, &size);
    }
    uint8_t *exact = malloc(size ? size : 1); /* so that a sanitiser sees a read past the end */
    memcpy(exact, bytes, size);
    fuzz_one(exact, size);
    free(exact);
}

static void fuzz_say_round(void)
{
    fprintf(stderr, "fuzz %s: crashed; again with --seed %llu --round %llu\n", fuzz_name,
            (unsigned long long)fuzz_run_seed, (unsigned long long)fuzz_round_number);
}

static void fuzz_on_abort(int number)
{
    fuzz_say_round();
    signal(number, SIG_DFL);
    raise(number);
}

void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void fuzz_watch(const char *program)
{
    const char *slash = strrchr(program, '/');
    fuzz_name = slash ? slash + 1 : program;
    signal(SIGABRT, fuzz_on_abort);
    if (__sanitizer_set_death_callback)
        __sanitizer_set_death_callback(fuzz_say_round);
}

int main(int argc, char **argv)
{
    const char *from_outside = getenv("FUZZ_SECONDS");
    long seconds = from_outside ? atol(from_outside) : 10;
    uint64_t rounds = 0, done = 0;
    long long only = -1;
    fuzz_watch(argv[0]);
    fuzz_seeds();
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "0";
        if (strcmp(argv[i], "--seconds") == 0)
            seconds = atol(value), i++;
        else if (strcmp(argv[i], "--rounds") == 0)
            rounds = strtoull(value, NULL, 10), i++;
        else if (strcmp(argv[i], "--seed") == 0)
            fuzz_run_seed = strtoull(value, NULL, 10), i++;
        else if (strcmp(argv[i], "--round") == 0)
            only = atoll(value), i++;
        else if (strcmp(argv[i], "--write") == 0)
            fuzz_write_seeds(value), rounds = 1, i++;
        else
            fuzz_seed_path(argv[i]);
    }
    if (fuzz_corpus_count == 0)
        fuzz_seed("", 0);
    time_t end = time(NULL) + seconds;
    if (only >= 0)
        fuzz_run((uint64_t)only), done = 1;
    else
        for (; rounds ? done < rounds : time(NULL) < end; done++)
            fuzz_run(done);
    printf("fuzz %s: %llu rounds, 0 crashes\n", fuzz_name, (unsigned long long)done);
    for (size_t i = 0; i < fuzz_corpus_count; i++)
        free(fuzz_corpus[i].bytes);
    return 0;
}

#endif
