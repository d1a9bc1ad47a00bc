/* SPDX-License-Identifier: Apache-2.0 */
/* prompts_write: new versions, labels that move, and deletion; each in one transaction. */
#include "base/clock.h"
#include "control/prompts_private.h"

/* --- what may be written -------------------------------------------------------------------- */

/* A bar parts a reference, and some of these names are pages in Langfuse. */
static enum status check_name(struct str name, struct error *error)
{
    static const struct str reserved[] = {STR_INIT("new"), STR_INIT("metrics"),
                                          STR_INIT("prompt-detail")};
    size_t characters = str_count_characters(name);
    if (characters == 0 || characters > PROMPT_NAME_CHARACTERS_MAX)
        return fail(error, STATUS_INVALID, "name: expected 1 to %d characters",
                    PROMPT_NAME_CHARACTERS_MAX);
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.ptr[i] < 0x20 || name.ptr[i] == 0x7F || name.ptr[i] == '|')
            return fail(error, STATUS_INVALID,
                        "name: it must not contain a bar or control characters");
    if (str_starts(name, STR("/")) || str_ends(name, STR("/")) || str_contains(name, STR("//")))
        return fail(error, STATUS_INVALID,
                    "name: a slash stands between two parts that are not empty");
    if (str_contains(name, STR("@@@")))
        return fail(error, STATUS_INVALID, "name: @@@ would end a reference to it");
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (str_equal(name, reserved[i]))
            return fail(error, STATUS_INVALID, "name: Prompt name cannot be '%s'", reserved[i].ptr);
    return STATUS_OK;
}

enum status control__prompt_labels_check(const char *member, const struct str *labels, size_t count,
                                         struct error *error)
{
    if (count > PROMPT_LABELS_MAX)
        return fail(error, STATUS_INVALID, "%s: at most %d", member, PROMPT_LABELS_MAX);
    for (size_t n = 0; n < count; n++) {
        bool fits = labels[n].len > 0 && labels[n].len <= PROMPT_LABEL_BYTES_MAX;
        for (size_t i = 0; fits && i < labels[n].len; i++) {
            char c = labels[n].ptr[i];
            fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
                   c == '.';
        }
        if (!fits)
            return fail(error, STATUS_INVALID, "%s[%zu]: expected 1 to %d of a-z, 0-9, _, - and .",
                        member, n, PROMPT_LABEL_BYTES_MAX);
    }
    return STATUS_OK;
}

static enum status check_draft(const struct prompt_draft *draft, struct error *error)
{
    enum status status = check_name(draft->name, error);
    if (status == STATUS_OK)
        status = control__prompt_labels_check("labels", draft->labels, draft->label_count, error);
    if (status != STATUS_OK)
        return status;
    if (draft->tag_count > PROMPT_TAGS_MAX)
        return fail(error, STATUS_INVALID, "tags: at most %d", PROMPT_TAGS_MAX);
    for (size_t i = 0; i < draft->tag_count; i++)
        if (draft->tags[i].len > PROMPT_TAG_BYTES_MAX)
            return fail(error, STATUS_INVALID, "tags[%zu]: at most %d bytes", i,
                        PROMPT_TAG_BYTES_MAX);
    if (draft->content.len > PROMPT_CONTENT_BYTES_MAX)
        return fail(error, STATUS_TOO_LARGE, "prompt: at most %d bytes", PROMPT_CONTENT_BYTES_MAX);
    if (draft->config.len > PROMPT_CONFIG_BYTES_MAX)
        return fail(error, STATUS_TOO_LARGE, "config: at most %d bytes", PROMPT_CONFIG_BYTES_MAX);
    if (draft->commit_message.len > PROMPT_MESSAGE_BYTES_MAX)
        return fail(error, STATUS_INVALID, "commitMessage: at most %d bytes",
                    PROMPT_MESSAGE_BYTES_MAX);
    return STATUS_OK;
}

