/* SPDX-License-Identifier: Apache-2.0 */
/* log: formats into one buffer and writes it with one call, so lines of threads do not mix. */
#define _GNU_SOURCE
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

static _Atomic int least_level = LOG_INFO;
static atomic_bool as_json;

static const char *const level_names[] = {"debug", "info", "warn", "error", "off"};

void log_set_level(enum log_level least)
{
    least_level = (int)least;
}

bool log_level_parse(struct str name, enum log_level *out_level)
{
    for (int i = LOG_DEBUG; i <= LOG_OFF; i++) {
        if (str_equal_nocase(name, str_from(level_names[i]))) {
            *out_level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

void log_format_json(bool on)
{
    as_json = on;
}

const char *log_quote(struct str text, char out[LOG_QUOTE_BYTES])
{
    size_t at = 0;
    out[at++] = '"';
    for (size_t i = 0; i < text.len && at < 150; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == '"' || c == '\\')
            out[at++] = '\\';
        if (c < 0x20 || c >= 0x7F)
            at += (size_t)snprintf(out + at, 8, "\\\\x%02x", c);
        else
            out[at++] = (char)c;
    }
    out[at++] = '"';
    out[at] = 0;
    return out;
}

/* Turns `a=1 b="two words"` into `,"a":"1","b":"two words"`. */
static size_t fields_to_json(const char *fields, char *out, size_t size)
{
    size_t at = 0;
    for (const char *p = fields; *p && at + 64 < size;) {
        const char *equals = strchr(p, '=');
        if (!equals)
            break;
        at += (size_t)snprintf(out + at, size - at, ",\"%.*s\":", (int)(equals - p), p);
        p = equals + 1;
        bool quoted = *p == '"';
        if (!quoted)
            out[at++] = '"';
        for (bool inside = quoted; *p && at + 4 < size; p++) {
            if (quoted && *p == '\\' && p[1])
                out[at++] = *p++;
            else if (!quoted && *p == ' ')
                break;
            else if (quoted && *p == '"' && p[1] != 0 && p[1] != ' ' && !inside)
                inside = true;
            out[at++] = *p;
            if (quoted && *p == '"' && inside && (p[1] == ' ' || p[1] == 0)) {
                p++;
                if (at > 1 && out[at - 1] == '"')
                    break;
            }
        }
        if (!quoted)
            out[at++] = '"';
        while (*p == ' ')
            p++;
    }
    out[at] = 0;
    return at;
}

void log_write(enum log_level level, const char *stage, const char *event, const char *fields, ...)
{
    if ((int)level < least_level)
        return;
    char text[1600], line[4096], time[CLOCK_TEXT_BYTES];
    va_list args;
    va_start(args, fields);
    vsnprintf(text, sizeof text, fields, args);
    va_end(args);
    clock_format(clock_now_ns(), time);
    int len;
    if (as_json) {
        char members[3600];
        fields_to_json(text, members, sizeof members);
        len = snprintf(line, sizeof line,
                       "{\"time\":\"%s\",\"level\":\"%s\",\"stage\":\"%s\",\"event\":\"%s\"%s}\n",
                       time, level_names[level], stage, event, members);
    } else {
        len = snprintf(line, sizeof line, "%.23sZ %s %s: %s%s%s\n", time, level_names[level], stage,
                       event, text[0] ? " " : "", text);
    }
    if (len >= (int)sizeof line) {
        len = sizeof line - 1;
        line[len - 1] = '\n';
    }
    ssize_t ignored = write(STDERR_FILENO, line, (size_t)len);
    (void)ignored;
}
