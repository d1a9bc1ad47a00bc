/* SPDX-License-Identifier: Apache-2.0 */
/*
 * language: the text of a CloudWatch Logs Insights query -> a syntax tree that is known to be well
 * formed. What the names in it mean is not known here: src/query gives fields a type and a place.
 *
 * Owns     nothing: the tree and a copy of the text live in the caller's arena. Strings in the tree
 *          are unescaped already. Every node knows the bytes of the text it was read from.
 * Limits   below; a text, a list or a nesting beyond is refused, so whoever walks the tree may
 *          recurse.
 * The words are in commands.def and functions.def; docs/query-language.md describes them.
 */
#pragma once

#include "base/arena.h"
#include "base/status.h"

enum {
    LANGUAGE_CHARACTERS_MAX = 10000, /* Unicode characters of text, as in CloudWatch */
    LANGUAGE_DEPTH_MAX = 200,        /* of an expression: parentheses, operators and calls */
    LANGUAGE_COMMANDS_MAX = 100,
    LANGUAGE_ITEMS_MAX = 200, /* in the list of one command */
    LANGUAGE_LIST_MAX = 1000, /* in `[…]` */
    LANGUAGE_ARGUMENTS_MAX = 100,
    LANGUAGE_STATS_MAX = 10,
    LANGUAGE_NAME_MAX = 500, /* bytes of a field's name */
    LANGUAGE_ROWS_DEFAULT = 10000,
    LANGUAGE_ROWS_MAX = 100000,
};

/* Bytes of the text. */
struct place {
    uint32_t offset, length;
};

/* --- errors ---------------------------------------------------------------------------------- */

/* What was wrong, and where. line and column count from 1; column in characters. */
struct language_error {
    enum status status;
    char message[400]; /* a sentence without a final stop */
    bool has_position;
    uint32_t offset, line, column, length;
    char expected[200];   /* "" when the message says it all */
    char suggestion[200]; /* "did you mean `stats`?", or "" */
};

/* Fills *error for the bytes at `at`; the later stages use it too. expected and suggestion may be
 * NULL. Returns `status`. */
enum status language_fail(struct language_error *error, struct str text, struct place at,
                          enum status status, const char *expected, const char *suggestion,
                          const char *format, ...) __attribute__((format(printf, 7, 8)));

/* The nearest of `count` names by edit distance, or NULL when none is near. Letter case counts
 * little: `Model` is near `model`. */
const char *language_nearest(struct str word, const char *const *names, size_t count);

/* --- words ----------------------------------------------------------------------------------- */

enum command_id {
#define COMMAND(id, name, other_names, syntax, description) COMMAND_##id,
#include "language/commands.def"
#undef COMMAND
    COMMAND_END
};

struct command_word {
    const char *name, *other_names; /* other_names: separated by a space; also understood */
    const char *syntax, *description;
};
extern const struct command_word command_words[COMMAND_END];

enum function_id {
#define FUNCTION(id, name, other_names, min, max, kinds, result, aggregate, signature, text)       \
    FUNCTION_##id,
#include "language/functions.def"
#undef FUNCTION
    FUNCTION_END
};

enum result_kind {
    RESULT_NUMBER,
    RESULT_INTEGER,
    RESULT_TEXT,
    RESULT_TIME, /* a timestamp */
    RESULT_BOOLEAN,
    RESULT_LIST,
    RESULT_ANY, /* as its arguments */
};

struct function_word {
    const char *name, *other_names;
    uint8_t min, max;  /* arguments; max 255: as many as a call may have */
    const char *kinds; /* one letter an argument, see functions.def */
    enum result_kind result;
    bool aggregate;
    const char *signature, *description;
};
extern const struct function_word function_words[FUNCTION_END];

/* Any case, with or without underscores: `count_distinct`, `countDistinct`. False: no such one. */
bool language_find_command(struct str word, enum command_id *out_id);
bool language_find_function(struct str word, enum function_id *out_id);

/* --- expressions ----------------------------------------------------------------------------- */

