/* SPDX-License-Identifier: Apache-2.0 */
/*
 * subject: what people comment on and judge: a trace, an observation of one, a session, a prompt.
 *
 * Its id is kept as its sender wrote it; two that mean the same have the same key.
 */
#pragma once

#include "base/arena.h"

enum subject_kind {
    SUBJECT_TRACE,
    SUBJECT_OBSERVATION,
    SUBJECT_SESSION,
    SUBJECT_PROMPT, /* one version of it */
    SUBJECT_KIND_COUNT
};
const char *subject_kind_name(enum subject_kind kind);                 /* "trace", … */
bool subject_kind_parse(struct str name, enum subject_kind *out_kind); /* any case */

enum { SUBJECT_ID_BYTES_MAX = 800 };

struct subject {
    enum subject_kind kind;
    struct str id;    /* as its sender wrote it */
    struct str key;   /* our hex of traces and observations, else the id */
    struct str trace; /* our hex; empty: none, or not known */
};
/* The key of an id, and of a trace its trace. False when the arena is full. */
bool subject_make(enum subject_kind kind, struct str id, struct arena *arena,
                  struct subject *out_subject);
