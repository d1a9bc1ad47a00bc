/* SPDX-License-Identifier: Apache-2.0 */
/* sql_regex: see sql_regex.h. No exception leaves this file. */
extern "C" {
#include "base/clock.h"
#include "store/sql_regex.h"
}

#include <re2/re2.h>

#include <exception>
#include <memory>
#include <string>

namespace
{

constexpr int groups_max = 64;
constexpr int64_t work_ns_least = 2 * 1000 * 1000, work_ns_a_byte = 1000;

re2::StringPiece piece(struct str text)
{
    return re2::StringPiece(text.ptr ? text.ptr : "", text.len);
}

/* NULL: no regular expression. */
const RE2 *compiled(struct str pattern)
{
    thread_local std::unique_ptr<RE2> last;
    if (!last || re2::StringPiece(last->pattern()) != piece(pattern)) {
        RE2::Options options;
        options.set_log_errors(false);
        last.reset(new RE2(piece(pattern), options));
    }
    return last->ok() ? last.get() : nullptr;
}

size_t bytes_of_letter(const char *at, const char *end)
{
    const char *next = at + 1;
    while (next < end && (static_cast<unsigned char>(*next) & 0xc0) == 0x80)
        next++;
    return static_cast<size_t>(next - at);
}

bool replace(const RE2 &regex, struct str text, re2::StringPiece by, struct buf *out)
{
    re2::StringPiece whole = piece(text), groups[groups_max];
    const int count = 1 + RE2::MaxSubmatch(by);
    const int64_t until_ns =
        clock_thread_ns() + work_ns_least + static_cast<int64_t>(text.len) * work_ns_a_byte;
    const char *at = whole.data(), *end = at + whole.size(), *last = nullptr;
    std::string piece_made;
    if (count > groups_max || count > 1 + regex.NumberOfCapturingGroups()) {
        buf_add(out, at, whole.size());
        return true;
    }
    for (unsigned searches = 0; at <= end; searches++) {
        const size_t from = static_cast<size_t>(at - whole.data());
        if (searches % 8 == 7 && clock_thread_ns() > until_ns)
            return false;
        if (!regex.Match(whole, from, whole.size(), RE2::UNANCHORED, groups, count))
            break;
        buf_add(out, at, static_cast<size_t>(groups[0].data() - at));
        if (groups[0].empty() && groups[0].data() == last) { /* behind a match, nothing is none */
            at = groups[0].data();
            const size_t letter = at < end ? bytes_of_letter(at, end) : 0;
            buf_add(out, at, letter);
            if (at == end)
                return true;
            at += letter;
            continue;
        }
        piece_made.clear();
        regex.Rewrite(&piece_made, by, groups, count);
        buf_add(out, piece_made.data(), piece_made.size());
        at = last = groups[0].data() + groups[0].size();
    }
    buf_add(out, at, static_cast<size_t>(end - at));
    return true;
}

} // namespace

extern "C" struct str sql_regex_group_of(struct str text, struct str pattern, int64_t group)
try {
    re2::StringPiece groups[groups_max];
    const RE2 *regex = compiled(pattern);
    struct str none = {nullptr, 0};
    if (!regex || group < 0 || group >= groups_max || group > regex->NumberOfCapturingGroups() ||
        !regex->Match(piece(text), 0, text.len, RE2::UNANCHORED, groups,
                      static_cast<int>(group) + 1))
        return none;
    return {groups[group].data(), groups[group].size()};
} catch (const std::exception &) {
    return {nullptr, 0};
}

extern "C" bool sql_regex_replace_all(struct str text, struct str pattern, struct str by,
                                      struct buf *out)
try {
    const RE2 *regex = compiled(pattern);
    return regex && replace(*regex, text, piece(by), out);
} catch (const std::exception &) {
    return false;
}
