/* SPDX-License-Identifier: Apache-2.0 */
/* prices: the price book as a table, and which entry and rule a model id gets. Reads a data
 * directory only for the prices of a project. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "cli/cli.h"
#include "cli/config.h"
#include "control/custom_prices.h"
#include "pipeline/custom_prices.h"
#include "price/custom.h"

enum { FILES_MAX = 16 };

struct wishes {
    struct str files[FILES_MAX];
    size_t file_count;
    struct str pattern, provider, model, tier, region, project, data;
    int64_t at_ns;
    bool all, resolve;
    uint32_t project_id; /* 0: nobody's prices */
};

static void print_help(void)
{
    printf(
        "usage: vitrine prices [PATTERN] [--at DATE | --all] [--file FILE]...\n"
        "       vitrine prices --resolve PROVIDER MODEL [--at DATE] [--tier TIER] [--region "
        "PLACE]\n"
        "                      [--file FILE]...\n"
        "       with --project NAME [--data DIR]: and what that project itself has set\n\n"
        "Shows the price book: US dollars per million tokens, as it holds today. PATTERN is a part "
        "of\n"
        "an entry's name or of a model id, or a whole one with * for any run of characters.\n\n"
        "  --at DATE      as it held then: 2026-03-01, 2026-08-16T17:00:00Z\n"
        "  --all          past and future prices too\n"
        "  --file FILE    your own prices and aliases, in front of the book; the last file wins\n"
        "  --resolve      which entry a model id gets, by which pattern, and what its tokens "
        "cost.\n"
        "                 PROVIDER and MODEL as a span carries them; \"\" for an unknown provider\n"
        "  --tier TIER    flex, priority, batch, fast\n"
        "  --region PLACE of the endpoint called: us, eu-west-1, global\n"
        "  --project NAME the project whose own prices come first, and are listed first\n"
        "  --data DIR     the server's data directory\n\n"
        "  vitrine prices claude-opus\n"
        "  vitrine prices 'gemini-*' --all\n"
        "  vitrine prices --resolve aws.bedrock eu.anthropic.claude-sonnet-4-5-20250929-v1:0\n\n"
        "Exit status with --resolve: 0 priced, 1 unpriced. The format of a file, the order of\n"
        "matching and how costs are rounded stand in docs/prices.md.\n");
}

/* --- the table ------------------------------------------------------------------------------- */

static void print_rate(const struct price_row *row, enum price_component component, int width)
{
    char text[PRICE_TEXT_BYTES] = "";
    if (row->has >> component & 1)
        price_format_dollars(row->rates[component], text);
    printf(" %*s", width, text);
}

static void print_rates(const struct price_row *row)
{
    print_rate(row, PRICE_INPUT, 9);
    print_rate(row, PRICE_CACHE_READ, 9);
    print_rate(row, PRICE_CACHE_WRITE, 9);
    print_rate(row, PRICE_CACHE_WRITE_1H, 9);
    print_rate(row, PRICE_OUTPUT, 9);
}

static void print_day(const char *word, int64_t time_ns)
{
    char text[CLOCK_TEXT_BYTES];
    clock_format(time_ns, text);
    bool midnight = strncmp(text + 10, "T00:00:00", 9) == 0;
    printf(" %s %.*s", word, midnight ? 10 : 16, text);
}

static void print_hours(const struct price_row *row)
{
    if (row->days)
        printf(" on");
    for (int day = 0; day < 7; day++)
        if (row->days >> day & 1)
            printf(" %.2s", &"MoTuWeThFrSaSu"[2 * day]);
    for (size_t i = 0; i < row->window_count; i++)
        printf(" %02d:%02d-%02d:%02d", row->windows[i].from_minute / 60,
               row->windows[i].from_minute % 60, row->windows[i].until_minute / 60,
               row->windows[i].until_minute % 60);
    if (row->window_count)
        printf(" UTC");
}

