/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log: one structured line on standard error for an event. Written at stage edges only.
 *
 *   log_info("journal", "segment sealed", "segment=%u bytes=%zu", id, size);
 *
 * gives `2026-01-31T12:00:00.000Z info journal: segment sealed segment=3 bytes=1024`, or one JSON
 * object a line after log_format_json(true). Text from outside goes in as a quoted value: use
 * log_quote(). Threads  any. Never blocks on anything but the write itself.
 */
#pragma once

#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_OFF };

void log_set_level(enum log_level least);
bool log_level_parse(struct str name, enum log_level *out_level);
void log_format_json(bool on);

void log_write(enum log_level level, const char *stage, const char *event, const char *fields, ...)
    __attribute__((format(printf, 4, 5)));
#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__)
#define log_info(...)  log_write(LOG_INFO, __VA_ARGS__)
#define log_warn(...)  log_write(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__)

enum { LOG_QUOTE_BYTES = 320 };
/* Quotes and escapes at most 150 bytes of text into `out`; returns out, for use in log_write(). */
const char *log_quote(struct str text, char out[LOG_QUOTE_BYTES]);
