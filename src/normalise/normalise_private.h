/* SPDX-License-Identifier: Apache-2.0 */
/*
 * normalise, inside: a vocabulary is a table of rows {key, slot, coercion, order}; one reading of
 * one span looks every attribute up once and lets the rows of the keys it found compete for slots.
 *
 * A slot is a field of the observation, a token count or a thing that only the pipeline needs. Who
 * wins a slot is one number, the rank: carrier (span, event, log, scope, resource), then standing
 * (override, standard, native to the detected vocabulary, deprecated, other), then the row's order.
 */
#pragma once

#include "normalise/normalise.h"

/* --- vocabularies as data ------------------------------------------------------------------- */

enum slot {
#define TEXT(member, help)   SLOT_##member,
#define NUMBER(member, help) SLOT_##member,
#define REAL(member, help)   SLOT_##member,
#include "model/fields.def"
#undef TEXT
#undef NUMBER
#undef REAL
    SLOT_kind,  /* explicit kinds and operations; order is the step of the ladder */
    SLOT_usage, /* never written by rows: the name of the usage as a whole */
    SLOT_input_total,
    SLOT_output_total,
    SLOT_total,
    SLOT_cache_read,
    SLOT_cache_write,
    SLOT_cache_write_5m,
    SLOT_cache_write_1h,
    SLOT_reasoning,
    SLOT_audio_in,
    SLOT_audio_out,
    SLOT_image_in,
    SLOT_image_out,
    SLOT_tags,
    SLOT_RANKED_END,
    /* Not ranked one by one. */
    SLOT_input = SLOT_RANKED_END, /* a place where the input may stand; order is its priority */
    SLOT_output,
    SLOT_none, /* the row is only evidence, a hint or kept for later */
    /* Looked at only when a person opens the span. */
    SLOT_parameter,
    SLOT_parameter_bag,
    SLOT_system,
    SLOT_tools,
    SLOT_documents,
    SLOT_COUNT
};

enum coercion {
    AS_TEXT,
    AS_TEXT_AT,  /* a member of a JSON text, row.path */
    AS_COUNT,    /* int64 >= 0 */
    AS_COUNT_AT, /* the same, a member of a JSON text */
    AS_MONEY,    /* double >= 0 */
    AS_MONEY_AT,
    AS_FLAG,       /* 1 or 0 */
    AS_SECONDS,    /* to nanoseconds */
    AS_MS,         /* to nanoseconds */
    AS_TIME,       /* R7, to nanoseconds since 1970 */
    AS_LENGTH,     /* items of a vector */
    AS_LIST,       /* R5, to a JSON array */
    AS_LIST_FIRST, /* R5, its first item */
    AS_KIND,       /* by row.kinds */
    AS_READ,       /* by row.read, for what the others cannot say */
};

enum standing {
    STANDING_OWN, /* in a row: the vocabulary's; never a vocabulary's */
    STANDING_OVERRIDE,
    STANDING_STANDARD,
    STANDING_NATIVE, /* given to rows of the detected vocabulary */
    STANDING_DEPRECATED,
    STANDING_OTHER,
    STANDING_LAST, /* the row asks to come last */
};

/* How the text of an input or output is to be read. */
enum shape {
    SHAPE_ANY,      /* text, or JSON of any known message form */
    SHAPE_MESSAGES, /* a message list: of any kind of span */
    SHAPE_OUTPUT,   /* messages of which only the last assistant's is the output */
    SHAPE_ARGUMENTS,
    SHAPE_TYPED,   /* LangWatch: {type, value} */
    SHAPE_AI_TEXT, /* AI SDK: text, reasoning, tool calls and object in attributes of their own */
    SHAPE_INDEXED, /* flattened keys; `prefix` says which */
    SHAPE_EVENTS,  /* span events and joined logs */
};

enum row_flag {
    ROW_EVIDENCE = 1, /* the key alone detects its vocabulary */
    ROW_RESOURCE = 2, /* may also stand on the resource */
    ROW_NATIVE = 4,   /* set by the index: stands higher where its vocabulary is detected */
    ROW_DETECTED = 8, /* a word so common that it counts only where its vocabulary is seen */
};

