/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import: `vitrine import langfuse`: walks the stages page by page. After each page that is
 * acknowledged the checkpoint says where to go on, so an import that was killed repeats at most one
 * page; at its end the checkpoint is removed.
 *
 * A stage is walked again while things in it wait for others and the last walk made some.
 */
#define _GNU_SOURCE
#include "cli/import.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/import_private.h"

enum { PATH_BYTES = 4096, CURSOR_BYTES_MAX = 2000, CHECKPOINT_BYTES_MAX = 16384 };

struct importing {
    const char *from, *public_key, *secret_key; /* of Langfuse */
    const char *url, *key, *project;            /* of ours */
    const char *checkpoint;
    size_t stage;
    int64_t page;
    char cursor[CURSOR_BYTES_MAX + 1]; /* of a list by cursor; empty: its beginning */
    struct import_circle circle;
    struct import import;
    struct error error;
};

static void print_help(void)
{
    printf(
        "usage: vitrine import langfuse --from URL --public-key KEY --secret-key KEY "
        "[OPTION]...\n\n"
        "Copies what a project of Langfuse has through its public API: models, traces,\n"
        "observations, files, scores and their configs, prompts, data sets with their runs,\n"
        "comments and annotation queues. Run again it changes nothing; killed, it goes on where\n"
        "it was. Ends with 3 when something was left out, which it names.\n\n"
        "  --from URL        Langfuse: https://cloud.langfuse.com\n"
        "  --public-key KEY  of the project there (also LANGFUSE_PUBLIC_KEY)\n"
        "  --secret-key KEY  (also LANGFUSE_SECRET_KEY)\n"
        "  --url URL         this server (http://127.0.0.1:4318)\n"
        "  --key PAIR        public and secret key of the project here, joined by ':'\n"
        "  --project NAME    which project, on a local server that asks for no key\n"
        "  --checkpoint FILE where it remembers how far it is (vitrine-import.json)\n");
}

/* --- how far it is ---------------------------------------------------------------------------- */

static void write_checkpoint(const struct importing *importing, struct buf *text)
{
    struct json_out out = json_out(text);
    json_out_object(&out, NULL);
    json_out_text(&out, "from", importing->from);
    json_out_text(&out, "stage", import_stages[importing->stage].name);
    json_out_int(&out, "page", importing->page);
    json_out_text(&out, "cursor", importing->cursor);
    json_out_int(&out, "copied", (int64_t)importing->import.copied);
    json_out_int(&out, "left_out", (int64_t)importing->import.left_out);
    json_out_int(&out, "waiting", (int64_t)importing->import.waiting);
    json_out_int(&out, "advanced", (int64_t)importing->import.advanced);
    json_out_bool(&out, "only_newest", importing->import.only_newest);
    json_out_end_object(&out);
    buf_add_str(text, STR("\n"));
}

static enum status save(struct importing *importing)
{
    char fresh[PATH_BYTES];
    struct buf text = {0};
    write_checkpoint(importing, &text);
    snprintf(fresh, sizeof fresh, "%s.new", importing->checkpoint);
    FILE *file = fopen(fresh, "w");
    bool fine = file && !text.failed && fwrite(text.ptr, 1, text.len, file) == text.len;
    fine = fine && fflush(file) == 0 && fsync(fileno(file)) == 0;
    if (file)
        fine = fclose(file) == 0 && fine;
    buf_done(&text);
    if (!fine || rename(fresh, importing->checkpoint) != 0)
        return fail(&importing->error, STATUS_IO, "%s: %s", importing->checkpoint, strerror(errno));
    return STATUS_OK;
}

static uint64_t count_of(const struct json *said, const char *name)
{
    int64_t number;
    return json_int(json_get(said, str_from(name)), &number) && number > 0 ? (uint64_t)number : 0;
}

