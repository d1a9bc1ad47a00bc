/* SPDX-License-Identifier: Apache-2.0 */
/*
 * errors: whether a span failed, what the failure calls itself and which of eight kinds it is.
 * A class name says more than a status code (Bedrock's quota error is a 400), so it is tried first.
 */
#include <ctype.h>

#include "normalise/normalise_private.h"

static const struct {
    const char *name;
    enum error_kind kind;
} classes[] = {
    {"RateLimitError", ERROR_KIND_THROTTLE},
    {"OverloadedError", ERROR_KIND_THROTTLE},
    {"ThrottlingException", ERROR_KIND_THROTTLE},
    {"ThrottledException", ERROR_KIND_THROTTLE},
    {"ModelThrottledException", ERROR_KIND_THROTTLE},
    {"ModelNotReadyException", ERROR_KIND_THROTTLE},
    {"TooManyRequestsException", ERROR_KIND_THROTTLE},
    {"ServiceQuotaExceededException", ERROR_KIND_THROTTLE},
    {"ResourceExhausted", ERROR_KIND_THROTTLE},
    {"RESOURCE_EXHAUSTED", ERROR_KIND_THROTTLE},
    {"rate_limited", ERROR_KIND_THROTTLE},
    {"rate_limit_exceeded", ERROR_KIND_THROTTLE},
    {"rate_limit_error", ERROR_KIND_THROTTLE},
    {"overloaded_error", ERROR_KIND_THROTTLE},
    {"billing_error", ERROR_KIND_THROTTLE},
    {"insufficient_quota", ERROR_KIND_THROTTLE},
    {"APITimeoutError", ERROR_KIND_TIMEOUT},
    {"DeadlineExceededError", ERROR_KIND_TIMEOUT},
    {"DEADLINE_EXCEEDED", ERROR_KIND_TIMEOUT},
    {"DeadlineExceeded", ERROR_KIND_TIMEOUT},
    {"ModelTimeoutException", ERROR_KIND_TIMEOUT},
    {"TimeoutError", ERROR_KIND_TIMEOUT},
    {"ReadTimeout", ERROR_KIND_TIMEOUT},
    {"ConnectTimeout", ERROR_KIND_TIMEOUT},
    {"timeout", ERROR_KIND_TIMEOUT},
    {"timeout_error", ERROR_KIND_TIMEOUT},
    {"vector_store_timeout", ERROR_KIND_TIMEOUT},
    {"ContentFilterFinishReasonError", ERROR_KIND_CONTENT_FILTER},
    {"content_filter", ERROR_KIND_CONTENT_FILTER},
    {"content_policy_violation", ERROR_KIND_CONTENT_FILTER},
    {"bio_policy", ERROR_KIND_CONTENT_FILTER},
    {"CancelledError", ERROR_KIND_CANCELLED},
    {"AbortError", ERROR_KIND_CANCELLED},
    {"CANCELLED", ERROR_KIND_CANCELLED},
    {"BadRequestError", ERROR_KIND_CLIENT},
    {"AuthenticationError", ERROR_KIND_CLIENT},
    {"PermissionDeniedError", ERROR_KIND_CLIENT},
    {"NotFoundError", ERROR_KIND_CLIENT},
    {"ConflictError", ERROR_KIND_CLIENT},
    {"ConflictException", ERROR_KIND_CLIENT},
    {"RequestTooLargeError", ERROR_KIND_CLIENT},
    {"UnprocessableEntityError", ERROR_KIND_CLIENT},
    {"ValidationException", ERROR_KIND_CLIENT},
    {"AccessDeniedException", ERROR_KIND_CLIENT},
    {"ResourceNotFoundException", ERROR_KIND_CLIENT},
    {"ContextWindowOverflowException", ERROR_KIND_CLIENT},
    {"MaxTokensReachedException", ERROR_KIND_CLIENT},
    {"LengthFinishReasonError", ERROR_KIND_CLIENT},
    {"INVALID_ARGUMENT", ERROR_KIND_CLIENT},
    {"UNAUTHENTICATED", ERROR_KIND_CLIENT},
    {"PERMISSION_DENIED", ERROR_KIND_CLIENT},
    {"invalid_request", ERROR_KIND_CLIENT},
    {"invalid_request_error", ERROR_KIND_CLIENT},
    {"invalid_prompt", ERROR_KIND_CLIENT},
    {"authentication", ERROR_KIND_CLIENT},
    {"authentication_error", ERROR_KIND_CLIENT},
    {"permission", ERROR_KIND_CLIENT},
    {"permission_error", ERROR_KIND_CLIENT},
    {"not_found", ERROR_KIND_CLIENT},
    {"not_found_error", ERROR_KIND_CLIENT},
    {"unauthorized", ERROR_KIND_CLIENT},
    {"APIResponseValidationError", ERROR_KIND_CLIENT},
    {"-32602", ERROR_KIND_CLIENT},
    {"InternalServerError", ERROR_KIND_SERVER},
    {"InternalServerException", ERROR_KIND_SERVER},
    {"ServiceUnavailableError", ERROR_KIND_SERVER},
    {"ServiceUnavailableException", ERROR_KIND_SERVER},
    {"ModelErrorException", ERROR_KIND_SERVER},
    {"ModelStreamErrorException", ERROR_KIND_SERVER},
    {"APIConnectionError", ERROR_KIND_SERVER},
    {"server_error", ERROR_KIND_SERVER},
    {"api_error", ERROR_KIND_SERVER},
    {"unavailable", ERROR_KIND_SERVER},
    {"INTERNAL", ERROR_KIND_SERVER},
    {"UNAVAILABLE", ERROR_KIND_SERVER},
    {"-32603", ERROR_KIND_SERVER},
    {"tool_error", ERROR_KIND_TOOL},
};

