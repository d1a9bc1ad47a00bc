/* SPDX-License-Identifier: Apache-2.0 */
/*
 * price: tokens to money, by a book of public list prices that travels in the binary (prices/),
 * with the operator's own files in front of it. docs/prices.md says how a model id is matched.
 *
 * A model the book does not know is unpriced, never free. Money is int64 nano-dollars and rates
 * are nano-dollars per million tokens, so sums are exact; each component is rounded once.
 *
 * Owns     everything a result points at: use results before price_close().
 * Threads  price_usage() and the look-ups from any thread; open and close from one.
 * Limits   ids over 512 bytes are unpriced; at most 8192 answers are remembered.
 */
#pragma once

#include "base/status.h"
#include "model/call_attributes.h"
#include "model/usage.h"

enum price_component {
    PRICE_INPUT, /* what is left of the prompt after the parts below */
    PRICE_CACHE_READ,
    PRICE_CACHE_WRITE, /* lifetime of 5 minutes, or not told */
    PRICE_CACHE_WRITE_1H,
    PRICE_AUDIO_IN,
    PRICE_IMAGE_IN,
    PRICE_OUTPUT, /* what is left of the answer after the parts below */
    PRICE_REASONING,
    PRICE_AUDIO_OUT,
    PRICE_IMAGE_OUT,
    PRICE_REQUEST, /* once a call; its rate is nano-dollars a million calls */
    PRICE_COMPONENT_COUNT
};
const char *price_component_name(enum price_component component); /* "cache_read" */

enum price_tier { TIER_DEFAULT, TIER_FLEX, TIER_PRIORITY, TIER_BATCH, TIER_FAST, TIER_COUNT };
const char *price_tier_name(enum price_tier tier);
/* What providers and SDKs call the service tier; anything else is the default tier. */
enum price_tier price_tier_parse(struct str text);

/* --- the book, as data --------------------------------------------------------------------- */

enum { PRICE_WINDOWS_MAX = 4 };
#define PRICE_ALWAYS_FROM  INT64_MIN
#define PRICE_ALWAYS_UNTIL INT64_MAX

/* Prices that hold together, and when they hold. */
struct price_row {
    int64_t from_ns, until_ns; /* from <= start of the call < until */
    int64_t above_tokens;      /* the whole prompt is larger than this */
    enum price_tier tier;
    struct str *scopes; /* any of these; none means everywhere */
    size_t scope_count;
    uint8_t days; /* bit 0 is Monday; 0 means every day */
    size_t window_count;
    struct {
        uint16_t from_minute, until_minute; /* of the day, UTC */
    } windows[PRICE_WINDOWS_MAX];
    uint32_t has;                         /* bit per component that has a rate of its own */
    int64_t rates[PRICE_COMPONENT_COUNT]; /* nano-dollars per million */
    struct str tier_id, tier_name;        /* of a project's own tier; empty: of the book */
};

struct price_entry {
    struct str id, file; /* "anthropic/claude-opus-5", "prices/anthropic.yaml" */
    struct str *patterns;
    size_t pattern_count;
    struct price_row *rows;
    size_t row_count;
    /* Thousandths applied to the default rows for a tier that has none, 0: none known. */
    int32_t factors[TIER_COUNT];
    int32_t regional; /* the same for a place that is not global */
    bool from_override;
    struct str home_scope; /* the place of a call that names none */
    struct str custom_id;  /* of a project's own price; STR_NONE: the entry is of the book */
    bool one_price;        /* the same whatever the token, so a total without a split is enough */
};

struct price_book;

struct price_options {
    const struct str *override_paths; /* later files win over earlier ones */
    size_t override_count;
    bool without_builtin; /* only the override files, for tests */
};

/* Close *out_book with price_close(). Errors name file, line and field. */
enum status price_open(const struct price_options *options, struct price_book **out_book,
                       struct error *error);
void price_close(struct price_book *book); /* NULL is fine */

size_t price_entry_count(const struct price_book *book);
const struct price_entry *price_entry_at(const struct price_book *book, size_t index);
/* 16 hex digits over all files read: kept with a cost, it tells by which book it was made. */
struct str price_version(const struct price_book *book);

