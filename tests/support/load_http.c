/* SPDX-License-Identifier: Apache-2.0 */
/* load over HTTP/1.1: one request at a time on a connection that stays open, as most SDKs do. */
#define _GNU_SOURCE
#include "support/load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

void tally_trouble(struct tally *tally, const char *format, ...)
{
    tally->failures++;
    if (atomic_flag_test_and_set(&tally->troubled))
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(tally->trouble, sizeof tally->trouble, format, args);
    va_end(args);
}

size_t tally_claim(struct tally *tally, size_t batch)
{
    size_t left = tally->spans_left;
    while (left) {
        size_t take = left < batch ? left : batch;
        if (atomic_compare_exchange_weak(&tally->spans_left, &left, left - take))
            return take;
    }
    return 0;
}

int load_connect(const struct wire_options *options, struct tally *tally)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)options->port)};
    if (inet_pton(AF_INET, options->host, &address.sin_addr) != 1) {
        tally_trouble(tally, "%s is not an IPv4 address", options->host);
        return -1;
    }
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    const struct timeval patience = {.tv_sec = 60};
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        tally_trouble(tally, "connect: %s", strerror(errno));
        if (fd >= 0)
            close(fd);
        return -1;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    return fd;
}

static bool send_both(int fd, struct str head, struct str body)
{
    struct iovec parts[2] = {{(void *)head.ptr, head.len}, {(void *)body.ptr, body.len}};
    size_t at = 0;
    while (at < 2) {
        ssize_t sent = writev(fd, parts + at, (int)(2 - at));
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        while (at < 2 && (size_t)sent >= parts[at].iov_len)
            sent -= (ssize_t)parts[at++].iov_len;
        if (at < 2) {
            parts[at].iov_base = (char *)parts[at].iov_base + sent;
            parts[at].iov_len -= (size_t)sent;
        }
    }
    return true;
}

struct answer {
    int status;
    size_t body_bytes;
    char text[4096];
};

/* Status and Content-Length are all we look at; false when the connection broke. */
static bool read_answer(int fd, struct answer *answer)
{
    size_t have = 0, head = 0;
    *answer = (struct answer){0};
    while (have < sizeof answer->text - 1) {
        ssize_t got = recv(fd, answer->text + have, sizeof answer->text - 1 - have, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        have += (size_t)got;
        answer->text[have] = 0;
        if (!head) {
            const char *end = strstr(answer->text, "\r\n\r\n");
            if (!end)
                continue;
            head = (size_t)(end - answer->text) + 4;
            answer->status = atoi(answer->text + 9);
            const char *length = strcasestr(answer->text, "\r\ncontent-length:");
            answer->body_bytes = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
        }
        if (have >= head + answer->body_bytes)
            return true;
    }
    return false;
}

void load_http(const struct wire_options *options, struct source *source, struct tally *tally)
{
    struct buf body = {0};
    char head[256];
    struct answer answer;
    int fd = load_connect(options, tally);
    size_t claim, spans;
    while (fd >= 0 && !tally->failures && (claim = tally_claim(tally, options->batch)) > 0) {
        buf_clear(&body);
        spans = source->next(source, claim, &body);
        if (!spans)
            break;
        int len = snprintf(head, sizeof head,
                           "POST /v1/traces HTTP/1.1\r\nHost: %s:%d\r\nContent-Type: "
                           "application/x-protobuf\r\nContent-Length: %zu\r\n\r\n",
                           options->host, options->port, body.len);
        for (int attempt = 0;; attempt++) {
            if (!send_both(fd, (struct str){head, (size_t)len}, buf_str(&body)) ||
                !read_answer(fd, &answer)) {
                tally_trouble(tally, "the connection broke: %s", strerror(errno));
                break;
            }
            if (answer.status == 503 && attempt < 200) {
                tally->retries++;
                nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
                continue;
            }
            /* A body would be a partial success: something was refused. */
            if (answer.status != 200 || answer.body_bytes) {
                tally_trouble(tally, "answered %d: %.150s", answer.status, answer.text);
            } else {
                tally->spans += spans;
                tally->bytes += body.len;
                tally->requests++;
            }
            break;
        }
    }
    if (fd >= 0)
        close(fd);
    buf_done(&body);
}