enum expression_kind {
    EXPRESSION_NUMBER,   /* number; integer when is_integer */
    EXPRESSION_STRING,   /* text */
    EXPRESSION_BOOLEAN,  /* integer 1 or 0: `true`, `false` */
    EXPRESSION_REGEX,    /* text, without the slashes; `\/` is `/` already */
    EXPRESSION_PERIOD,   /* number and unit: 5m, 1.5s */
    EXPRESSION_FIELD,    /* text: the dotted name, without backticks; `a[0].b` is `a.0.b` */
    EXPRESSION_STAR,     /* the argument of count(*) */
    EXPRESSION_LIST,     /* arguments are its items */
    EXPRESSION_CALL,     /* function, arguments */
    EXPRESSION_OPERATOR, /* operator, arguments: 1 or 2; `and` and `or` 2 or more */
    EXPRESSION_MEMBER,   /* arguments[0], text: `jsonParse(x).name` */
    EXPRESSION_INDEX,    /* arguments[0] [arguments[1]]: after a call, or not a constant */
    EXPRESSION_SUBQUERY, /* subquery; only as the right side of OPERATOR_IN and OPERATOR_NOT_IN */
};

enum operator_id {
    OPERATOR_OR,
    OPERATOR_AND,
    OPERATOR_NOT,
    OPERATOR_EQUAL,
    OPERATOR_NOT_EQUAL,
    OPERATOR_LESS,
    OPERATOR_LESS_EQUAL,
    OPERATOR_GREATER,
    OPERATOR_GREATER_EQUAL,
    OPERATOR_LIKE,     /* right side: a string (substring) or a regex; `=~` is this too */
    OPERATOR_NOT_LIKE, /* `not like`, `!~` */
    OPERATOR_IN,       /* right side: EXPRESSION_LIST or EXPRESSION_SUBQUERY */
    OPERATOR_NOT_IN,
    OPERATOR_ADD,
    OPERATOR_SUBTRACT,
    OPERATOR_MULTIPLY,
    OPERATOR_DIVIDE,
    OPERATOR_MODULO,
    OPERATOR_POWER,  /* from the right: 2^3^2 is 2^9 */
    OPERATOR_NEGATE, /* never of a plain number: `-5` is EXPRESSION_NUMBER */
    OPERATOR_END
};

/* As it is written: "or", "!=", "not like". */
const char *operator_text(enum operator_id operator_id);

enum period_unit {
    UNIT_NANOSECOND, /* ns and us are ours: literals in comparisons */
    UNIT_MICROSECOND,
    UNIT_MILLISECOND,
    UNIT_SECOND,
    UNIT_MINUTE,
    UNIT_HOUR,
    UNIT_DAY,
    UNIT_WEEK,
    UNIT_MONTH, /* from here on no fixed length: the calendar decides where it matters */
    UNIT_QUARTER,
    UNIT_YEAR,
};

/* The letters AWS prints: "ms", "s", "m", "h", "d", "w", "mo", "q", "y". */
const char *period_unit_text(enum period_unit unit);
/* Nanoseconds of one; a month counts 30 days, a quarter 91, a year 365. */
int64_t period_unit_ns(enum period_unit unit);

struct language_query;
struct expression {
    enum expression_kind kind;
    enum operator_id operator_id;
    enum function_id function;
    enum period_unit unit;
    struct place at;        /* with the parentheses around it, if any */
    struct place word_at;   /* of the operator, the function's name, or the same as `at` */
    struct str source_text; /* its bytes; runs of white space and comments are one space */
    bool is_integer;
    int64_t integer; /* an integer beyond 64 bits is only `number` */
    double number;
    struct str text;
    struct expression **arguments;
    size_t argument_count;
    struct language_query *subquery;
    uint32_t depth;     /* 1: a leaf */
    bool has_aggregate; /* an aggregate function is called in it */
};

/* --- commands -------------------------------------------------------------------------------- */

enum direction { DIRECTION_UNSAID, DIRECTION_ASCENDING, DIRECTION_DESCENDING };

