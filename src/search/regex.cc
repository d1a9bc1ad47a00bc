/* SPDX-License-Identifier: Apache-2.0 */
/* regex: see regex.h. No exception leaves this file. */
extern "C" {
#include "search/regex.h"
}

#include <exception>
#include <re2/filtered_re2.h>
#include <re2/re2.h>
#include <string>
#include <vector>

enum { MEMORY_BYTES_MAX = 4 << 20, ATOM_BYTES_MIN = 3 };

struct search_regex {
    explicit search_regex(const re2::StringPiece &pattern, const RE2::Options &options)
        : re(pattern, options), filter(ATOM_BYTES_MIN)
    {
    }
    RE2 re;
    re2::FilteredRE2 filter;
    std::vector<std::string> atoms;
};

static RE2::Options options_for(bool loose)
{
    RE2::Options options(RE2::Quiet);
    options.set_case_sensitive(false);
    options.set_dot_nl(loose);
    options.set_max_mem(MEMORY_BYTES_MAX);
    return options;
}

static enum status find_atoms(struct search_regex *regex, const RE2::Options &options)
{
    int id;
    if (regex->filter.Add(regex->re.pattern(), options, &id) != RE2::NoError)
        return STATUS_INVALID;
    regex->filter.Compile(&regex->atoms);
    if (regex->atoms.size() > REGEX_ATOMS_MAX)
        regex->atoms.clear();
    return STATUS_OK;
}

extern "C" enum status search_regex_new(struct str pattern, bool loose,
                                        struct search_regex **out_regex, struct error *error)
{
    if (pattern.len > REGEX_BYTES_MAX)
        return fail(error, STATUS_TOO_LARGE, "the regular expression is longer than %d bytes",
                    REGEX_BYTES_MAX);
    try {
        const RE2::Options options = options_for(loose);
        search_regex *regex = new search_regex({pattern.ptr, pattern.len}, options);
        if (!regex->re.ok() || find_atoms(regex, options) != STATUS_OK) {
            fail(error, STATUS_INVALID, "the regular expression cannot be read: %.200s",
                 regex->re.error().c_str());
            delete regex;
            return STATUS_INVALID;
        }
        *out_regex = regex;
        return STATUS_OK;
    } catch (const std::exception &) {
        return fail(error, STATUS_BUSY, "no memory for the regular expression");
    }
}

extern "C" void search_regex_free(struct search_regex *regex)
{
    delete regex;
}

extern "C" bool search_regex_find(const struct search_regex *regex, struct str text, size_t from,
                                  size_t *out_start, size_t *out_end)
{
    const re2::StringPiece whole(text.ptr, text.len);
    re2::StringPiece found;
    if (!text.ptr || !regex->re.Match(whole, from, text.len, RE2::UNANCHORED, &found, 1))
        return false;
    *out_start = (size_t)(found.data() - text.ptr);
    *out_end = *out_start + found.size();
    return true;
}

extern "C" size_t search_regex_atoms(const struct search_regex *regex, struct str *out_atoms)
{
    for (size_t i = 0; i < regex->atoms.size(); i++)
        out_atoms[i] = {regex->atoms[i].data(), regex->atoms[i].size()};
    return regex->atoms.size();
}

extern "C" bool search_regex_passes(const struct search_regex *regex, uint64_t present)
{
    if (regex->atoms.empty())
        return true;
    try {
        std::vector<int> matched, potentials;
        for (size_t i = 0; i < regex->atoms.size(); i++)
            if (present >> i & 1)
                matched.push_back((int)i);
        regex->filter.AllPotentials(matched, &potentials);
        return !potentials.empty();
    } catch (const std::exception &) {
        return true;
    }
}