/* A statement about one prompt: the first two parameters are bound. */
static enum status about(struct control *control, uint32_t project_id, struct str name,
                         const char *sql, sqlite3_stmt **out_statement, struct error *error)
{
    enum status status = control__prepare(control, sql, out_statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(*out_statement, 1, project_id);
    control__bind(*out_statement, 2, name);
    return STATUS_OK;
}

/* The same with a number as the third, run to its end. */
static enum status run_about(struct control *control, uint32_t project_id, struct str name,
                             int64_t number, const char *sql, struct error *error)
{
    sqlite3_stmt *statement;
    enum status status = about(control, project_id, name, sql, &statement, error);
    if (status != STATUS_OK)
        return status;
    if (sqlite3_bind_parameter_count(statement) > 2)
        sqlite3_bind_int64(statement, 3, number);
    return control__finish(control, statement, error);
}

static enum status not_there(struct error *error, struct str name)
{
    return fail(error, STATUS_NOT_FOUND, "Prompt not found: '%.*s'",
                (int)(name.len > 200 ? 200 : name.len), name.ptr);
}

/* --- labels ------------------------------------------------------------------------------------
 */

/* Both versions are changed by it: the one that gets the label and the one that loses it. */
static enum status move_label(struct control *control, uint32_t project_id, struct str name,
                              struct str label, int64_t version, struct error *error)
{
    sqlite3_stmt *statement;
    enum status status =
        about(control, project_id, name,
              "UPDATE prompt SET updated_ns=?4 WHERE project_id=?1 AND name=?2 AND version="
              "(SELECT version FROM prompt_label WHERE project_id=?1 AND name=?2 AND label=?3)",
              &statement, error);
    if (status != STATUS_OK)
        return status;
    control__bind(statement, 3, label);
    sqlite3_bind_int64(statement, 4, clock_now_ns());
    status = control__finish(control, statement, error);
    if (status == STATUS_OK)
        status = about(control, project_id, name,
                       "INSERT OR REPLACE INTO prompt_label(project_id, name, label, version)"
                       " VALUES(?1, ?2, ?3, ?4)",
                       &statement, error);
    if (status != STATUS_OK)
        return status;
    control__bind(statement, 3, label);
    sqlite3_bind_int64(statement, 4, version);
    return control__finish(control, statement, error);
}

static enum status touch(struct control *control, uint32_t project_id, struct str name,
                         int64_t version, struct error *error)
{
    sqlite3_stmt *statement;
    enum status status = about(control, project_id, name,
                               "UPDATE prompt SET updated_ns=?4 WHERE project_id=?1 AND name=?2"
                               " AND version=?3",
                               &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 3, version);
    sqlite3_bind_int64(statement, 4, clock_now_ns());
    status = control__finish(control, statement, error);
    if (status == STATUS_OK && sqlite3_changes(control->db) == 0)
        return fail(error, STATUS_NOT_FOUND, "Prompt not found: '%.*s' with version %lld",
                    (int)(name.len > 200 ? 200 : name.len), name.ptr, (long long)version);
    return status;
}

enum status control_prompt_label(struct control *control, uint32_t project_id, struct str name,
                                 int64_t version, const struct str *labels, size_t count,
                                 struct error *error)
{
    enum status status = control__prompt_labels_check("newLabels", labels, count, error);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        if (str_equal(labels[i], STR("latest")))
            status = fail(error, STATUS_INVALID,
                          "newLabels[%zu]: latest follows the newest version by itself", i);
    if (status == STATUS_OK)
        status = control__begin(control, error);
    if (status != STATUS_OK)
        return status;
    status = touch(control, project_id, name, version, error);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = move_label(control, project_id, name, labels[i], version, error);
    return control__end(control, status, error);
}

/* --- what refers to it --------------------------------------------------------------------------
 */

/* Fails with the first reference to version ?3 (0: any), to its labels, or to label ?4 alone. */
static enum status refuse_while_used(struct control *control, uint32_t project_id, struct str name,
                                     int64_t version, struct str label, struct error *error)
{
    sqlite3_stmt *statement;
    enum status status = about(
        control, project_id, name,
        "SELECT p.name, p.version, r.child_version, r.child_label FROM prompt_reference r"
        " JOIN prompt p ON p.id=r.parent_id WHERE r.project_id=?1 AND r.child_name=?2 AND CASE"
        " WHEN ?4<>'' THEN r.child_label=?4 WHEN ?3=0 THEN 1 WHEN r.child_version<>0 THEN"
        " r.child_version=?3 ELSE EXISTS (SELECT 1 FROM prompt_label l WHERE l.project_id=?1"
        " AND l.name=?2 AND l.label=r.child_label AND l.version=?3 AND NOT (l.label='latest'"
        " AND EXISTS (SELECT 1 FROM prompt o WHERE o.project_id=?1 AND o.name=?2 AND"
        " o.version<>?3))) END LIMIT 1",
        &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 3, version);
    control__bind(statement, 4, label);
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW && sqlite3_column_int64(statement, 2))
        status = fail(error, STATUS_INVALID,
                      "Other prompts depend on it: %.100s v%lld refers to its version %lld",
                      (const char *)sqlite3_column_text(statement, 0),
                      (long long)sqlite3_column_int64(statement, 1),
                      (long long)sqlite3_column_int64(statement, 2));
    else if (code == SQLITE_ROW)
        status = fail(error, STATUS_INVALID,
                      "Other prompts depend on it: %.100s v%lld refers to its label %s",
                      (const char *)sqlite3_column_text(statement, 0),
                      (long long)sqlite3_column_int64(statement, 1),
                      (const char *)sqlite3_column_text(statement, 3));
    else if (code != SQLITE_DONE)
        status = control__complain(control, error);
    sqlite3_finalize(statement);
    return status;
}

