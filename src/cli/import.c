/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import: `vitrine import langfuse`: walks the stages page by page. After each page that is
 * acknowledged the checkpoint says where to go on, so an import that was killed repeats at most one
 * page; at its end the checkpoint is removed.
 */
#define _GNU_SOURCE
#include "cli/import.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

enum { PATH_BYTES = 1024, ANSWER_BYTES_MAX = 256 << 20, PAGES_MAX = 10000000 };

struct importing {
    const char *from, *public_key, *secret_key; /* of Langfuse */
    const char *url, *key, *project;            /* of ours */
    const char *checkpoint;
    size_t stage;
    int64_t page;
    struct import import;
    struct error error;
};

static void print_help(void)
{
    printf("usage: vitrine import langfuse --from URL --public-key KEY --secret-key KEY "
           "[OPTION]...\n\n"
           "Copies traces, observations, scores, prompts and data sets of a project of Langfuse "
           "through\n"
           "its public API. Run again it changes nothing; killed, it goes on where it was.\n\n"
           "  --from URL        Langfuse: https://cloud.langfuse.com\n"
           "  --public-key KEY  of the project there (also LANGFUSE_PUBLIC_KEY)\n"
           "  --secret-key KEY  (also LANGFUSE_SECRET_KEY)\n"
           "  --url URL         this server (http://127.0.0.1:4318)\n"
           "  --key PAIR        public and secret key of the project here, joined by ':'\n"
           "  --project NAME    which project, on a local server that asks for no key\n"
           "  --checkpoint FILE where it remembers how far it is (vitrine-import.json)\n");
}

/* --- how far it is ---------------------------------------------------------------------------- */

static enum status save(struct importing *importing)
{
    char fresh[PATH_BYTES];
    snprintf(fresh, sizeof fresh, "%s.new", importing->checkpoint);
    FILE *file = fopen(fresh, "w");
    bool fine =
        file && fprintf(file, "{\"from\":\"%s\",\"stage\":\"%s\",\"page\":%lld}\n", importing->from,
                        import_stages[importing->stage].name, (long long)importing->page) > 0;
    fine = fine && fflush(file) == 0 && fsync(fileno(file)) == 0;
    if (file)
        fine = fclose(file) == 0 && fine;
    if (!fine || rename(fresh, importing->checkpoint) != 0)
        return fail(&importing->error, STATUS_IO, "%s: %s", importing->checkpoint, strerror(errno));
    return STATUS_OK;
}

static enum status load(struct importing *importing)
{
    char text[PATH_BYTES * 3];
    struct arena arena;
    struct json said;
    FILE *file = fopen(importing->checkpoint, "r");
    if (!file)
        return STATUS_OK;
    size_t len = fread(text, 1, sizeof text, file);
    fclose(file);
    arena_init(&arena, 1 << 20);
    enum status status = json_parse((struct str){text, len}, &arena, &said, NULL);
    if (status != STATUS_OK || said.type != JSON_OBJECT)
        status = fail(&importing->error, STATUS_INVALID, "%s: is not a checkpoint",
                      importing->checkpoint);
    else if (!str_equal(json_string(json_get(&said, STR("from"))), str_from(importing->from)))
        status = fail(&importing->error, STATUS_CONFLICT,
                      "%s: is of another import; name another --checkpoint", importing->checkpoint);
    for (size_t i = 0; status == STATUS_OK && i < import_stage_count; i++)
        if (str_equal(json_string(json_get(&said, STR("stage"))),
                      str_from(import_stages[i].name)) &&
            json_int(json_get(&said, STR("page")), &importing->page))
            importing->stage = i;
    arena_done(&arena);
    return status;
}

/* --- pages ------------------------------------------------------------------------------------ */

