/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The price stage, from case files: tests/cases/price/(name).case, or the directory in PRICE_CASES.
 * One cmocka test a case. A case is
 *
 *   == the title, a sentence
 *   > key=value …     the call: provider model tier region time, tokens by name, and which books:
 *                     book=a,b (only these of books/), override=a (over the shipped one), load=a
 *   < word value …    what must come out; see check_line()
 *
 * A value runs to the next space. Lines starting with # are comments.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "price/price.h"

#include <cmocka.h> /* last: it has a macro named fail */

enum { CASES_MAX = 1000, BOOKS_MAX = 8 };

struct price_case {
    char *title;
    struct str question, answers;
};

static const char *case_root;

static struct str next_word(struct str *rest)
{
    struct str word = STR_NONE;
    *rest = str_trim(*rest);
    str_take(rest, ' ', &word);
    return word;
}

/* --- the question ------------------------------------------------------------------------------
 */

struct question {
    struct price_request request;
    struct token_usage usage;
    struct str book, override, load;
};

static bool read_tokens(struct question *question, struct str key, struct str value)
{
    struct token_usage *usage = &question->usage;
    const struct {
        const char *name;
        int64_t *tokens;
    } counts[] = {
        {"input", &usage->input_total},
        {"output", &usage->output_total},
        {"total", &usage->total},
        {"cache_read", &usage->cache_read},
        {"cache_write", &usage->cache_write},
        {"cache_write_5m", &usage->cache_write_5m},
        {"cache_write_1h", &usage->cache_write_1h},
        {"reasoning", &usage->reasoning},
        {"audio_in", &usage->audio_in},
        {"audio_out", &usage->audio_out},
        {"image_in", &usage->image_in},
        {"image_out", &usage->image_out},
    };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (str_equal(key, str_from(counts[i].name)))
            return str_to_i64(value, counts[i].tokens);
    return false;
}

static void read_question(struct str text, struct question *question)
{
    *question = (struct question){0};
    usage_clear(&question->usage);
    question->request.usage = &question->usage;
    assert_true(clock_parse(STR("2026-11-20"), &question->request.time_ns));
    while (str_trim(text).len) {
        struct str word = next_word(&text);
        size_t equals = str_find_byte(word, '=');
        struct str key = str_sub(word, 0, equals), value = str_sub(word, equals + 1, word.len);
        const struct {
            const char *name;
            struct str *text;
        } texts[] = {
            {"provider", &question->request.provider},
            {"model", &question->request.model},
            {"tier", &question->request.service_tier},
            {"region", &question->request.region},
            {"book", &question->book},
            {"override", &question->override},
            {"load", &question->load},
        };
        size_t i = 0;
        while (i < sizeof texts / sizeof *texts && !str_equal(key, str_from(texts[i].name)))
            i++;
        if (i < sizeof texts / sizeof *texts)
            *texts[i].text = value;
        else if (str_equal(key, STR("time")))
            assert_true(clock_parse(value, &question->request.time_ns));
        else if (!read_tokens(question, key, value))
            fail_msg("the case has an unknown or bad word: %.*s", STR_ARGS(word));
    }
}

/* --- the books, opened once each ---------------------------------------------------------------
 */

static struct {
    char key[200];
    struct price_book *book;
} books[BOOKS_MAX];

static enum status open_files(struct str names, bool without_builtin, struct price_book **out_book,
                              struct error *error)
{
    char paths[4][512];
    struct str texts[4], name;
    struct price_options options = {.override_paths = texts, .without_builtin = without_builtin};
    while (names.len && str_take(&names, ',', &name)) {
        assert_true(options.override_count < 4);
        char *path = paths[options.override_count];
        bool bad = str_find_byte(name, '/') < name.len;
        snprintf(path, sizeof paths[0], "%s/%s%.*s.yaml", case_root, bad ? "" : "books/",
                 STR_ARGS(name));
        texts[options.override_count++] = str_from(path);
    }
    return price_open(&options, out_book, error);
}

static struct price_book *get_book(const struct question *question)
{
    char key[200];
    struct error error;
    snprintf(key, sizeof key, "%.*s|%.*s", STR_ARGS(question->book), STR_ARGS(question->override));
    size_t i = 0;
    for (; i < BOOKS_MAX && books[i].book; i++)
        if (strcmp(books[i].key, key) == 0)
            return books[i].book;
    assert_true(i < BOOKS_MAX);
    bool only = question->book.len > 0;
    if (open_files(only ? question->book : question->override, only, &books[i].book, &error))
        fail_msg("%s", error.text);
    strcpy(books[i].key, key);
    return books[i].book;
}