static enum status remove_label(struct control *control, uint32_t project_id, struct str name,
                                struct str label, struct error *error)
{
    sqlite3_stmt *statement;
    enum status status = about(control, project_id, name,
                               "DELETE FROM prompt_label WHERE project_id=?1 AND name=?2"
                               " AND label=?3 RETURNING version",
                               &statement, error);
    if (status != STATUS_OK)
        return status;
    control__bind(statement, 3, label);
    bool found = sqlite3_step(statement) == SQLITE_ROW;
    int64_t version = found ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_finalize(statement);
    if (!found)
        return fail(error, STATUS_NOT_FOUND, "label: no version has this label");
    return touch(control, project_id, name, version, error);
}

enum status control_prompt_unlabel(struct control *control, uint32_t project_id, struct str name,
                                   struct str label, struct error *error)
{
    if (str_equal(label, STR("latest")))
        return fail(error, STATUS_INVALID, "label: latest follows the newest version by itself");
    enum status status = control__begin(control, error);
    if (status != STATUS_OK)
        return status;
    status = refuse_while_used(control, project_id, name, 0, label, error);
    if (status == STATUS_OK)
        status = remove_label(control, project_id, name, label, error);
    return control__end(control, status, error);
}

/* --- a new version ------------------------------------------------------------------------------
 */