/* One page. *out_more: there are others behind it. */
static enum status copy_page(struct importing *importing, bool *out_more)
{
    const struct import_stage *stage = &import_stages[importing->stage];
    struct import *import = &importing->import;
    char path[PATH_BYTES];
    struct buf body = {0};
    struct arena arena;
    struct json reply;
    int64_t pages = 0, total = 0;
    arena_init(&arena, (size_t)ANSWER_BYTES_MAX * 4);
    snprintf(path, sizeof path, "%s&page=%lld", stage->path, (long long)importing->page);
    enum status status =
        client_ask(import->source, "GET", path, NULL, STR_NONE, &body, &importing->error);
    if (status == STATUS_OK)
        status = json_parse(buf_str(&body), &arena, &reply, &importing->error);
    const struct json *items = status == STATUS_OK ? json_get(&reply, STR("data")) : NULL;
    if (status == STATUS_OK && (!items || items->type != JSON_ARRAY))
        status = fail(&importing->error, STATUS_INVALID, "%s: the answer has no data", path);
    if (status == STATUS_OK) {
        json_int(json_path(&reply, STR("meta.totalPages")), &pages);
        json_int(json_path(&reply, STR("meta.totalItems")), &total);
        status = stage->copy(import, items, &arena);
        import->copied += items->count;
        *out_more = items->count > 0 && importing->page < pages;
    }
    if (status == STATUS_OK)
        fprintf(stderr, "%s: %llu of %lld\n", stage->name, (unsigned long long)import->copied,
                (long long)total);
    arena_done(&arena);
    buf_done(&body);
    return status;
}

static enum status copy_all(struct importing *importing)
{
    enum status status = STATUS_OK;
    while (status == STATUS_OK && importing->stage < import_stage_count) {
        bool more = false;
        status = copy_page(importing, &more);
        if (status != STATUS_OK)
            return status;
        importing->page++;
        if (!more) {
            importing->stage++;
            importing->page = 1;
            importing->import.copied = 0;
        }
        if (importing->stage < import_stage_count)
            status = save(importing);
    }
    if (status == STATUS_OK)
        unlink(importing->checkpoint);
    return status;
}

static enum status run(struct importing *importing)
{
    struct arena arena;
    arena_init(&arena, 1 << 16);
    struct str key = arena_printf(&arena, "%s:%s", importing->public_key, importing->secret_key);
    const struct client_options from = {
        .url = importing->from, .key = key.ptr, .answer_bytes_max = ANSWER_BYTES_MAX};
    const struct client_options to = {.url = importing->url,
                                      .key = importing->key,
                                      .project = importing->project,
                                      .answer_bytes_max = ANSWER_BYTES_MAX};
    struct import *import = &importing->import;
    import->error = &importing->error;
    import->target_project = importing->project;
    enum status status = client_open(&from, &import->source, &importing->error);
    if (status == STATUS_OK)
        status = client_open(&to, &import->target, &importing->error);
    if (status == STATUS_OK)
        status = load(importing);
    if (status == STATUS_OK)
        status = copy_all(importing);
    client_close(import->source);
    client_close(import->target);
    arena_done(&arena);
    return status;
}

static const char *or_environment(const char *given, const char *name)
{
    return given ? given : getenv(name);
}

int cli_import(int argc, char **argv)
{
    struct importing importing = {
        .url = "http://127.0.0.1:4318", .checkpoint = "vitrine-import.json", .page = 1};
    const struct {
        const char *name, **value;
    } options[] = {
        {"--from", &importing.from},
        {"--public-key", &importing.public_key},
        {"--secret-key", &importing.secret_key},
        {"--url", &importing.url},
        {"--key", &importing.key},
        {"--project", &importing.project},
        {"--checkpoint", &importing.checkpoint},
    };
    if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
        print_help();
        return argc < 2 ? 2 : 0;
    }
    if (strcmp(argv[1], "langfuse") != 0)
        return cli_usage_error("import", "expected langfuse, got '%s'", argv[1]);
    for (int i = 2; i < argc; i++) {
        size_t option = 0;
        while (option < sizeof options / sizeof *options && strcmp(argv[i], options[option].name))
            option++;
        if (option == sizeof options / sizeof *options || i + 1 == argc)
            return cli_usage_error("import", "%s: is no option, or has no value", argv[i]);
        *options[option].value = argv[++i];
    }
    importing.public_key = or_environment(importing.public_key, "LANGFUSE_PUBLIC_KEY");
    importing.secret_key = or_environment(importing.secret_key, "LANGFUSE_SECRET_KEY");
    if (!importing.from || !importing.public_key || !importing.secret_key)
        return cli_usage_error("import", "--from, --public-key and --secret-key are needed");
    if (strlen(importing.from) > 500 || strpbrk(importing.from, "\"\\") ||
        strlen(importing.checkpoint) > PATH_BYTES - 10)
        return cli_usage_error("import", "--from, --checkpoint: too long, or not plain");
    return run(&importing) == STATUS_OK ? 0 : cli_failure("import", &importing.error);
}