/* What a key says about the kind when nothing says it outright. */
enum hint {
    HINT_TOOL = 1,
    HINT_RETRIEVER = 2,
    HINT_RERANKER = 4,
    HINT_EMBEDDING = 8,
    HINT_GUARDRAIL = 16,
    HINT_EVALUATOR = 32,
    HINT_CONTENT = 64, /* messages */
    HINT_AGENT = 128,
    HINT_WORKFLOW = 256,
    HINT_GRAPH = 512,
    HINT_INPUT_DETAILS = 1024, /* AI SDK 6: the input's details are given */
    HINT_CACHED = 2048,
    HINT_MODEL = 4096,
};

/* Values that the pipeline wants to look at as they were sent. */
enum keep {
    KEEP_NOTHING,
    KEEP_operation,
    KEEP_provider,
    KEEP_system,
    KEEP_traceloop_kind,
    KEEP_entity_name,
    KEEP_ai_operation,
    KEEP_mcp_method,
    KEEP_db_system,
    KEEP_db_operation,
    KEEP_logfire_type,
    KEEP_server_port,
    KEEP_http_status,
    KEEP_rpc_status,
    KEEP_failed,    /* a status word: error, failure, FAILED */
    KEEP_succeeded, /* a bool: false is a failure */
    KEEP_error_text,
    KEEP_is_root,
    KEEP_ai_text,
    KEEP_ai_reasoning,
    KEEP_ai_tool_calls,
    KEEP_ai_object,
    KEEP_ai_files,
    KEEP_COUNT
};

struct reading;
struct row;

/* A word that names a kind. `op`: the canonical operation it implies, or NULL. */
struct kind_name {
    const char *name;
    enum observation_kind kind;
    const char *op;
};

struct row {
    struct str key;
    uint8_t slot;     /* enum slot */
    uint8_t as;       /* enum coercion */
    uint8_t order;    /* place among the rows of its slot */
    uint8_t standing; /* enum standing; STANDING_OWN: as the vocabulary */
    uint8_t flags;    /* enum row_flag */
    uint8_t keep;     /* enum keep */
    uint8_t shape;    /* enum shape, of inputs and outputs */
    uint8_t owner;    /* set by the index: number of the vocabulary */
    uint16_t hint;    /* enum hint */
    uint16_t only;    /* bit per kind that the row holds for; 0: all */
    const char *path; /* AS_*_AT: where in the JSON; parameters: the name */
    const struct kind_name *kinds;
    void (*read)(struct reading *reading, const struct row *row, const struct value *value,
                 unsigned rank);
};
#define ROW(key_, slot_, as_, order_, ...)                                                         \
    {                                                                                              \
        .key = STR_INIT(key_), .slot = SLOT_##slot_, .as = AS_##as_, .order = (order_),            \
        ##__VA_ARGS__                                                                              \
    }
#define SOURCE(key_, direction_, order_, shape_, ...)                                              \
    {                                                                                              \
        .key = STR_INIT(key_), .slot = SLOT_##direction_, .order = (order_),                       \
        .shape = SHAPE_##shape_, ##__VA_ARGS__                                                     \
    }
#define PARAMETER(key_, name_, order_, ...)                                                        \
    {                                                                                              \
        .key = STR_INIT(key_), .slot = SLOT_parameter, .path = (name_), .order = (order_),         \
        ##__VA_ARGS__                                                                              \
    }
#define MARK(key_, ...)                                                                            \
    {                                                                                              \
        .key = STR_INIT(key_), .slot = SLOT_none, ##__VA_ARGS__                                    \
    }
/* The row stands where the reference lists it, whichever vocabulary is detected. */
#define LISTED      .standing = STANDING_STANDARD
#define BARE        .flags = ROW_DETECTED
#define ONLY(kind_) (uint16_t)(1u << KIND_##kind_)

/* Families of flattened keys, `prefix` + "." + index + "." + rest. */
enum group {
    GROUP_NONE,
    GROUP_oi_input,
    GROUP_oi_output,
    GROUP_oi_prompts,
    GROUP_oi_choices,
    GROUP_tl_prompt,
    GROUP_tl_completion,
    GROUP_oi_documents,
    GROUP_oi_reranked,
    GROUP_oi_reranker_input,
    GROUP_oi_tools,
    GROUP_tl_functions,
    GROUP_oi_embeddings,
    GROUP_trace_tags,
    GROUP_COUNT
};

