/* SPDX-License-Identifier: Apache-2.0 */
/* query_ask: request, answer or refusal, and following. */
#define _GNU_SOURCE
#include "cli/query_ask.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/map.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/query_reply.h"
#include "cli/terminal.h"
#include "language/language.h"

enum { ANSWER_BYTES_MAX = 1 << 30, SEEN_MAX = 200000, RETRIES = 5 };
/* A span may have begun so long before it arrives. */
#define OVERLAP_NS      (15 * 60 * NS_PER_SEC)
#define FOLLOW_SINCE_NS (5 * 60 * NS_PER_SEC)

struct session {
    const struct asking *asking;
    struct client *client;
    struct buf path, request, answer;
    int http_status;
};

/* --- the request ----------------------------------------------------------------------------- */

static void write_request(struct session *session, int64_t from_ns)
{
    const struct asking *asking = session->asking;
    struct json_out out = json_out(&session->request);
    buf_clear(&session->request);
    json_out_object(&out, NULL);
    json_out_str(&out, "query", asking->query);
    if (asking->source)
        json_out_text(&out, "source", asking->source);
    if (from_ns)
        json_out_int_text(&out, "from", from_ns);
    else if (asking->from)
        json_out_text(&out, "from", asking->from);
    if (asking->to)
        json_out_text(&out, "to", asking->to);
    if (asking->limit)
        json_out_int(&out, "limit", asking->limit);
    json_out_end_object(&out);
}

static void add_parameter(struct buf *out, const char *name, const char *value)
{
    static const char digits[] = "0123456789ABCDEF";
    if (!value)
        return;
    buf_printf(out, "%c%s=", memchr(out->ptr, '?', out->len) ? '&' : '?', name);
    for (; *value; value++) {
        unsigned char byte = (unsigned char)*value;
        if (isalnum(byte) || byte == '-' || byte == '_' || byte == '.')
            buf_add_byte(out, byte);
        else
            buf_printf(out, "%%%c%c", digits[byte >> 4], digits[byte & 15]);
    }
}

static void write_path(const struct asking *asking, struct buf *out)
{
    buf_printf(out, asking->list ? "/api/v1/fields" : "/api/v1/query");
    add_parameter(out, "project", asking->project);
    if (asking->list)
        add_parameter(out, "source", asking->source);
    buf_add_byte(out, 0);
}

static enum status ask(struct session *session, int64_t from_ns, struct error *error)
{
    write_request(session, from_ns);
    return client_call(session->client, "POST", session->path.ptr, "application/json",
                       buf_str(&session->request), &session->http_status, &session->answer, error);
}

/* --- refusals -------------------------------------------------------------------------------- */

/* The line of the query, and marks under what is wrong. */
static void show_place(struct str query, size_t offset, size_t length)
{
    enum { SHOWN = 100 };
    if (offset > query.len)
        return;
    size_t start = offset, end = offset;
    while (start > 0 && query.ptr[start - 1] != '\n')
        start--;
    while (end < query.len && query.ptr[end] != '\n')
        end++;
    if (offset - start > SHOWN / 2 && end - start > SHOWN)
        start = offset - SHOWN / 2;
    while (start < offset && ((unsigned char)query.ptr[start] & 0xC0) == 0x80)
        start++;
    struct str line = str_sub(query, start, end - start), marked;
    marked = str_sub(query, offset, length < end - offset ? length : end - offset);
    size_t before = terminal_text_width(str_sub(query, start, offset - start));
    size_t under = terminal_text_width(marked);
    size_t room = before + SHOWN / 2 > SHOWN ? before + SHOWN / 2 : SHOWN;
    struct buf text = {0};
    terminal_add_cell(&text, line,
                      terminal_text_width(line) < room ? terminal_text_width(line) : room, false);
    fprintf(stderr, "  %.*s\n  %*s", STR_ARGS(buf_str(&text)), (int)before, "");
    for (size_t i = 0; i < (under ? under : 1) && before + i < room; i++)
        fputc('^', stderr);
    fputc('\n', stderr);
    buf_done(&text);
}

static void say(struct str text, const char *format)
{
    struct buf safe = {0};
    terminal_add(&safe, text);
    fprintf(stderr, format, (int)safe.len, safe.ptr ? safe.ptr : "");
    buf_done(&safe);
}

