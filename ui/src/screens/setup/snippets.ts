/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exact lines that point an application here. `default` on this machine needs no key; every
 * other project is chosen by its key, whose secret half only its owner knows.
 */
export interface Target {
    origin: string;
    publicKey: string;
    isDefault: boolean;
    authRequired: boolean;
}

export interface Snippet {
    id: string;
    label: string;
    note: string;
    code: string;
}

const SECRET = "$VITRINE_SECRET_KEY";

/** A key is optional for the default project of a server without login, needed everywhere else. */
export function keyNeeded({ authRequired, isDefault }: Target): boolean {
    return authRequired || !isDefault;
}

function shell(target: Target): string {
    const { origin, publicKey } = target;
    const lines = [`export OTEL_EXPORTER_OTLP_ENDPOINT=${origin}`, "export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"];
    if (keyNeeded(target)) {
        lines.push(`export OTEL_EXPORTER_OTLP_HEADERS="Authorization=Basic%20$(printf '%s' "${publicKey}:${SECRET}" | base64 | tr -d '\\n')"`);
    }
    lines.push("export OTEL_SERVICE_NAME=my-app", "# prompts and answers, if your instrumentation leaves them out by default:", "export OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true");
    return lines.join("\n");
}

function python(target: Target): string {
    const key = keyNeeded(target);
    return `# pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http openinference-instrumentation-openai
${key ? "import base64, os\n" : ""}from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from openinference.instrumentation.openai import OpenAIInstrumentor
${key ? `\nkey = base64.b64encode(f"${target.publicKey}:{os.environ['VITRINE_SECRET_KEY']}".encode()).decode()\n` : ""}
provider = TracerProvider(resource=Resource.create({"service.name": "my-app"}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(
    endpoint="${target.origin}/v1/traces",${key ? '\n    headers={"Authorization": f"Basic {key}"},' : ""}
)))
trace.set_tracer_provider(provider)
OpenAIInstrumentor().instrument()`;
}

function typescript(target: Target): string {
    const key = keyNeeded(target);
    return `// npm i @opentelemetry/sdk-node @opentelemetry/exporter-trace-otlp-proto @arizeai/openinference-instrumentation-openai
import { NodeSDK } from "@opentelemetry/sdk-node";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { OpenAIInstrumentation } from "@arizeai/openinference-instrumentation-openai";
${key ? `\nconst key = Buffer.from(\`${target.publicKey}:\${process.env.VITRINE_SECRET_KEY}\`).toString("base64");\n` : ""}
new NodeSDK({
    serviceName: "my-app",
    traceExporter: new OTLPTraceExporter({
        url: "${target.origin}/v1/traces",${key ? "\n        headers: { Authorization: `Basic ${key}` }," : ""}
    }),
    instrumentations: [new OpenAIInstrumentation()],
}).start();`;
}

function curl(target: Target): string {
    const key = keyNeeded(target) ? ` \\\n  -u "${target.publicKey}:${SECRET}"` : "";
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

export function snippets(target: Target): Snippet[] {
    return [
        { id: "env", label: "Environment", note: "For any OpenTelemetry SDK or an application that is already instrumented: set these and restart it.", code: shell(target) },
        { id: "python", label: "Python", note: "OpenInference instruments the openai package here; every other instrumentation is added in the same way.", code: python(target) },
        { id: "typescript", label: "TypeScript", note: "Load this before anything else, for example with node --import.", code: typescript(target) },
        { id: "curl", label: "curl", note: "One hand-made span, to see the way is open.", code: curl(target) },
    ];
}
