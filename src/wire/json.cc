/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json: simdjson's tape, turned into the plain tree of json.h.
 *
 * A thread keeps one parser and one padded buffer, so the text is copied once on its way in and
 * each string once on its way into the arena. The tape and the list of structural characters that
 * simdjson made on the way are walked side by side: the second says where in the text an array or
 * object stood.
 */
#include <cstring>
#include <memory>
#include <simdjson.h>

extern "C" {
#include "wire/json.h"
#include "wire/json_private.h"
}

namespace
{

/* Kept by a thread between documents; larger ones are given back. */
constexpr size_t keep_bytes_max = size_t{4} << 20;
/* No value takes less of the tree for each structural character: `[],` is three for one. */
constexpr size_t tree_bytes_per_mark = sizeof(struct json) / 3;

struct parser {
    std::unique_ptr<simdjson::internal::dom_parser_implementation> simd;
    simdjson::dom::document document;
    std::unique_ptr<char[]> text;
    size_t capacity = 0;

    bool reserve(size_t len)
    {
        if (simd && len <= capacity)
            return true;
        size_t wanted = len < 4096 ? 4096 : len + len / 4;
        release();
        text.reset(new (std::nothrow) char[wanted + simdjson::SIMDJSON_PADDING]);
        if (!text || document.allocate(wanted) ||
            simdjson::get_active_implementation()->create_dom_parser_implementation(
                wanted, JSON_DEPTH_MAX, simd)) {
            release();
            return false;
        }
        capacity = wanted;
        return true;
    }

    void release()
    {
        simd.reset();
        text.reset();
        document = simdjson::dom::document();
        capacity = 0;
    }
};

class walker
{
  public:
    walker(const parser &from, struct str text, struct arena *arena)
        : tape(from.document.tape.get()), strings(from.document.string_buf.get()),
          marks(from.simd->structural_indexes.get()), text(text), arena(arena)
    {
    }

    /* All strings together are shorter than the text: each has two quotes that they lack. */
    bool make_room()
    {
        free_text = static_cast<char *>(arena_alloc(arena, text.len));
        return free_text != nullptr;
    }

    bool take(struct json *out)
    {
        uint64_t word = tape[at++];
        *out = {};
        switch (word >> 56) {
        case '{':
            return take_object(word, out);
        case '[':
            return take_array(word, out);
        case '"':
            mark++;
            out->type = JSON_STRING;
            take_string(word, &out->string);
            return true;
        default:
            mark++;
            take_scalar(word, out);
            return true;
        }
    }

  private:
    const uint64_t *tape;
    const uint8_t *strings;
    const uint32_t *marks;
    struct str text;
    struct arena *arena;
    size_t at = 1; /* the tape's first word is about the tape */
    size_t mark = 0;
    char *free_text = nullptr;

    void take_scalar(uint64_t word, struct json *out)
    {
        switch (word >> 56) {
        case 'l':
            out->type = JSON_INT;
            std::memcpy(&out->integer, &tape[at++], sizeof out->integer);
            break;
        case 'u':
            out->type = JSON_UINT;
            std::memcpy(&out->integer, &tape[at++], sizeof out->integer);
            break;
        case 'd':
            out->type = JSON_DOUBLE;
            std::memcpy(&out->number, &tape[at++], sizeof out->number);
            break;
        case 't':
        case 'f':
            out->type = JSON_BOOL;
            out->boolean = word >> 56 == 't';
            break;
        default:
            out->type = JSON_NULL;
        }
    }

    void take_string(uint64_t word, struct str *out)
    {
        const uint8_t *from = strings + (word & simdjson::internal::JSON_VALUE_MASK);
        uint32_t len;
        std::memcpy(&len, from, sizeof len);
        std::memcpy(free_text, from + sizeof len, len);
        *out = {free_text, len};
        free_text += len;
    }

    /* simdjson's count stops at 24 bits; so many items would not fit any sensible arena. */
    static bool count_items(uint64_t word, uint32_t *out_count)
    {
        *out_count = word >> 32 & simdjson::internal::JSON_COUNT_MASK;
        return *out_count < simdjson::internal::JSON_COUNT_MASK;
    }