/* When the row holds, and the components that have no column of their own. */
static void print_conditions(const struct price_row *row)
{
    static const enum price_component others[] = {PRICE_AUDIO_IN,  PRICE_IMAGE_IN,  PRICE_REASONING,
                                                  PRICE_AUDIO_OUT, PRICE_IMAGE_OUT, PRICE_REQUEST};
    char text[PRICE_TEXT_BYTES];
    if (row->above_tokens)
        printf(" above %lld tokens", (long long)row->above_tokens);
    if (row->tier != TIER_DEFAULT)
        printf(" %s", price_tier_name(row->tier));
    for (size_t i = 0; i < row->scope_count; i++)
        printf("%s%.*s", i ? "," : " in ", STR_ARGS(row->scopes[i]));
    if (row->from_ns != PRICE_ALWAYS_FROM)
        print_day("from", row->from_ns);
    if (row->until_ns != PRICE_ALWAYS_UNTIL)
        print_day("until", row->until_ns);
    print_hours(row);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (!(row->has >> others[i] & 1))
            continue;
        price_format_dollars(others[i] == PRICE_REQUEST ? row->rates[others[i]] / 1000000
                                                        : row->rates[others[i]],
                             text);
        printf(" %s %s", price_component_name(others[i]), text);
    }
}

static void print_factors(const struct price_entry *entry)
{
    bool any = entry->regional;
    for (int i = TIER_FLEX; i < TIER_COUNT; i++)
        any = any || entry->factors[i];
    if (!any)
        return;
    printf("  %-30s times", "");
    for (int i = TIER_FLEX; i < TIER_COUNT; i++)
        if (entry->factors[i])
            printf("  %s %g", price_tier_name(i), entry->factors[i] / 1000.0);
    if (entry->regional)
        printf("  not global %g", entry->regional / 1000.0);
    putchar('\n');
}

static void print_entry(const struct price_entry *entry, const struct wishes *wishes)
{
    bool named = false;
    for (size_t i = 0; i < entry->row_count; i++) {
        const struct price_row *row = &entry->rows[i];
        if (!wishes->all && (wishes->at_ns < row->from_ns || wishes->at_ns >= row->until_ns))
            continue;
        printf("%-32.*s", named ? 0 : (int)entry->id.len, entry->id.ptr);
        print_rates(row);
        print_conditions(row);
        putchar('\n');
        named = true;
    }
    if (named)
        print_factors(entry);
}

static void print_heading(void)
{
    printf("%-32s %9s %9s %9s %9s %9s\n", "$ per million tokens", "input", "cached", "write 5m",
           "write 1h", "output");
}

/* --- listing --------------------------------------------------------------------------------- */

static bool fits(struct str pattern, struct str text)
{
    bool starred = str_find_byte(pattern, '*') < pattern.len;
    return starred ? price_pattern_fits(pattern, text) : str_contains(text, pattern);
}

static bool wanted(const struct price_entry *entry, struct str pattern)
{
    if (!pattern.len || fits(pattern, entry->id))
        return true;
    for (size_t i = 0; i < entry->pattern_count; i++)
        if (fits(pattern, entry->patterns[i]))
            return true;
    return false;
}

/* Names that a project gives can have capitals; the pattern has none. */
static bool wanted_own(const struct custom_price *price, struct str pattern, struct arena *arena)
{
    const struct str names[] = {price->model_name, price->match_pattern};
    for (size_t i = 0; i < 2; i++) {
        struct str lower = arena_copy(arena, names[i]);
        for (size_t at = 0; at < lower.len; at++)
            ((char *)lower.ptr)[at] = (char)tolower((unsigned char)lower.ptr[at]);
        if (fits(pattern, lower))
            return true;
    }
    return pattern.len == 0;
}

static void print_own(const struct custom_price *price, struct arena *arena)
{
    struct price_row row = {0};
    struct error ignored;
    size_t tiers = 0;
    price_custom_default(price, arena, &row, &tiers, &ignored);
    row.from_ns = price->start_ns == CUSTOM_PRICE_NO_START ? PRICE_ALWAYS_FROM : price->start_ns;
    printf("%-32.*s", STR_ARGS(price->model_name));
    print_rates(&row);
    print_conditions(&row);
    if (tiers > 1)
        printf(" %zu tiers", tiers);
    printf(" matches %.*s\n", STR_ARGS(price->match_pattern));
}

