/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provider: one name for each seller of models, whatever the sender calls it. Frameworks often
 * stand where a provider belongs; they are kept apart and the provider is told from the model.
 */
#include <ctype.h>

#include "normalise/normalise_private.h"

struct alias {
    struct str name, canonical;
};

static const struct alias aliases[] = {
    {STR_INIT("openai"), STR_INIT("openai")},
    {STR_INIT("azure.ai.openai"), STR_INIT("azure.ai.openai")},
    {STR_INIT("az.ai.openai"), STR_INIT("azure.ai.openai")},
    {STR_INIT("azure-openai"), STR_INIT("azure.ai.openai")},
    {STR_INIT("azure_openai"), STR_INIT("azure.ai.openai")},
    {STR_INIT("azure.ai.inference"), STR_INIT("azure.ai.inference")},
    {STR_INIT("az.ai.inference"), STR_INIT("azure.ai.inference")},
    {STR_INIT("azure"), STR_INIT("azure.ai.inference")},
    {STR_INIT("anthropic"), STR_INIT("anthropic")},
    {STR_INIT("claude"), STR_INIT("anthropic")},
    {STR_INIT("aws.bedrock"), STR_INIT("aws.bedrock")},
    {STR_INIT("aws"), STR_INIT("aws.bedrock")},
    {STR_INIT("aws_bedrock"), STR_INIT("aws.bedrock")},
    {STR_INIT("amazon"), STR_INIT("aws.bedrock")},
    {STR_INIT("amazon-bedrock"), STR_INIT("aws.bedrock")},
    {STR_INIT("amazon_bedrock"), STR_INIT("aws.bedrock")},
    {STR_INIT("bedrock"), STR_INIT("aws.bedrock")},
    {STR_INIT("bedrock_converse"), STR_INIT("aws.bedrock")},
    {STR_INIT("gcp.vertex_ai"), STR_INIT("gcp.vertex_ai")},
    {STR_INIT("vertex_ai"), STR_INIT("gcp.vertex_ai")},
    {STR_INIT("vertexai"), STR_INIT("gcp.vertex_ai")},
    {STR_INIT("google-vertex"), STR_INIT("gcp.vertex_ai")},
    {STR_INIT("google.vertex"), STR_INIT("gcp.vertex_ai")},
    {STR_INIT("gcp.gemini"), STR_INIT("gcp.gemini")},
    {STR_INIT("gemini"), STR_INIT("gcp.gemini")},
    {STR_INIT("google.generative-ai"), STR_INIT("gcp.gemini")},
    {STR_INIT("google"), STR_INIT("gcp.gemini")},
    {STR_INIT("gcp.gen_ai"), STR_INIT("gcp.gen_ai")},
    {STR_INIT("google_genai"), STR_INIT("gcp.gen_ai")},
    {STR_INIT("mistral_ai"), STR_INIT("mistral_ai")},
    {STR_INIT("mistralai"), STR_INIT("mistral_ai")},
    {STR_INIT("mistral"), STR_INIT("mistral_ai")},
    {STR_INIT("x_ai"), STR_INIT("x_ai")},
    {STR_INIT("xai"), STR_INIT("x_ai")},
    {STR_INIT("grok"), STR_INIT("x_ai")},
    {STR_INIT("cohere"), STR_INIT("cohere")},
    {STR_INIT("groq"), STR_INIT("groq")},
    {STR_INIT("deepseek"), STR_INIT("deepseek")},
    {STR_INIT("perplexity"), STR_INIT("perplexity")},
    {STR_INIT("moonshot_ai"), STR_INIT("moonshot_ai")},
    {STR_INIT("moonshot"), STR_INIT("moonshot_ai")},
    {STR_INIT("kimi"), STR_INIT("moonshot_ai")},
    {STR_INIT("ibm.watsonx.ai"), STR_INIT("ibm.watsonx.ai")},
    {STR_INIT("watsonx"), STR_INIT("ibm.watsonx.ai")},
    {STR_INIT("ibm.watson.ai"), STR_INIT("ibm.watsonx.ai")},
    {STR_INIT("oci_genai"), STR_INIT("oci_genai")},
    {STR_INIT("vllm"), STR_INIT("vllm")},
    {STR_INIT("elevenlabs"), STR_INIT("elevenlabs")},
    {STR_INIT("assemblyai"), STR_INIT("assemblyai")},
    {STR_INIT("ollama"), STR_INIT("ollama")},
    {STR_INIT("together_ai"), STR_INIT("together_ai")},
    {STR_INIT("together"), STR_INIT("together_ai")},
    {STR_INIT("togetherai"), STR_INIT("together_ai")},
    {STR_INIT("fireworks"), STR_INIT("fireworks")},
    {STR_INIT("cerebras"), STR_INIT("cerebras")},
    {STR_INIT("hugging_face"), STR_INIT("hugging_face")},
    {STR_INIT("huggingface"), STR_INIT("hugging_face")},
    {STR_INIT("hf"), STR_INIT("hugging_face")},
    {STR_INIT("replicate"), STR_INIT("replicate")},
    {STR_INIT("aleph_alpha"), STR_INIT("aleph_alpha")},
    {STR_INIT("openrouter"), STR_INIT("openrouter")},
    {STR_INIT("ai21"), STR_INIT("ai21")},
    {STR_INIT("meta"), STR_INIT("meta")},
    {STR_INIT("writer"), STR_INIT("writer")},
    {STR_INIT("voyage_ai"), STR_INIT("voyage_ai")},
};