    void close(size_t opened, struct json *out)
    {
        size_t start = marks[opened], end = marks[mark++] + size_t{1};
        at++;
        out->raw = {text.ptr + start, end - start};
    }

    bool take_array(uint64_t word, struct json *out)
    {
        size_t opened = mark++;
        out->type = JSON_ARRAY;
        if (!count_items(word, &out->count))
            return false;
        if (out->count) {
            out->items = (struct json *)arena_alloc(arena, out->count * sizeof *out->items);
            if (!out->items)
                return false;
        }
        for (uint32_t i = 0; i < out->count; i++) {
            mark += i > 0; /* the comma */
            if (!take(&out->items[i]))
                return false;
        }
        close(opened, out);
        return true;
    }

    bool take_object(uint64_t word, struct json *out)
    {
        size_t opened = mark++;
        out->type = JSON_OBJECT;
        if (!count_items(word, &out->count))
            return false;
        if (out->count) {
            out->members =
                (struct json_member *)arena_alloc(arena, out->count * sizeof *out->members);
            if (!out->members)
                return false;
        }
        for (uint32_t i = 0; i < out->count; i++) {
            mark += (i > 0) + 2; /* comma, key, colon */
            take_string(tape[at++], &out->members[i].key);
            if (!take(&out->members[i].value))
                return false;
        }
        close(opened, out);
        return true;
    }
};

enum status full(struct error *error)
{
    return fail(error, STATUS_TOO_LARGE, "JSON takes more memory than its limit");
}

enum status not_json(parser &parser, size_t len, simdjson::error_code code, struct error *error)
{
    struct json_fault fault;
    if (code == simdjson::DEPTH_ERROR)
        return fail(error, STATUS_TOO_LARGE, "JSON is nested deeper than %d", JSON_DEPTH_MAX);
    if (code == simdjson::MEMALLOC || code == simdjson::CAPACITY)
        return full(error);
    if (json__mend(parser.text.get(), len, &fault))
        return fail(error, STATUS_INVALID, "not JSON: %s", simdjson::error_message(code));
    return fail(error, STATUS_INVALID, "not JSON at byte %zu: expected %s", fault.offset,
                fault.expected);
}

simdjson::error_code read(parser &parser, size_t len, const struct arena *arena)
{
    auto *text = reinterpret_cast<const uint8_t *>(parser.text.get());
    size_t room =
        arena->limit_bytes > arena->used_bytes ? arena->limit_bytes - arena->used_bytes : 0;
    auto code = parser.simd->stage1(text, len, simdjson::stage1_mode::regular);
    if (code)
        return code;
    if (parser.simd->n_structural_indexes > room / tree_bytes_per_mark + 8)
        return simdjson::CAPACITY;
    return parser.simd->stage2(parser.document);
}

enum status make_tree(const parser &parser, struct str text, struct arena *arena, struct json *out,
                      struct error *error)
{
    struct json root;
    walker walker(parser, text, arena);
    if (!walker.make_room() || !walker.take(&root))
        return full(error);
    *out = root;
    return STATUS_OK;
}

bool may_mend(simdjson::error_code code)
{
    return code == simdjson::STRING_ERROR || code == simdjson::NUMBER_ERROR;
}

} // namespace

extern "C" enum status json_parse(struct str text, struct arena *arena, struct json *out,
                                  struct error *error)
{
    static thread_local parser parser;
    struct json_fault fault;
    if (text.len == 0)
        return fail(error, STATUS_INVALID, "not JSON at byte 0: expected a value");
    if (!parser.reserve(text.len))
        return full(error);
    std::memcpy(parser.text.get(), text.ptr, text.len);
    std::memset(parser.text.get() + text.len, ' ', simdjson::SIMDJSON_PADDING);

    auto code = read(parser, text.len, arena);
    if (may_mend(code) && json__mend(parser.text.get(), text.len, &fault))
        code = read(parser, text.len, arena);
    enum status status =
        code ? not_json(parser, text.len, code, error) : make_tree(parser, text, arena, out, error);
    if (parser.capacity > keep_bytes_max)
        parser.release();
    return status;
}