static void read_checkpoint(struct importing *importing, const struct json *said)
{
    struct str cursor = json_string(json_get(said, STR("cursor")));
    const struct json *newest = json_get(said, STR("only_newest"));
    for (size_t i = 0; i < import_stage_count; i++)
        if (str_equal(json_string(json_get(said, STR("stage"))), str_from(import_stages[i].name)))
            importing->stage = i;
    if (count_of(said, "page"))
        importing->page = (int64_t)count_of(said, "page");
    if (cursor.len <= CURSOR_BYTES_MAX)
        snprintf(importing->cursor, sizeof importing->cursor, "%.*s", STR_ARGS(cursor));
    importing->import.copied = count_of(said, "copied");
    importing->import.left_out = count_of(said, "left_out");
    importing->import.waiting = count_of(said, "waiting");
    importing->import.advanced = count_of(said, "advanced");
    importing->import.only_newest = newest && newest->type == JSON_BOOL && newest->boolean;
}

static enum status load(struct importing *importing)
{
    char text[CHECKPOINT_BYTES_MAX];
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
    else
        read_checkpoint(importing, &said);
    arena_done(&arena);
    return status;
}

/* --- pages ------------------------------------------------------------------------------------ */

static struct str page_path(const struct importing *importing, struct arena *arena)
{
    const struct import_stage *stage = &import_stages[importing->stage];
    if (stage->source != IMPORT_NEWEST)
        return arena_printf(arena, "%s&page=%lld", stage->path, (long long)importing->page);
    if (!importing->cursor[0])
        return str_from(stage->path);
    struct str cursor = arena_url_piece(arena, str_from(importing->cursor));
    return arena_printf(arena, "%s&cursor=%.*s", stage->path, STR_ARGS(cursor));
}

/* Where the next page is. */
static enum status next_page(struct importing *importing, const struct json *reply,
                             const struct json *items, bool *out_more)
{
    int64_t pages = 0;
    struct str cursor = json_string(json_path(reply, STR("meta.cursor")));
    if (import_stages[importing->stage].source != IMPORT_NEWEST) {
        json_int(json_path(reply, STR("meta.totalPages")), &pages);
        *out_more = items->count > 0 && importing->page < pages;
        importing->page++;
        return importing->page < IMPORT_PAGES_MAX
                   ? STATUS_OK
                   : fail(&importing->error, STATUS_TOO_LARGE, "the source tells of no end");
    }
    if (cursor.len > CURSOR_BYTES_MAX)
        return fail(&importing->error, STATUS_TOO_LARGE, "meta.cursor: expected at most %d bytes",
                    CURSOR_BYTES_MAX);
    snprintf(importing->cursor, sizeof importing->cursor, "%.*s", STR_ARGS(cursor));
    *out_more = cursor.len > 0;
    return STATUS_OK;
}

static void tell_progress(const struct importing *importing, const struct json *reply)
{
    int64_t total;
    const struct import_stage *stage = &import_stages[importing->stage];
    fprintf(stderr, "%s: %llu", stage->name, (unsigned long long)importing->import.copied);
    if (json_int(json_path(reply, STR("meta.totalItems")), &total))
        fprintf(stderr, " of %lld", (long long)total);
    fprintf(stderr, "\n");
}

static enum status copy_items(struct importing *importing, const struct json *reply,
                              struct arena *arena, bool *out_more)
{
    const struct json *items = json_get(reply, STR("data"));
    struct import *import = &importing->import;
    if (!items || items->type != JSON_ARRAY)
        return fail(&importing->error, STATUS_INVALID, "%s: the answer has no data",
                    import_stages[importing->stage].path);
    enum status status = import__circle_check(&importing->circle, items, &importing->error);
    if (status == STATUS_OK)
        status = import_stages[importing->stage].copy(import, items, arena);
    if (status != STATUS_OK)
        return status;
    import->copied += items->count;
    tell_progress(importing, reply);
    return next_page(importing, reply, items, out_more);
}

