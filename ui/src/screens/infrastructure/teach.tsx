/* SPDX-License-Identifier: Apache-2.0 */
/* What to write down so that hosts appear here. */
import { Code } from "../../components/code";

export function Teach() {
    const lines = `receivers:
  hostmetrics:
    collection_interval: 30s
    scrapers:
      cpu: {}
      memory: {}
      filesystem: {}
exporters:
  otlphttp:
    endpoint: ${location.origin}
service:
  pipelines:
    metrics:
      receivers: [hostmetrics]
      exporters: [otlphttp]`;
    return (
        <div className="empty infra-teach">
            <h2>No host or server metrics in this time range</h2>
            <p>An OpenTelemetry Collector on the machine sends CPU, memory and file systems with these lines; applications send HTTP and process metrics by themselves with <code>OTEL_METRICS_EXPORTER=otlp</code>. vLLM's metrics arrive through the collector's Prometheus receiver.</p>
            <Code label="collector's configuration" text={lines} />
            <p className="muted">Shown here are system.*, process.*, hw.gpu.*, http.server.*, http.client.* and vllm:*; everything else is in Metrics. Where keys are required, add the project's to the exporter's headers.</p>
        </div>
    );
}
