/* SPDX-License-Identifier: Apache-2.0 */
/* table: the tables that the query language's `lookup` reads: lists, uploads, shows and removes. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "wire/json.h"

enum { FILE_BYTES_MAX = 10 << 20, PATH_BYTES = 400 };

struct tabling {
    const char *url, *key, *project, *words[3]; /* verb, name, file */
    int word_count;
};

static void print_help(void)
{
    printf("usage: vitrine table list\n"
           "       vitrine table put NAME [FILE]\n"
           "       vitrine table get NAME\n"
           "       vitrine table delete NAME\n\n"
           "Tables for `lookup` and `cidrlookup` in the query language. FILE is CSV in UTF-8 whose "
           "first\n"
           "line names the columns, at most 10 MB; without it, standard input. `put` replaces a "
           "table of\n"
           "the same name.\n\n"
           "  --url URL        the server (http://127.0.0.1:4318)\n"
           "  --key PAIR       public and secret key of a project, joined by ':'\n"
           "  --project NAME   which project, on a local server that asks for no key\n\n"
           "  vitrine table put teams teams.csv\n"
           "  vitrine query 'lookup teams user OUTPUT team | stats sum(cost) by team'\n");
}

static enum status read_all(const char *name, struct buf *out, struct error *error)
{
    char piece[65536];
    size_t got;
    bool is_input = !name || !strcmp(name, "-");
    FILE *file = is_input ? stdin : fopen(name, "rb");
    if (!file)
        return fail(error, STATUS_IO, "%s: %s", name, strerror(errno));
    while ((got = fread(piece, 1, sizeof piece, file)) > 0 && out->len <= FILE_BYTES_MAX)
        buf_add(out, piece, got);
    bool broken = ferror(file) != 0;
    if (!is_input)
        fclose(file);
    if (broken || out->failed)
        return fail(error, STATUS_IO, "%s: cannot be read", is_input ? "standard input" : name);
    return out->len > FILE_BYTES_MAX
               ? fail(error, STATUS_TOO_LARGE, "a table has at most %d MB", FILE_BYTES_MAX >> 20)
               : STATUS_OK;
}

static void print_list(struct str body)
{
    struct arena arena;
    struct json reply;
    arena_init(&arena, 64 << 20);
    const struct json *tables = json_parse(body, &arena, &reply, NULL) == STATUS_OK
                                    ? json_get(&reply, STR("tables"))
                                    : NULL;
    for (uint32_t i = 0; tables && tables->type == JSON_ARRAY && i < tables->count; i++) {
        const struct json *table = &tables->items[i], *columns = json_get(table, STR("columns"));
        int64_t rows = 0;
        json_int(json_get(table, STR("rows")), &rows);
        printf("%.*s  %lld rows:", STR_ARGS(json_string(json_get(table, STR("name")))),
               (long long)rows);
        for (uint32_t c = 0; columns && columns->type == JSON_ARRAY && c < columns->count; c++)
            printf(" %.*s", STR_ARGS(json_string(&columns->items[c])));
        putchar('\n');
    }
    arena_done(&arena);
}

static enum status call(const struct tabling *tabling, const char *method, struct str body,
                        struct buf *reply, struct error *error)
{
    const struct client_options options = {.url = tabling->url,
                                           .key = tabling->key,
                                           .project = tabling->project,
                                           .answer_bytes_max = FILE_BYTES_MAX + (1 << 20)};
    struct client *client;
    char path[PATH_BYTES];
    int http_status = 0;
    enum status status = client_open(&options, &client, error);
    if (status != STATUS_OK)
        return status;
    snprintf(path, sizeof path, "/api/v1/tables%s%s", tabling->word_count > 1 ? "/" : "",
             tabling->word_count > 1 ? tabling->words[1] : "");
    status = client_call(client, method, path, body.ptr ? "text/csv" : NULL, body, &http_status,
                         reply, error);
    if (status == STATUS_OK && http_status / 100 != 2)
        status = client_refused(client, path, http_status, error);
    client_close(client);
    return status;
}

static enum status run(const struct tabling *tabling, struct error *error)
{
    struct buf body = {0}, reply = {0};
    enum status status = STATUS_OK;
    const char *verb = tabling->words[0];
    bool put = !strcmp(verb, "put");
    if (put)
        status = read_all(tabling->words[2], &body, error);
    if (status == STATUS_OK)
        status = call(tabling,
                      put                       ? "PUT"
                      : !strcmp(verb, "delete") ? "DELETE"
                                                : "GET",
                      put ? buf_str(&body) : STR_NONE, &reply, error);
    if (status == STATUS_OK && !strcmp(verb, "list"))
        print_list(buf_str(&reply));
    else if (status == STATUS_OK && !strcmp(verb, "get"))
        fwrite(reply.ptr, 1, reply.len, stdout);
    buf_done(&body);
    buf_done(&reply);
    return status;
}

static bool is_complete(const struct tabling *tabling)
{
    static const struct {
        const char *verb;
        int least, most;
    } verbs[] = {{"list", 1, 1}, {"put", 2, 3}, {"get", 2, 2}, {"delete", 2, 2}};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (tabling->word_count >= verbs[i].least && tabling->word_count <= verbs[i].most &&
            !strcmp(tabling->words[0], verbs[i].verb))
            return true;
    return false;
}

/* Names go into a path as they are. */
static bool is_name(const char *name)
{
    return !name ||
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") ==
               strlen(name);
}

int cli_table(int argc, char **argv)
{
    struct tabling tabling = {.url = "http://127.0.0.1:4318"};
    struct error error = {0};
    for (int i = 1; i < argc; i++) {
        const char **member_of = !strcmp(argv[i], "--url")       ? &tabling.url
                                 : !strcmp(argv[i], "--key")     ? &tabling.key
                                 : !strcmp(argv[i], "--project") ? &tabling.project
                                                                 : NULL;
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
            print_help();
            return 0;
        }
        if (member_of && i + 1 == argc)
            return cli_usage_error("table", "%s needs a value", argv[i]);
        if (member_of)
            *member_of = argv[++i];
        else if (argv[i][0] == '-' && argv[i][1])
            return cli_usage_error("table", "unknown option %s", argv[i]);
        else if (tabling.word_count == 3)
            return cli_usage_error("table", "'%s' is one word too many", argv[i]);
        else
            tabling.words[tabling.word_count++] = argv[i];
    }
    if (!is_complete(&tabling))
        return cli_usage_error("table", "expected list, put NAME [FILE], get NAME or delete NAME");
    if (!is_name(tabling.words[1]))
        return cli_usage_error("table",
                               "a name has letters, digits, hyphens and underscores, not '%s'",
                               tabling.words[1]);
    return run(&tabling, &error) == STATUS_OK ? 0 : cli_failure("table", &error);
}
