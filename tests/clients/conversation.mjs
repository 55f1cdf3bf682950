// The conversation of conversation.py, for both clients of the TypeScript SDK. Node reads it from
// standard input in the directory that has their packages. The first argument says which of the
// two is meant, the second is a list of what it is to connect to, as JSON. Prints what it saw.

import { setTimeout as sleep } from "node:timers/promises";

const PATIENCE = 60_000;
const [, , version, targets] = process.argv;
const sdk = version === "1" ? await sdk1() : await sdk2();

async function sdk1() {
  const { Client } = await import("@modelcontextprotocol/sdk/client/index.js");
  const { McpError } = await import("@modelcontextprotocol/sdk/types.js");
  const stdio = await import("@modelcontextprotocol/sdk/client/stdio.js");
  const http = await import("@modelcontextprotocol/sdk/client/streamableHttp.js");
  return {
    ProtocolError: McpError,
    client: (information) => new Client(information),
    stdio: (server) => new stdio.StdioClientTransport(server),
    http: (url) => new http.StreamableHTTPClientTransport(url),
    call: (client, parameters, options) => client.callTool(parameters, undefined, options),
  };
}

async function sdk2() {
  const { Client, ProtocolError, StreamableHTTPClientTransport } = await import(
    "@modelcontextprotocol/client"
  );
  const { StdioClientTransport } = await import("@modelcontextprotocol/client/stdio");
  return {
    ProtocolError,
    client: (information, mode) =>
      new Client(information, {
        versionNegotiation: { mode: mode.startsWith("20") ? { pin: mode } : mode },
      }),
    stdio: (server) => new StdioClientTransport(server),
    http: (url) => new StreamableHTTPClientTransport(url),
    call: (client, parameters, options) => client.callTool(parameters, options),
  };
}

async function converse(target) {
  const client = sdk.client({ name: "test", version: "1" }, target.mode);
  const transport = target.url ? sdk.http(new URL(target.url)) : sdk.stdio(target);
  let revision;
  // Version 1 says nowhere but here what was negotiated.
  const told = transport.setProtocolVersion?.bind(transport);
  transport.setProtocolVersion = (negotiated) => {
    revision = negotiated;
    told?.(negotiated);
  };
  await client.connect(transport);
  const call = (name, values, options) =>
    sdk.call(client, { name, arguments: values }, { timeout: PATIENCE, ...options });
  const prompt = { name: "summarise_file", arguments: { file: "haiku.md" } };
  const typed = {
    ref: { type: "ref/prompt", name: "summarise_file" },
    argument: { name: "file", value: "ha" },
  };
  const seen = {
    revision,
    tools: each("name", (await client.listTools()).tools),
    resources: each("uri", (await client.listResources()).resources),
    templates: each("uriTemplate", (await client.listResourceTemplates()).resourceTemplates),
    prompts: each("name", (await client.listPrompts()).prompts),
    call: result(await call("count_words", { files: ["haiku.md"] })),
    "invalid call": result(await call("count_words", { files: "haiku.md" })),
    "unknown tool": await error(call("no_such_tool", {})),
    progress: await progress(client, call),
    cancellation: await cancellation(call, target.cancels),
    resource: (await client.readResource({ uri: "workspace://summary" })).contents,
    "unknown resource": await error(client.readResource({ uri: "workspace://nothing" })),
    prompt: (await client.getPrompt(prompt)).messages,
    completion: (await client.complete(typed)).completion.values,
  };
  await client.close();
  return seen;
}

function each(key, entries) {
  return entries.map((entry) => entry[key]);
}

function result({ content, structuredContent = null, isError }) {
  return { content, structuredContent, isError };
}

async function error(answer) {
  try {
    await answer;
  } catch (problem) {
    if (!(problem instanceof sdk.ProtocolError)) throw problem;
    const message = problem.message.replace(/^MCP error -?\d+: /, "");
    return { code: problem.code, message, data: problem.data };
  }
  throw new Error("that should have been an error");
}

async function progress(client, call) {
  const steps = [];
  const onprogress = ({ progress, total }) => steps.push([progress, total]);
  // Progress that is read together with the answer comes too late for this client: it reports that
  // the answer has been there already.
  client.onerror = ({ message }) => {
    const late = message.match(/progress notification for an unknown token: (.*)$/s);
    if (late) onprogress(JSON.parse(late[1]).params);
  };
  await call("wait", { seconds: 0.03, steps: 3 }, { onprogress });
  while (steps.length < 3) await sleep(20);
  client.onerror = undefined;
  return steps;
}

// Cancel a call that would take an hour; return what the server says of it before and after.
// Where the server cannot hear of it, the call is left to itself.
async function cancellation(call, cancels) {
  const before = await waiting(call, 0);
  const controller = new AbortController();
  const cancelled = call("wait", { seconds: 3600 }, { signal: controller.signal }).then(
    () => Promise.reject(new Error("that should have been cancelled")),
    () => {},
  );
  const during = await waiting(call, 1);
  controller.abort("not needed any more");
  await cancelled;
  const after = cancels ? await waiting(call, 0) : during;
  return {
    "running before": during.running,
    "running after": after.running,
    cancelled: after.cancelled - before.cancelled,
  };
}

async function waiting(call, running) {
  for (;;) {
    const { structuredContent } = await call("waiting", {});
    if (structuredContent.running === running) return structuredContent;
    await sleep(20);
  }
}

const seen = [];
for (const target of JSON.parse(targets)) {
  const late = sleep(PATIENCE, undefined, { ref: false }).then(() =>
    Promise.reject(new Error("the conversation takes too long")),
  );
  seen.push(await Promise.race([converse(target), late]));
}
console.log(JSON.stringify(seen));
