/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exact lines that point an application here. `default` on this machine needs no key; every
 * other project is chosen by its key, whose secret half only its owner knows, or who has just made it.
 */
export interface Target {
    origin: string;
    publicKey: string;
    secretKey: string | null;
    isDefault: boolean;
    authRequired: boolean;
}

export interface Snippet {
    id: string;
    label: string;
    note: string;
    code: string;
}

/** A key is optional for the default project of a server without login, needed everywhere else. */
export function keyNeeded({ authRequired, isDefault }: Pick<Target, "authRequired" | "isDefault">): boolean {
    return authRequired || !isDefault;
}

/** A pair that was just made is meant to be used. */
const keyUsed = (target: Target) => keyNeeded(target) || target.secretKey !== null;

const secretOf = (target: Target) => target.secretKey ?? "$VITRINE_SECRET_KEY";
const basic = ({ publicKey, secretKey }: Target) => btoa(`${publicKey}:${secretKey ?? ""}`);

function destination(target: Target): string[] {
    const { origin, publicKey, secretKey } = target;
    const lines = [`export OTEL_EXPORTER_OTLP_ENDPOINT=${origin}`, "export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"];
    if (secretKey) lines.push(`export OTEL_EXPORTER_OTLP_HEADERS="Authorization=Basic%20${basic(target)}"`);
    else if (keyNeeded(target)) lines.push(`export OTEL_EXPORTER_OTLP_HEADERS="Authorization=Basic%20$(printf '%s' "${publicKey}:${secretOf(target)}" | base64 | tr -d '\\n')"`);
    return lines;
}

/** What any OpenTelemetry SDK needs to send metrics or logs here, too. */
export function signalLines(target: Target, signal: "metrics" | "logs"): string {
    return [...destination(target), `export OTEL_${signal.toUpperCase()}_EXPORTER=otlp`].join("\n");
}

function shell(target: Target): string {
    return [...destination(target), "export OTEL_SERVICE_NAME=my-app", "# prompts and answers, if your instrumentation leaves them out by default:", "export OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true"].join("\n");
}

function python(target: Target): string {
    const key = keyUsed(target);
    const text = target.secretKey ? `"${basic(target)}"` : `base64.b64encode(f"${target.publicKey}:{os.environ['VITRINE_SECRET_KEY']}".encode()).decode()`;
    return `# pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http openinference-instrumentation-openai
${key && !target.secretKey ? "import base64, os\n" : ""}from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from openinference.instrumentation.openai import OpenAIInstrumentor
${key ? `\nkey = ${text}\n` : ""}
provider = TracerProvider(resource=Resource.create({"service.name": "my-app"}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(
    endpoint="${target.origin}/v1/traces",${key ? '\n    headers={"Authorization": f"Basic {key}"},' : ""}
)))
trace.set_tracer_provider(provider)
OpenAIInstrumentor().instrument()`;
}

function typescript(target: Target): string {
    const key = keyUsed(target);
    const text = target.secretKey ? `"${basic(target)}"` : `Buffer.from(\`${target.publicKey}:\${process.env.VITRINE_SECRET_KEY}\`).toString("base64")`;
    return `// npm i @opentelemetry/sdk-node @opentelemetry/exporter-trace-otlp-proto @arizeai/openinference-instrumentation-openai
import { NodeSDK } from "@opentelemetry/sdk-node";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { OpenAIInstrumentation } from "@arizeai/openinference-instrumentation-openai";
${key ? `\nconst key = ${text};\n` : ""}
new NodeSDK({
    serviceName: "my-app",
    traceExporter: new OTLPTraceExporter({
        url: "${target.origin}/v1/traces",${key ? "\n        headers: { Authorization: `Basic ${key}` }," : ""}
    }),
    instrumentations: [new OpenAIInstrumentation()],
}).start();`;
}

function curl(target: Target): string {
    const key = keyUsed(target) ? ` \\\n  -u "${target.publicKey}:${secretOf(target)}"` : "";
    return `now=$(date +%s)
curl ${target.origin}/v1/traces -H 'content-type: application/json'${key} -d @- <<END
{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"hello"}}]},
 "scopeSpans":[{"spans":[{"traceId":"$(od -An -N16 -tx1 /dev/urandom | tr -d ' \\n')","spanId":"$(od -An -N8 -tx1 /dev/urandom | tr -d ' \\n')",
  "name":"chat hello","kind":3,"startTimeUnixNano":"\${now}000000000","endTimeUnixNano":"\${now}350000000",
  "attributes":[{"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},
   {"key":"gen_ai.request.model","value":{"stringValue":"gpt-4o"}},
   {"key":"gen_ai.usage.input_tokens","value":{"intValue":"12"}},
   {"key":"gen_ai.usage.output_tokens","value":{"intValue":"8"}}]}]}]}]}
END`;
}

function langfuse(target: Target): string {
    return `export LANGFUSE_BASE_URL=${target.origin}
export LANGFUSE_HOST=${target.origin}      # older SDKs read this one
export LANGFUSE_PUBLIC_KEY=${target.publicKey}
export LANGFUSE_SECRET_KEY=${secretOf(target)}`;
}

/** Examples written from Python. */
export function datasetLines(target: Target): string {
    return `${langfuse(target)}
python - <<END
from langfuse import get_client

client = get_client()
client.create_dataset(name="questions")
client.create_dataset_item(dataset_name="questions", input="Do you ship to Norway?", expected_output="No, only within the European Union.")
END`;
}

export function snippets(target: Target): Snippet[] {
    return [
        { id: "env", label: "Environment", note: "For any OpenTelemetry SDK or an application that is already instrumented: set these and restart it.", code: shell(target) },
        { id: "python", label: "Python", note: "OpenInference instruments the openai package here; every other instrumentation is added in the same way.", code: python(target) },
        { id: "typescript", label: "TypeScript", note: "Load this before anything else, for example with node --import.", code: typescript(target) },
        { id: "langfuse", label: "Langfuse SDK", note: "For an application that uses Langfuse already: its code stays as it is. Its SDKs always want a pair of keys.", code: langfuse(target) },
        { id: "curl", label: "curl", note: "One hand-made span, to see the way is open.", code: curl(target) },
    ];
}