struct prefix {
    struct str text;  /* with its final separator */
    uint8_t evidence; /* 1: a key that starts so detects the vocabulary */
    uint8_t digit;    /* 1: a digit must follow */
    uint8_t group;    /* enum group */
    uint8_t owner;    /* set by the index */
    uint16_t hint;
};
#define PREFIX(text_, ...)                                                                         \
    {                                                                                              \
        .text = STR_INIT(text_), ##__VA_ARGS__                                                     \
    }

struct vocabulary {
    const char *name, *summary;
    enum standing standing;
    const struct row *rows;
    size_t row_count;
    const struct prefix *prefixes;
    size_t prefix_count;
    const char *const *scopes; /* NULL-terminated; a final '*' makes it a prefix */
    /* Optional: what tables cannot say. */
    bool (*detect)(const struct reading *reading);
    void (*kind)(struct reading *reading);   /* before the ladder; may set the kind */
    void (*refine)(struct reading *reading); /* after the rows */
};
#define ROWS(table)     .rows = (table), .row_count = sizeof(table) / sizeof *(table)
#define PREFIXES(table) .prefixes = (table), .prefix_count = sizeof(table) / sizeof *(table)

/* Numbers of the vocabularies, in the order of detection. */
enum {
#define VOCABULARY(name) VOCABULARY_##name,
#include "normalise/vocabularies.def"
#undef VOCABULARY
    VOCABULARY_COUNT
};
#define VOCABULARY(name) extern const struct vocabulary vocabulary_##name;
#include "normalise/vocabularies.def"
#undef VOCABULARY
extern const struct vocabulary *const vocabularies[VOCABULARY_COUNT];
static inline const struct vocabulary *vocabulary_at(size_t number)
{
    return vocabularies[number];
}

/* --- keys.c: the index of all known keys ------------------------------------------------------ */

struct key_entry {
    struct str key;
    const struct row *rows;
    uint16_t row_count, early_count; /* early: rows of the kind, which come first */
    uint16_t hint;
    uint8_t keep, group;
    uint64_t evidence; /* bit per vocabulary */
};
const struct key_entry *key_find(struct str key); /* NULL when unknown */
/* Prefixes that the unknown key starts with: ORs into the three. */
void key_prefixes(struct str key, uint64_t *evidence, uint16_t *hint, uint8_t *group);
uint64_t scope_evidence(struct str scope_name); /* bit per vocabulary */
/* Numbers of the vocabularies that have a test of their own, ascending; VOCABULARY_COUNT ends them.
 */
const uint8_t *vocabularies_with_tests(void);

/* --- one reading of one span ------------------------------------------------------------------ */

enum carrier {
    CARRIER_SPAN,
    CARRIER_EVENT,
    CARRIER_LOG,
    CARRIER_SCOPE,
    CARRIER_RESOURCE,
    CARRIER_RULE
};
enum { FOUND_MAX = 384, SOURCES_MAX = 16, PARAMETERS_MAX = 128 };
#define RANK_NONE UINT16_MAX

/* A place where the input or output stands. */
struct source {
    uint16_t rank;
    uint8_t shape, group;
    const struct row *row;     /* NULL: a group or events */
    const struct value *value; /* NULL: as above */
};

/* Content that was read for one field is not read again for the next. */
enum { CONTENT_MEMO_MAX = 4 };
struct content_memo {
    const struct value *values[CONTENT_MEMO_MAX];
    struct str texts[CONTENT_MEMO_MAX];
    size_t count;
};