/* --- the answer ----------------------------------------------------------------------------------
 */

static const char *reason_word(enum price_reason reason)
{
    static const char *const words[] = {
        [PRICE_KNOWN] = "known",
        [PRICE_NO_MODEL] = "no_model",
        [PRICE_UNKNOWN_MODEL] = "unknown_model",
        [PRICE_AMBIGUOUS] = "ambiguous",
        [PRICE_NEEDS_ALIAS] = "needs_alias",
        [PRICE_NO_ROW] = "no_row",
        [PRICE_BAD_USAGE] = "bad_usage",
    };
    return words[reason];
}

static void expect_text(const char *what, struct str got, struct str want)
{
    if (!str_equal(got, str_trim(want)))
        fail_msg("%s is '%.*s', expected '%.*s'", what, STR_ARGS(got), STR_ARGS(want));
}

static void expect_money(const char *what, int64_t nano, struct str want)
{
    char got[PRICE_TEXT_BYTES];
    price_format_dollars(nano, got);
    expect_text(what, str_from(got), want);
}

static void check_status(const struct price_result *result, struct str word, struct str rest)
{
    if (!str_equal(word, str_from(price_status_name(result->status))))
        fail_msg("the call is %s (%s), expected %.*s", price_status_name(result->status),
                 reason_word(result->match.reason), STR_ARGS(word));
    if (result->status == PRICE_PRICED) {
        expect_money("cost", result->cost, rest);
        int64_t sum = 0;
        for (size_t i = 0; i < result->line_count; i++)
            sum += result->lines[i].cost;
        assert_int_equal(sum, result->cost);
    } else {
        assert_int_equal(result->cost, 0);
        assert_int_equal(result->line_count, 0);
        assert_null(result->row);
        if (result->status == PRICE_UNPRICED)
            expect_text("reason", str_from(reason_word(result->match.reason)), rest);
    }
}

static void check_component(const struct price_result *result, struct str rest)
{
    struct str name = next_word(&rest), tokens = next_word(&rest);
    int64_t want = -1;
    assert_true(str_to_i64(tokens, &want));
    for (size_t i = 0; i < result->line_count; i++) {
        const struct price_line *line = &result->lines[i];
        if (!str_equal(name, str_from(price_component_name(line->component))))
            continue;
        assert_int_equal(line->tokens, want);
        expect_money("component", line->cost, rest);
        return;
    }
    fail_msg("no component %.*s", STR_ARGS(name));
}

static void check_notes(const struct price_result *result, struct str want)
{
    static const struct {
        enum price_note note;
        const char *word;
    } words[] = {
        {PRICE_NOTE_TIER_BY_FACTOR, "tier_by_factor"},
        {PRICE_NOTE_TIER_UNKNOWN, "tier_unknown"},
        {PRICE_NOTE_REGIONAL, "regional"},
        {PRICE_NOTE_CLAMPED, "clamped"},
        {PRICE_NOTE_WRITE_LIFETIME, "write_lifetime"},
    };
    char got[200] = "";
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (result->notes & words[i].note)
            snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s", *got ? " " : "",
                     words[i].word);
    expect_text("notes", str_from(*got ? got : "-"), want);
}

static void check_line(const struct price_result *result, struct str line)
{
    struct str rest = line, word = next_word(&rest);
    rest = str_trim(rest);
    const struct price_entry *entry = result->match.entry;
    if (str_equal(word, STR("priced")) || str_equal(word, STR("unpriced")) ||
        str_equal(word, STR("no_usage"))) {
        check_status(result, word, rest);
    } else if (str_equal(word, STR("entry"))) {
        assert_non_null(entry);
        expect_text("entry", entry->id, rest);
    } else if (str_equal(word, STR("pattern"))) {
        expect_text("pattern", result->match.pattern, rest);
    } else if (str_equal(word, STR("line"))) {
        check_component(result, rest);
    } else if (str_equal(word, STR("tier"))) {
        expect_text("tier", str_from(price_tier_name(result->tier)), rest);
    } else if (str_equal(word, STR("above"))) {
        int64_t want = -1;
        assert_true(str_to_i64(rest, &want));
        assert_non_null(result->row);
        assert_int_equal(result->row->above_tokens, want);
    } else if (str_equal(word, STR("scope"))) {
        expect_text("scope", result->match.scope, rest);
    } else if (str_equal(word, STR("region"))) {
        expect_text("region", result->match.region, rest);
    } else if (str_equal(word, STR("notes"))) {
        check_notes(result, rest);
    } else if (str_equal(word, STR("by_alias"))) {
        assert_true(result->match.by_alias);
    } else if (str_equal(word, STR("other_provider"))) {
        assert_true(result->match.other_provider);
    } else {
        fail_msg("the case expects an unknown word: %.*s", STR_ARGS(word));
    }
}

