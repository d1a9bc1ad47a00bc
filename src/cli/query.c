/* SPDX-License-Identifier: Apache-2.0 */
/*
 * query: asks a server in its query language and shows the rows: as a table cut to the terminal,
 * with a chart when they are a series, or as JSON, NDJSON or CSV. A query that is refused is shown
 * with a mark under the place.
 *
 * --follow asks again and again, each time for the time since a while ago, for a span arrives when
 * it ends and counts from when it began; rows that were shown are known by what is in them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/query_ask.h"
#include "cli/terminal.h"

static void print_help(void)
{
    printf("usage: vitrine query [OPTION…] 'QUERY'\n\n"
           "Asks in the language of CloudWatch Logs Insights. `-` reads the query from standard "
           "input.\n\n"
           "  --since TIME     how far back: 30s, 15m, 1h, 7d (24h; with --follow 5m)\n"
           "  --from TIME      instead: a date and time (UTC), seconds since 1970, or -2h\n"
           "  --to TIME        until when (now)\n"
           "  --source WHAT    spans, traces, logs, metrics or scores (spans); SOURCE in the query "
           "wins\n"
           "  --limit N        at most so many rows\n"
           "  --format FORM    table, json (the answer as it came), ndjson or csv (table)\n"
           "  --follow         shows new rows as they arrive, until interrupted\n"
           "  --every TIME     with --follow: how often to ask (2s)\n"
           "  --width N        columns of the table; 0 cuts nothing (the terminal's)\n"
           "  --list WHAT      instead of asking: fields (of --source), functions or commands\n"
           "  --url URL        the server (http://127.0.0.1:4318)\n"
           "  --key PAIR       public and secret key of a project, joined by ':'\n"
           "  --project NAME   which project, on a local server that asks for no key\n\n"
           "  vitrine query 'stats count(*), sum(cost) by model, bin(1h)' --since 1d\n"
           "  vitrine query 'filter status = \"error\" | fields name, model, error' --follow\n"
           "  vitrine query 'filter duration > 5s | sort duration desc' --format csv > slow.csv\n\n"
           "Exit status: 0 answered, 1 refused or failed, 2 wrong usage. The language stands in\n"
           "docs/query-language.md.\n");
}

/* --- arguments ------------------------------------------------------------------------------- */

/* 30s, 15m, 1h, 7d, 2w */
static bool read_period(const char *text, int64_t *out_ns)
{
    static const struct {
        const char *unit;
        int64_t ns;
    } units[] = {{"ms", NS_PER_MS},         {"s", NS_PER_SEC},
                 {"m", 60 * NS_PER_SEC},    {"h", 3600 * NS_PER_SEC},
                 {"d", 86400 * NS_PER_SEC}, {"w", 7 * 86400 * NS_PER_SEC}};
    char *end;
    double number = strtod(text, &end);
    if (end == text || !(number > 0))
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(end, units[i].unit))
            continue;
        if (number > (double)INT64_MAX / 4 / (double)units[i].ns)
            return false;
        *out_ns = (int64_t)(number * (double)units[i].ns);
        return *out_ns > 0;
    }
    return false;
}

static int period_error(const char *option, const char *text)
{
    return cli_usage_error("query", "--%s: expected a time like 15m or 2h, got '%s'", option, text);
}

static int take_format(struct asking *asking, const char *text)
{
    static const char *const names[] = {"table", "json", "ndjson", "csv"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(text, names[i]))
            continue;
        asking->format = (enum query_format)i;
        return 0;
    }
    return cli_usage_error("query", "--format: expected table, json, ndjson or csv, got '%s'",
                           text);
}

static int take_number(const char *option, const char *text, int64_t most, int64_t *out)
{
    if (str_to_i64(str_from(text), out) && *out >= 0 && *out <= most)
        return 0;
    return cli_usage_error("query", "--%s: expected a number up to %lld, got '%s'", option,
                           (long long)most, text);
}