static const struct str frameworks[] = {
    STR_INIT("strands-agents"),
    STR_INIT("strands_agents"),
    STR_INIT("langchain"),
    STR_INIT("langgraph"),
    STR_INIT("llama_index"),
    STR_INIT("llamaindex"),
    STR_INIT("haystack"),
    STR_INIT("crewai"),
    STR_INIT("gcp.vertex.agent"),
    STR_INIT("google_adk"),
    STR_INIT("microsoft.agent_framework"),
    STR_INIT("agent_framework"),
    STR_INIT("openai_agents"),
    STR_INIT("claude_agent_sdk"),
    STR_INIT("pydantic_ai"),
    STR_INIT("litellm"),
    STR_INIT("ag2"),
    STR_INIT("agno"),
    STR_INIT("dynamiq"),
    STR_INIT("julep"),
    STR_INIT("controlflow"),
    STR_INIT("letta"),
    STR_INIT("mem0"),
    STR_INIT("smolagents"),
    STR_INIT("browser_use"),
    STR_INIT("crawl4ai"),
    STR_INIT("firecrawl"),
    STR_INIT("multion"),
    STR_INIT("mcp"),
    STR_INIT("unknown"),
};

static bool provider_is_framework(struct str raw)
{
    for (size_t i = 0; i < sizeof frameworks / sizeof *frameworks; i++)
        if (raw.len == frameworks[i].len && str_equal_nocase(raw, frameworks[i]))
            return true;
    return false;
}

static struct str alias_find(struct str name)
{
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (name.len == aliases[i].name.len && (name.ptr[0] | 32) == aliases[i].name.ptr[0] &&
            str_equal_nocase(name, aliases[i].name))
            return aliases[i].canonical;
    return STR_NONE;
}

/* Prefixes of model ids; the ones with a dot are Bedrock's. */
static const struct alias models[] = {
    {STR_INIT("gpt-"), STR_INIT("openai")},
    {STR_INIT("chatgpt-"), STR_INIT("openai")},
    {STR_INIT("o1"), STR_INIT("openai")},
    {STR_INIT("o3"), STR_INIT("openai")},
    {STR_INIT("o4"), STR_INIT("openai")},
    {STR_INIT("text-embedding-"), STR_INIT("openai")},
    {STR_INIT("dall-e"), STR_INIT("openai")},
    {STR_INIT("whisper"), STR_INIT("openai")},
    {STR_INIT("tts-"), STR_INIT("openai")},
    {STR_INIT("claude"), STR_INIT("anthropic")},
    {STR_INIT("gemini"), STR_INIT("gcp.gemini")},
    {STR_INIT("mistral"), STR_INIT("mistral_ai")},
    {STR_INIT("mixtral"), STR_INIT("mistral_ai")},
    {STR_INIT("codestral"), STR_INIT("mistral_ai")},
    {STR_INIT("command"), STR_INIT("cohere")},
    {STR_INIT("embed-"), STR_INIT("cohere")},
    {STR_INIT("rerank-"), STR_INIT("cohere")},
    {STR_INIT("grok"), STR_INIT("x_ai")},
    {STR_INIT("deepseek"), STR_INIT("deepseek")},
};

