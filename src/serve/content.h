/* SPDX-License-Identifier: Apache-2.0 */
/* content: the texts of a span as JSON; long ones as their beginning and where the rest is. */
#pragma once

#include "query/span_view.h"
#include "serve/serve_private.h"

enum { TEXT_HEAD_BYTES = 16384 };

struct content_writer {
    struct json_out *out;
    struct call *call;
    struct request *request;
    const struct span_view *view;
    char base[96];    /* /api/v1/traces/…/spans/… */
    char project[80]; /* "&project=…" when the request names one */
};

/* Links lead to this span, in the request's project. */
void content_writer_at(struct content_writer *writer, struct trace_key trace, int64_t span_id);
/* A string, or {head, bytes, href}; `path` as span_view_text() takes it. */
void content_text(struct content_writer *writer, const char *key, struct str text,
                  const char *path);
/* The span that the path names; span_view_done() it. */
enum status content_open(struct call *call, struct span_view *out_view);
/* The span as it was sent, as JSON in the arena, for `path=raw`. */
struct str content_raw(const struct span_view *view, struct arena *arena);
void content_part(struct content_writer *writer, const struct part *part, const char *path);