/* Parts of class names that no list foresees. */
static const struct {
    const char *part;
    enum error_kind kind;
} parts[] = {
    {"ratelimit", ERROR_KIND_THROTTLE},       {"throttl", ERROR_KIND_THROTTLE},
    {"timeout", ERROR_KIND_TIMEOUT},          {"contentfilter", ERROR_KIND_CONTENT_FILTER},
    {"guardrail", ERROR_KIND_CONTENT_FILTER}, {"cancelled", ERROR_KIND_CANCELLED},
    {"canceled", ERROR_KIND_CANCELLED},
};

static const struct {
    const char *words;
    enum error_kind kind;
} sentences[] = {
    {"rate limit", ERROR_KIND_THROTTLE},
    {"too many requests", ERROR_KIND_THROTTLE},
    {"throttl", ERROR_KIND_THROTTLE},
    {"overloaded", ERROR_KIND_THROTTLE},
    {"exceeded your current quota", ERROR_KIND_THROTTLE},
    {"timed out", ERROR_KIND_TIMEOUT},
    {"deadline exceeded", ERROR_KIND_TIMEOUT},
    {"content filter", ERROR_KIND_CONTENT_FILTER},
    {"content management policy", ERROR_KIND_CONTENT_FILTER},
    {"operation was aborted", ERROR_KIND_CANCELLED},
    {"was cancelled", ERROR_KIND_CANCELLED},
};

static enum error_kind kind_of_status(int64_t code)
{
    if (code == 429 || code == 529)
        return ERROR_KIND_THROTTLE;
    if (code == 408 || code == 504)
        return ERROR_KIND_TIMEOUT;
    if (code == 499)
        return ERROR_KIND_CANCELLED;
    if (code == 424) /* Bedrock: the model failed */
        return ERROR_KIND_SERVER;
    if (code >= 400 && code < 500)
        return ERROR_KIND_CLIENT;
    return code >= 500 && code < 600 ? ERROR_KIND_SERVER : ERROR_KIND_NONE;
}