static bool is_bedrock_id(struct str model)
{
    static const struct str makers[] = {STR_INIT("anthropic."), STR_INIT("amazon."),
                                        STR_INIT("meta."), STR_INIT("cohere."), STR_INIT("ai21.")};
    struct str head = str_sub(model, 0, 20);
    if (str_starts(model, STR("arn:aws:bedrock:")))
        return true;
    if (str_find_byte(head, '.') == head.len)
        return false;
    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++) {
        size_t at = str_find(head, makers[i]);
        if (at == 0 || (at < head.len && at <= 7 && model.ptr[at - 1] == '.'))
            return true;
    }
    return false;
}

static struct str provider_from_model(struct str model)
{
    if (model.len == 0)
        return STR_NONE;
    if (is_bedrock_id(model))
        return STR("aws.bedrock");
    size_t slash = str_find_byte(model, '/');
    if (slash < model.len) { /* provider/model, as LiteLLM and OpenRouter write it */
        struct str seller = alias_find(str_sub(model, 0, slash));
        if (seller.len)
            return seller;
        model = str_sub(model, slash + 1, model.len);
        if (model.len == 0)
            return STR_NONE;
    }
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        struct str prefix = models[i].name;
        if ((model.ptr[0] | 32) != prefix.ptr[0] || !str_starts_nocase(model, prefix))
            continue;
        /* "o1" must not catch "o1000-mini-of-somebody". */
        if (prefix.len == 2 && model.len > 2 && isdigit((unsigned char)model.ptr[2]))
            continue;
        return models[i].canonical;
    }
    return STR_NONE;
}

static bool is_openai_model(struct str model)
{
    return str_equal(provider_from_model(model), STR("openai"));
}

/* "openai.responses", "amazon-bedrock.converse": whole segments are dropped from the end. */
static struct str provider_canonical(struct str raw, struct str model)
{
    raw = str_trim(raw);
    for (struct str name = raw; name.len;) {
        struct str found = alias_find(name);
        if (found.len) {
            if (str_equal_nocase(name, STR("azure")) && is_openai_model(model))
                return STR("azure.ai.openai");
            return found;
        }
        size_t dot = str_rfind_byte(name, '.');
        if (dot >= name.len)
            break;
        name = str_sub(name, 0, dot);
    }
    return STR_NONE;
}

/* A framework's name is remembered as such and leaves the slot open for the next candidate. */
void provider_read(struct reading *reading, const struct row *row, const struct value *value,
                   unsigned rank)
{
    struct str raw;
    if (!coerce_text(reading, value, &raw))
        return;
    if (!alias_find(raw).len && provider_is_framework(raw)) {
        bool said = !str_equal_nocase(raw, STR("unknown"));
        if (said && reading_open(reading, SLOT_framework, rank))
            reading_set_text(reading, SLOT_framework, rank, row, raw);
        return;
    }
    reading_set_text(reading, SLOT_provider, rank, row, raw);
    reading_set_text(reading, SLOT_provider_raw, rank, row, raw);
}

/* The model decides between Azure's two names, so this comes after the rows. */
void provider_decide(struct reading *reading)
{
    struct observation *out = reading->out;
    if (reading_has(reading, SLOT_provider)) {
        struct str canonical = provider_canonical(out->provider, out->model);
        if (canonical.len)
            out->provider = canonical;
    } else
        reading_rule_text(reading, SLOT_provider, provider_from_model(out->model),
                          "told from the model");
    if (reading_has(reading, SLOT_framework) && !reading_has(reading, SLOT_provider_raw))
        reading_rule_text(reading, SLOT_provider_raw, out->framework, "framework as provider");
}

void model_decide(struct reading *reading)
{
    struct observation *out = reading->out;
    if (!reading_has(reading, SLOT_model)) {
        if (reading_has(reading, SLOT_model_response))
            reading_rule_text(reading, SLOT_model, out->model_response, "model_response");
        else
            reading_rule_text(reading, SLOT_model, out->model_request, "model_request");
    }
    reading_rule_text(reading, SLOT_model_response, out->model_request, "model_request");
}
