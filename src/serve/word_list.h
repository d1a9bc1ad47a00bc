/* SPDX-License-Identifier: Apache-2.0 */
/* word_list: "a, b, c", of what could have been asked, for errors. What does not fit is left out.
 */
#pragma once

#include <stdio.h>

struct word_list {
    char text[900];
    size_t len;
};

static inline void word_list_add(struct word_list *list, const char *word)
{
    size_t room = sizeof list->text - list->len;
    int len = snprintf(list->text + list->len, room, "%s%s", list->len ? ", " : "", word);
    if (len > 0 && (size_t)len < room)
        list->len += (size_t)len;
    else
        list->text[list->len] = 0;
}
