/* SPDX-License-Identifier: Apache-2.0 */
/*
 * send: posts an OTLP file, or one small trace made here, and says where to look at it.
 * What is in the file is told by its members (JSON) or by --signal (protobuf).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "base/clock.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/otlp_write.h"
#include "wire/json.h"
#include "wire/protobuf.h"

enum { FILE_BYTES_MAX = 1 << 30, SHOWN_MAX = 10 };
enum signal { SIGNAL_TRACES, SIGNAL_LOGS, SIGNAL_METRICS };

struct sending {
    const char *url, *key, *project, *file;
    enum signal signal;
    bool is_json, signal_given;
    struct buf body;
    char ids[SHOWN_MAX][33]; /* distinct, in the order met */
    size_t id_count;
    bool more_ids;
};

static void print_help(void)
{
    printf(
        "usage: vitrine send [--url URL] [--key PUBLIC:SECRET] [--project NAME] [FILE]\n\n"
        "Sends an OTLP file, JSON or protobuf, to a server; without a file, one small trace of an\n"
        "agent, to see that all is well. Prints where to look at it.\n\n"
        "  --url URL        the server (http://127.0.0.1:4318)\n"
        "  --key PAIR       public and secret key of a project, joined by ':'\n"
        "  --project NAME   which project, on a local server that asks for no key\n"
        "  --signal WHAT    traces, logs or metrics: what a protobuf file holds (traces)\n\n"
        "  vitrine send spans.json\n"
        "  vitrine send --url https://vitrine.example --key pk-…:sk-… export.pb\n\n"
        "Exit status: 0 all was accepted, 1 something was not, 2 wrong usage.\n");
}

/* --- what is sent ---------------------------------------------------------------------------- */

static void note_id(struct sending *sending, const uint8_t id[16])
{
    char hex[33];
    str_hex_encode(id, 16, hex);
    for (size_t i = 0; i < sending->id_count; i++)
        if (!strcmp(sending->ids[i], hex))
            return;
    if (sending->id_count < SHOWN_MAX)
        strcpy(sending->ids[sending->id_count++], hex);
    else
        sending->more_ids = true;
}

static const struct json *member(const struct json *object, const char *camel, const char *snake)
{
    const struct json *found = json_get(object, str_from(camel));
    return found ? found : json_get(object, str_from(snake));
}

static void note_json_ids(struct sending *sending, const struct json *groups)
{
    for (size_t i = 0; groups && groups->type == JSON_ARRAY && i < groups->count; i++) {
        const struct json *scopes = member(&groups->items[i], "scopeSpans", "scope_spans");
        for (size_t j = 0; scopes && scopes->type == JSON_ARRAY && j < scopes->count; j++) {
            const struct json *spans = json_get(&scopes->items[j], STR("spans"));
            for (size_t k = 0; spans && spans->type == JSON_ARRAY && k < spans->count; k++) {
                uint8_t id[16];
                if (str_hex_decode(json_string(member(&spans->items[k], "traceId", "trace_id")), id,
                                   sizeof id))
                    note_id(sending, id);
            }
        }
    }
}

/* Request 1 -> ResourceSpans 2 -> ScopeSpans 2 -> Span 1 is the id. */
static void note_protobuf_ids(struct sending *sending, struct str message, int depth)
{
    static const uint32_t path[] = {1, 2, 2, 1};
    struct protobuf_reader reader = protobuf_reader(message);
    struct protobuf_field field;
    while (protobuf_next(&reader, &field)) {
        if (field.number != path[depth] || field.wire != PROTOBUF_BYTES)
            continue;
        if (depth < 3)
            note_protobuf_ids(sending, field.bytes, depth + 1);
        else if (field.bytes.len == 16)
            note_id(sending, (const uint8_t *)field.bytes.ptr);
    }
}

