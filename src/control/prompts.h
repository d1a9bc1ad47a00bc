/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prompts: texts and chats that an application asks for by name, in numbered versions that never
 * change. A label names one version of a prompt and can be moved; `latest` follows the newest by
 * itself. Tags belong to all versions.
 *
 * Contents are JSON in the one spelling that json_out writes: a string, or an array of messages. So
 * a text can be put into another by cutting at the quotes (prompt_compose.c).
 *
 * Limits   below; a reference leads through at most PROMPT_DEPTH_MAX prompts.
 */
#pragma once

#include "control/control.h"

enum {
    PROMPT_NAMES_MAX = 10000,    /* a project */
    PROMPT_VERSIONS_MAX = 10000, /* a prompt */
    PROMPT_NAME_CHARACTERS_MAX = 255,
    PROMPT_LABEL_BYTES_MAX = 36,
    PROMPT_LABELS_MAX = 50, /* given at once */
    PROMPT_TAGS_MAX = 50,
    PROMPT_TAG_BYTES_MAX = 200,
    PROMPT_MESSAGE_BYTES_MAX = 2000, /* of what a version was made for */
    PROMPT_CONTENT_BYTES_MAX = 1 << 20,
    PROMPT_CONFIG_BYTES_MAX = 256 * 1024,
    PROMPT_DEPTH_MAX = 5,
    PROMPT_RESOLVED_BYTES_MAX = 8 << 20,
    PROMPT_REFERENCES_MAX = 500, /* followed for one answer */
};

struct prompt {
    int64_t id, version;
    struct str name;
    bool is_chat;
    struct str content, config; /* JSON; STR_NONE in lists */
    struct str commit_message;  /* STR_NONE: none */
    struct str created_by;
    struct str labels, tags; /* JSON arrays of texts, sorted */
    int64_t created_ns, updated_ns;
};

/* Which version: by number, or by label when the number is 0. */
struct prompt_choice {
    struct str name;
    int64_t version;
    struct str label;
};

/* A version to be. Names, labels and tags are checked by control_prompt_create(). */
struct prompt_draft {
    struct str name;
    bool is_chat;
    struct str content, config;
    struct str commit_message; /* STR_NONE: none */
    struct str created_by;
    const struct str *labels, *tags;
    size_t label_count, tag_count;
    bool has_tags;   /* else the prompt keeps those it has */
    int64_t version; /* its number when it is above the newest; else, as 0, the next one */
};

/* STATUS_NOT_FOUND when there is no such version. Texts live in the arena. */
enum status control_prompt_get(struct control *control, uint32_t project_id,
                               const struct prompt_choice *choice, struct arena *arena,
                               struct prompt *out_prompt, struct error *error);

/* One prompt, by the versions that match. */
struct prompt_entry {
    struct str name;
    bool is_chat;
    struct str versions;       /* JSON array of those that match */
    struct str labels;         /* JSON array: of those that match */
    struct str label_versions; /* JSON object: the version of each label */
    struct str tags;           /* JSON array */
    struct str config;         /* JSON: of the newest that matches */
    int64_t latest, updated_ns;
};

struct prompt_question {
    struct str name, label, tag; /* empty: any */
    int64_t version;             /* 0: any */
    int64_t from_ns, to_ns;      /* of the last change to a version */
    int64_t skip, limit;
};

/* By name. *out_total counts the prompts that match on all pages. */
enum status control_prompt_list(struct control *control, uint32_t project_id,
                                const struct prompt_question *question, struct arena *arena,
                                struct prompt_entry **out_entries, size_t *out_count,
                                int64_t *out_total, struct error *error);
/* The newest versions below `before` (0: all), without contents, newest first. */
enum status control_prompt_versions(struct control *control, uint32_t project_id, struct str name,
                                    int64_t before, int64_t limit, struct arena *arena,
                                    struct prompt **out_prompts, size_t *out_count,
                                    struct error *error);

/* STATUS_INVALID: the other versions are of the other type, or a reference leads nowhere or in a
 * circle. *out_version is the new one's number. */
enum status control_prompt_create(struct control *control, uint32_t project_id,
                                  const struct prompt_draft *draft, int64_t *out_version,
                                  struct error *error);
/* Gives the version these labels and takes them from others; `latest` cannot be given. */
enum status control_prompt_label(struct control *control, uint32_t project_id, struct str name,
                                 int64_t version, const struct str *labels, size_t count,
                                 struct error *error);
/* STATUS_INVALID when a prompt refers to the label. */
enum status control_prompt_unlabel(struct control *control, uint32_t project_id, struct str name,
                                   struct str label, struct error *error);
/* The chosen version, or all when the choice has neither version nor label. STATUS_INVALID when a
 * prompt that stays refers to one that would go. */
enum status control_prompt_delete(struct control *control, uint32_t project_id,
                                  const struct prompt_choice *choice, struct error *error);

/* --- composition: prompt_compose.c ---------------------------------------------------------- */

/* `@@@langfusePrompt:name=<name>|version=<n>@@@` or `…|label=<label>@@@` stands for a text prompt.
 */
struct prompt_reference {
    struct prompt_choice child;
    size_t from, to; /* where it stands in the content */
};
/* The next reference at or after `at`; what does not read as one stays plain text. The names live
 * in the arena. */
bool prompt_reference_next(struct str content, size_t at, struct arena *arena,
                           struct prompt_reference *out_reference);

struct prompt_edge {
    int64_t parent_id, child_id, child_version;
    struct str child_name;
};
struct prompt_resolved {
    struct str content;
    struct prompt_edge *edges; /* each pair once */
    size_t edge_count;
};
/* Puts in what `prompt` refers to. STATUS_INVALID names the reference that leads nowhere, to a
 * chat, in a circle or too deep. */
enum status control_prompt_resolve(struct control *control, uint32_t project_id,
                                   const struct prompt *prompt, struct arena *arena,
                                   struct prompt_resolved *out_resolved, struct error *error);

/* Who refers to any version of a prompt, as "name" and version, and by what. */
struct prompt_use {
    struct str parent_name, child_label; /* label empty: by version */
    int64_t parent_version, child_version;
};
enum { PROMPT_USES_MAX = 200 };
enum status control_prompt_uses(struct control *control, uint32_t project_id, struct str name,
                                struct arena *arena, struct prompt_use **out_uses,
                                size_t *out_count, struct error *error);
