/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status: what can go wrong that is not our own fault, and the words for it.
 * A message is written where the fact is known and names the field and what was expected.
 */
#pragma once

#include "base/str.h"

enum status {
    STATUS_OK,
    STATUS_INVALID,         /* the sender's bytes are not what they must be */
    STATUS_UNAUTHENTICATED, /* no key, or a wrong one */
    STATUS_FORBIDDEN,       /* the key does not allow this */
    STATUS_NOT_FOUND,
    STATUS_METHOD, /* known path, other method */
    STATUS_CONFLICT,
    STATUS_TOO_LARGE,   /* over a documented limit */
    STATUS_UNSUPPORTED, /* content type or encoding we do not read */
    STATUS_BUSY,        /* a queue is full: try again */
    STATUS_FULL,        /* the disk is (nearly) full: try again later */
    STATUS_TIMEOUT,
    STATUS_CANCELLED, /* the asker went away */
    STATUS_IO,
    STATUS_CORRUPT, /* our own files do not check out */
    STATUS_UNIMPLEMENTED,
    STATUS_INTERNAL,
    STATUS_COUNT
};

struct error {
    enum status status;
    char text[500]; /* a sentence without a final stop, zero-terminated, valid UTF-8 */
};

/* Fills *error (NULL is fine) and returns status, so that `return fail(...)` reads well. */
enum status fail(struct error *error, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

const char *status_name(enum status status); /* "invalid", "busy", … */
int status_http(enum status status);         /* 200, 400, … */
int status_grpc(enum status status);         /* 0, 3, … */