static int show_refusal(const struct session *session)
{
    struct arena arena;
    struct json root;
    int64_t offset = 0, length = 0;
    arena_init(&arena, 64 << 20);
    bool understood = json_parse(buf_str(&session->answer), &arena, &root, NULL) == STATUS_OK;
    const struct json *error = understood ? json_get(&root, STR("error")) : NULL;
    struct str message = json_string(error ? json_get(error, STR("message")) : NULL);
    if (message.len)
        say(message, "vitrine query: %.*s\n");
    else
        fprintf(stderr, "vitrine query: %s answered %d\n", session->asking->url,
                session->http_status);
    const struct json *position = error ? json_get(error, STR("position")) : NULL;
    if (position && json_int(json_get(position, STR("offset")), &offset) && offset >= 0) {
        const struct json *given = json_get(position, STR("length"));
        if (!given || !json_int(given, &length) || length < 0)
            length = 1;
        show_place(session->asking->query, (size_t)offset, (size_t)length);
    }
    struct str suggestion = json_string(error ? json_get(error, STR("suggestion")) : NULL);
    if (suggestion.len)
        say(suggestion, "%.*s\n");
    arena_done(&arena);
    return 1;
}

/* --- answers --------------------------------------------------------------------------------- */

static void show_end(const struct query_reply *reply)
{
    int64_t scanned = 0;
    double elapsed = 0;
    bool known = false;
    if (reply->statistics) {
        const struct json *rows = json_get(reply->statistics, STR("rows_scanned"));
        const struct json *ms = json_get(reply->statistics, STR("elapsed_ms"));
        known = rows && ms && json_int(rows, &scanned) && json_number(ms, &elapsed);
    }
    fprintf(stderr, "%zu row%s", reply->row_count, reply->row_count == 1 ? "" : "s");
    if (known)
        fprintf(stderr, " of %lld read, %.0f ms", (long long)scanned, elapsed);
    fprintf(stderr, "%s\n", reply->truncated ? "; there are more, --limit asks for them" : "");
}

static void show_warnings(const struct query_reply *reply)
{
    for (size_t i = 0; reply->warnings && i < reply->warnings->count; i++)
        say(json_string(&reply->warnings->items[i]), "note: %.*s\n");
}

static void show_rows(const struct asking *asking, const struct query_reply *reply, bool headings,
                      struct query_widths *widths)
{
    struct query_look look = {.width = asking->width, .headings = headings, .widths = widths};
    if (asking->format == QUERY_CSV)
        query_write_csv(stdout, reply, look);
    else if (asking->format == QUERY_NDJSON)
        query_write_ndjson(stdout, reply, look);
    else
        query_write_table(stdout, reply, look);
}

static void show_json(const struct asking *asking, struct str answer)
{
    struct buf safe = {0};
    if (asking->width)
        terminal_add_lines(&safe, answer);
    else
        buf_add_str(&safe, answer);
    fwrite(safe.ptr, 1, safe.len, stdout);
    if (safe.len && safe.ptr[safe.len - 1] != '\n')
        fputc('\n', stdout);
    buf_done(&safe);
}

static int show_answer(const struct session *session)
{
    const struct asking *asking = session->asking;
    struct query_reply reply;
    struct arena arena;
    struct error error;
    if (asking->format == QUERY_JSON) {
        show_json(asking, buf_str(&session->answer));
        return 0;
    }
    arena_init(&arena, ARENA_NO_LIMIT);
    int code = 0;
    if (query_reply_read(buf_str(&session->answer), &arena, &reply, &error) != STATUS_OK) {
        code = cli_failure("query", &error);
    } else {
        show_rows(asking, &reply, true, NULL);
        if (asking->format == QUERY_TABLE && reply.is_series) {
            query_reply_find_keys(&reply, asking->query);
            query_write_chart(stdout, &reply,
                              (struct query_look){.width = asking->width, .headings = true});
        }
        fflush(stdout);
        show_warnings(&reply);
        if (asking->format == QUERY_TABLE)
            show_end(&reply);
    }
    arena_done(&arena);
    return code;
}

/* --- following ------------------------------------------------------------------------------- */

/* What was shown, and by which round it was last there. Two maps take turns, so that what has left
 * the time asked for is forgotten. */
struct following {
    struct map seen, next;
    struct query_widths widths;
    bool answered, headings_shown, sorts;
};