static enum status look_into(struct sending *sending, struct error *error)
{
    struct str body = str_trim(buf_str(&sending->body));
    sending->is_json = body.len && body.ptr[0] == '{';
    if (!sending->is_json) {
        if (sending->file && str_ends(str_from(sending->file), STR(".json")))
            return fail(error, STATUS_INVALID, "%s: expected a JSON object", sending->file);
        if (sending->signal == SIGNAL_TRACES)
            note_protobuf_ids(sending, buf_str(&sending->body), 0);
        return STATUS_OK;
    }
    struct arena arena;
    struct json root;
    struct error fault;
    arena_init(&arena, ARENA_NO_LIMIT);
    enum status status = json_parse(body, &arena, &root, &fault);
    if (status != STATUS_OK)
        fail(error, status, "%s: %.400s", sending->file, fault.text);
    else if (member(&root, "resourceSpans", "resource_spans"))
        note_json_ids(sending, member(&root, "resourceSpans", "resource_spans"));
    else if (member(&root, "resourceLogs", "resource_logs"))
        sending->signal = SIGNAL_LOGS;
    else if (member(&root, "resourceMetrics", "resource_metrics"))
        sending->signal = SIGNAL_METRICS;
    else
        status = fail(error, STATUS_INVALID,
                      "%s: expected resourceSpans, resourceLogs or resourceMetrics", sending->file);
    arena_done(&arena);
    return status;
}

static enum status read_file(struct sending *sending, struct error *error)
{
    FILE *file = fopen(sending->file, "rb");
    if (!file)
        return fail(error, STATUS_IO, "%s: %s", sending->file, strerror(errno));
    sending->body.limit_bytes = FILE_BYTES_MAX;
    char piece[65536];
    size_t len;
    while (!sending->body.failed && (len = fread(piece, 1, sizeof piece, file)) > 0)
        buf_add(&sending->body, piece, len);
    bool broken = ferror(file);
    int fault = errno;
    fclose(file);
    if (broken)
        return fail(error, STATUS_IO, "%s: %s", sending->file, strerror(fault));
    if (sending->body.failed)
        return fail(error, STATUS_TOO_LARGE, "%s: larger than 1 GiB", sending->file);
    if (sending->body.len == 0)
        return fail(error, STATUS_INVALID, "%s: the file is empty", sending->file);
    return STATUS_OK;
}

/* --- the test trace --------------------------------------------------------------------------- */

static struct otlp_span child(const struct otlp_span *parent, const char *name, int kind,
                              int64_t from_ms, int64_t to_ms)
{
    struct otlp_span span = {.name = name, .kind = kind, .has_parent = true};
    memcpy(span.trace_id, parent->trace_id, 16);
    memcpy(span.parent_id, parent->id, 8);
    randombytes_buf(span.id, sizeof span.id);
    span.start_ns = parent->start_ns + from_ms * NS_PER_MS;
    span.end_ns = parent->start_ns + to_ms * NS_PER_MS;
    return span;
}

static void add_chat(struct buf *spans, struct otlp_span span, const char *input,
                     const char *output, const char *finish, int64_t in, int64_t out)
{
    struct buf *to = &span.attributes;
    const struct str reason = str_from(finish);
    otlp_text(to, OTLP_IN_SPAN, "gen_ai.operation.name", "chat");
    otlp_text(to, OTLP_IN_SPAN, "gen_ai.provider.name", "openai");
    otlp_text(to, OTLP_IN_SPAN, "gen_ai.request.model", "gpt-4o-mini");
    otlp_text(to, OTLP_IN_SPAN, "gen_ai.response.model", "gpt-4o-mini-2024-07-18");
    otlp_double(to, OTLP_IN_SPAN, "gen_ai.request.temperature", 0.2);
    otlp_strs(to, OTLP_IN_SPAN, "gen_ai.response.finish_reasons", &reason, 1);
    otlp_int(to, OTLP_IN_SPAN, "gen_ai.usage.input_tokens", in);
    otlp_int(to, OTLP_IN_SPAN, "gen_ai.usage.output_tokens", out);
    otlp_double(to, OTLP_IN_SPAN, "gen_ai.response.time_to_first_chunk", 0.31);
    otlp_text(to, OTLP_IN_SPAN, "gen_ai.input.messages", input);
    otlp_text(to, OTLP_IN_SPAN, "gen_ai.output.messages", output);
    otlp_span(spans, &span);
}

#define ASK                                                                                        \
    "{\"role\":\"system\",\"parts\":[{\"type\":\"text\",\"content\":\"You answer questions about " \
    "the weather. Use the tool.\"}]},"                                                             \
    "{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"Do I need an umbrella in "     \
    "Lisbon today?\"}]}"
#define CALL                                                                                       \
    "{\"role\":\"assistant\",\"parts\":[{\"type\":\"tool_call\",\"id\":\"call_1\",\"name\":"       \
    "\"forecast\",\"arguments\":{\"city\":\"Lisbon\"}}]"
#define RESULT "{\"rain_probability\":0.7,\"from\":\"15:00\"}"
#define ANSWER                                                                                     \
    "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"Yes. Rain is likely "    \
    "from three in the afternoon. \u2602\"}],\"finish_reason\":\"stop\"}]"