struct reading {
    const struct normalise_input *input;
    const struct span *span;
    const struct scope *scope;
    const struct resource *resource;
    struct arena *arena;
    struct observation *out;
    struct content_memo *memo; /* its own, changeable through a const reading */
    struct content_memo memo_storage;
    const struct vocabulary *vocabulary;
    unsigned vocabulary_number;
    bool content; /* for a person: content rows are looked at too */
    bool kind_known;
    uint64_t evidence; /* bit per vocabulary */
    uint32_t groups;   /* bit per group seen */
    uint32_t events;   /* enum event_seen */
    uint16_t hints;
    uint16_t found_count, source_in_count, source_out_count;
    enum usage_basis usage_basis; /* told by a reader that already made totals */
    struct str usage_rule;
    const struct span_event *exception;
    uint64_t first_token_event_ns;
    uint16_t ranks[SLOT_RANKED_END];
    const struct value *kept[KEEP_COUNT];
    struct found {
        const struct key_entry *entry;
        const struct value *value;
        uint8_t carrier;
    } found[FOUND_MAX];
    struct source inputs[SOURCES_MAX], outputs[SOURCES_MAX];
};

enum event_seen {
    EVENT_MESSAGES_IN = 1, /* message events or details that carry input */
    EVENT_MESSAGES_OUT = 2,
    EVENT_HITS = 4, /* hits of a vector search */
    EVENT_WARNING = 8,
};

/* reading.c */
void reading_start(struct reading *reading, const struct normalise_input *input,
                   struct arena *arena, struct observation *out);
void reading_detect(struct reading *reading);
void reading_apply(struct reading *reading, bool early);
static inline bool reading_has(const struct reading *reading, unsigned slot)
{
    return reading->ranks[slot] != RANK_NONE;
}
/* True when `rank` is at least as good as what fills the slot. */
static inline bool reading_knows(const struct reading *reading, const struct row *row)
{
    return !(row->flags & ROW_DETECTED) || row->owner == reading->vocabulary_number ||
           (reading->evidence >> row->owner & 1);
}
static inline bool reading_open(const struct reading *reading, unsigned slot, unsigned rank)
{
    return rank <= reading->ranks[slot];
}
/* Fill a slot. Provenance: the row's vocabulary and key, or for rules "vitrine" and `rule`. */
void reading_set_text(struct reading *reading, unsigned slot, unsigned rank, const struct row *row,
                      struct str text);
void reading_set_number(struct reading *reading, unsigned slot, unsigned rank,
                        const struct row *row, int64_t number);
void reading_set_real(struct reading *reading, unsigned slot, unsigned rank, const struct row *row,
                      double number);
void reading_rule_text(struct reading *reading, unsigned slot, struct str text, const char *rule);
void reading_rule_number(struct reading *reading, unsigned slot, int64_t number, const char *rule);
void reading_note(struct reading *reading, unsigned slot, struct str vocabulary, struct str rule);
bool kept_equals(const struct value *value, struct str text); /* no case */
static inline bool kept_is(const struct reading *reading, enum keep keep, struct str text)
{
    return reading->kept[keep] && kept_equals(reading->kept[keep], text);
}
struct str kept_text(const struct reading *reading, enum keep keep);

/* coerce.c: R1 to R8 */
enum { CONTENT_READ_MAX = 1 << 20 }; /* longer content is not read on the way in */
struct str coerce_content(const struct reading *reading, const struct value *value, size_t max);
/* The last `bytes` of content that is longer and was kept in pieces, as histories are: the end of
 * a JSON list or object. STR_NONE: it was not. */
struct str coerce_content_end(const struct reading *reading, const struct value *value,
                              size_t bytes);
bool coerce_text(const struct reading *reading, const struct value *value, struct str *out);
bool coerce_number(const struct value *value, double *out);
bool coerce_count(const struct value *value, int64_t *out);
bool coerce_count_text(struct str text, int64_t *out);
bool coerce_flag(const struct value *value, bool *out);
bool coerce_time(const struct value *value, int64_t *out_ns);
bool coerce_list(const struct reading *reading, const struct value *value, struct str *out_json);
bool coerce_list_first(const struct reading *reading, const struct value *value, struct str *out);
bool scale_ns(double number, double ns_each, int64_t *out_ns);
/* The text of a value as JSON would have it: strings stay themselves, the rest becomes JSON. */
struct str value_as_text(const struct reading *reading, const struct value *value);
/* The value as JSON: strings become quoted. */
struct str value_as_json(const struct reading *reading, const struct value *value);

