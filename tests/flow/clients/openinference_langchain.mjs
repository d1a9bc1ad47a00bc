// SPDX-License-Identifier: Apache-2.0
// OpenInference's instrumentation of LangChain, under a LangGraph agent.
import * as callbacks from '@langchain/core/callbacks/manager';
import { LangChainInstrumentation } from '@arizeai/openinference-instrumentation-langchain';
import { finish, startSdk, underSpan } from './setup.mjs';
import { runAgent } from './agent.mjs';

const instrumentation = new LangChainInstrumentation();
const sdk = startSdk({ instrumentations: [instrumentation] });
instrumentation.manuallyInstrument(callbacks);
await finish(sdk, await underSpan('request', () => runAgent(process.argv[2] === 'stream')));