/* 0: taken. Otherwise the exit code. */
static int take_option(struct asking *asking, const char *name, const char *value)
{
    static const char *const names[] = {"from", "to", "source", "url", "key", "project"};
    const char **places[] = {&asking->from, &asking->to,  &asking->source,
                             &asking->url,  &asking->key, &asking->project};
    int64_t number;
    int code = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]))
            continue;
        *places[i] = value;
        return 0;
    }
    if (!strcmp(name, "since"))
        return read_period(value, &asking->since_ns) ? 0 : period_error(name, value);
    if (!strcmp(name, "every"))
        return read_period(value, &asking->every_ns) ? 0 : period_error(name, value);
    if (!strcmp(name, "format"))
        return take_format(asking, value);
    if (!strcmp(name, "list")) {
        asking->list = value;
        if (strcmp(value, "fields") && strcmp(value, "functions") && strcmp(value, "commands"))
            code = cli_usage_error(
                "query", "--list: expected fields, functions or commands, got '%s'", value);
    } else if (!strcmp(name, "limit")) {
        code = take_number(name, value, 100000, &number);
        asking->limit = code ? 0 : number;
    } else if (!strcmp(name, "width")) {
        code = take_number(name, value, 100000, &number);
        asking->width = code ? 0 : (size_t)number;
        asking->width_given = true;
    } else {
        return cli_usage_error("query", "no option '--%s'", name);
    }
    return code;
}

static int take_argument(int argc, char **argv, int *at, struct asking *asking)
{
    const char *word = argv[*at];
    char name[20];
    if (!strcmp(word, "--follow") || !strcmp(word, "-f")) {
        asking->follow = true;
        return 0;
    }
    if (word[0] != '-' || !word[1]) {
        if (asking->query.len)
            return cli_usage_error("query", "one query at a time, in quotes; '%s' is a second one",
                                   word);
        asking->query = str_from(word);
        return asking->query.len ? 0 : cli_usage_error("query", "the query is empty");
    }
    const char *equal = strchr(word, '=');
    size_t length = equal ? (size_t)(equal - word) : strlen(word);
    if (strncmp(word, "--", 2) || length - 2 >= sizeof name)
        return cli_usage_error("query", "no option '%s'", word);
    memcpy(name, word + 2, length - 2);
    name[length - 2] = 0;
    if (!equal && *at + 1 >= argc)
        return cli_usage_error("query", "%s needs a value", word);
    return take_option(asking, name, equal ? equal + 1 : argv[++*at]);
}

static int read_standard_input(struct asking *asking, struct buf *text)
{
    char piece[4096];
    size_t len;
    text->limit_bytes = 1 << 20;
    while (!text->failed && (len = fread(piece, 1, sizeof piece, stdin)) > 0)
        buf_add(text, piece, len);
    if (text->failed)
        return cli_usage_error("query", "the query is longer than 1 MB");
    asking->query = str_trim(buf_str(text));
    return asking->query.len ? 0 : cli_usage_error("query", "standard input has no query");
}

static int check_arguments(const struct asking *asking)
{
    if (asking->list && (asking->query.len || asking->follow))
        return cli_usage_error("query", "--list asks nothing, so it goes without a query");
    if (!asking->list && !asking->query.len)
        return cli_usage_error("query", "expected a query, or --list");
    if (asking->since_ns && asking->from)
        return cli_usage_error("query", "--since and --from exclude each other");
    if (asking->follow && asking->to)
        return cli_usage_error("query", "--follow has no end, so --to makes no sense");
    if (asking->follow && asking->format == QUERY_JSON)
        return cli_usage_error("query", "--follow goes with table, ndjson or csv");
    return 0;
}

int cli_query(int argc, char **argv)
{
    struct asking asking = {.url = "http://127.0.0.1:4318", .every_ns = 2 * NS_PER_SEC};
    struct buf text = {0};
    int code = 0;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
            print_help();
            return 0;
        }
        code = take_argument(argc, argv, &i, &asking);
        if (code)
            return code;
    }
    if (!asking.width_given)
        asking.width = terminal_width(stdout);
    if (str_equal(asking.query, STR("-")))
        code = read_standard_input(&asking, &text);
    if (!code)
        code = check_arguments(&asking);
    if (!code)
        code = asking_run(&asking);
    buf_done(&text);
    return code;
}