/* The project's own, newest first, as they come before the book. */
static enum status list_own(struct control *control, const struct wishes *wishes, size_t *out_shown,
                            struct error *error)
{
    struct custom_price *prices;
    struct arena arena;
    size_t count = 0;
    int64_t total;
    arena_init(&arena, ARENA_NO_LIMIT);
    enum status status = control_custom_prices(control, wishes->project_id, 0, CUSTOM_PRICES_MAX,
                                               &arena, &prices, &count, &total, error);
    *out_shown = 0;
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        if (!wanted_own(&prices[i], wishes->pattern, &arena))
            continue;
        if ((*out_shown)++ == 0)
            print_heading();
        print_own(&prices[i], &arena);
    }
    if (status == STATUS_OK && *out_shown)
        printf("\n%zu of %lld prices of %.*s\n\n", *out_shown, (long long)total,
               STR_ARGS(wishes->project));
    arena_done(&arena);
    return status;
}

static int list(struct price_book *book, const struct wishes *wishes, size_t own)
{
    size_t shown = 0;
    for (size_t i = 0; i < price_entry_count(book); i++) {
        const struct price_entry *entry = price_entry_at(book, i);
        if (!wanted(entry, wishes->pattern))
            continue;
        if (shown++ == 0)
            print_heading();
        print_entry(entry, wishes);
    }
    if (!shown && own)
        return 0;
    if (!shown) {
        fprintf(stderr, "vitrine prices: nothing in the book matches '%.*s'\n",
                STR_ARGS(wishes->pattern));
        return 1;
    }
    printf("\n%zu of %zu entries, book %.*s\n", shown, price_entry_count(book),
           STR_ARGS(price_version(book)));
    return 0;
}

/* --- resolving ------------------------------------------------------------------------------- */

static int resolve(struct price_book *book, const struct wishes *wishes)
{
    struct token_usage usage;
    struct price_result result;
    char words[1000];
    usage_clear(&usage);
    /* One token of each kind shows every rate without passing a threshold. */
    usage.input_total = 4;
    usage.output_total = 2;
    usage.cache_read = usage.cache_write_5m = usage.cache_write_1h = usage.reasoning = 1;
    const struct price_request request = {
        .provider = wishes->provider,
        .model = wishes->model,
        .service_tier = wishes->tier,
        .region = wishes->region,
        .time_ns = wishes->at_ns,
        .usage = &usage,
        .project_id = wishes->project_id,
        .arrival_ns = clock_now_ns(),
    };
    price_usage(book, &request, &result);
    price_explain(&result, words, sizeof words);
    printf("%.*s %.*s: %s\n%s\n", STR_ARGS(wishes->provider), STR_ARGS(wishes->model),
           price_status_name(result.status), words);
    if (result.status != PRICE_PRICED)
        return 1;
    printf("\nthis call, up to the first threshold\n");
    for (size_t i = 0; i < result.line_count; i++) {
        char text[PRICE_TEXT_BYTES];
        const struct price_line *line = &result.lines[i];
        bool once = line->component == PRICE_REQUEST;
        price_format_dollars(once ? line->rate / 1000000 : line->rate, text);
        printf("  %-15s %9s %s%s%s\n", price_component_name(line->component), text,
               once ? "a request" : "a million tokens",
               line->priced_as == line->component ? "" : ", as ",
               line->priced_as == line->component ? "" : price_component_name(line->priced_as));
    }
    printf("\nthe entry\n");
    print_heading();
    print_entry(result.match.entry, wishes);
    return 0;
}

/* --- arguments ------------------------------------------------------------------------------- */

static bool take_value(int argc, char **argv, int *at, struct str *out_value)
{
    if (*at + 1 >= argc)
        return false;
    *out_value = str_from(argv[++*at]);
    return true;
}

