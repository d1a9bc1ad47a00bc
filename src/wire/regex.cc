/* SPDX-License-Identifier: Apache-2.0 */
/* regex: see regex.h. No exception leaves this file. */
extern "C" {
#include "wire/regex.h"
}

#include <exception>
#include <re2/re2.h>

enum { MEMORY_BYTES_MAX = 1 << 20 };

struct regex {
    regex(const re2::StringPiece &pattern, const RE2::Options &options) : re(pattern, options)
    {
    }
    RE2 re;
};

extern "C" enum status regex_new(struct str pattern, bool ignore_case, struct regex **out_regex,
                                 struct error *error)
{
    if (pattern.len > REGEX_PATTERN_BYTES_MAX)
        return fail(error, STATUS_INVALID, "longer than %d bytes", REGEX_PATTERN_BYTES_MAX);
    try {
        RE2::Options options(RE2::Quiet);
        options.set_case_sensitive(!ignore_case);
        options.set_max_mem(MEMORY_BYTES_MAX);
        regex *made = new regex({pattern.ptr, pattern.len}, options);
        if (!made->re.ok()) {
            fail(error, STATUS_INVALID, "no regular expression: %.200s", made->re.error().c_str());
            delete made;
            return STATUS_INVALID;
        }
        *out_regex = made;
        return STATUS_OK;
    } catch (const std::exception &) {
        return fail(error, STATUS_BUSY, "no memory for the regular expression");
    }
}

extern "C" void regex_free(struct regex *regex)
{
    delete regex;
}

extern "C" bool regex_finds(const struct regex *regex, struct str text)
{
    return regex->re.Match({text.ptr ? text.ptr : "", text.len}, 0, text.len, RE2::UNANCHORED,
                           nullptr, 0);
}