static void make_trace(struct sending *sending)
{
    struct otlp_span root = {.name = "invoke_agent weather", .kind = OTLP_KIND_INTERNAL};
    struct buf spans = {0}, resource = {0};
    randombytes_buf(root.trace_id, sizeof root.trace_id);
    randombytes_buf(root.id, sizeof root.id);
    root.end_ns = clock_now_ns();
    root.start_ns = root.end_ns - 2100 * NS_PER_MS;
    note_id(sending, root.trace_id);
    add_chat(&spans, child(&root, "chat gpt-4o-mini", OTLP_KIND_CLIENT, 20, 780), "[" ASK "]",
             "[" CALL ",\"finish_reason\":\"tool_call\"}]", "tool_calls", 96, 14);

    struct otlp_span tool = child(&root, "execute_tool forecast", OTLP_KIND_INTERNAL, 800, 1120);
    otlp_text(&tool.attributes, OTLP_IN_SPAN, "gen_ai.operation.name", "execute_tool");
    otlp_text(&tool.attributes, OTLP_IN_SPAN, "gen_ai.tool.name", "forecast");
    otlp_text(&tool.attributes, OTLP_IN_SPAN, "gen_ai.tool.call.id", "call_1");
    otlp_text(&tool.attributes, OTLP_IN_SPAN, "gen_ai.tool.call.arguments",
              "{\"city\":\"Lisbon\"}");
    otlp_text(&tool.attributes, OTLP_IN_SPAN, "gen_ai.tool.call.result", RESULT);
    otlp_span(&spans, &tool);

    add_chat(&spans, child(&root, "chat gpt-4o-mini", OTLP_KIND_CLIENT, 1130, 2080),
             "[" ASK "," CALL "},{\"role\":\"tool\",\"parts\":[{\"type\":\"tool_call_response\","
             "\"id\":\"call_1\",\"response\":" RESULT "}]}]",
             ANSWER, "stop", 141, 19);

    otlp_text(&root.attributes, OTLP_IN_SPAN, "gen_ai.operation.name", "invoke_agent");
    otlp_text(&root.attributes, OTLP_IN_SPAN, "gen_ai.agent.name", "weather");
    otlp_text(&root.attributes, OTLP_IN_SPAN, "gen_ai.input.messages", "[" ASK "]");
    otlp_text(&root.attributes, OTLP_IN_SPAN, "gen_ai.output.messages", ANSWER);
    otlp_span(&spans, &root);

    otlp_text(&resource, OTLP_IN_RESOURCE, "service.name", "vitrine-send");
    otlp_text(&resource, OTLP_IN_RESOURCE, "service.version", VITRINE_VERSION);
    otlp_group(&sending->body, buf_str(&resource), "vitrine.send", VITRINE_VERSION,
               buf_str(&spans));
    sending->body.failed |= spans.failed || resource.failed;
    buf_done(&spans);
    buf_done(&resource);
}

/* --- the answer ------------------------------------------------------------------------------- */

/* OTLP's partial success: 200, and yet something was refused. */
struct partial {
    int64_t rejected;
    struct str words;
};

static struct partial read_json_answer(const struct sending *sending, struct str reply,
                                       struct arena *arena)
{
    static const char *const names[] = {"rejectedSpans", "rejectedLogRecords",
                                        "rejectedDataPoints"};
    struct partial answer = {0};
    struct json root;
    if (json_parse(reply, arena, &root, NULL) != STATUS_OK)
        return answer;
    const struct json *partial = json_get(&root, STR("partialSuccess"));
    const struct json *count = partial ? json_get(partial, str_from(names[sending->signal])) : NULL;
    if (count)
        json_int(count, &answer.rejected);
    if (partial)
        answer.words = json_string(json_get(partial, STR("errorMessage")));
    return answer;
}

static struct partial read_protobuf_answer(struct str reply)
{
    struct partial answer = {0};
    struct protobuf_reader outer = protobuf_reader(reply);
    struct protobuf_field field;
    while (protobuf_next(&outer, &field)) {
        if (field.number != 1 || field.wire != PROTOBUF_BYTES)
            continue;
        struct protobuf_reader inner = protobuf_reader(field.bytes);
        struct protobuf_field part;
        while (protobuf_next(&inner, &part)) {
            if (part.number == 1 && part.wire == PROTOBUF_VARINT)
                answer.rejected = (int64_t)part.integer;
            else if (part.number == 2 && part.wire == PROTOBUF_BYTES)
                answer.words = part.bytes;
        }
    }
    return answer;
}