/* 0: taken. Otherwise the exit code. */
static int take_argument(int argc, char **argv, int *at, struct wishes *wishes)
{
    const char *word = argv[*at];
    struct str value;
    bool ok = true;
    if (!strcmp(word, "--all")) {
        wishes->all = true;
    } else if (!strcmp(word, "--at")) {
        ok = take_value(argc, argv, at, &value);
        if (ok && !clock_parse(value, &wishes->at_ns))
            return cli_usage_error("prices", "'%s' is not a date like 2026-03-01", argv[*at]);
    } else if (!strcmp(word, "--file")) {
        if (wishes->file_count == FILES_MAX)
            return cli_usage_error("prices", "more than %d files", FILES_MAX);
        ok = take_value(argc, argv, at, &wishes->files[wishes->file_count++]);
    } else if (!strcmp(word, "--tier")) {
        ok = take_value(argc, argv, at, &wishes->tier);
    } else if (!strcmp(word, "--region")) {
        ok = take_value(argc, argv, at, &wishes->region);
    } else if (!strcmp(word, "--project")) {
        ok = take_value(argc, argv, at, &wishes->project);
    } else if (!strcmp(word, "--data")) {
        ok = take_value(argc, argv, at, &wishes->data);
    } else if (!strcmp(word, "--resolve")) {
        wishes->resolve = true;
        ok = take_value(argc, argv, at, &wishes->provider) &&
             take_value(argc, argv, at, &wishes->model);
    } else if (word[0] == '-' && word[1]) {
        return cli_usage_error("prices", "no option '%s'", word);
    } else if (wishes->pattern.len) {
        return cli_usage_error("prices", "one PATTERN at a time, and '%s' is the second", word);
    } else {
        for (char *byte = argv[*at]; *byte; byte++) /* ids are in lower case */
            *byte = (char)tolower((unsigned char)*byte);
        wishes->pattern = str_from(word);
    }
    return ok ? 0 : cli_usage_error("prices", "%s needs a value", word);
}

static enum status open_project(struct wishes *wishes, struct control **out_control,
                                struct error *error)
{
    enum status status = cli_control_open(wishes->data.ptr, out_control, error);
    if (status == STATUS_OK &&
        control_project_find(*out_control, wishes->project, &wishes->project_id) != STATUS_OK)
        status = fail(error, STATUS_NOT_FOUND, "--project: there is no project '%.*s'",
                      STR_ARGS(str_sub(wishes->project, 0, 80)));
    return status;
}

static int show(struct price_book *book, struct wishes *wishes)
{
    struct control *control = NULL;
    struct error error;
    size_t own = 0;
    enum status status = STATUS_OK;
    if (wishes->project.len)
        status = open_project(wishes, &control, &error);
    if (status == STATUS_OK && control)
        status = custom_prices_load(control, book, &error);
    if (status == STATUS_OK && control && !wishes->resolve)
        status = list_own(control, wishes, &own, &error);
    control_close(control);
    if (status != STATUS_OK)
        return cli_failure("prices", &error);
    return wishes->resolve ? resolve(book, wishes) : list(book, wishes, own);
}

int cli_prices(int argc, char **argv)
{
    struct wishes wishes = {.at_ns = clock_now_ns()};
    struct price_book *book;
    struct config config;
    struct error error;

    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
            print_help();
            return 0;
        }
        int code = take_argument(argc, argv, &i, &wishes);
        if (code)
            return code;
    }
    /* Where the data is when it is not said stands with the server's settings. */
    if (config_load(1, argv, &config, &error) != STATUS_OK)
        return cli_failure("prices", &error);
    if (!wishes.data.len)
        wishes.data = str_from(config.data);
    const struct price_options options = {.override_paths = wishes.files,
                                          .override_count = wishes.file_count};
    int code = 0;
    if (price_open(&options, &book, &error) == STATUS_OK) {
        code = show(book, &wishes);
        price_close(book);
    } else {
        code = cli_failure("prices", &error);
    }
    config_done(&config);
    return code;
}