/* --- which entry --------------------------------------------------------------------------- */

enum price_reason {
    PRICE_KNOWN,
    PRICE_NO_MODEL,      /* the span names none */
    PRICE_UNKNOWN_MODEL, /* no entry matches */
    PRICE_AMBIGUOUS,     /* without a provider the name fits several entries */
    PRICE_NEEDS_ALIAS,   /* an ARN or deployment that hides its model */
    PRICE_NO_ROW,        /* the entry has no price for that day, place or hour */
    PRICE_BAD_USAGE,     /* counts beyond anything real, or a cost beyond int64 */
};

struct price_match {
    enum price_reason reason;
    const struct price_entry *entry; /* NULL unless PRICE_KNOWN */
    struct str pattern;              /* the pattern of the entry that matched */
    struct str scope, region; /* "us", "eu-west-1" from the id, or empty; region lies in `model` */
    bool by_alias;
    bool other_provider; /* the model is sold by another provider than the span says */
};

/* `*` stands for any run of characters; both texts in lower case. */
bool price_pattern_fits(struct str pattern, struct str text);

/* provider may be empty or an alias ("bedrock"); model is the id as sent. Remembers its answers. */
struct price_match price_match(struct price_book *book, struct str provider, struct str model);

/* --- what a call cost ---------------------------------------------------------------------- */

struct price_request {
    struct str provider, model;
    struct str service_tier; /* the served one when known, else the requested one */
    struct str region; /* of the endpoint called (never of the caller), when known, or empty */
    int64_t time_ns;   /* the call's own start */
    const struct token_usage *usage;
    uint32_t project_id;                      /* whose own prices come first; 0: nobody's */
    int64_t arrival_ns;                       /* when the call was received */
    const struct call_attributes *attributes; /* NULL: nothing is known */
};

enum price_status { PRICE_PRICED, PRICE_UNPRICED, PRICE_NO_USAGE };
const char *price_status_name(enum price_status status); /* "priced", "unpriced", "no_usage" */

enum price_note {
    PRICE_NOTE_TIER_BY_FACTOR = 1,  /* the tier's rates are the default ones times a factor */
    PRICE_NOTE_TIER_UNKNOWN = 2,    /* the tier has no known price: charged as default */
    PRICE_NOTE_REGIONAL = 4,        /* the surcharge for a place that is not global */
    PRICE_NOTE_CLAMPED = 8,         /* parts were larger than their total */
    PRICE_NOTE_WRITE_LIFETIME = 16, /* cache writes of an unknown lifetime: as 5 minutes */
};

struct price_line {
    enum price_component component;
    enum price_component priced_as; /* itself, or the base one whose rate it takes */
    int64_t tokens;                 /* 1 for PRICE_REQUEST */
    int64_t rate;                   /* nano-dollars per million */
    int64_t cost;                   /* nano-dollars */
};

struct price_result {
    enum price_status status;
    struct price_match match;
    int64_t cost;                /* nano-dollars, the sum of the lines; 0 unless priced */
    const struct price_row *row; /* NULL unless priced */
    enum price_tier tier;        /* the tier charged */
    struct str place;            /* the geography or region charged, empty when unknown */
    int64_t prompt_tokens;       /* what was held against the thresholds */
    uint32_t notes;              /* enum price_note */
    size_t line_count;
    struct price_line lines[PRICE_COMPONENT_COUNT]; /* the last member; only line_count are set */
};

/* Always fills *out_result. Parts are subsets of their totals, as in model/usage.h. */
void price_usage(struct price_book *book, const struct price_request *request,
                 struct price_result *out_result);

/* Which price was chosen and why, as a sentence or two; cut at size, zero-terminated. */
void price_explain(const struct price_result *result, char *out, size_t size);

/* --- decimal text -------------------------------------------------------------------------- */

/* "1.25" dollars to nano-dollars, exact: at most 9 decimals, not negative. False otherwise. */
bool price_parse_dollars(struct str text, int64_t *out_nano);
enum { PRICE_TEXT_BYTES = 32 };
/* Nano-dollars to "1.25", no trailing zeros, zero-terminated. */
void price_format_dollars(int64_t nano, char out[PRICE_TEXT_BYTES]);