static void check_load(struct str load, struct str answers)
{
    struct price_book *book = NULL;
    struct error error = {0};
    struct str want;
    assert_true(str_take_line(&answers, &want));
    assert_true(str_starts(want, STR("< error ")));
    want = str_sub(want, 8, want.len);
    enum status status = open_files(load, true, &book, &error);
    price_close(book);
    assert_int_not_equal(status, STATUS_OK);
    assert_int_equal(status, error.status);
    if (!str_contains(str_from(error.text), want))
        fail_msg("the error is '%s', expected '%.*s'", error.text, STR_ARGS(want));
}

static void run_case(void **state)
{
    const struct price_case *price_case = *state;
    struct question question;
    struct price_result first, again;
    read_question(price_case->question, &question);
    if (question.load.len) {
        check_load(question.load, price_case->answers);
        return;
    }
    struct price_book *book = get_book(&question);
    price_usage(book, &question.request, &first);
    /* The second answer comes from memory and must be the same. */
    price_usage(book, &question.request, &again);
    assert_int_equal(first.status, again.status);
    assert_int_equal(first.cost, again.cost);
    assert_int_equal(first.match.reason, again.match.reason);
    assert_ptr_equal(first.match.entry, again.match.entry);
    assert_true(str_equal(first.match.region, again.match.region));
    struct str answers = price_case->answers, line;
    size_t checked = 0;
    while (str_take_line(&answers, &line)) {
        if (!str_starts(line, STR("< ")))
            continue;
        check_line(&first, str_sub(line, 2, line.len));
        check_line(&again, str_sub(line, 2, line.len));
        checked++;
    }
    assert_true(checked > 0);
    char words[1000];
    price_explain(&first, words, sizeof words);
    assert_true(strlen(words) > 0);
}

/* --- files
 * -------------------------------------------------------------------------- */

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    size_t capacity = 1 << 20;
    char *text = malloc(capacity);
    size_t size = fread(text, 1, capacity - 1, file);
    text[size] = 0;
    fclose(file);
    return text;
}

/* --- what is not a table
 * --------------------------------------------------------------------------- */

static void dollars_are_exact_both_ways(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t nano;
    } good[] = {
        {"0", 0},
        {"1", 1000000000},
        {"0.000000001", 1},
        {"3.75", 3750000000},
        {"0.003625", 3625000},
        {"9223372036.854775807", INT64_MAX},
    };
    static const char *const bad[] = {"",
                                      ".5",
                                      "1.",
                                      "1e3",
                                      "+1",
                                      "-1",
                                      " 1",
                                      "1 ",
                                      "1,5",
                                      "0x1",
                                      "0.0000000001",
                                      "9223372036.854775808",
                                      "99999999999999999999"};
    char text[PRICE_TEXT_BYTES];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t nano = -1;
        assert_true(price_parse_dollars(str_from(good[i].text), &nano));
        assert_int_equal(nano, good[i].nano);
        price_format_dollars(nano, text);
        assert_string_equal(text, good[i].text);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t nano = 42;
        assert_false(price_parse_dollars(str_from(bad[i]), &nano));
        assert_int_equal(nano, 42);
    }
    price_format_dollars(-1500000000, text);
    assert_string_equal(text, "-1.5");
    price_format_dollars(INT64_MIN, text);
    assert_string_equal(text, "-9223372036.854775808");
}

