/* SPDX-License-Identifier: Apache-2.0 */
/*
 * name: the spellings of a model id, from exactly as sent to its bare family name.
 *
 * Routes ("bedrock/", "models/"), geography ("eu."), versions (":0", "-v2"), dates and "-latest"
 * are taken off one at a time, and every step is kept as a form: a book entry for the exact id
 * always beats one for a shorter form. Four-digit tails ("-2411") stay, because for them the price
 * differs from the family's.
 */
#include "price/price_private.h"

#include <ctype.h>
#include <string.h>

static const struct str scopes[] = {
    STR_INIT("global"), STR_INIT("us"), STR_INIT("eu"), STR_INIT("apac"), STR_INIT("jp"),
    STR_INIT("au"),     STR_INIT("ca"), STR_INIT("sa"), STR_INIT("me"),   STR_INIT("us-gov"),
};
/* Path segments that say how a model is reached, not whose it is. */
static const struct str routes[] = {
    STR_INIT("bedrock"),       STR_INIT("converse"),   STR_INIT("converse_like"),
    STR_INIT("invoke"),        STR_INIT("azure"),      STR_INIT("azure_ai"),
    STR_INIT("models"),        STR_INIT("model"),      STR_INIT("vertex_ai"),
    STR_INIT("responses"),     STR_INIT("chat"),       STR_INIT("litellm"),
    STR_INIT("litellm_proxy"), STR_INIT("openrouter"), STR_INIT("projects"),
    STR_INIT("locations"),     STR_INIT("publishers"), STR_INIT("accounts"),
};
#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct str *find_in(const struct str *list, size_t count, struct str text)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(list[i], text))
            return &list[i];
    return NULL;
}

static bool all_digits(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!isdigit((unsigned char)text.ptr[i]))
            return false;
    return text.len > 0;
}

/* "us-east-1", "ap-southeast-2", "us-gov-west-1", and Google's "us-east5". */
static bool is_region(struct str text)
{
    size_t dash = str_find_byte(text, '-');
    if (text.len < 8 || text.len > 24 || dash < 2 || dash > 12 || dash == text.len)
        return false;
    if (!isdigit((unsigned char)text.ptr[text.len - 1]))
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (!islower((unsigned char)text.ptr[i]) && !isdigit((unsigned char)text.ptr[i]) &&
            text.ptr[i] != '-')
            return false;
    static const char *const continents[] = {"us-", "eu-", "ap-", "sa-", "ca-",     "me-",
                                             "af-", "il-", "mx-", "cn-", "europe-", "asia-"};
    for (size_t i = 0; i < COUNT(continents); i++)
        if (str_starts(text, str_from(continents[i])))
            return true;
    return false;
}

static void add_form(struct price_name *name, struct str form)
{
    if (form.len == 0 || name->form_count == PRICE_FORMS_MAX)
        return;
    for (size_t i = 0; i < name->form_count; i++)
        if (str_equal(name->forms[i], form))
            return;
    name->forms[name->form_count++] = form;
}

/* Lower case, with the %3A and %2F that some clients leave in a Bedrock id undone. */
static struct str copy_lower(struct price_name *name, struct str model)
{
    size_t at = 0;
    for (size_t i = 0; i < model.len; i++) {
        char byte = (char)tolower((unsigned char)model.ptr[i]);
        if (byte == '%' && i + 2 < model.len) {
            struct str code = str_sub(model, i + 1, 2);
            char plain = str_equal_nocase(code, STR("3a"))   ? ':'
                         : str_equal_nocase(code, STR("2f")) ? '/'
                                                             : 0;
            if (plain) {
                byte = plain;
                i += 2;
            }
        }
        name->text[at++] = byte;
    }
    name->used = at;
    return (struct str){name->text, at};
}

/* arn:partition:bedrock:region:account:kind/rest */
static struct str take_arn(struct price_name *name, struct str text)
{
    struct str rest = text, part, region = STR_NONE;
    for (int i = 0; i < 5; i++) {
        if (!str_take(&rest, ':', &part))
            return text;
        if (i == 3)
            region = part;
    }
    if (is_region(region))
        name->region = region;
    size_t slash = str_find_byte(rest, '/');
    struct str kind = str_sub(rest, 0, slash), id = str_sub(rest, slash + 1, rest.len);
    if (str_equal(kind, STR("foundation-model")) || str_equal(kind, STR("inference-profile")))
        return id;
    name->needs_alias = true;
    add_form(name, id);
    return STR_NONE;
}