/* One of a list: `expression [as alias]`, a sort key, a stats key. */
struct item {
    struct expression *expression;
    struct str name; /* the column: the alias, or the field's name, or the source text */
    bool has_alias;
    bool wildcard; /* filldown: every column whose name begins so: cpu* */
    struct place name_at;
    enum direction direction;  /* sort */
    struct expression *offset; /* stats … by bin(1h) offset 30m: a period, or NULL */
};

struct items {
    struct item *list;
    size_t count;
};

struct word { /* a name that stands for itself */
    struct str text;
    struct place at;
};

struct words {
    struct word *list;
    size_t count;
};

/* name=value of a helper command: `span=5m`, `window=10`, `type=left`. */
struct named_value {
    struct word name;
    struct expression *value;
};

enum diff_period { DIFF_PREVIOUS, DIFF_PREVIOUS_DAY, DIFF_PREVIOUS_WEEK, DIFF_PREVIOUS_MONTH };

/*
 * What a command uses, and the rest is empty:
 *
 *   fields display            items
 *   filter filterIndex        expression
 *   stats                     items (aggregates), by
 *   sort                      items with direction
 *   limit head tail           count, any (limit), name says which was written: id
 *   parse                     expression (NULL: @message), pattern, is_regex, names
 *   dedup                     items
 *   unnest                    expression, names[0]
 *   pattern                   expression
 *   diff                      diff, or expression: the period (logcompare)
 *   anomaly                   nothing
 *   lookup cidrlookup         table, items (keys), names (OUTPUT columns), outputs, only_missing
 *   join                      options (type, left, right), expression = names[0], subquery
 *   appendcols                subquery
 *   the other helpers         items, options (helper_options.def), expression (where), names (as)
 */
struct command {
    enum command_id id;
    struct place at;
    struct place word_at;
    struct items items, by;
    struct expression *expression;
    struct str pattern; /* the glob, unescaped, or the regex */
    struct place pattern_at;
    bool is_regex;
    struct words names;
    struct words outputs; /* lookup: what `names` are called in the row */
    bool only_missing;    /* lookup: OUTPUTNEW */
    int64_t count;
    bool any;
    enum diff_period diff;
    struct word table;
    struct named_value *options;
    size_t option_count;
    struct language_query *subquery;
};

/* The option as it was written, or NULL; its value is of the kind helper_options.def says. */
const struct expression *command_option(const struct command *command, const char *name);
bool command_flag(const struct command *command, const char *name, bool otherwise);
/* `p=2` is 2 to 2, `p=1-4` is 1 to 4. */
void expression_range(const struct expression *value, int64_t *out_first, int64_t *out_last);

/* --- the whole ------------------------------------------------------------------------------- */

enum source_id {
    SOURCE_UNSAID,
    SOURCE_SPANS,
    SOURCE_TRACES,
    SOURCE_LOGS,
    SOURCE_METRICS,
    SOURCE_SCORES,
    SOURCE_GROUPS /* log groups of CloudWatch: names; `SOURCE 'a' | SOURCE 'b'` adds up */
};

const char *source_name(enum source_id source); /* "spans"; "" for SOURCE_UNSAID */
bool source_find(struct str name, enum source_id *out_source);
/* What log groups of CloudWatch are here: spans when one is of spans or model invocations
 * (`aws/spans`, `bedrock-model-invocation-logging`), else logs; `otherwise` without a name. */
struct language_query;
enum source_id source_of_groups(const struct language_query *query, enum source_id otherwise);

/* START= and END= of SOURCE. Relative to now when `is_relative`, else since 1970. */
struct source_time {
    bool present, is_relative;
    int64_t ms;
};

struct language_query {
    struct str text; /* the whole text, also of a subquery */
    enum source_id source;
    struct words groups;               /* SOURCE_GROUPS: names, prefixes, data sources */
    struct named_value *group_options; /* logGroups(…): namePrefix, accountIdentifiers, class */
    size_t group_option_count;
    struct source_time start, end;
    struct place source_at;
    struct command *commands; /* without SOURCE */
    size_t command_count;
};

/* STATUS_OK: *out is well formed. Otherwise *error says what is wrong and where. */
enum status language_parse(struct str text, struct arena *arena, struct language_query **out,
                           struct language_error *error);