/* One page. *out_more: there are others behind it. */
static enum status copy_page(struct importing *importing, bool *out_more)
{
    const struct import_stage *stage = &import_stages[importing->stage];
    struct import *import = &importing->import;
    struct arena arena;
    struct json reply;
    arena_init(&arena, (size_t)IMPORT_ANSWER_BYTES_MAX * 4);
    *out_more = false;
    enum status status = import__get(import->source, page_path(importing, &arena), &arena, &reply,
                                     &importing->error);
    if (status == STATUS_NOT_FOUND && stage->source == IMPORT_OLDER) {
        fprintf(stderr, "%s: this Langfuse has only its newest lists\n", stage->name);
        import->only_newest = true;
        status = STATUS_OK;
    } else if (status == STATUS_OK) {
        status = copy_items(importing, &reply, &arena, out_more);
    }
    arena_done(&arena);
    return status;
}

/* --- stages ----------------------------------------------------------------------------------- */

static void begin_walk(struct importing *importing)
{
    importing->page = 1;
    importing->cursor[0] = 0;
    importing->import.copied = importing->import.waiting = importing->import.advanced = 0;
    import__circle_done(&importing->circle);
    import__circle_init(&importing->circle);
}

/* Behind the last page of a walk. */
static void end_walk(struct importing *importing)
{
    struct import *import = &importing->import;
    bool again = import->waiting > 0 && !import->must_not_wait;
    import->must_not_wait = again && import->advanced == 0;
    importing->stage += !again;
    begin_walk(importing);
}

static bool is_left(const struct importing *importing)
{
    return importing->stage < import_stage_count;
}

static enum status copy_all(struct importing *importing)
{
    enum status status = STATUS_OK;
    while (status == STATUS_OK && is_left(importing)) {
        bool more = false, is_newest = import_stages[importing->stage].source == IMPORT_NEWEST;
        if (!is_newest || importing->import.only_newest)
            status = copy_page(importing, &more);
        if (status == STATUS_OK && !more)
            end_walk(importing);
        if (status == STATUS_OK && is_left(importing))
            status = save(importing);
    }
    if (status == STATUS_OK)
        unlink(importing->checkpoint);
    return status;
}

static void tell_end(const struct import *import)
{
    if (import->files)
        fprintf(stderr, "files: %llu\n", (unsigned long long)import->files);
    if (import->left_out)
        fprintf(stderr, "done, but %llu left out, as told above\n",
                (unsigned long long)import->left_out);
    else
        fprintf(stderr, "done\n");
}

static enum status run(struct importing *importing)
{
    struct arena arena;
    arena_init(&arena, 1 << 16);
    struct str key = arena_printf(&arena, "%s:%s", importing->public_key, importing->secret_key);
    const struct client_options from = {
        .url = importing->from,
        .key = key.ptr,
        .answer_bytes_max = IMPORT_ANSWER_BYTES_MAX,
        .patient = true,
    };
    const struct client_options to = {
        .url = importing->url,
        .key = importing->key,
        .project = importing->project,
        .answer_bytes_max = IMPORT_ANSWER_BYTES_MAX,
        .patient = true,
    };
    struct import *import = &importing->import;
    import->error = &importing->error;
    import->target_project = importing->project;
    import__circle_init(&importing->circle);
    map_init(&import->media);
    map_init(&import->prompts);
    enum status status = client_open(&from, &import->source, &importing->error);
    if (status == STATUS_OK)
        status = client_open(&to, &import->target, &importing->error);
    if (status == STATUS_OK)
        status = load(importing);
    if (status == STATUS_OK)
        status = copy_all(importing);
    if (status == STATUS_OK)
        tell_end(import);
    client_close(import->source);
    client_close(import->target);
    map_done(&import->prompts);
    map_done(&import->media);
    import__circle_done(&importing->circle);
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
    if (strlen(importing.from) > 500 || strlen(importing.checkpoint) > PATH_BYTES - 10)
        return cli_usage_error("import", "--from, --checkpoint: too long");
    if (run(&importing) != STATUS_OK)
        return cli_failure("import", &importing.error);
    return importing.import.left_out ? 3 : 0;
}
