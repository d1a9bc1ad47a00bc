/* SPDX-License-Identifier: Apache-2.0 */
/* otlp_fault: the words for what is wrong with a request, built from the inside out. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "receive/otlp.h"

bool otlp_refuse(struct otlp *otlp, enum reject_reason reason, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(otlp->why, sizeof otlp->why, format, args);
    va_end(args);
    otlp->status = STATUS_INVALID;
    otlp->reason = reason;
    otlp->path[0] = 0;
    return false;
}

bool otlp_full(struct otlp *otlp)
{
    otlp_refuse(otlp, REJECT_LIMIT, "takes the decoded request over its limit of %zu bytes",
                otlp->batch->arena.limit_bytes);
    otlp->status = STATUS_TOO_LARGE;
    return false;
}

bool otlp_at(struct otlp *otlp, const char *format, ...)
{
    char inner[sizeof otlp->path];
    memcpy(inner, otlp->path, sizeof inner);
    va_list args;
    va_start(args, format);
    int len = vsnprintf(otlp->path, sizeof otlp->path, format, args);
    va_end(args);
    if (inner[0] && len > 0 && (size_t)len + 2 < sizeof otlp->path) {
        size_t room = sizeof otlp->path - (size_t)len - 2, inner_len = strlen(inner);
        size_t copied = inner_len < room ? inner_len : room;
        otlp->path[len] = '.';
        memcpy(otlp->path + len + 1, inner, copied);
        otlp->path[(size_t)len + 1 + copied] = 0;
    }
    return false;
}

enum status otlp_fail(const struct otlp *otlp, struct error *error)
{
    return fail(error, otlp->status, "%s %s", otlp->path[0] ? otlp->path : "the body", otlp->why);
}

bool otlp_reject(struct otlp *otlp)
{
    const struct otlp_shape *shape = otlp->shape;
    size_t records = otlp->stands_for ? otlp->stands_for : 1;
    char words[sizeof otlp->path + sizeof otlp->why + 1];
    otlp->stands_for = 0;
    if (otlp->status != STATUS_INVALID)
        return false;
    otlp_at(otlp, "%s[%zu].%s[%zu].%s[%zu]", shape->groups, otlp->group_at, shape->scopes,
            otlp->scope_at, shape->records, otlp->record_at);
    snprintf(words, sizeof words, "%s %s", otlp->path, otlp->why);
    receive_reject(otlp->batch, shape->signal, otlp->reason, records, words);
    return true;
}
