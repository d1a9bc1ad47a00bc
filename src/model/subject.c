/* SPDX-License-Identifier: Apache-2.0 */
/* subject: see subject.h. */
#include "model/subject.h"

#include "model/foreign_id.h"

static const char *const names[SUBJECT_KIND_COUNT] = {
    [SUBJECT_TRACE] = "trace",
    [SUBJECT_OBSERVATION] = "observation",
    [SUBJECT_SESSION] = "session",
    [SUBJECT_PROMPT] = "prompt",
};

const char *subject_kind_name(enum subject_kind kind)
{
    return kind < SUBJECT_KIND_COUNT ? names[kind] : "unknown";
}

bool subject_kind_parse(struct str name, enum subject_kind *out_kind)
{
    for (int i = 0; i < SUBJECT_KIND_COUNT; i++) {
        if (str_equal_nocase(name, str_from(names[i]))) {
            *out_kind = (enum subject_kind)i;
            return true;
        }
    }
    return false;
}

bool subject_make(enum subject_kind kind, struct str id, struct arena *arena,
                  struct subject *out_subject)
{
    uint8_t bytes[16];
    char hex[2 * sizeof bytes + 1];
    *out_subject = (struct subject){.kind = kind, .id = id, .key = id};
    if (kind == SUBJECT_TRACE) {
        foreign_trace_id(id, bytes);
        str_hex_encode(bytes, 16, hex);
    } else if (kind == SUBJECT_OBSERVATION) {
        foreign_span_id(id, bytes);
        str_hex_encode(bytes, 8, hex);
    } else {
        return true;
    }
    out_subject->key = arena_copy(arena, str_from(hex));
    if (kind == SUBJECT_TRACE)
        out_subject->trace = out_subject->key;
    return out_subject->key.ptr != NULL;
}
