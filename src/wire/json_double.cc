/* SPDX-License-Identifier: Apache-2.0 */
/* json_double: C++'s shortest text of a number, written out where people would write it out. */
#include <charconv>
#include <cmath>

extern "C" {
#include "wire/json_private.h"
}

extern "C" size_t json__double_text(double number, char out_text[JSON_DOUBLE_TEXT])
{
    double size = std::fabs(number);
    bool plain = number == 0 || (size >= 1e-5 && size < 1e17);
    /* At most a sign, 17 digits, a point, and five zeros in front or an exponent behind. */
    auto end = std::to_chars(out_text, out_text + JSON_DOUBLE_TEXT, number,
                             plain ? std::chars_format::fixed : std::chars_format::scientific);
    return static_cast<size_t>(end.ptr - out_text);
}