static void the_shipped_book_is_consistent(void **state)
{
    (void)state;
    const struct question none = {0};
    struct price_book *book = get_book(&none);
    assert_true(price_entry_count(book) > 250);
    assert_int_equal(price_version(book).len, 16);
    for (size_t i = 0; i < price_entry_count(book); i++) {
        const struct price_entry *entry = price_entry_at(book, i);
        for (size_t k = 0; k < entry->row_count; k++) {
            const struct price_row *row = &entry->rows[k];
            bool free_of_charge = str_contains(entry->id, STR("moderation")) ||
                                  str_contains(entry->id, STR("free")) ||
                                  (row->has & 1 << PRICE_REQUEST);
            /* A slip of the decimal point shows here: nothing costs a thousand dollars or nothing.
             */
            if (!(row->rates[PRICE_INPUT] <= INT64_C(200000000000)) ||
                !(row->rates[PRICE_INPUT] > 0 || free_of_charge))
                fail_msg("%.*s: input price is implausible", STR_ARGS(entry->id));
            if ((row->has & 1 << PRICE_CACHE_READ) &&
                row->rates[PRICE_CACHE_READ] > row->rates[PRICE_INPUT])
                fail_msg("%.*s: cached input is dearer than input", STR_ARGS(entry->id));
            if ((row->has & 1 << PRICE_CACHE_WRITE_1H) &&
                row->rates[PRICE_CACHE_WRITE_1H] <= row->rates[PRICE_CACHE_WRITE])
                fail_msg("%.*s: an hour of cache is not dearer", STR_ARGS(entry->id));
        }
    }
    assert_null(price_entry_at(book, price_entry_count(book)));
}

static void *ask_many(void *argument)
{
    struct price_book *book = argument;
    char model[64];
    for (int i = 0; i < 10000; i++) {
        snprintf(model, sizeof model, "us.unknown.model-%d", i);
        struct price_match match = price_match(book, STR("aws.bedrock"), str_from(model));
        if (match.reason != PRICE_UNKNOWN_MODEL || !str_equal(match.scope, STR("us")))
            return book;
        match = price_match(book, STR("openai"), STR("gpt-4o"));
        if (match.reason != PRICE_KNOWN)
            return book;
    }
    return NULL;
}

/* More names than are remembered, from two threads: answers stay right, memory stays bounded. */
static void many_names_from_two_threads(void **state)
{
    (void)state;
    const struct question none = {0};
    struct price_book *book = get_book(&none);
    pthread_t other;
    void *failed = NULL;
    assert_int_equal(pthread_create(&other, NULL, ask_many, book), 0);
    assert_null(ask_many(book));
    pthread_join(other, &failed);
    assert_null(failed);
}

static void hostile_names_are_only_unknown(void **state)
{
    (void)state;
    static const char *const names[] = {
        "/",
        "//",
        "///////////////",
        "arn:",
        "arn:::::",
        "arn:aws:bedrock:::inference-profile/",
        ":",
        "@",
        "[",
        "]",
        "[]",
        "us.",
        ".",
        "..",
        "us..",
        "-latest",
        "-preview",
        "%",
        "%3",
        "%3a",
        "-v1:0",
        ":0:0:0",
        "*",
        "gpt-4o*",
        "gpt-4o\n",
        "openai\ngpt-4o",
        "\xff\xfe",
        "-2024-01-01",
        "@@@@",
        "models/models/models/",
    };
    const struct question none = {0};
    struct price_book *book = get_book(&none);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct str name = str_from(names[i]);
        enum price_reason reason = price_match(book, STR("openai"), name).reason;
        if (i == 24) { /* white space around a name is no part of it */
            assert_int_equal(reason, PRICE_KNOWN);
            continue;
        }
        assert_true(reason == PRICE_UNKNOWN_MODEL || reason == PRICE_NEEDS_ALIAS);
    }
    /* Inner zero bytes do not end a name. */
    assert_int_equal(price_match(book, STR("openai"), STR("gpt-4o\0x")).reason,
                     PRICE_UNKNOWN_MODEL);
}