static enum error_kind kind_of_class(struct str type)
{
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (str_equal_nocase(type, str_from(classes[i].name)))
            return classes[i].kind;
    int64_t code;
    if (str_to_i64(type, &code))
        return kind_of_status(code);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (str_contains_nocase(type, str_from(parts[i].part)))
            return parts[i].kind;
    return ERROR_KIND_NONE;
}

/* "An error occurred (ThrottlingException) when calling …", as botocore words everything. */
static struct str class_in_message(struct str message)
{
    size_t open = str_find(message, STR("error occurred ("));
    if (open >= message.len)
        return STR_NONE;
    struct str rest = str_sub(message, open + 16, 100);
    return str_sub(rest, 0, str_find_byte(rest, ')'));
}

/* "Error code: 429", "status code 503", "HTTP 500". */
static int64_t status_in_message(struct str message)
{
    static const char *const marks[] = {"code: ",   "code ",   "HTTP ", "status ",
                                        "status: ", "status=", "code=", NULL};
    for (const char *const *mark = marks; *mark; mark++) {
        size_t at = str_find(message, str_from(*mark));
        struct str digits = str_sub(message, at + str_from(*mark).len, 3);
        int64_t code;
        if (at < message.len && digits.len == 3 && isdigit((unsigned char)digits.ptr[0]) &&
            str_to_i64(digits, &code) && code >= 400)
            return code;
    }
    return 0;
}

struct str error_class_tail(struct str type)
{
    size_t dot = str_rfind_byte(type, '.');
    if (dot + 1 < type.len)
        type = str_sub(type, dot + 1, type.len);
    size_t colon = str_rfind_byte(type, ':');
    return colon + 1 < type.len ? str_sub(type, colon + 1, type.len) : type;
}

static enum error_kind error_classify(struct str type, struct str message, bool is_tool)
{
    message = str_sub(message, 0, 2000);
    enum error_kind kind = type.len ? kind_of_class(error_class_tail(type)) : ERROR_KIND_NONE;
    if (!kind)
        kind = kind_of_class(class_in_message(message));
    if (!kind)
        kind = kind_of_status(status_in_message(message));
    for (size_t i = 0; !kind && i < sizeof sentences / sizeof *sentences; i++)
        if (str_contains_nocase(message, str_from(sentences[i].words)))
            kind = sentences[i].kind;
    if (!kind)
        kind = is_tool ? ERROR_KIND_TOOL : ERROR_KIND_UNKNOWN;
    return kind;
}

/* --- the level (also of those who have nothing else) ------------------------------------------ */

void level_read(struct reading *reading, const struct row *row, const struct value *value,
                unsigned rank)
{
    static const struct {
        const char *raw, *level;
    } levels[] = {
        {"DEBUG", "DEBUG"},     {"TRACE", "DEBUG"},    {"VERBOSE", "DEBUG"},
        {"DEFAULT", "DEFAULT"}, {"INFO", "DEFAULT"},   {"LOG", "DEFAULT"},
        {"NOTICE", "DEFAULT"},  {"OK", "DEFAULT"},     {"SUCCESS", "DEFAULT"},
        {"WARNING", "WARNING"}, {"WARN", "WARNING"},   {"ERROR", "ERROR"},
        {"FATAL", "ERROR"},     {"CRITICAL", "ERROR"},
    };
    struct str word;
    double number;
    if (coerce_number(value, &number)) { /* OTLP severity numbers, as Logfire sends them */
        const char *level = number <= 8    ? "DEBUG"
                            : number <= 12 ? "DEFAULT"
                            : number <= 16 ? "WARNING"
                                           : "ERROR";
        reading_set_text(reading, SLOT_level, rank, row, str_from(level));
        return;
    }
    if (!coerce_text(reading, value, &word))
        return;
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (str_equal_nocase(word, str_from(levels[i].raw)))
            reading_set_text(reading, SLOT_level, rank, row, str_from(levels[i].level));
}

