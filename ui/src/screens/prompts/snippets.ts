/* SPDX-License-Identifier: Apache-2.0 */
/* The lines that ask for a prompt from an application, with what it must fill in. */
import type { PromptType } from "../../api/prompts";

interface Wanted {
    name: string;
    type: PromptType;
    /** By label, or without one by version. `production` is what SDKs ask for when nothing is said. */
    label: string | null;
    version: number;
    variables: string[];
    placeholders: string[];
}

const isName = (text: string) => /^[A-Za-z_]\w*$/.test(text);

function python({ name, type, label, version, variables, placeholders }: Wanted): string {
    const which = label === "production" ? "" : label ? `, label=${JSON.stringify(label)}` : `, version=${version}`;
    const named = [...variables.filter(isName).map((each) => `${each}="…"`), ...placeholders.filter(isName).map((each) => `${each}=[]`)];
    return `# pip install langfuse
from langfuse import get_client

langfuse = get_client()
prompt = langfuse.get_prompt(${JSON.stringify(name)}${type === "chat" ? ', type="chat"' : ""}${which})
${type === "chat" ? "messages" : "text"} = prompt.compile(${named.join(", ")})

# What the model is asked with it is counted for this version:
with langfuse.start_as_current_observation(as_type="generation", name="answer", model="gpt-4o-mini", prompt=prompt) as call:
    ...`;
}

function typescript({ name, type, label, version, variables, placeholders }: Wanted): string {
    const options = [...(type === "chat" ? ['type: "chat"'] : []), ...(label === "production" ? [] : [label ? `label: ${JSON.stringify(label)}` : `version: ${version}`])];
    const object = (names: string[], value: string) => `{ ${names.map((each) => `${isName(each) ? each : JSON.stringify(each)}: ${value}`).join(", ")} }`;
    const given = [...(variables.length || placeholders.length ? [variables.length ? object(variables, '"…"') : "{}"] : []), ...(placeholders.length ? [object(placeholders, "[]")] : [])];
    return `// npm i @langfuse/client @langfuse/tracing
import { LangfuseClient } from "@langfuse/client";
import { startObservation } from "@langfuse/tracing";

const langfuse = new LangfuseClient();
const prompt = await langfuse.prompt.get(${JSON.stringify(name)}${options.length ? `, { ${options.join(", ")} }` : ""});
const ${type === "chat" ? "messages" : "text"} = prompt.compile(${given.join(", ")});

// What the model is asked with it is counted for this version:
startObservation("answer", { model: "gpt-4o-mini", input: ${type === "chat" ? "messages" : "text"}, prompt }, { asType: "generation" });`;
}

export function snippets(wanted: Wanted): { id: string; label: string; code: string }[] {
    return [
        { id: "python", label: "Python", code: python(wanted) },
        { id: "typescript", label: "TypeScript", code: typescript(wanted) },
    ];
}