/* Takes path segments off the front; the last one is the model. */
static struct str take_path(struct price_name *name, struct str text)
{
    for (int depth = 0; depth < 8; depth++) {
        size_t slash = str_find_byte(text, '/');
        if (slash == text.len)
            break;
        struct str segment = str_sub(text, 0, slash);
        text = str_sub(text, slash + 1, text.len);
        add_form(name, text);
        if (is_region(segment))
            name->region = segment;
        else if (str_equal(segment, scopes[0]))
            name->scope = scopes[0];
        else if (!name->vendor.len && !find_in(routes, COUNT(routes), segment))
            name->vendor = segment;
    }
    return text;
}

/* "eu.anthropic.claude-…": only in front of a dotted id, so that "us.json" stays whole. */
static struct str take_scope(struct price_name *name, struct str text)
{
    size_t dot = str_find_byte(text, '.');
    struct str rest = str_sub(text, dot + 1, text.len);
    if (dot == text.len || str_find_byte(rest, '.') == rest.len)
        return text;
    const struct str *scope = find_in(scopes, COUNT(scopes), str_sub(text, 0, dot));
    if (!scope)
        return text;
    name->scope = *scope;
    add_form(name, rest);
    return rest;
}

/* "[1m]", "@20250514", ":0", ":latest", "-v2": which build of the model, at the same price. */
static struct str take_version(struct price_name *name, struct str text)
{
    size_t cut = str_find_byte(text, '[');
    if (cut < text.len && text.ptr[text.len - 1] == ']')
        add_form(name, text = str_sub(text, 0, cut));
    cut = str_find_byte(text, '@');
    if (cut < text.len)
        add_form(name, text = str_sub(text, 0, cut));
    for (int i = 0; i < 2; i++) {
        cut = str_rfind_byte(text, ':');
        struct str tag = str_sub(text, cut + 1, text.len);
        bool window = tag.len > 1 && tag.ptr[tag.len - 1] == 'k' &&
                      all_digits(str_sub(tag, 0, tag.len - 1)); /* ":200k" */
        if (cut == text.len || !(window || all_digits(tag) || str_equal(tag, STR("latest")) ||
                                 str_equal(tag, STR("thinking"))))
            break;
        add_form(name, text = str_sub(text, 0, cut));
    }
    cut = str_rfind_byte(text, '-');
    struct str tail = str_sub(text, cut + 1, text.len);
    if (cut < text.len && tail.len == 2 && tail.ptr[0] == 'v' &&
        isdigit((unsigned char)tail.ptr[1]))
        add_form(name, text = str_sub(text, 0, cut));
    return text;
}

/* The length of a date at the end ("-2024-08-06", "-20250514", "-05-20", "-09-2025"), or 0. */
static size_t date_tail(struct str text)
{
    static const char *const shapes[] = {"-dddd-dd-dd", "-20dddddd", "-dd-dddd", "-dd-dd"};
    for (size_t i = 0; i < COUNT(shapes); i++) {
        size_t len = strlen(shapes[i]);
        if (text.len <= len)
            continue;
        struct str tail = str_sub(text, text.len - len, len);
        bool fits = true;
        for (size_t k = 0; k < len && fits; k++)
            fits = shapes[i][k] == 'd' ? isdigit((unsigned char)tail.ptr[k])
                                       : tail.ptr[k] == shapes[i][k];
        /* A month and a day or year alone may be part of a name, unless a preview of that day. */
        if (fits && (i < 2 || str_ends(str_sub(text, 0, text.len - len), STR("-preview"))))
            return len;
    }
    return 0;
}

static void take_dates(struct price_name *name, struct str text)
{
    static const struct str tails[] = {STR_INIT("-latest"), STR_INIT("-preview"), STR_INIT("-001"),
                                       STR_INIT("-002")};
    for (int i = 0; i < 4; i++) {
        size_t cut = date_tail(text);
        for (size_t k = 0; k < COUNT(tails) && !cut; k++)
            if (text.len > tails[k].len && str_ends(text, tails[k]))
                cut = tails[k].len;
        if (!cut)
            return;
        add_form(name, text = str_sub(text, 0, text.len - cut));
    }
}

bool price__name_parse(struct str model, struct price_name *out_name)
{
    model = str_trim(model);
    out_name->form_count = 0;
    out_name->scope = out_name->region = out_name->vendor = STR_NONE;
    out_name->needs_alias = false;
    if (model.len == 0 || model.len > PRICE_ID_MAX)
        return false;
    struct str text = copy_lower(out_name, model);
    add_form(out_name, text);
    if (str_starts(text, STR("arn:")))
        text = take_arn(out_name, text);
    text = take_path(out_name, text);
    add_form(out_name, text);
    text = take_scope(out_name, text);
    text = take_version(out_name, text);
    take_dates(out_name, text);
    return true;
}
