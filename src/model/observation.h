/* SPDX-License-Identifier: Apache-2.0 */
/*
 * observation: one span in vitrine's own names, whichever vocabulary it was sent in.
 *
 * Borrowed memory: texts point into the batch the span came from or into the arena given to
 * normalise. The index keeps a narrow row of it; screens ask for it again from the journal.
 */
#pragma once

#include "model/batch.h"
#include "model/usage.h"

enum observation_kind {
    KIND_SPAN,
    KIND_LLM,
    KIND_EMBEDDING,
    KIND_RETRIEVER,
    KIND_RERANKER,
    KIND_TOOL,
    KIND_AGENT,
    KIND_CHAIN,
    KIND_WORKFLOW,
    KIND_TASK,
    KIND_GUARDRAIL,
    KIND_EVALUATOR,
    KIND_PROMPT,
    KIND_EVENT,
    KIND_COUNT
};
const char *observation_kind_name(enum observation_kind kind); /* "llm", … */
bool observation_kind_parse(struct str name, enum observation_kind *out_kind);
/* llm, embedding, reranker: the kinds whose usage is billed. */
bool observation_kind_is_model_call(enum observation_kind kind);

enum error_kind {
    ERROR_KIND_NONE,
    ERROR_KIND_THROTTLE,
    ERROR_KIND_TIMEOUT,
    ERROR_KIND_CONTENT_FILTER,
    ERROR_KIND_CANCELLED,
    ERROR_KIND_CLIENT,
    ERROR_KIND_SERVER,
    ERROR_KIND_TOOL,
    ERROR_KIND_UNKNOWN,
    ERROR_KIND_COUNT
};
const char *error_kind_name(enum error_kind kind); /* NULL for NONE */

enum observation_field {
#define TEXT(member, help)   FIELD_##member,
#define NUMBER(member, help) FIELD_##member,
#define REAL(member, help)   FIELD_##member,
#include "model/fields.def"
#undef TEXT
#undef NUMBER
#undef REAL
    FIELD_kind,
    FIELD_usage, /* the usage as a whole: which keys and which basis */
    FIELD_COUNT
};
const char *observation_field_name(enum observation_field field);
const char *observation_field_help(enum observation_field field);

/* Who filled a field: the vocabulary's name and the sender's key or the rule's name. */
struct provenance {
    struct str vocabulary, rule;
};

enum observation_flag {
    OBSERVATION_BILLED = 1,        /* its tokens and money count: made a model call, or stands in */
    OBSERVATION_SUMMARY = 2,       /* repeats its children's usage: shown, never added */
    OBSERVATION_BAD_TIME = 4,      /* start or end was implausible and was clamped */
    OBSERVATION_PARENT_UNSEEN = 8, /* set by queries */
    OBSERVATION_TRUNCATED = 16,    /* the sender dropped attributes */
    OBSERVATION_UNPRICED = 32,     /* billed, but no price is known */
    OBSERVATION_PENDING = 64,      /* a copy sent before the span ended: not kept in the index */
    OBSERVATION_ROOT = 128,        /* no parent, or declared a root */
    OBSERVATION_NESTED = 256,      /* set by the index: a span within it made the same call */
    OBSERVATION_GUARDED = 512,     /* a guardrail looked at it */
    OBSERVATION_BLOCKED = 1024,    /* and did not let it pass */
    OBSERVATION_FILTERED = 2048,   /* a model's content filter withheld the answer */
    OBSERVATION_STRUCTURED = 4096, /* a model was asked for JSON */
    OBSERVATION_INVALID = 8192,    /* what it wrote has not the form that was asked for */
    OBSERVATION_STANDS_IN =
        16384, /* set by the index: billed, as no call in its trace told usage */
};

struct observation {
    enum observation_kind kind;
    enum error_kind error_kind;
    uint32_t flags; /* enum observation_flag */
    bool is_error;
    struct str vocabulary;    /* the convention detected, e.g. "openinference" */
    int64_t start_ns, end_ns; /* clamped to plausible times, end >= start */
    struct token_usage usage;
#define TEXT(member, help)   struct str member;
#define NUMBER(member, help) int64_t member;
#define REAL(member, help)   double member;
#include "model/fields.def"
#undef TEXT
#undef NUMBER
#undef REAL
    struct str tags; /* JSON array text, or empty */
    /* First bytes of the question and the answer, at most OBSERVATION_PREVIEW_BYTES, for lists. */
    struct str input_preview, output_preview;
    struct str arguments;          /* of a tool or retrieval: all of its input that could be read */
    struct provenance *provenance; /* FIELD_COUNT entries, or NULL when nobody asked */
};
enum { OBSERVATION_PREVIEW_BYTES = 240 };

void observation_clear(struct observation *observation);

enum cost_source { COST_NONE, COST_GIVEN, COST_COMPUTED, COST_UNPRICED };
const char *cost_source_name(enum cost_source source);