/* --- did it fail ------------------------------------------------------------------------------ */

/* LangGraph leaves a node by raising when it waits for a person or hands over: not a failure. */
static bool is_control_flow(struct str type, struct str message)
{
    static const char *const names[] = {"GraphInterrupt", "NodeInterrupt", "ParentCommand",
                                        "GraphDrained",   "GraphBubbleUp", NULL};
    struct str tail = error_class_tail(type);
    for (const char *const *name = names; *name; name++) {
        struct str wanted = str_from(*name);
        if (str_equal(tail, wanted) || (str_starts(message, wanted) && message.len > wanted.len &&
                                        message.ptr[wanted.len] == '('))
            return true;
    }
    return str_contains(str_sub(message, 0, 1 << 16), STR("\n\nGraphInterrupt: ["));
}

static bool says_failure(const struct reading *reading)
{
    static const char *const words[] = {"error", "failure", "failed", NULL};
    bool succeeded;
    for (const char *const *word = words; *word; word++)
        if (kept_is(reading, KEEP_failed, str_from(*word)))
            return true;
    /* `success` is too common a word to be believed of anybody else. */
    return reading->vocabulary_number == VOCABULARY_claude_code && reading->kept[KEEP_succeeded] &&
           coerce_flag(reading->kept[KEEP_succeeded], &succeeded) && !succeeded;
}

static void exception_fields(struct reading *reading)
{
    const struct span_event *event = reading->exception;
    if (!event)
        return;
    reading_rule_text(reading, SLOT_error_type,
                      event_attribute(reading, &event->attributes, STR("exception.type")),
                      "exception event");
    struct str message = event_attribute(reading, &event->attributes, STR("exception.message"));
    reading_rule_text(reading, SLOT_error_message, message, "exception event");
    reading_rule_text(reading, SLOT_status_message, message, "exception event");
}

static void http_status_field(struct reading *reading)
{
    int64_t code;
    const struct value *value = reading->kept[KEEP_http_status];
    if (value && coerce_count(value, &code) && code >= 400)
        reading_rule_text(reading, SLOT_error_type,
                          arena_printf(reading->arena, "%lld", (long long)code), "status code");
    reading_rule_text(reading, SLOT_error_type, kept_text(reading, KEEP_rpc_status),
                      "rpc.response.status_code");
}

static void level_decide(struct reading *reading)
{
    struct observation *out = reading->out;
    if (out->is_error)
        reading_rule_text(reading, SLOT_level, STR("ERROR"), "span status");
    else if (reading->exception && reading->span->status == SPAN_UNSET)
        reading_rule_text(reading, SLOT_level, STR("WARNING"), "handled exception");
    else
        reading_rule_text(reading, SLOT_level, STR("DEFAULT"), "default");
}

void errors_decide(struct reading *reading)
{
    struct observation *out = reading->out;
    const struct span *span = reading->span;
    out->is_error =
        span->status == SPAN_ERROR || str_equal(out->level, STR("ERROR")) || says_failure(reading);
    reading_rule_text(reading, SLOT_status_message, span->status_message, "span status");
    if (out->is_error) {
        reading_rule_text(reading, SLOT_error_message, span->status_message, "span status");
        exception_fields(reading);
        reading_rule_text(reading, SLOT_error_message, kept_text(reading, KEEP_error_text),
                          "error text");
        reading_rule_text(reading, SLOT_status_message, out->error_message, "error message");
        reading_rule_text(reading, SLOT_error_message, out->status_message, "status message");
        http_status_field(reading);
    }
    if (out->is_error && is_control_flow(out->error_type, out->error_message)) {
        out->is_error = false;
        reading_rule_text(reading, SLOT_level, STR("DEFAULT"), "interrupt, not a failure");
    }
    if (out->is_error)
        out->error_kind =
            error_classify(out->error_type, out->error_message, out->kind == KIND_TOOL);
    level_decide(reading);
}
