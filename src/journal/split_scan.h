/* SPDX-License-Identifier: Apache-2.0 */
/*
 * split_scan: the hot loop of split.c, included once for each set of instructions.
 *
 * The includer defines SCAN(name), which gives each set's functions names of their own;
 * SCAN_TARGET, the attribute that allows the instructions; and the functions SCAN(equal)(block,
 * byte), a mask of the bytes that are equal, and SCAN(parity)(bits), bit i of which is the parity
 * of bits 0…i.
 */

SCAN_TARGET static inline uint64_t SCAN(brackets)(const char *block)
{
    return SCAN(equal)(block, '[') | SCAN(equal)(block, '{') | SCAN(equal)(block, ']') |
           SCAN(equal)(block, '}');
}

/* One block outside of strings: brackets in order, and the commas between them where they separate
 * elements. */
SCAN_TARGET static void SCAN(structure)(struct scan *scan, const char *block, size_t base,
                                        uint64_t outside)
{
    uint64_t brackets = SCAN(brackets)(block) & outside, separators = 0;
    bool have_separators = false;
    for (;;) {
        uint64_t before = brackets ? (brackets & (0 - brackets)) - 1 : ~UINT64_C(0);
        if (cuts(scan, scan->depth)) {
            if (!have_separators)
                separators = SCAN(equal)(block, ',') & outside;
            have_separators = true;
            commas(scan, base, separators & before);
        }
        if (!brackets || scan->stop)
            return;
        size_t bit = (size_t)__builtin_ctzll(brackets);
        char c = block[bit];
        if (c == '[' || c == '{')
            open_bracket(scan, base + bit, c == '[');
        else
            close_bracket(scan, base + bit);
        /* Commas up to here are done with. */
        separators &= ~(before | (brackets & (0 - brackets)));
        outside &= ~(before | (brackets & (0 - brackets)));
        brackets &= brackets - 1;
        if (scan->stop)
            return;
    }
}

SCAN_TARGET static void SCAN(text)(struct scan *scan, size_t from)
{
    uint64_t inside = 0, escape = 0; /* inside: all ones while in a string */
    char last[BLOCK];
    for (size_t base = from; base < scan->len && !scan->stop; base += BLOCK) {
        const char *block = scan->text + base;
        if (scan->len - base < BLOCK) {
            memset(last, ' ', sizeof last);
            memcpy(last, block, scan->len - base);
            block = last;
        }
        uint64_t quotes = SCAN(equal)(block, '"'), backslashes = SCAN(equal)(block, '\\');
        uint64_t strings = inside; /* most blocks lie within a long string, without an end of it */
        if (quotes | backslashes | escape) {
            uint64_t escaped = escaped_mask(backslashes, &escape);
            strings ^= SCAN(parity)(quotes & ~escaped);
            inside = 0 - (strings >> 63);
        }
        if (strings != ~UINT64_C(0))
            SCAN(structure)(scan, block, base, ~strings);
    }
    /* Cut off inside a string or a bracket: no JSON. (Enough pieces found counts as a good end.) */
    if (!scan->stop)
        scan->invalid = true;
}