/* peek.c: a few members of a JSON text, without parsing it all and without memory */
struct peek {
    const char *at, *end;
};
struct peek peek_into(struct str container);            /* at its first item or member */
bool peek_item(struct peek *peek, struct str *out_raw); /* of an array */
bool peek_pair(struct peek *peek, struct str *out_key, struct str *out_raw); /* of an object */
bool peek_member(struct str object, struct str key, struct str *out_raw);
bool peek_path(struct str json, const char *path, struct str *out_raw); /* "a.0.b" */
size_t peek_string(struct str raw, char *out, size_t max); /* unescaped, whole characters */
struct str peek_text(struct str raw, size_t max, struct arena *arena); /* unescaped if quoted */

/* One concern a file. */
bool vector_db_search(const struct reading *reading);
void kind_decide(struct reading *reading);
bool operation_parse(struct str name, enum observation_kind *out_kind, struct str *out_op);
void operation_read(struct reading *reading, const struct row *row, const struct value *value,
                    unsigned rank);
void provider_read(struct reading *reading, const struct row *row, const struct value *value,
                   unsigned rank);
void provider_decide(struct reading *reading);
void model_decide(struct reading *reading);
void usage_decide(struct reading *reading);
void usage_details_read(struct reading *reading, const struct row *row, const struct value *value,
                        unsigned rank);
void finish_read(struct reading *reading, const struct row *row, const struct value *value,
                 unsigned rank);
void finish_set(struct reading *reading, unsigned rank, const struct row *row, struct str raw);
void finish_decide(struct reading *reading);
void events_scan(struct reading *reading);
void logs_scan(struct reading *reading);
struct str event_attribute(const struct reading *reading, const struct attributes *attributes,
                           struct str key);
void errors_decide(struct reading *reading);
/* "AI_JSONParseError" of "vercel.ai.error:AI_JSONParseError". */
struct str error_class_tail(struct str type);
void ttft_by_producer_read(struct reading *reading, const struct row *row,
                           const struct value *value, unsigned rank);
/* Text that counts only on a root span. */
void root_text_read(struct reading *reading, const struct row *row, const struct value *value,
                    unsigned rank);
void level_read(struct reading *reading, const struct row *row, const struct value *value,
                unsigned rank);
void timing_clamp(struct reading *reading);
void timing_decide(struct reading *reading);
void identity_decide(struct reading *reading);
void billing_decide(struct reading *reading);
void outcome_decide(struct reading *reading);
void preview_fill(struct reading *reading);
/* Sources in their order for this kind of span. */
void sources_order(struct reading *reading);

/* Content, for people. */
struct json;
bool role_canonical(struct str raw, struct str *out_role);
struct content {
    struct reading *reading;
    struct arena *arena;
    struct conversation *out;
};
/* Appends the messages of any known form; false when it has none of them. */
/* Rows of a content slot among the found keys, by order; *from starts at -1 and moves on. */
const struct found *content_row(const struct reading *reading, enum slot slot, int *from,
                                const struct row **out_row);
/* The value as JSON when it is or looks like JSON. */
bool content_parse(struct content *content, const struct value *value, struct json *out);
/* Messages, system instructions and the raw input and output. */
void content_fill(struct content *content);
bool messages_from_json(struct content *content, const struct json *json, struct str role,
                        struct messages *out);
void message_from_text(struct content *content, struct str role, struct str text,
                       struct messages *out);
bool message_from_json(struct content *content, const struct json *json, struct str role,
                       struct messages *out);
bool parts_from_json(struct content *content, const struct json *json, struct part **out_parts,
                     size_t *out_count);
bool part_from_json(struct content *content, const struct json *json, struct part *out);
struct str json_as_text(struct content *content, const struct json *json);
const struct json *json_first(const struct json *object, const char *const *names);
/* Flattened keys under a prefix as one JSON text: an array when they are numbered. */
struct str unflatten(struct arena *arena, const struct reading *reading,
                     const struct attributes *attributes, struct str prefix);
struct str group_prefix(enum group group);
void messages_from_events(struct content *content);
void documents_fill(struct content *content);
void tools_fill(struct content *content);
void parameters_fill(struct content *content);