static enum status check_following(const struct asking *asking, struct following *following,
                                   struct error *error)
{
    struct arena arena;
    struct language_query *query;
    enum status status = STATUS_OK;
    arena_init(&arena, 64 << 20);
    /* A query that is not understood here, the server refuses with the place. */
    bool understood = language_parse(asking->query, &arena, &query, NULL) == STATUS_OK;
    for (size_t i = 0; understood && i < query->command_count; i++) {
        enum command_id id = query->commands[i].id;
        if (id == COMMAND_STATS || id == COMMAND_PATTERN || id == COMMAND_DIFF ||
            id == COMMAND_DEDUP)
            status = fail(error, STATUS_INVALID,
                          "--follow shows rows as they arrive, and %s makes other rows of them",
                          command_words[id].name);
        following->sorts |= id == COMMAND_SORT;
    }
    arena_done(&arena);
    return status;
}

static void add_identity(const struct query_reply *reply, size_t row, struct buf *out)
{
    buf_clear(out);
    if (reply->pointers)
        buf_add_str(out, json_string(&reply->pointers->items[row]));
    /* A trace is the same one while its spans come in; all else is what is in it. */
    if (out->len && str_equal(reply->source, STR("traces")))
        return;
    for (size_t c = 0; c < reply->column_count; c++) {
        buf_add_byte(out, 0x1F);
        query_cell_add(reply, row, c, out);
    }
}

/* Keeps the rows that were not there before. Equal rows count: two of them are two. */
static size_t keep_new(struct following *following, const struct query_reply *reply,
                       struct json *rows)
{
    struct buf identity = {0};
    size_t kept = 0;
    for (size_t i = 0; i < reply->row_count; i++) {
        /* Without a sort of its own the newest is first; a terminal has it last. */
        size_t row = following->sorts ? i : reply->row_count - 1 - i;
        uint64_t before = 0, now = 0;
        add_identity(reply, row, &identity);
        map_get(&following->seen, buf_str(&identity), &before);
        map_get(&following->next, buf_str(&identity), &now);
        map_put(&following->next, buf_str(&identity), now + 1);
        if (now + 1 > before)
            rows[kept++] = reply->rows->items[row];
    }
    buf_done(&identity);
    return kept;
}

static void take_turns(struct following *following)
{
    map_done(&following->seen);
    following->seen = following->next;
    map_init(&following->next);
}

static enum status show_new(struct session *session, struct following *following,
                            struct error *error)
{
    struct query_reply reply;
    struct arena arena;
    arena_init(&arena, ARENA_NO_LIMIT);
    enum status status = query_reply_read(buf_str(&session->answer), &arena, &reply, error);
    struct json *kept =
        status == STATUS_OK ? arena_array(&arena, struct json, reply.row_count + 1) : NULL;
    if (kept && reply.row_count <= SEEN_MAX) {
        struct json rows = {.type = JSON_ARRAY, .items = kept};
        rows.count = (uint32_t)keep_new(following, &reply, kept);
        take_turns(following);
        reply.rows = &rows;
        reply.row_count = rows.count;
        reply.pointers = NULL;
        if (rows.count) {
            show_rows(session->asking, &reply, !following->headings_shown, &following->widths);
            following->headings_shown = true;
            fflush(stdout);
        }
    }
    arena_done(&arena);
    return status;
}

static void pause_ns(int64_t ns)
{
    struct timespec time = {(time_t)(ns / NS_PER_SEC), (long)(ns % NS_PER_SEC)};
    nanosleep(&time, NULL);
}

/* Ends when the server refuses, or does not answer several times in a row. */
static int follow(struct session *session, struct following *following)
{
    const struct asking *asking = session->asking;
    struct error error;
    int64_t since_ns = asking->since_ns ? asking->since_ns : FOLLOW_SINCE_NS;
    int64_t first_ns = clock_now_ns() - since_ns, from_ns;
    if (asking->from && !clock_parse(str_from(asking->from), &first_ns))
        return cli_usage_error("query", "--from: with --follow a date and time, got '%s'",
                               asking->from);
    from_ns = first_ns;
    for (int failures = 0; failures < RETRIES;) {
        int64_t asked_ns = clock_now_ns();
        enum status status = ask(session, from_ns, &error);
        if (status == STATUS_OK && session->http_status >= 400 && session->http_status < 500 &&
            session->http_status != 429)
            return show_refusal(session);
        if (status == STATUS_OK && session->http_status == 200)
            status = show_new(session, following, &error);
        else if (status == STATUS_OK)
            status = fail(&error, STATUS_BUSY, "%s answered %d", asking->url, session->http_status);
        if (status == STATUS_OK) {
            failures = 0;
            following->answered = true;
            from_ns = asked_ns - OVERLAP_NS > first_ns ? asked_ns - OVERLAP_NS : first_ns;
        } else if (!following->answered || ++failures == RETRIES) {
            return cli_failure("query", &error);
        }
        pause_ns(asking->every_ns);
    }
    return 1;
}

