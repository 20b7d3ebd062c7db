import { readPngParameters } from "@drum/diffusion";
import { ArgumentError, DownloadError } from "@drum/tensor";
import { type Fault, type Seen, startJsonServer } from "@drum/test-server";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { EndpointCaptioner, type EndpointCaptionerOptions, VisionEndpoint } from "../index.ts";

// A server on this machine answers as OpenAI's chat completions do.

const KEY = "sk-secret-0123456789";
const QUICK = { "retry-after": "0" };
const picture = { width: 1000, height: 10, data: new Uint8Array(30_000).fill(200) };

afterEach(() => void vi.unstubAllEnvs());

const says = (content: string | null, more = {}) => ({ json: { choices: [{ message: { content, ...more } }] } });

async function start(
	answer: ReturnType<typeof says> | Fault = says("a grey band"),
	more: EndpointCaptionerOptions = {},
) {
	const server = await startJsonServer(() => answer);
	onTestFinished(() => server[Symbol.asyncDispose]());
	return { server, captioner: new EndpointCaptioner({ baseUrl: `${server.url}/v1/`, apiKey: KEY, ...more }) };
}
const failure = (promise: Promise<unknown>) => promise.then(String, (error: unknown) => error as Error);

test("a picture is asked about in OpenAI's form, small and as pixels alone", async () => {
	const { server, captioner } = await start(says('"a grey band"'), { model: "seer" });
	expect(await captioner.caption(picture)).toBe("a grey band");
	const [{ method, url, headers, body }] = server.seen as [Seen];
	expect([method, url.pathname, headers.authorization]).toEqual(["POST", "/v1/chat/completions", `Bearer ${KEY}`]);
	const { model, messages } = JSON.parse(body);
	const [{ role, content }] = messages;
	expect({ model, role, of: content.map(({ type }: { type: string }) => type) }).toEqual({
		model: "seer",
		role: "user",
		of: ["text", "image_url"],
	});
	const [, base64] = /^data:image\/png;base64,(.*)$/.exec(content[1].image_url.url)!;
	const png = Buffer.from(base64!, "base64");
	expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([768, 8]);
	expect(readPngParameters(png)).toBeUndefined();
});

test("its name tells the model, the server and another instruction", async () => {
	const { server, captioner } = await start();
	expect(captioner.name).toBe(`gpt-4o at ${server.url}/v1`);
	const other = await start(undefined, { instruction: "In one word." });
	expect(other.captioner.name).toMatch(/\/v1, instruction [0-9a-f]{8}$/);
});

test("server and key come from the environment; OpenAI's own wants a key", async () => {
	const { server } = await start();
	vi.stubEnv("OPENAI_BASE_URL", server.url);
	vi.stubEnv("OPENAI_API_KEY", "");
	await new EndpointCaptioner().caption(picture);
	expect(server.seen[0]!.headers.authorization).toBeUndefined();
	vi.stubEnv("OPENAI_BASE_URL", "");
	expect(() => new EndpointCaptioner()).toThrow(
		/apiKey: expected a key, to ask gpt-4o, found none\. Set OPENAI_API_KEY/,
	);
});

test.each(["ftp://host/v1", "host", "https://user:geheim@host/v1"])("%s is no server's address", (baseUrl) => {
	expect(() => new VisionEndpoint({ baseUrl, apiKey: KEY })).toThrow(ArgumentError);
	expect(() => new VisionEndpoint({ baseUrl, apiKey: KEY })).not.toThrow(/geheim/);
});

test.each<[string, Fault]>([
	["a limit on requests", { status: 429, headers: QUICK }],
	["a server's error", { status: 500, headers: QUICK }],
	["a cut body", { cut: true }],
	["a proxy's page", { body: "<html>busy</html>" }],
	["JSON cut short", { body: '{"choices":[{' }],
])("%s is borne", async (_, fault) => {
	const { server, captioner } = await start();
	server.fail(fault);
	expect(await captioner.caption(picture)).toBe("a grey band");
	expect(server.seen).toHaveLength(2);
});

test("a slow answer is given up in time", async () => {
	const { server, captioner } = await start(undefined, { timeout: 300 });
	server.fail({ stall: true });
	expect(await captioner.caption(picture)).toBe("a grey band");
	expect(server.seen).toHaveLength(2);
});

const echoed = { error: { message: `Incorrect API key provided: ${KEY}` } };
test.each<[string, Fault, number, RegExp]>([
	["a key that is refused", { status: 401, body: JSON.stringify(echoed) }, 1, /401: .*: …\. Set OPENAI_API_KEY/],
	["five limits", { status: 429, headers: QUICK, body: JSON.stringify(echoed) }, 5, /429.*: …/],
	["a long limit", { status: 429, headers: { "retry-after": "4000" } }, 1, /to be asked again in 4000 s/],
	["a request that is refused", { status: 400, body: '{"error":{"message":"no eyes"}}' }, 1, /400: no eyes/],
	["five pages", { headers: QUICK, status: 503, body: "<html>gone</html>" }, 5, /503: <html>gone/],
	["an answer of another kind", { body: '{"choices":[]}' }, 1, /expected choices\[0\]\.message\.content/],
	["a refusal", { body: JSON.stringify(says(null, { refusal: "I cannot" }).json) }, 1, /a refusal: I cannot/],
	["no words", { body: JSON.stringify(says(" ").json) }, 1, /expected a text, found an empty one/],
])("%s is an error that does not tell the key", async (_, fault, attempts, message) => {
	const { server, captioner } = await start();
	server.fail(...Array.from({ length: attempts }, () => fault));
	const error = (await failure(captioner.caption(picture))) as DownloadError;
	expect(error).toBeInstanceOf(DownloadError);
	expect(String(error)).toMatch(message);
	for (let each: unknown = error; each instanceof Error; each = each.cause)
		expect(`${each}${each.stack}${JSON.stringify(each)}`).not.toContain(KEY);
	expect(server.seen).toHaveLength(attempts);
});

test("a signal ends it", async () => {
	const { server, captioner } = await start({ status: 500 });
	const controller = new AbortController();
	const caption = failure(captioner.caption(picture, { signal: controller.signal }));
	await vi.waitFor(() => expect(server.seen).toHaveLength(1));
	controller.abort(new Error("enough"));
	expect(await caption).toMatchObject({ message: "enough" });
	expect(await failure(captioner.caption(picture, { signal: controller.signal }))).toMatchObject({ message: "enough" });
	expect(server.seen).toHaveLength(1);
});