/* The first YAML block of the page is a file that loads and does what the page says. */
static void the_example_in_the_docs_works(void **state)
{
    (void)state;
    char path[] = "/tmp/vitrine-price-XXXXXX";
    char *page = read_file(getenv("PRICE_DOCS") ? getenv("PRICE_DOCS") : "docs/prices.md");
    assert_non_null(page);
    char *start = strstr(page, "```yaml\n");
    assert_non_null(start);
    start += 8;
    char *end = strstr(start, "```");
    assert_non_null(end);
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    FILE *file = fdopen(descriptor, "wb");
    assert_int_equal(fwrite(start, 1, (size_t)(end - start), file), end - start);
    fclose(file);

    struct str name = str_from(path);
    const struct price_options options = {.override_paths = &name, .override_count = 1};
    struct price_book *book = NULL;
    struct error error = {0};
    enum status status = price_open(&options, &book, &error);
    remove(path);
    free(page);
    if (status != STATUS_OK)
        fail_msg("%s", error.text);
    static const struct {
        struct str provider, model, entry;
    } wants[] = {
        {STR_INIT("openai"), STR_INIT("gpt-4o-2024-08-06"), STR_INIT("contract/gpt-4o")},
        {STR_INIT("anything"), STR_INIT("our-model-7"), STR_INIT("house/model")},
        {STR_INIT("azure.ai.openai"), STR_INIT("prod-chat"), STR_INIT("openai/gpt-4o-mini")},
        {STR_INIT("aws.bedrock"),
         STR_INIT("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/k4x9"),
         STR_INIT("bedrock/claude-haiku-4-5")},
        {STR_INIT(""), STR_INIT("team-default"), STR_INIT("anthropic/claude-opus-4-8")},
    };
    for (size_t i = 0; i < sizeof wants / sizeof *wants; i++) {
        struct price_match match = price_match(book, wants[i].provider, wants[i].model);
        assert_int_equal(match.reason, PRICE_KNOWN);
        expect_text("entry", match.entry->id, wants[i].entry);
    }
    price_close(book);
}

static void explanations_are_cut_at_their_space(void **state)
{
    (void)state;
    const struct question none = {0};
    struct token_usage usage;
    struct price_result result;
    usage_clear(&usage);
    usage.input_total = 10;
    const struct price_request request = {
        .provider = STR("openai"), .model = STR("gpt-4o"), .usage = &usage};
    price_usage(get_book(&none), &request, &result);
    char words[12];
    price_explain(&result, words, sizeof words);
    assert_string_equal(words, "openai/gpt-");
    words[0] = 'x';
    price_explain(&result, words, 0);
    assert_int_equal(words[0], 'x');
}

/* --- the case files --------------------------------------------------------------------------- */

static size_t read_cases(struct str text, struct price_case *cases, size_t count)
{
    struct str line, rest = text;
    while (rest.len) {
        if (!str_take_line(&rest, &line))
            break;
        if (!str_starts(line, STR("== ")))
            continue;
        struct price_case *price_case = &cases[count];
        struct str title = str_sub(line, 3, line.len), question = STR_NONE;
        while (rest.len && !str_starts(question, STR("> ")))
            str_take_line(&rest, &question);
        size_t end = str_find(rest, STR("\n== "));
        if (count == CASES_MAX || !question.len)
            return 0;
        price_case->title = strndup(title.ptr, title.len);
        price_case->question = str_sub(question, 2, question.len);
        price_case->answers = str_sub(rest, 0, end + 1);
        rest = str_sub(rest, end, rest.len);
        count++;
    }
    return count;
}

int main(void)
{
    static const struct CMUnitTest fixed[] = {
        cmocka_unit_test(dollars_are_exact_both_ways),
        cmocka_unit_test(the_shipped_book_is_consistent),
        cmocka_unit_test(hostile_names_are_only_unknown),
        cmocka_unit_test(explanations_are_cut_at_their_space),
        cmocka_unit_test(the_example_in_the_docs_works),
        cmocka_unit_test(many_names_from_two_threads), /* last: it fills the memory for names */
    };
    enum { FIXED = sizeof fixed / sizeof *fixed };
    static const char *const files[] = {"rules", "names", "facts", "overrides"};
    static struct price_case cases[CASES_MAX];
    static struct CMUnitTest tests[CASES_MAX + FIXED];
    char *texts[4], path[600];
    size_t count = 0;

    case_root = getenv("PRICE_CASES") ? getenv("PRICE_CASES") : "tests/cases/price";
    for (size_t i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s/%s.case", case_root, files[i]);
        texts[i] = read_file(path);
        size_t more = texts[i] ? read_cases(str_from(texts[i]), cases, count) : count;
        if (more <= count) {
            fprintf(stderr, "%s: no cases\n", path);
            return 1;
        }
        count = more;
    }
    for (size_t i = 0; i < count; i++)
        tests[i] = (struct CMUnitTest){cases[i].title, run_case, NULL, NULL, &cases[i]};
    memcpy(tests + count, fixed, sizeof fixed);
    int failed = _cmocka_run_group_tests("price", tests, count + FIXED, NULL, NULL);
    for (size_t i = 0; i < BOOKS_MAX; i++)
        price_close(books[i].book);
    for (size_t i = 0; i < count; i++)
        free(cases[i].title);
    for (size_t i = 0; i < 4; i++)
        free(texts[i]);
    return failed;
}