/* --- listing --------------------------------------------------------------------------------- */

/* What can be asked, as an answer like any other, so that every form of one can show it. */
static enum status make_list(const struct asking *asking, struct str body, struct buf *out,
                             struct error *error)
{
    static const struct {
        const char *list;
        const char *columns[3];
    } lists[] = {{"fields", {"name", "type", "description"}},
                 {"functions", {"signature", "type", "description"}},
                 {"commands", {"name", "syntax", "description"}}};
    struct arena arena;
    struct json root;
    arena_init(&arena, ARENA_NO_LIMIT);
    enum status status = json_parse(body, &arena, &root, error);
    const struct json *rows = status == STATUS_OK ? json_get(&root, str_from(asking->list)) : NULL;
    struct json_out writer = json_out(out);
    json_out_object(&writer, NULL);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        if (strcmp(lists[i].list, asking->list))
            continue;
        json_out_array(&writer, "columns");
        for (size_t c = 0; c < 3; c++) {
            json_out_object(&writer, NULL);
            json_out_text(&writer, "name", lists[i].columns[c]);
            json_out_text(&writer, "type", "text");
            json_out_end_object(&writer);
        }
        json_out_end_array(&writer);
        json_out_array(&writer, "rows");
        for (size_t row = 0; rows && rows->type == JSON_ARRAY && row < rows->count; row++) {
            json_out_array(&writer, NULL);
            for (size_t c = 0; c < 3; c++)
                json_out_str(
                    &writer, NULL,
                    json_string(json_get(&rows->items[row], str_from(lists[i].columns[c]))));
            json_out_end_array(&writer);
        }
        json_out_end_array(&writer);
    }
    json_out_end_object(&writer);
    arena_done(&arena);
    return status;
}

static int list_words(struct session *session)
{
    struct buf list = {0};
    struct error error;
    enum status status = client_call(session->client, "GET", session->path.ptr, NULL, STR_NONE,
                                     &session->http_status, &session->answer, &error);
    if (status == STATUS_OK && session->http_status != 200)
        return show_refusal(session);
    if (status == STATUS_OK)
        status = make_list(session->asking, buf_str(&session->answer), &list, &error);
    if (status == STATUS_OK) {
        buf_clear(&session->answer);
        buf_add_str(&session->answer, buf_str(&list));
    }
    buf_done(&list);
    return status == STATUS_OK ? show_answer(session) : cli_failure("query", &error);
}

/* --- the door -------------------------------------------------------------------------------- */

static int ask_once(struct session *session)
{
    struct error error;
    int64_t since = session->asking->since_ns;
    if (ask(session, since ? clock_now_ns() - since : 0, &error) != STATUS_OK)
        return cli_failure("query", &error);
    return session->http_status == 200 ? show_answer(session) : show_refusal(session);
}

int asking_run(const struct asking *asking)
{
    const struct client_options options = {.url = asking->url,
                                           .key = asking->key,
                                           .project = asking->project,
                                           .answer_bytes_max = ANSWER_BYTES_MAX};
    struct session session = {.asking = asking};
    struct following following = {0};
    struct error error;
    int code;
    write_path(asking, &session.path);
    map_init(&following.seen);
    map_init(&following.next);
    if ((asking->follow && check_following(asking, &following, &error) != STATUS_OK) ||
        client_open(&options, &session.client, &error) != STATUS_OK)
        code = cli_failure("query", &error);
    else
        code = asking->list     ? list_words(&session)
               : asking->follow ? follow(&session, &following)
                                : ask_once(&session);
    client_close(session.client);
    buf_done(&session.path);
    buf_done(&session.request);
    buf_done(&session.answer);
    map_done(&following.seen);
    map_done(&following.next);
    free(following.widths.list);
    return code;
}
