/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status: one table from our statuses to HTTP and gRPC codes.
 *
 * BUSY and FULL are 503 and RESOURCE_EXHAUSTED: the only answers that every OTLP exporter
 * retries (gRPC only together with RetryInfo, which net adds).
 */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int http, grpc;
} table[STATUS_COUNT] = {
    [STATUS_OK] = {"ok", 200, 0},
    [STATUS_INVALID] = {"invalid", 400, 3},
    [STATUS_UNAUTHENTICATED] = {"unauthenticated", 401, 16},
    [STATUS_FORBIDDEN] = {"forbidden", 403, 7},
    [STATUS_NOT_FOUND] = {"not_found", 404, 12},
    [STATUS_METHOD] = {"method_not_allowed", 405, 12},
    [STATUS_CONFLICT] = {"conflict", 409, 9},
    [STATUS_TOO_LARGE] = {"too_large", 413, 3},
    [STATUS_UNSUPPORTED] = {"unsupported", 415, 3},
    [STATUS_BUSY] = {"busy", 503, 8},
    [STATUS_FULL] = {"disk_full", 503, 8},
    [STATUS_TIMEOUT] = {"timeout", 504, 4},
    [STATUS_CANCELLED] = {"cancelled", 499, 1},
    [STATUS_IO] = {"io", 503, 14},
    [STATUS_CORRUPT] = {"corrupt", 500, 15},
    [STATUS_UNIMPLEMENTED] = {"unimplemented", 501, 12},
    [STATUS_INTERNAL] = {"internal", 500, 13},
};

enum status fail(struct error *error, enum status status, const char *format, ...)
{
    if (!error)
        return status;
    error->status = status;
    va_list args;
    va_start(args, format);
    vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    /* A cut inside a multi-byte character would make the reply invalid JSON. */
    size_t len = strlen(error->text);
    if (len == sizeof error->text - 1) {
        while (len && ((unsigned char)error->text[len - 1] & 0xC0) == 0x80)
            len--;
        if (len && (unsigned char)error->text[len - 1] >= 0xC0)
            len--;
        error->text[len] = 0;
    }
    return status;
}

const char *status_name(enum status status)
{
    return table[status].name;
}

int status_http(enum status status)
{
    return table[status].http;
}

int status_grpc(enum status status)
{
    return table[status].grpc;
}