/* The number of the version to be. */
static enum status next_version(struct control *control, uint32_t project_id,
                                const struct prompt_draft *draft, int64_t *out_version,
                                struct error *error)
{
    sqlite3_stmt *statement;
    enum status status =
        about(control, project_id, draft->name,
              "SELECT coalesce(max(version), 0), coalesce(max(is_chat), ?3), count(*),"
              " (SELECT count(DISTINCT name) FROM prompt WHERE project_id=?1)"
              " FROM prompt WHERE project_id=?1 AND name=?2",
              &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int(statement, 3, draft->is_chat);
    if (sqlite3_step(statement) != SQLITE_ROW)
        status = control__complain(control, error);
    else if ((sqlite3_column_int(statement, 1) != 0) != draft->is_chat)
        status = fail(error, STATUS_INVALID,
                      "type: Previous versions have different prompt type. Create a new prompt "
                      "with a different name.");
    else if (sqlite3_column_int64(statement, 2) >= PROMPT_VERSIONS_MAX)
        status = fail(error, STATUS_TOO_LARGE, "name: a prompt has at most %d versions",
                      PROMPT_VERSIONS_MAX);
    else if (sqlite3_column_int64(statement, 2) == 0 &&
             sqlite3_column_int64(statement, 3) >= PROMPT_NAMES_MAX)
        status = fail(error, STATUS_TOO_LARGE, "name: a project has at most %d prompts",
                      PROMPT_NAMES_MAX);
    else if (draft->version > sqlite3_column_int64(statement, 0))
        *out_version = draft->version;
    else
        *out_version = sqlite3_column_int64(statement, 0) + 1;
    sqlite3_finalize(statement);
    return status;
}

static enum status insert(struct control *control, uint32_t project_id,
                          const struct prompt_draft *draft, int64_t version, int64_t *out_id,
                          struct error *error)
{
    sqlite3_stmt *statement;
    enum status status =
        about(control, project_id, draft->name,
              "INSERT INTO prompt(project_id, name, version, is_chat, content, config,"
              " commit_message, created_by, created_ns, updated_ns)"
              " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)",
              &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 3, version);
    sqlite3_bind_int(statement, 4, draft->is_chat);
    control__bind(statement, 5, draft->content);
    control__bind(statement, 6, draft->config);
    if (draft->commit_message.ptr)
        control__bind(statement, 7, draft->commit_message);
    control__bind(statement, 8, draft->created_by);
    sqlite3_bind_int64(statement, 9, clock_now_ns());
    status = control__finish(control, statement, error);
    *out_id = sqlite3_last_insert_rowid(control->db);
    return status;
}

static enum status insert_references(struct control *control, uint32_t project_id, int64_t id,
                                     struct str content, struct arena *arena, struct error *error)
{
    struct prompt_reference reference;
    enum status status = STATUS_OK;
    for (size_t at = 0;
         status == STATUS_OK && prompt_reference_next(content, at, arena, &reference);
         at = reference.to) {
        sqlite3_stmt *statement;
        status = control__prepare(control,
                                  "INSERT INTO prompt_reference(parent_id, project_id, child_name,"
                                  " child_version, child_label) VALUES(?1, ?2, ?3, ?4, ?5)",
                                  &statement, error);
        if (status != STATUS_OK)
            break;
        sqlite3_bind_int64(statement, 1, id);
        sqlite3_bind_int64(statement, 2, project_id);
        control__bind(statement, 3, reference.child.name);
        sqlite3_bind_int64(statement, 4, reference.child.version);
        control__bind(statement, 5, reference.child.label);
        status = control__finish(control, statement, error);
    }
    return status;
}

static enum status set_tags(struct control *control, uint32_t project_id,
                            const struct prompt_draft *draft, struct error *error)
{
    enum status status = run_about(control, project_id, draft->name, 0,
                                   "DELETE FROM prompt_tag WHERE project_id=?1 AND name=?2", error);
    for (size_t i = 0; i < draft->tag_count && status == STATUS_OK; i++) {
        sqlite3_stmt *statement;
        status = about(control, project_id, draft->name,
                       "INSERT OR IGNORE INTO prompt_tag(project_id, name, tag) VALUES(?1, ?2, ?3)",
                       &statement, error);
        if (status != STATUS_OK)
            break;
        control__bind(statement, 3, draft->tags[i]);
        status = control__finish(control, statement, error);
    }
    return status;
}

static enum status create(struct control *control, uint32_t project_id,
                          const struct prompt_draft *draft, struct arena *arena,
                          int64_t *out_version, struct error *error)
{
    struct prompt_resolved resolved;
    const struct prompt root = {.name = draft->name, .content = draft->content};
    int64_t version = 0, id = 0;
    enum status status = next_version(control, project_id, draft, &version, error);
    if (status == STATUS_OK)
        status = control__prompt_resolve(control, project_id, &root, arena, &resolved, error);
    if (status == STATUS_OK)
        status = insert(control, project_id, draft, version, &id, error);
    if (status == STATUS_OK)
        status = insert_references(control, project_id, id, draft->content, arena, error);
    if (status == STATUS_OK)
        status = move_label(control, project_id, draft->name, STR("latest"), version, error);
    for (size_t i = 0; i < draft->label_count && status == STATUS_OK; i++)
        status = move_label(control, project_id, draft->name, draft->labels[i], version, error);
    if (status == STATUS_OK && draft->has_tags)
        status = set_tags(control, project_id, draft, error);
    if (status == STATUS_OK)
        *out_version = version;
    return status;
}

enum status control_prompt_create(struct control *control, uint32_t project_id,
                                  const struct prompt_draft *draft, int64_t *out_version,
                                  struct error *error)
{
    struct arena arena; /* what the references lead to, which is not kept */
    enum status status = check_draft(draft, error);
    if (status == STATUS_OK)
        status = control__begin(control, error);
    if (status != STATUS_OK)
        return status;
    arena_init(&arena, 64 << 20);
    status = create(control, project_id, draft, &arena, out_version, error);
    arena_done(&arena);
    return control__end(control, status, error);
}

/* --- deletion -----------------------------------------------------------------------------------
 */

/* The version that is chosen; 0: all. STATUS_NOT_FOUND when there is none. */
static enum status choose(struct control *control, uint32_t project_id,
                          const struct prompt_choice *choice, int64_t *out_version,
                          struct error *error)
{
    sqlite3_stmt *statement;
    enum status status =
        about(control, project_id, choice->name,
              "SELECT p.version FROM prompt p WHERE project_id=?1 AND name=?2 AND (?3=0 OR"
              " version=?3) AND (?4='' OR version=(SELECT version FROM prompt_label"
              " WHERE project_id=?1 AND name=?2 AND label=?4)) LIMIT 1",
              &statement, error);
    if (status != STATUS_OK)
        return status;
    sqlite3_bind_int64(statement, 3, choice->version);
    control__bind(statement, 4, choice->label);
    if (sqlite3_step(statement) != SQLITE_ROW)
        status = not_there(error, choice->name);
    else
        *out_version =
            choice->version || choice->label.len ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_finalize(statement);
    return status;
}

static enum status delete_versions(struct control *control, uint32_t project_id,
                                   const struct prompt_choice *choice, struct error *error)
{
    int64_t version = 0;
    enum status status = choose(control, project_id, choice, &version, error);
    if (status == STATUS_OK)
        status = refuse_while_used(control, project_id, choice->name, version, STR(""), error);
    if (status == STATUS_OK)
        status = run_about(control, project_id, choice->name, version,
                           "DELETE FROM prompt WHERE project_id=?1 AND name=?2 AND"
                           " (?3=0 OR version=?3)",
                           error);
    if (status == STATUS_OK)
        status = run_about(control, project_id, choice->name, 0,
                           "INSERT OR IGNORE INTO prompt_label(project_id, name, label, version)"
                           " SELECT ?1, ?2, 'latest', max(version) FROM prompt"
                           " WHERE project_id=?1 AND name=?2 HAVING count(*)>0",
                           error);
    if (status == STATUS_OK)
        status = run_about(control, project_id, choice->name, 0,
                           "DELETE FROM prompt_tag WHERE project_id=?1 AND name=?2 AND NOT EXISTS"
                           " (SELECT 1 FROM prompt WHERE project_id=?1 AND name=?2)",
                           error);
    return status;
}

enum status control_prompt_delete(struct control *control, uint32_t project_id,
                                  const struct prompt_choice *choice, struct error *error)
{
    enum status status = control__begin(control, error);
    if (status != STATUS_OK)
        return status;
    status = delete_versions(control, project_id, choice, error);
    return control__end(control, status, error);
}