static enum status read_answer(const struct sending *sending, struct str reply, struct error *error)
{
    struct arena arena;
    arena_init(&arena, 1 << 20);
    struct partial answer =
        sending->is_json ? read_json_answer(sending, reply, &arena) : read_protobuf_answer(reply);
    enum status status = STATUS_OK;
    if (answer.rejected > 0)
        status = fail(error, STATUS_INVALID, "%lld refused: %.*s", (long long)answer.rejected,
                      (int)(answer.words.len > 400 ? 400 : answer.words.len), answer.words.ptr);
    else if (answer.words.len)
        fprintf(stderr, "vitrine send: note: %.*s\n", STR_ARGS(answer.words));
    arena_done(&arena);
    return status;
}

static void print_where(const struct sending *sending, const char *project)
{
    size_t len = strlen(sending->url);
    while (len && sending->url[len - 1] == '/')
        len--;
    if (sending->signal != SIGNAL_TRACES) {
        printf("%.*s/p/%s/%s\n", (int)len, sending->url, project,
               sending->signal == SIGNAL_LOGS ? "logs" : "metrics");
        return;
    }
    for (size_t i = 0; i < sending->id_count; i++)
        printf("%.*s/p/%s/traces/%s\n", (int)len, sending->url, project, sending->ids[i]);
    if (sending->more_ids)
        printf("and more: %.*s/p/%s/traces\n", (int)len, sending->url, project);
}

static enum status post(struct sending *sending, struct error *error)
{
    static const char *const paths[] = {"/v1/traces", "/v1/logs", "/v1/metrics"};
    const struct client_options options = {
        .url = sending->url, .key = sending->key, .project = sending->project};
    struct client *client;
    struct buf reply = {0};
    char project[256];
    enum status status = client_open(&options, &client, error);
    if (status != STATUS_OK)
        return status;
    status = client_post(client, paths[sending->signal],
                         sending->is_json ? "application/json" : "application/x-protobuf",
                         buf_str(&sending->body), &reply, error);
    if (status == STATUS_OK) {
        struct error fault;
        status = read_answer(sending, buf_str(&reply), error);
        if (client_project(client, project, sizeof project, &fault) == STATUS_OK)
            print_where(sending, project);
    }
    buf_done(&reply);
    client_close(client);
    return status;
}

static int read_arguments(struct sending *sending, int argc, char **argv)
{
    static const char *const names[] = {"traces", "logs", "metrics"};
    for (int i = 1; i < argc; i++) {
        const char **member_of = !strcmp(argv[i], "--url")       ? &sending->url
                                 : !strcmp(argv[i], "--key")     ? &sending->key
                                 : !strcmp(argv[i], "--project") ? &sending->project
                                                                 : NULL;
        bool is_signal = !strcmp(argv[i], "--signal");
        if ((member_of || is_signal) && i + 1 == argc)
            return cli_usage_error("send", "%s needs a value", argv[i]);
        if (member_of) {
            *member_of = argv[++i];
        } else if (is_signal) {
            i++;
            for (int which = 0; which < 3; which++)
                if (!strcmp(argv[i], names[which])) {
                    sending->signal = (enum signal)which;
                    sending->signal_given = true;
                }
            if (!sending->signal_given)
                return cli_usage_error("send", "--signal: expected traces, logs or metrics");
        } else if (argv[i][0] == '-' && argv[i][1]) {
            return cli_usage_error("send", "unknown option %s", argv[i]);
        } else if (sending->file) {
            return cli_usage_error("send", "one file at a time");
        } else {
            sending->file = argv[i];
        }
    }
    return 0;
}

int cli_send(int argc, char **argv)
{
    struct sending sending = {.url = "http://127.0.0.1:4318"};
    struct error error = {0};
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
            print_help();
            return 0;
        }
    int code = read_arguments(&sending, argc, argv);
    if (code)
        return code;
    enum status status = STATUS_OK;
    if (sending.file)
        status = read_file(&sending, &error);
    else
        make_trace(&sending);
    if (status == STATUS_OK && sending.file)
        status = look_into(&sending, &error);
    if (status == STATUS_OK && sending.body.failed)
        status = fail(&error, STATUS_INTERNAL, "no memory");
    if (status == STATUS_OK)
        status = post(&sending, &error);
    buf_done(&sending.body);
    return status == STATUS_OK ? 0 : cli_failure("send", &error);
}
